"""Reading a store that somebody serves over HTTP: only the files whose names are known."""

import io
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import IO, Any, BinaryIO, NoReturn
from urllib.parse import quote, urlsplit

from emeritus.adapters.stores.names import check_name
from emeritus.vault import NotInStore, StoreUnavailable, Upload

MOST_BYTES = 64 << 20
"""Of one file. A tile has at most 8 kB, a bundle 16 MB (C2SP tlog-tiles)."""

SECONDS = 30


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: who is asked for a file gives it, or does not."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class WebStore:
    """The files of a store behind an address; read only, and it cannot list them.

    Implements `emeritus.vault.ports.Store` as far as that goes.

    Args:
        address: `http://…/` or `https://…/`; names are joined to it.

    Raises:
        StoreUnavailable: it is no such address.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise StoreUnavailable(f"expected an address such as https://…, found {address[:80]!r}")
        self.address = address if address.endswith("/") else address + "/"
        # No proxy from the environment: what is on this machine is asked directly.
        self._opener = urllib.request.build_opener(_Stay(), urllib.request.ProxyHandler({}))

    def get(self, path: str) -> bytes:
        """Return what the address answers for a path, at most `MOST_BYTES`.

        Raises:
            NotInStore: it says that there is nothing.
            StoreUnavailable: it does not answer, answers something else, or too much.
        """
        url = self.address + quote(path)
        try:
            with self._opener.open(url, timeout=SECONDS) as answer:
                return _bounded(answer, url)
        except urllib.error.HTTPError as problem:
            if problem.code == HTTPStatus.NOT_FOUND:
                raise NotInStore(f"nothing answers at {url}", about=path) from problem
            raise StoreUnavailable(f"{url} answered {problem.code}", about=path) from problem
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "reason", problem)
            raise StoreUnavailable(f"{url} does not answer: {reason}", about=path) from problem

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        check_name(name)
        return self.get(name)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file; the whole of it is fetched."""
        return self.read(name)[offset : offset + length]

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file that was fetched whole."""
        return io.BytesIO(self.read(name))

    def size(self, name: str) -> int | None:
        """Return the size of a file, None when it is not there."""
        try:
            return len(self.read(name))
        except NotInStore:
            return None

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield nothing: the web does not list."""
        del prefix
        return iter(())

    def create(self, name: str, data: bytes) -> bool:
        """Refuse."""
        self._read_only(name, data)

    def upload(self) -> AbstractContextManager[Upload]:
        """Refuse."""
        self._read_only("")

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """Refuse."""
        self._read_only(name, data, expected)

    def remove(self, name: str) -> None:
        """Refuse."""
        self._read_only(name)

    def _read_only(self, name: str, *_: object) -> NoReturn:
        raise StoreUnavailable(f"{self.address} can only be read", about=name)


def _bounded(answer: IO[bytes], url: str) -> bytes:
    data = answer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise StoreUnavailable(f"{url} answered more than {MOST_BYTES} bytes")
    return data
