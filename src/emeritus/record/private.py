"""The private database: what people may ask us to forget, so it is never in the ledger.

Its shape changes by numbered steps that are never edited once released.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
)

from emeritus.foundation import Clock, IntegrityError, timestamp
from emeritus.record.ports import Database

_tables = MetaData()
_steps = Table(
    "private_steps",
    _tables,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("taken_at", String(20), nullable=False),
)
_contacts = Table(
    "private_contacts",
    _tables,
    Column("role", String(64), primary_key=True),
    Column("address", String(320), nullable=False),
)


def _step_1_contacts(connection: Connection) -> None:
    _contacts.create(connection)


_STEPS: tuple[Callable[[Connection], None], ...] = (_step_1_contacts,)


@dataclass(frozen=True, slots=True)
class PrivateFacts:
    """Reads and writes the private database, after bringing it to its newest shape.

    Args:
        database: one of its own, never the index's.
        clock: stamps the steps.
    """

    database: Database
    clock: Clock

    def migrate(self) -> int:
        """Take the steps that are missing; return the number of the last one.

        Raises:
            IntegrityError: a newer Emeritus has taken steps that this one does not know.
        """
        with self.database.write() as connection:
            if not inspect(connection).has_table(_steps.name):
                _steps.create(connection)
            taken = len(connection.execute(select(_steps.c.number)).all())
            if taken > len(_STEPS):
                raise IntegrityError(
                    f"the private database has taken {taken} steps, this Emeritus knows "
                    f"{len(_STEPS)}; use a newer one"
                )
            for number, step in enumerate(_STEPS[taken:], taken + 1):
                step(connection)
                at = timestamp(self.clock.now())
                connection.execute(insert(_steps).values(number=number, taken_at=at))
        return len(_STEPS)

    def set_contact(self, role: str, address: str) -> None:
        """Keep the address at which a role is reached; an empty one forgets it."""
        self.migrate()
        with self.database.write() as connection:
            connection.execute(delete(_contacts).where(_contacts.c.role == role))
            if address:
                connection.execute(insert(_contacts).values(role=role, address=address))

    def contact(self, role: str) -> str | None:
        """Return the address at which a role is reached, None when none is kept."""
        self.migrate()
        with self.database.read() as connection:
            found = select(_contacts.c.address).where(_contacts.c.role == role)
            return connection.execute(found).scalar_one_or_none()
