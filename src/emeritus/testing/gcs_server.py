"""A model of Google Cloud Storage's XML API, as its reference describes it; not Google's own.

No emulator that can be installed keeps what a store needs (tried 2026-11, see decision 39), so
this one is written from the page "XML API overview" and those below it: generations, the condition
`x-goog-if-generation-match`, ranges, listings in pages, multipart uploads. It shows that our side
says the right words; that Google's side means the same by them nobody has shown here.
"""

import hashlib
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 100
"""Names of one answer; Google gives 1,000."""

_BEFORE = "/bucket/"

_WRITTEN = datetime(2026, 1, 1, tzinfo=UTC)

ACCOUNT = json.dumps(
    {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
)
"""What stands for a service account's key: nobody signs in."""


@dataclass(frozen=True)
class _Kept:
    data: bytes
    generation: int

    @property
    def tag(self) -> str:
        return f'"{hashlib.md5(self.data, usedforsecurity=False).hexdigest()}"'


@dataclass
class GcsModel:
    """A running server with one bucket, called `bucket`.

    Attributes:
        address: its URL.
    """

    address: str = ""
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _parts: dict[str, dict[int, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, name: str, data: bytes, expected: str | None) -> _Kept | None:
        """Keep an object; None when its generation is not the expected one, 0 for none."""
        with self._lock:
            present = self._kept.get(name)
            if expected is not None and int(expected) != (present.generation if present else 0):
                return None
            made = self._kept[name] = _Kept(data, next(self._numbers))
            return made

    def get(self, name: str) -> _Kept | None:
        """Return an object."""
        with self._lock:
            return self._kept.get(name)

    def remove(self, name: str) -> bool:
        """Remove an object; False when it was not there."""
        with self._lock:
            return self._kept.pop(name, None) is not None

    def listing(self, prefix: str, after: str) -> str:
        """Return a page of names after a token, as XML."""
        with self._lock:
            found = sorted(one for one in self._kept if one.startswith(prefix) and one > after)
            shown = [(one, self._kept[one]) for one in found[:_PAGE]]
        more = len(found) > _PAGE
        entries = "".join(
            f"<Contents><Key>{escape(name)}</Key><Generation>{kept.generation}</Generation>"
            f"<LastModified>{_WRITTEN:%Y-%m-%dT%H:%M:%SZ}</LastModified><ETag>{escape(kept.tag)}</ETag>"
            f"<Size>{len(kept.data)}</Size></Contents>"
            for name, kept in shown
        )
        token = (
            f"<NextContinuationToken>{escape(shown[-1][0])}</NextContinuationToken>" if more else ""
        )
        return (
            f"<ListBucketResult><Name>bucket</Name><IsTruncated>{str(more).lower()}</IsTruncated>"
            f"{token}{entries}</ListBucketResult>"
        )

    def begin(self) -> str:
        """Begin an upload in parts, and return its id."""
        upload = f"upload-{next(self._numbers)}"
        with self._lock:
            self._parts[upload] = {}
        return upload

    def add_part(self, upload: str, number: int, data: bytes) -> None:
        """Keep a part of an upload."""
        with self._lock:
            self._parts[upload][number] = data

    def finish(self, upload: str) -> bytes:
        """Return all parts in order."""
        with self._lock:
            parts = self._parts.pop(upload)
        return b"".join(parts[number] for number in sorted(parts))


@contextmanager
def gcs_model() -> Iterator[GcsModel]:
    """Run the model on loopback; nothing of it is left afterwards."""
    kept = GcsModel()

    class Handler(_Handler):
        model = kept

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: GcsModel

    def do_PUT(self) -> None:
        name, asked = self._asked()
        data = self._body()
        if "uploadId" in asked:
            self.model.add_part(asked["uploadId"], int(asked["partNumber"]), data)
            self._answer(HTTPStatus.OK, ETag='"part"')
            return
        made = self.model.put(name, data, self.headers.get("x-goog-if-generation-match"))
        self._made(made)

    def do_POST(self) -> None:
        name, asked = self._asked()
        self._body()
        if "uploads" in asked:
            said = f"<UploadId>{self.model.begin()}</UploadId>"
            self._answer(
                HTTPStatus.OK,
                f"<InitiateMultipartUploadResult>{said}</InitiateMultipartUploadResult>",
            )
            return
        made = self.model.put(name, self.model.finish(asked["uploadId"]), None)
        if made is None:
            self._answer(HTTPStatus.PRECONDITION_FAILED)
            return
        said = f"<ETag>{escape(made.tag)}</ETag>"
        self._answer(
            HTTPStatus.OK,
            f"<CompleteMultipartUploadResult>{said}</CompleteMultipartUploadResult>",
            **{"x-goog-generation": str(made.generation)},
        )

    def do_GET(self) -> None:
        name, asked = self._asked()
        if not name:
            page = self.model.listing(asked.get("prefix", ""), asked.get("continuation-token", ""))
            self._answer(HTTPStatus.OK, page)
            return
        kept = self.model.get(name)
        if kept is None:
            self._answer(HTTPStatus.NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>")
            return
        wanted = self.headers.get("Range", "")
        data, said = kept.data, {}
        if wanted.startswith("bytes="):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            begin, end = int(first), min(int(last or len(data)), len(data) - 1)
            if begin >= len(data):
                self._answer(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            said["Content-Range"] = f"bytes {begin}-{end}/{len(data)}"
            data = data[begin : end + 1]
        self._give(kept, data, said)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        name, _ = self._asked()
        there = self.model.remove(name)
        self._answer(HTTPStatus.NO_CONTENT if there else HTTPStatus.NOT_FOUND)

    def log_message(self, *_: object) -> None:
        pass

    def _asked(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        asked = {key: one[0] for key, one in parse_qs(parts.query, True).items()}
        return unquote(parts.path).removeprefix(_BEFORE.rstrip("/")).lstrip("/"), asked

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _made(self, made: _Kept | None) -> None:
        if made is None:
            self._answer(
                HTTPStatus.PRECONDITION_FAILED, "<Error><Code>PreconditionFailed</Code></Error>"
            )
            return
        generation = {"x-goog-generation": str(made.generation)}
        self._answer(HTTPStatus.OK, ETag=made.tag, **generation)

    def _give(self, kept: _Kept, data: bytes, said: dict[str, str]) -> None:
        self.send_response(HTTPStatus.PARTIAL_CONTENT if said else HTTPStatus.OK)
        for key, value in {
            **said,
            "ETag": kept.tag,
            "Last-Modified": formatdate(_WRITTEN.timestamp(), usegmt=True),
            "x-goog-generation": str(kept.generation),
            "Content-Length": str(len(data)),
        }.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _answer(self, status: HTTPStatus, body: str = "", **said: str) -> None:
        data = body.encode()
        self.send_response(status)
        for key, value in said.items():
            self.send_header(key, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
