"""Which addresses are in a still copy, and which file each becomes.

>>> places = Places()
>>> places.of("/models/my-model")
'models/my-model/index.html'
>>> places.of("/ledger?before=40")
'ledger/before-40/index.html'
>>> places.of("/models/my-model/chat") is None
True
>>> relative("models/my-model/index.html", "ledger/7/index.html")
'../../ledger/7/index.html'
"""

import re
from posixpath import dirname, relpath
from urllib.parse import quote, unquote

from emeritus.vault.errors import PathUnsafe
from emeritus.vault.sources import safe_path

_FILES = re.compile(r"/(?:static|log|keys|feeds|\.well-known)/.+|/journal/[^/]+/[^/]+\.(?:md|json)")
_LEDGER = re.compile(r"/ledger\?before=([0-9]{1,15})")
_PAGES = re.compile(
    r"/|/models|/floor|/floor/assessment|/commitments|/ledger|/ledger/[0-9]{1,15}|/check|/threads/[0-9]{1,12}"
    r"|/models/[^/]+|/models/[^/]+/(?:docket|commitments|interviews)"
    r"|/models/[^/]+/interviews/[0-9]{1,12}|/journal/[^/]+|/journal/[^/]+/[^/]+"
)
_OF_A_MODEL = re.compile(r"/(?:models|journal|feeds/journal)/([^/]+?)(?:/.*|\.atom|\.json)?")
_OF_ALL = re.compile(r"/models|/feeds/lifecycle\..+|/\.well-known/.+")
_THREAD = re.compile(r"/threads/([0-9]+)")


class Places:
    """The rule of one copy.

    Args:
        model: only what tells of this model; everything when empty. Its page is the first one then.
        threads: the numbers of its threads.
    """

    def __init__(self, model: str = "", threads: frozenset[int] = frozenset()) -> None:
        self._model = model
        self._threads = threads

    @property
    def front(self) -> str:
        """The address of the first page."""
        return f"/models/{self._model}" if self._model else "/"

    def of(self, address: str) -> str | None:
        """Return the file that an address becomes, None when it is not in the copy.

        Args:
            address: path and query of a page, as in a link; without fragment.
        """
        if address in {"/", self.front}:
            return "index.html"
        page = _LEDGER.fullmatch(address)
        if page:
            return f"ledger/before-{page[1]}/index.html"
        address = address.rstrip("/") or "/"
        if "?" in address or not self._tells(address):
            return None
        if _FILES.fullmatch(address):
            return _safe(address)
        return _safe(f"{address}/index.html") if _PAGES.fullmatch(address) else None

    def _tells(self, address: str) -> bool:
        if not self._model:
            return True
        thread = _THREAD.fullmatch(address)
        if thread:
            return int(thread[1]) in self._threads
        about = _OF_A_MODEL.fullmatch(address)
        return unquote(about[1]) == self._model if about else not _OF_ALL.fullmatch(address)


def relative(place: str, target: str) -> str:
    """Return the link from one file of a copy to another."""
    return quote(relpath(target, dirname(place) or "."), safe="/")


def _safe(address: str) -> str | None:
    try:
        return safe_path(unquote(address, errors="strict").lstrip("/"))
    except (PathUnsafe, UnicodeDecodeError):
        return None
