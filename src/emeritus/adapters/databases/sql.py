"""What both databases share: transactions that begin as readers or as writers."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from emeritus.record.errors import DatabaseUnavailable

WRITES = "emeritus_writes"
"""The execution option by which a dialect's `begin` knows a writer."""


class SqlDatabase:
    """A `Database` over a SQLAlchemy engine whose `begin` honours the option `WRITES`."""

    def __init__(self, engine: Engine, what: str) -> None:
        self._engine = engine
        self._what = what

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that begins as a writer."""
        with self._open(writes=True) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment."""
        with self._open(writes=False) as connection:
            yield connection

    @contextmanager
    def _open(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with (
                self._engine.connect().execution_options(**{WRITES: writes}) as connection,
                connection.begin() as transaction,
            ):
                yield connection
                if not writes:
                    transaction.rollback()
        except DatabaseError as problem:
            raise DatabaseUnavailable(
                f"{self._what} does not answer: {str(problem.orig)[:300]}; "
                "a damaged index may be removed and made anew with 'emeritus rebuild', the private "
                "database only comes back with 'emeritus backup --restore FILE'"
            ) from problem

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
