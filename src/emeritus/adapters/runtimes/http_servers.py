"""`HttpServers`: asks models that others run, over HTTP, in the dialect of their clients."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from urllib.parse import urlsplit

import urllib3

from emeritus.foundation import printable
from emeritus.runtime import Endpoint, ServerAnswer, ServerRefuses, ServerSilent, read_answer

MOST_BYTES = 4 << 20
"""Of a reply; an answer of an interview has some hundred."""

_CONNECT_SECONDS, _READ_SECONDS = 15.0, 600.0
_TIMES, _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 5, 1.0, 60.0
_BUSY = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
"""What these dialects' own clients ask again after; 529 is Anthropic's word for overloaded."""
_SHOWN = 300
_OK, _REFUSED = 200, 400

KeyOf = Callable[[str], tuple[str, str | None]]
"""Gives the name of the setting that holds a model's key, and the key if there is one."""


class HttpServers:
    """Implements `runtime.Servers` with urllib3.

    Redirects are not followed: a key goes to the address that the record names and nowhere else.

    Args:
        key_of: finds the key of a model.
        first_pause_seconds: how long to wait before a busy server is asked the second time.
    """

    def __init__(self, key_of: KeyOf, *, first_pause_seconds: float = _FIRST_PAUSE_SECONDS) -> None:
        self._key_of = key_of
        self._first_pause_seconds = first_pause_seconds

    def answer(self, model: str, endpoint: Endpoint, body: bytes) -> ServerAnswer:
        """Send a request and return what is answered; see the port."""
        name, key = self._key_of(model)
        where = urlsplit(endpoint.url).hostname or endpoint.url
        status, data = self._post(endpoint, body, _headers(endpoint, key), where)
        if status != _OK:
            hint = "" if key else f"; no key was sent, {name} is not set"
            said = f"{where} answered {status} for {model}: {_reason(data)}{hint}"
            if status >= _REFUSED and status not in _BUSY:
                raise ServerRefuses(said, about=model)
            raise ServerSilent(f"{said}; run it again later, it goes on where it was", about=model)
        read = read_answer(endpoint.dialect, data)
        if read is None:
            raise ServerSilent(
                f"{where} answered for {model} with what is no answer in the {endpoint.dialect} "
                f"dialect: {printable(data[:_SHOWN].decode(errors='replace'))}",
                about=model,
            )
        return read

    @cached_property
    def _pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(num_pools=4)

    def _post(
        self, endpoint: Endpoint, body: bytes, headers: Mapping[str, str], where: str
    ) -> tuple[int, bytes]:
        again = urllib3.Retry(
            total=_TIMES - 1,
            read=0,
            redirect=False,
            status_forcelist=_BUSY,
            allowed_methods=None,
            backoff_factor=self._first_pause_seconds,
            backoff_max=_LONGEST_PAUSE_SECONDS,
            retry_after_max=int(_LONGEST_PAUSE_SECONDS),
            raise_on_status=False,
        )
        try:
            with self._pool.request(
                "POST",
                endpoint.url,
                body=body,
                headers=headers,
                retries=again,
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
                preload_content=False,
                redirect=False,
            ) as reply:
                data = reply.read(MOST_BYTES + 1)
        except urllib3.exceptions.HTTPError as problem:
            raise ServerSilent(
                f"{where} cannot be reached: {printable(str(problem))[:_SHOWN]}; "
                "run it again later, it goes on where it was",
                about=where,
            ) from problem
        if len(data) > MOST_BYTES:
            raise ServerSilent(
                f"expected an answer of at most {MOST_BYTES} bytes from {where}, found more",
                about=where,
            )
        return reply.status, data


def _headers(endpoint: Endpoint, key: str | None) -> dict[str, str]:
    headers = {"content-type": "application/json", "user-agent": "emeritus"}
    if endpoint.dialect == "anthropic":
        headers["anthropic-version"] = "2023-06-01"
    if key:
        bearer = endpoint.dialect == "openai"
        headers["authorization" if bearer else "x-api-key"] = f"Bearer {key}" if bearer else key
    return headers


def _reason(data: bytes) -> str:
    """Return what a server says of its refusal, in a bounded line that moves no cursor."""
    text = data[:4096].decode(errors="replace")
    try:
        said = json.loads(text)["error"]
        text = said["message"] if isinstance(said, dict) else said
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return " ".join(printable(str(text)).split())[:_SHOWN] or "no reason given"
