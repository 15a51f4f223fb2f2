"""One JSON request over HTTP on a UNIX socket."""

import http.client
import json
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any


class _UnixConnection(http.client.HTTPConnection):
    """`http.client` that connects to a path instead of a host and a port."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def request_json(path: Path, target: str, body: Any, *, timeout: float) -> tuple[int, Any]:
    """Send one request on a connection of its own and return the status and the JSON answer.

    A connection that is kept may be closed by the engine's server while it is idle; a new one
    has no such state, and a whole request to `/tokenize` takes 0.36 ms (measured 2026-11).

    Args:
        path: the socket.
        target: the path of the resource, `/completion`.
        body: what to send as JSON by POST; None for a GET.
        timeout: seconds that any single step on the socket may take.

    Raises:
        OSError: the socket failed, or was silent for too long (`TimeoutError`).
        http.client.HTTPException: the answer is not HTTP, or broke off.
        ValueError: the answer is not JSON.
    """
    connection = _UnixConnection(path, timeout)
    try:
        payload = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request("GET" if body is None else "POST", target, payload, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def stream_json(
    path: Path, target: str, body: Any, *, timeout: float
) -> Generator[tuple[int, Any], None, None]:
    """Send one request by POST and yield the status with every JSON event of the answer.

    An answer that is no event stream is yielded whole. Closing the iterator closes the
    connection, at which the engine stops.

    Args and errors as for `request_json`.
    """
    connection = _UnixConnection(path, timeout)
    try:
        headers = {"Content-Type": "application/json", "Connection": "close"}
        connection.request("POST", target, json.dumps(body), headers)
        response = connection.getresponse()
        if "text/event-stream" not in (response.getheader("Content-Type") or ""):
            yield response.status, json.loads(response.read())
            return
        for line in response:
            if line.startswith(b"data: ") and line.strip() != b"data: [DONE]":
                yield response.status, json.loads(line[len(b"data: ") :])
    finally:
        connection.close()
