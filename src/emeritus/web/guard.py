"""The door: who may ask, how, and the headers that every answer carries.

A page on another site can make a reader's browser send requests to this machine.
Two things keep it from learning anything: only exact names of this machine are answered
(against DNS rebinding), and every answer forbids other sites to embed or read it.
"""

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PROTECTION = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Not `no-referrer`: a browser then hides where a form of ours comes from (Fetch, 3.2).
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries, errors and files included (OWASP ASVS 5.0, chapter 3.4)."""

TALKING = PROTECTION["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'"
"""The policy of the chat page alone: our own script may run, and may call this address."""

SIGNED_IN = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
"""What every answer under /steward carries besides: nobody keeps a page of the steward's."""

LONGEST_PATH = 1024
LONGEST_QUERY = 1024
_READING = frozenset({"GET", "HEAD"})
_FORMS = re.compile(r"/steward/(?:sign-in|sign-out|drafts/[0-9]{1,12})")

Refuse = Callable[[int, str], Response]


class Guard:
    """ASGI middleware: turns away what may not ask, and protects every answer.

    Args:
        app: what answers when nothing stands against it.
        allowed_hosts: exact `host[:port]` spellings in lower case, such as `127.0.0.1:8400`.
        refuse: makes the answer to a request that is turned away, from a status and a sentence.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Sequence[str], refuse: Refuse) -> None:
        self._app = app
        self._hosts = frozenset(allowed_hosts)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the application answer; never lets an answer out unprotected."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        objection = self._objection(scope)
        answering = self._turn_away(scope, *objection) if objection else self._app
        await answering(scope, receive, _protected(send, protection_of(scope["path"])))

    def _turn_away(self, scope: Scope, status: int, sentence: str) -> Response:
        response = self._refuse(status, sentence)
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            is_form = _FORMS.fullmatch(scope["path"])
            response.headers["Allow"] = "GET, HEAD, POST" if is_form else "GET, HEAD"
        return response

    def _objection(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 400, "This address does not lead here. Use the one that `emeritus serve` showed."
        if scope["method"] not in _READING:
            if _from_elsewhere(headers):
                return 403, "Another site may not send anything here."
            if not _is_taken(scope):
                return 405, "They can be read, and take nothing: use GET or HEAD."
        if _is_steward(scope["path"]) and headers.get("sec-fetch-dest", "document") != "document":
            return 403, "Pages of the steward are opened by a person, and not by a script."
        path = scope.get("raw_path") or scope["path"].encode()
        if len(path) > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            return 414, f"No address here is longer than {LONGEST_PATH} characters."
        return None


def protection_of(path: str) -> dict[str, str]:
    """Return the headers that every answer under an address carries."""
    return PROTECTION | SIGNED_IN if _is_steward(path) else PROTECTION


def _is_steward(path: str) -> bool:
    return path == "/steward" or path.startswith("/steward/")


def _is_taken(scope: Scope) -> bool:
    """Tell whether what is sent is taken: calls of the API, and the steward's forms."""
    path = scope["path"]
    is_known = path.startswith("/v1/") or _FORMS.fullmatch(path) is not None
    return bool(scope["method"] == "POST" and is_known)


def _from_elsewhere(headers: Headers) -> bool:
    """Tell whether a browser says that another site sent this (W3C Fetch Metadata; RFC 6454)."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin = headers.get("origin")
    return origin is not None and origin.lower() != f"http://{headers['host'].lower()}"


def _protected(send: Send, protection: dict[str, str]) -> Send:
    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            talks = headers.get("Content-Security-Policy") == TALKING
            headers.update(protection)
            if talks:
                headers["Content-Security-Policy"] = TALKING
        await send(message)

    return protected
