"""The addresses under /v1."""

import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from emeritus.access import NotCallable
from emeritus.api.answering import Answers, events, whole
from emeritus.api.dialects import (
    AnthropicMessage,
    Dialect,
    OpenAIChat,
    OpenAIText,
    anthropic_error,
    model_line,
    openai_error,
)
from emeritus.api.ports import Gateway
from emeritus.api.requests import (
    MOST_BODY_BYTES,
    Call,
    chat_call,
    message_call,
    read_body,
    text_call,
)
from emeritus.foundation import EmeritusError, NotFound

_Read = Callable[[dict[str, Any]], Call]
_Speak = Callable[[Call], Dialect]
_Tell = Callable[[EmeritusError], dict[str, Any]]


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes of both dialects over one gateway."""
    answers = Answers(gateway)
    models = _Models(gateway)
    chat = _Calls(answers, chat_call, _openai(OpenAIChat, "chatcmpl"), openai_error)
    text = _Calls(answers, text_call, _openai(OpenAIText, "cmpl"), openai_error)
    message = _Calls(answers, message_call, _anthropic, anthropic_error)
    return [
        Route("/v1/models", models.every, methods=["GET"]),
        Route("/v1/models/{name}", models.one, methods=["GET"]),
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/completions", text, methods=["POST"]),
        Route("/v1/messages", message, methods=["POST"]),
        Route("/v1/receipts/{name}", _Receipts(answers), methods=["GET"]),
        Route("/v1/{rest:path}", _nothing, methods=["GET", "POST"]),
    ]


def _openai(shape: type[OpenAIChat] | type[OpenAIText], prefix: str) -> _Speak:
    return lambda call: shape(
        call.model, f"{prefix}-{secrets.token_hex(12)}", wants_usage=call.wants_usage
    )


def _anthropic(call: Call) -> Dialect:
    return AnthropicMessage(call.model, f"msg_{secrets.token_hex(12)}")


class _Models:
    """Answers for the catalogue."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def every(self, _: Request) -> Response:
        """Answer `GET /v1/models`."""
        found = [model_line(one) for one in await run_in_threadpool(self._gateway.models)]
        ends = {"first_id": found[0]["id"], "last_id": found[-1]["id"]} if found else {}
        return _json({"object": "list", "data": found, "has_more": False, **ends})

    async def one(self, request: Request) -> Response:
        """Answer `GET /v1/models/{name}`."""
        try:
            found = await run_in_threadpool(self._gateway.model, request.path_params["name"])
        except EmeritusError as problem:
            told = anthropic_error if "anthropic-version" in request.headers else openai_error
            return _json(told(problem), problem.http_status)
        return _json(model_line(found), 200, found.headers())


class _Calls:
    """Answers calls of one dialect; an ASGI endpoint."""

    def __init__(self, answers: Answers, read: _Read, speak: _Speak, tell: _Tell) -> None:
        self._answers = answers
        self._read = read
        self._speak = speak
        self._tell = tell

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one call."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            body = await _body(request)
            call = self._read(read_body(body))
            model = await run_in_threadpool(self._answers.gateway.model, call.model)
            if model.refusal:
                raise NotCallable(model.refusal, about=model.name)
            dialect = self._speak(call)
            if not call.stream:
                told = await whole(self._answers, call, body, dialect)
                return _json(told, 200, {**model.headers(), **_receipt(dialect)})
        except EmeritusError as problem:
            return _json(self._tell(problem), problem.http_status, _hints(problem))
        return StreamingResponse(
            events(self._answers, call, body, dialect),
            media_type="text/event-stream",
            headers={
                **model.headers(),
                **_receipt(dialect),
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            },
        )


class _Receipts:
    """Answers with the receipt of an answer; an ASGI endpoint."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer `GET /v1/receipts/{name}`."""
        name = Request(scope).path_params["name"]
        note = self._answers.receipts.get(name)
        if note is None:
            problem = NotFound(
                "no receipt of that name; they are kept for the newest answers, until the server "
                "ends, and there is none before an answer has ended"
            )
            response = _json(openai_error(problem), problem.http_status)
        else:
            kind = "text/plain; charset=utf-8"
            response = Response(note, 200, {"Cache-Control": "no-store"}, media_type=kind)
        await response(scope, receive, send)


def _receipt(dialect: Dialect) -> dict[str, str]:
    """Return where the receipt of an answer will be."""
    return {"Emeritus-Receipt": f"/v1/receipts/{dialect.id}"}


async def _body(request: Request) -> bytes:
    """Read a body, and stop reading when it is too large."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BODY_BYTES:
            break
    return bytes(data)


async def _nothing(request: Request) -> Response:
    """Answer what has no address here, in JSON as clients expect."""
    known = "/v1/models, /v1/chat/completions, /v1/completions and /v1/messages"
    problem = NotFound(f"nothing answers {request.url.path[:80]} here; there are {known}")
    return _json(openai_error(problem), problem.http_status)


def _hints(problem: EmeritusError) -> dict[str, str]:
    busy = 503
    return {"Retry-After": "10"} if problem.http_status == busy else {}


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(body),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
