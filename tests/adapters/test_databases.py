import uuid
from pathlib import Path

import pytest

from emeritus.adapters.databases import (
    FileSequencer,
    PostgresSequencer,
    backup_sqlite,
    open_postgres,
    open_sqlite,
)
from emeritus.record import Database, DatabaseUnavailable, Sequencer
from tests.contracts.database_contract import DatabaseContract, SequencerContract


class TestSqlite(DatabaseContract):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Database:
        return open_sqlite(tmp_path / "index.sqlite")


class TestPostgres(DatabaseContract):
    @pytest.fixture
    def database(self, postgres_url: str) -> Database:
        return open_postgres(postgres_url, f"contract_{uuid.uuid4().hex}")


class TestFileSequencer(SequencerContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "locks" / "sequencer"

    def make(self, *, wait_seconds: float) -> Sequencer:
        return FileSequencer(self.path, wait_seconds=wait_seconds)


class TestPostgresSequencer(SequencerContract):
    @pytest.fixture(autouse=True)
    def _url(self, postgres_url: str) -> None:
        self.url = postgres_url

    def make(self, *, wait_seconds: float) -> Sequencer:
        return PostgresSequencer(self.url, wait_seconds=wait_seconds)


def test_a_damaged_database_is_named_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.write_bytes(b"no database at all, but long enough to be read as a header" * 40)
    with (
        pytest.raises(DatabaseUnavailable, match=r"index.sqlite.*rebuild"),
        open_sqlite(path).read(),
    ):
        pass


def test_a_backup_is_a_database(tmp_path: Path) -> None:
    source = tmp_path / "a.sqlite"
    with open_sqlite(source).write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (3)")
    backup_sqlite(source, tmp_path / "b.sqlite")
    with open_sqlite(tmp_path / "b.sqlite").read() as connection:
        assert connection.exec_driver_sql("SELECT n FROM t").scalar_one() == 3
