"""The ports of the record: a database that holds an index, and the right to act.

Both are tested by `tests/contracts/database_contract.py` on SQLite and on PostgreSQL.
"""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Database(Protocol):
    """A transactional database; many readers, one writer.

    May be used from any thread; a connection belongs to the thread that opened it.
    """

    def write(self) -> AbstractContextManager[Connection]:
        """Open a write transaction.

        It begins as a writer (SQLite: BEGIN IMMEDIATE), commits when the context ends well,
        and leaves no trace when it ends with an error. Tables may be made and dropped in it.

        Raises:
            DatabaseUnavailable: the database does not answer, or another writer held it too long.
        """
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one moment and changes nothing.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        ...

    def close(self) -> None:
        """Let go of every connection; again is harmless."""
        ...


class Sequencer(Protocol):
    """The right to act: at most one holder over all processes that share a home."""

    def hold(self) -> AbstractContextManager[None]:
        """Hold the right while the context lasts; a holder that dies gives it back.

        Raises:
            SequencerBusy: another holder did not finish in the time that the adapter was given.
        """
        ...

    def share(self) -> AbstractContextManager[None]:
        """Make bytes durable that no entry speaks of yet; any number may at once.

        Raises:
            SequencerBusy: somebody is clearing away what no entry speaks of.
        """
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Clear away what no entry speaks of: nobody shares while the context lasts.

        Raises:
            SequencerBusy: somebody shares, and did not finish in time.
        """
        ...
