"""Asks the pages, in this process, as a browser would."""

from dataclasses import dataclass
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope

HOST = "still.invalid"
"""The name under which the pages are asked; no such host exists (RFC 6761)."""

BASE = f"http://{HOST}/"
"""What addresses begin with in what the pages say of themselves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `kind` is the media type without its parameters."""

    status: int
    kind: str
    body: bytes


async def ask(app: ASGIApp, address: str) -> Answer:
    """Return what the pages answer to `GET address`, the path and query as in a link."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(_scope(address), receive, send)
    headers = Headers(raw=messages[0]["headers"])
    body = b"".join(message.get("body", b"") for message in messages[1:])
    kind = headers.get("content-type", "").partition(";")[0]
    return Answer(messages[0]["status"], kind, body)


def _scope(address: str) -> Scope:
    path, _, query = address.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", HOST.encode())],
        "client": ("127.0.0.1", 0),
        "server": (HOST, 80),
    }
