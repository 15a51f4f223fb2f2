"""Databases that hold an index: SQLite beside the store, PostgreSQL beyond one machine.

Both pass `tests/contracts/database_contract.py`.
"""

from emeritus.adapters.databases.file_sequencer import FileSequencer
from emeritus.adapters.databases.postgres import PostgresSequencer, open_postgres
from emeritus.adapters.databases.sql import SqlDatabase
from emeritus.adapters.databases.sqlite import backup_sqlite, open_sqlite

__all__ = [
    "FileSequencer",
    "PostgresSequencer",
    "SqlDatabase",
    "backup_sqlite",
    "open_postgres",
    "open_sqlite",
]
