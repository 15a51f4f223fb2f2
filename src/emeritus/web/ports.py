"""The port of the pages: `Site`, who knows what they show."""

from typing import Protocol

from emeritus.assembly.readings import (
    Dossier,
    EntryPage,
    Footing,
    Found,
    Home,
    LedgerPage,
    ModelLine,
)


class Site(Protocol):
    """Answers what the pages ask; reads, and never writes.

    Every method may be called from any thread, and may be called at any time.
    An `EmeritusError` becomes a page with the error's HTTP status; the reader sees its message
    when the status is below 500, and only its code from 500 on.
    """

    def home(self) -> Home:
        """Return who lives here and what happened last."""
        ...

    def models(self) -> tuple[ModelLine, ...]:
        """Return every model, in the order of their names."""
        ...

    def dossier(self, name: str) -> Dossier:
        """Return all that is known of one model.

        Raises:
            NotFound: the record holds no model of that name.
        """
        ...

    def find(self, query: str) -> Found:
        """Return the model that somebody is looking for, or names that come near; never raises.

        Args:
            query: what was typed, 1 to 200 characters of any kind.
        """
        ...

    def ledger(self, before: int | None) -> LedgerPage:
        """Return a page of entries, the newest first.

        Args:
            before: only entries at positions below it; None begins with the newest.
        """
        ...

    def entry(self, position: int) -> EntryPage:
        """Return one entry with its proof.

        Raises:
            NotFound: the ledger is not that long.
        """
        ...

    def footing(self) -> Footing:
        """Return the checkpoint that the pages stand on."""
        ...

    def log_file(self, name: str) -> bytes:
        """Return a file of the ledger, as it is stored.

        Args:
            name: its name in the store, under `log/`, or `keys/ledger.vkey`;
                the pages pass no other, and no name with an empty or dotted part.

        Raises:
            NotFound: the store has no such file.
        """
        ...
