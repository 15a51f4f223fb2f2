"""PostgreSQL through psycopg 3: for a home that several machines share."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from emeritus.adapters.databases.sql import WRITES, SqlDatabase
from emeritus.record.errors import DatabaseUnavailable, SequencerBusy

_INDEX_LOCK = 0x456D6572_0001
_SEQUENCER_LOCK = 0x456D6572_0002
_SCHEMA_LOCK = 0x456D6572_0003
_BYTES_LOCK = 0x456D6572_0004
"""Keys of the advisory locks: `Emer` in hexadecimal, then a number of ours."""


def _engine(url: str, schema: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="REPEATABLE READ",
        # Acts are few; a connection that nobody keeps needs nobody to close it.
        poolclass=NullPool,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            # IF NOT EXISTS fails with a unique violation when two connections come at once.
            cursor.execute(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
            cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            cursor.execute(f'SET search_path TO "{schema}"')
        connection.commit()

    return engine


def open_postgres(url: str, schema: str = "emeritus") -> SqlDatabase:
    """Open a database by its URL; tables lie in `schema`, which is made when it is missing."""
    engine = _engine(url, schema)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            # One writer at a time, as with SQLite; the lock ends with the transaction.
            # Taken as the first statement, so that the snapshot is of the moment after it.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_INDEX_LOCK})")

    return SqlDatabase(engine, "the PostgreSQL database")


class PostgresSequencer:
    """The right to act as a session-level advisory lock: it ends with its connection."""

    def __init__(self, url: str, schema: str = "emeritus", *, wait_seconds: float = 60) -> None:
        self._engine = _engine(url, schema)
        self._wait_milliseconds = int(wait_seconds * 1000)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the right while the context lasts."""
        with self._locked("", _SEQUENCER_LOCK):
            yield

    @contextmanager
    def share(self) -> Iterator[None]:
        """Make bytes durable that no entry speaks of yet; any number may at once."""
        with self._locked("_shared", _BYTES_LOCK):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Clear away what no entry speaks of: nobody shares while the context lasts."""
        with self._locked("", _BYTES_LOCK):
            yield

    @contextmanager
    def _locked(self, how: str, key: int) -> Iterator[None]:
        try:
            connection = self._engine.connect()
        except DatabaseError as problem:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {problem.orig}") from problem
        with connection:
            try:
                connection.execute(text(f"SET lock_timeout = {self._wait_milliseconds}"))
                connection.execute(text(f"SELECT pg_advisory_lock{how}({key})"))
                connection.commit()
            except DatabaseError as problem:
                raise SequencerBusy(
                    "somebody else is acting in this record and did not finish in "
                    f"{self._wait_milliseconds // 1000} seconds; try again"
                ) from problem
            try:
                yield
            finally:
                # A server that went away has let go of the lock; what was entered is durable.
                with suppress(DatabaseError):
                    connection.execute(text(f"SELECT pg_advisory_unlock{how}({key})"))
                    connection.commit()

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
