"""Asks an ASGI application as a server would, without a socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `headers` are looked up without regard to case."""

    status: int
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.body.decode()


def ask(
    app: ASGIApp,
    address: str,
    *,
    method: str = "GET",
    host: str | None = "localhost:8400",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Return what an application answers to one request.

    Args:
        app: the application.
        address: the path as it stands on the wire, with its query.
        method: the HTTP method.
        host: the `Host` header; None sends none.
        headers: more headers.
        body: what is sent, in one piece.

    Raises:
        Exception: whatever the application raised before it had answered.
    """
    named = dict(headers or {}) | ({} if host is None else {"host": host})
    return asyncio.run(_exchange(app, _scope(method, address, named), body))


def _scope(method: str, address: str, headers: Mapping[str, str]) -> Scope:
    path, _, query = address.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "root_path": "",
        "query_string": query.encode("ascii"),
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8400),
    }


async def _exchange(app: ASGIApp, scope: Scope, sent: bytes) -> Answer:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    try:
        await app(scope, receive, send)
    except Exception:
        # Servers log a defect after the page about it was sent; tests read that page.
        if not messages:
            raise
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(messages[0]["status"], Headers(raw=messages[0]["headers"]), body)
