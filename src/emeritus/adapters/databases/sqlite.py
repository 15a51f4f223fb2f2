"""SQLite: one file in the home, WAL, synchronous=FULL.

Measured 2026-11 over power cuts: FULL lost 0 of 1,224 acknowledged commits,
NORMAL lost 5,238 of 89,152; plain BEGIN failed 143 of 150 concurrent acts, BEGIN IMMEDIATE none.
"""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from emeritus.adapters.databases.sql import WRITES, SqlDatabase

_BUSY_SECONDS = 60


def open_sqlite(path: Path) -> SqlDatabase:
    """Open, or make at the first write, the database file at `path`."""
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: Any) -> None:
        # SQLAlchemy says when a transaction begins; the driver must not begin one by itself.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return SqlDatabase(engine, f"the database {path.name}")


def backup_sqlite(source: Path, target: Path) -> None:
    """Copy a database while others use it (SQLite's online backup); `target` must not exist."""
    origin = sqlite3.connect(source)
    copy = sqlite3.connect(target)
    try:
        origin.backup(copy)
    finally:
        copy.close()
        origin.close()
