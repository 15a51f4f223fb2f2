"""The private database comes to its newest shape from every earlier step, and keeps what it has."""

from pathlib import Path

import pytest

from emeritus.adapters.databases import open_sqlite
from emeritus.foundation import IntegrityError
from emeritus.record import PrivateFacts
from emeritus.testing import FrozenClock

NEWEST = 1
# How a release that knew so many steps left the database; add a line with every new step.
LEFT_BY = {
    0: ("CREATE TABLE private_steps (number INTEGER PRIMARY KEY, taken_at VARCHAR(20) NOT NULL)",),
    1: (
        "CREATE TABLE private_steps (number INTEGER PRIMARY KEY, taken_at VARCHAR(20) NOT NULL)",
        "INSERT INTO private_steps VALUES (1, '2026-11-23T18:02:00Z')",
        "CREATE TABLE private_contacts (role VARCHAR(64) PRIMARY KEY, address VARCHAR(320))",
        "INSERT INTO private_contacts VALUES ('steward', 'desk@example.org')",
    ),
}


def facts(tmp_path: Path) -> PrivateFacts:
    return PrivateFacts(open_sqlite(tmp_path / "private.sqlite"), FrozenClock())


def test_a_new_database_takes_every_step_once(tmp_path: Path) -> None:
    private = facts(tmp_path)
    assert private.migrate() == private.migrate() == NEWEST
    with private.database.read() as connection:
        taken = connection.exec_driver_sql("SELECT number FROM private_steps").scalars().all()
    assert taken == list(range(1, NEWEST + 1))


def test_every_step_has_its_line_here() -> None:
    assert set(LEFT_BY) == set(range(NEWEST + 1))


@pytest.mark.parametrize("step", LEFT_BY)
def test_every_earlier_shape_is_brought_up(tmp_path: Path, step: int) -> None:
    private = facts(tmp_path)
    with private.database.write() as connection:
        for statement in LEFT_BY[step]:
            connection.exec_driver_sql(statement)
    assert private.contact("steward") == (None if step == 0 else "desk@example.org")
    private.set_contact("auditor", "a@example.org")
    assert private.contact("auditor") == "a@example.org"


def test_a_contact_is_replaced_and_forgotten(tmp_path: Path) -> None:
    private = facts(tmp_path)
    private.set_contact("steward", "old@example.org")
    private.set_contact("steward", "new@example.org")
    assert private.contact("steward") == "new@example.org"
    private.set_contact("steward", "")
    assert private.contact("steward") is None


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    private = facts(tmp_path)
    private.migrate()
    with private.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO private_steps VALUES (2, '2027-01-01T00:00:00Z')")
    with pytest.raises(IntegrityError, match="use a newer one"):
        private.migrate()
