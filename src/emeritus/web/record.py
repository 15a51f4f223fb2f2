"""The pages of the record: its entries, its raw files, and how to check it."""

import re

from starlette.requests import Request
from starlette.responses import Response

from emeritus.web.answers import ASK_AGAIN, FOR_EVER, answer
from emeritus.web.errors import AddressUnusable, NoSuchPage
from emeritus.web.pages import Pages
from emeritus.web.ports import Site

_POSITION = re.compile(r"[0-9]{1,15}")
_LOG_FILE = re.compile(r"log/[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*|keys/ledger\.vkey")
_FULL_TILE = re.compile(r"log/tile/(?:[0-9]+|entries)/(?:x[0-9]{3}/)*[0-9]{3}")
_TEXTS = frozenset({"log/checkpoint", "keys/ledger.vkey"})


class Record:
    """Answers for the ledger; one method a page, run in the thread pool.

    Args:
        site: knows what the pages show.
        pages: renders them.
    """

    def __init__(self, site: Site, pages: Pages) -> None:
        self._site = site
        self._pages = pages

    def ledger(self, request: Request) -> Response:
        """Answer `GET /ledger`, and `GET /ledger?before=POSITION` for older entries.

        Raises:
            AddressUnusable: `before` is not a position.
        """
        text = request.query_params.get("before")
        if text is not None and not _POSITION.fullmatch(text):
            raise AddressUnusable("Expected an entry's position after `before=`, a whole number.")
        ledger = self._site.ledger(None if text is None else int(text))
        return self._pages.page(
            request, "ledger.html", ledger=ledger, footing=ledger.footing, is_newest=text is None
        )

    def entry(self, request: Request) -> Response:
        """Answer `GET /ledger/{position}`.

        Raises:
            NoSuchPage: that is not a position.
        """
        text = request.path_params["position"]
        if not _POSITION.fullmatch(text):
            raise NoSuchPage("Entries are named by their position, a whole number from 0.")
        entry = self._site.entry(int(text))
        return self._pages.page(request, "entry.html", entry=entry, footing=entry.footing)

    def file(self, request: Request) -> Response:
        """Answer `GET /log/…` and `GET /keys/ledger.vkey` with the stored bytes (C2SP tlog-tiles).

        Raises:
            NoSuchPage: no file of the ledger can have that name.
        """
        name = str(request.scope["path"]).removeprefix("/")
        if not _LOG_FILE.fullmatch(name):
            raise NoSuchPage("No file of the ledger can have that name.")
        media_type = "text/plain; charset=utf-8" if name in _TEXTS else "application/octet-stream"
        keep = FOR_EVER if _FULL_TILE.fullmatch(name) else ASK_AGAIN
        return answer(request, self._site.log_file(name), media_type=media_type, keep=keep)

    def check(self, request: Request) -> Response:
        """Answer `GET /check`."""
        return self._pages.page(request, "check.html", footing=self._site.footing())
