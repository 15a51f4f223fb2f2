"""What every `Database` and `Sequencer` promises; run over SQLite and over PostgreSQL."""

import threading
from abc import ABC, abstractmethod

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, update

from emeritus.record import Database, Sequencer, SequencerBusy

_metadata = MetaData()
counter = Table("contract_counter", _metadata, Column("n", Integer, nullable=False))


class DatabaseContract(ABC):
    @pytest.fixture
    @abstractmethod
    def database(self) -> Database: ...

    def _prepare(self, database: Database) -> None:
        with database.write() as connection:
            counter.create(connection)
            connection.execute(insert(counter).values(n=0))

    def _value(self, database: Database) -> int:
        with database.read() as connection:
            return int(connection.execute(select(counter.c.n)).scalar_one())

    def test_what_was_written_is_read(self, database: Database) -> None:
        self._prepare(database)
        with database.write() as connection:
            connection.execute(update(counter).values(n=7))
        assert self._value(database) == 7

    def test_an_error_leaves_no_trace_of_rows_or_tables(self, database: Database) -> None:
        self._prepare(database)
        other = Table("contract_other", MetaData(), Column("n", Integer))

        def fail() -> None:
            with database.write() as connection:
                connection.execute(update(counter).values(n=9))
                other.create(connection)
                raise KeyError

        with pytest.raises(KeyError):
            fail()
        assert self._value(database) == 0
        with database.write() as connection:
            other.create(connection)

    def test_a_reader_changes_nothing(self, database: Database) -> None:
        self._prepare(database)
        with database.read() as connection:
            connection.execute(update(counter).values(n=5))
        assert self._value(database) == 0

    def test_a_reader_sees_one_moment(self, database: Database) -> None:
        self._prepare(database)
        with database.read() as reader:
            before = reader.execute(select(counter.c.n)).scalar_one()
            with database.write() as writer:
                writer.execute(update(counter).values(n=1))
            assert reader.execute(select(counter.c.n)).scalar_one() == before
        assert self._value(database) == 1

    def test_writers_wait_for_each_other(self, database: Database) -> None:
        self._prepare(database)

        def add() -> None:
            for _ in range(10):
                with database.write() as connection:
                    n = connection.execute(select(counter.c.n)).scalar_one()
                    connection.execute(update(counter).values(n=n + 1))

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert self._value(database) == 40

    def test_rows_are_counted_after_close(self, database: Database) -> None:
        self._prepare(database)
        database.close()
        database.close()
        with database.read() as connection:
            rows = connection.execute(select(func.count()).select_from(counter)).scalar_one()
        assert rows == 1


class SequencerContract(ABC):
    @abstractmethod
    def make(self, *, wait_seconds: float) -> Sequencer:
        """Return a new sequencer of the same record."""

    def test_two_never_hold_at_once(self) -> None:
        inside, most = [0], [0]
        lock = threading.Lock()

        def hold() -> None:
            for _ in range(5):
                with self.make(wait_seconds=30).hold():
                    with lock:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    with lock:
                        inside[0] -= 1

        threads = [threading.Thread(target=hold) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most[0] == 1

    def test_who_waits_too_long_is_told(self) -> None:
        with (
            self.make(wait_seconds=5).hold(),
            pytest.raises(SequencerBusy, match="try again"),
            self.make(wait_seconds=0.2).hold(),
        ):
            pass

    def test_an_error_gives_the_right_back(self) -> None:
        with pytest.raises(KeyError), self.make(wait_seconds=5).hold():
            raise KeyError
        with self.make(wait_seconds=1).hold():
            pass

    def test_many_share_and_nobody_clears_meanwhile(self) -> None:
        with self.make(wait_seconds=5).share(), self.make(wait_seconds=5).share():
            with pytest.raises(SequencerBusy), self.make(wait_seconds=0.2).alone():
                pass
            with self.make(wait_seconds=1).hold():
                pass
        with self.make(wait_seconds=1).alone():
            with pytest.raises(SequencerBusy), self.make(wait_seconds=0.2).share():
                pass
            with self.make(wait_seconds=1).hold():
                pass
        with self.make(wait_seconds=1).share():
            pass
