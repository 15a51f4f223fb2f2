"""The addresses under /hub, as the Hugging Face Hub has them, for reading.

With `HF_ENDPOINT` set to `http://HOST:PORT/hub`, `huggingface_hub` and whatever is built on it
find a model's files here (https://huggingface.co/docs/hub/api; its client 2.4, read 2026-11).
A revision is `main`, or the first 40 digits of the model's identity: files of one identity never
change, so there is one revision.
"""

import logging
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from emeritus.access import Shelf, Shelved, WeightsDenied
from emeritus.api.errors import NoSuchFile, NoSuchRevision
from emeritus.foundation import EmeritusError, NotFound
from emeritus.vault import PackagedFile

_log = logging.getLogger(__name__)

_MAIN = "main"
_COMMIT_DIGITS = 40
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_PARTIAL, _UNCHANGED, _UNSATISFIABLE = 206, 304, 416


def hub_routes(shelf: Shelf) -> list[Route]:
    """Return the routes over what gives files."""
    hub = _Hub(shelf)
    return [
        Route("/hub/api/models/{name}", hub.about),
        Route("/hub/api/models/{name}/revision/{revision}", hub.about),
        Route("/hub/api/models/{name}/tree/{revision}", hub.tree),
        Route("/hub/api/models/{name}/tree/{revision}/{folder:path}", hub.tree),
        Route("/hub/{name}/resolve/{revision}/{path:path}", hub.file),
        Route("/hub/{rest:path}", _nothing),
    ]


class _Hub:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def about(self, request: Request) -> Response:
        """Answer what a model is: its revision, and the names of its files."""
        try:
            found = await self._find(request)
        except EmeritusError as problem:
            return _refusal(problem)
        files = found.package.files
        return _json(
            {
                "id": found.name,
                "modelId": found.name,
                "sha": _commit(found),
                "private": False,
                "gated": False,
                "disabled": False,
                "tags": [found.package.weights_format],
                "createdAt": found.registered_at,
                "lastModified": found.registered_at,
                "siblings": [{"rfilename": one.path, "size": one.bytes} for one in files],
            },
            found,
        )

    async def tree(self, request: Request) -> Response:
        """Answer which files there are, with their sizes and digests."""
        try:
            found = await self._find(request)
        except EmeritusError as problem:
            return _refusal(problem)
        folder = request.path_params.get("folder", "").strip("/")
        below = f"{folder}/" if folder else ""
        return _json(
            [
                {
                    "type": "file",
                    "path": one.path,
                    "size": one.bytes,
                    "oid": one.sha256[:_COMMIT_DIGITS],
                    "lfs": {"oid": one.sha256, "size": one.bytes, "pointerSize": 0},
                }
                for one in found.package.files
                if one.path.startswith(below)
            ],
            found,
        )

    async def file(self, request: Request) -> Response:
        """Answer with a file, or the part of it that is asked for."""
        try:
            found = await self._find(request)
            file = _file_of(found, request.path_params["path"])
            tag = f'"{file.sha256}"'
            headers = {
                "X-Repo-Commit": _commit(found),
                "X-Linked-Etag": tag,
                "X-Linked-Size": str(file.bytes),
                "ETag": tag,
                "Accept-Ranges": "bytes",
                "Content-Disposition": "attachment",
                "Cache-Control": "no-cache",
            }
            if request.headers.get("if-none-match") == tag:
                return Response(None, _UNCHANGED, headers)
            part = _part(request.headers, file.bytes, tag)
            if part is None:
                headers["Content-Range"] = f"bytes */{file.bytes}"
                return Response(None, _UNSATISFIABLE, headers)
            start, end, status = part
            headers["Content-Length"] = str(end - start)
            if status == _PARTIAL:
                headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.bytes}"
            kind = "application/octet-stream"
            if request.method == "HEAD":
                return Response(None, status, headers, media_type=kind)
            data = self._shelf.read(file, start, end)
            # The first piece is read before the answer begins: damage there has a status.
            first = await run_in_threadpool(next, data, b"")
        except EmeritusError as problem:
            return _refusal(problem)
        return StreamingResponse(_until_damage(first, data), status, headers, media_type=kind)

    async def _find(self, request: Request) -> Shelved:
        found = await run_in_threadpool(self._shelf.find, request.path_params["name"])
        revision = request.path_params.get("revision", _MAIN)
        if revision not in {_MAIN, _commit(found)}:
            raise NoSuchRevision(
                f"expected the revision {_MAIN} or {_commit(found)} of {found.name}, "
                f"found {revision[:60]!r}; files of one identity never change",
                about=found.name,
            )
        return found


def _until_damage(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes; stop where they are damaged, short of the length that was announced.

    Every client sees from the length that it has not the whole, and none is given a wrong byte.
    """
    yield first
    try:
        yield from rest
    except EmeritusError as problem:
        _log.error("a download was broken off: %s", problem.message)


def _commit(found: Shelved) -> str:
    return found.identity[:_COMMIT_DIGITS]


def _file_of(found: Shelved, path: str) -> PackagedFile:
    try:
        return found.file(path)
    except NotFound as problem:
        raise NoSuchFile(problem.message, about=found.name) from None


def _part(headers: Any, size: int, tag: str) -> tuple[int, int, int] | None:
    """Return first byte, end and status of what is asked for; None when there is no such part.

    One range is understood (RFC 9110, 14.1.2); several, or another unit, mean the whole file.
    """
    asked = _RANGE.fullmatch(headers.get("range", "").replace(" ", ""))
    if asked is None or asked.groups() == ("", "") or headers.get("if-range", tag) != tag:
        return 0, size, 200
    first, last = asked.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < int(first):
            return 0, size, 200
    return (start, end, _PARTIAL) if start < end else None


async def _nothing(request: Request) -> Response:
    return _refusal(
        NotFound(
            f"nothing answers {request.url.path[:80]} here; there are /hub/api/models/NAME and "
            "/hub/NAME/resolve/main/FILE, and nothing is taken"
        )
    )


def _refusal(problem: EmeritusError) -> Response:
    """Say what is wrong as the Hub's clients understand it."""
    code = "RepoNotFound" if isinstance(problem, NotFound) else ""
    if isinstance(problem, NoSuchRevision):
        code = "RevisionNotFound"
    elif isinstance(problem, NoSuchFile):
        code = "EntryNotFound"
    elif isinstance(problem, WeightsDenied):
        code = "GatedRepo"
    said = problem.message.encode("ascii", "replace").decode()
    headers = {"X-Error-Message": " ".join(said.split()), "Cache-Control": "no-store"}
    if code:
        headers["X-Error-Code"] = code
    return Response(
        msgspec.json.encode({"error": problem.message}),
        problem.http_status,
        headers,
        media_type="application/json",
    )


def _json(body: Any, found: Shelved) -> Response:
    return Response(
        msgspec.json.encode(body),
        200,
        {"X-Repo-Commit": _commit(found), "Cache-Control": "no-cache"},
        media_type="application/json",
    )
