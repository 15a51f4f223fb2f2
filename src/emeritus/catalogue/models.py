"""Find models, list them, register one."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from emeritus.catalogue.entries import DEFAULT_CHANNEL, Registered, models_table, services_table
from emeritus.catalogue.errors import NameTaken, NoSuchModel
from emeritus.foundation import Digest, ModelName
from emeritus.record import Act


@dataclass(frozen=True, slots=True)
class Model:
    """A model in the catalogue: its name, its identity, and how it is served (default channel)."""

    name: ModelName
    identity: Digest
    service: str
    registered_at: str


_JOINED = select(
    models_table.c.name,
    models_table.c.identity,
    services_table.c.state,
    models_table.c.registered_at,
).join_from(
    models_table,
    services_table,
    (services_table.c.model == models_table.c.name) & (services_table.c.channel == DEFAULT_CHANNEL),
)


def all_models(index: Connection) -> tuple[Model, ...]:
    """Return every model, by name."""
    return tuple(_model(row) for row in index.execute(_JOINED.order_by(models_table.c.name)))


def find_model(index: Connection, name: str) -> Model:
    """Return the model of that name.

    Raises:
        NoSuchModel: there is none; the message names what comes near.
    """
    row = index.execute(_JOINED.where(models_table.c.name == name)).one_or_none()
    if row is None:
        near = names_near(index, name)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; see 'emeritus models'"
        raise NoSuchModel(f"no model named {name[:96]!r} in this record{hint}", about=name[:96])
    return _model(row)


def names_near(index: Connection, text: str) -> tuple[str, ...]:
    """Return up to five names that contain the text or are spelt like it."""
    wanted = text.strip().lower()[:96]
    names = [str(name) for name in index.execute(select(models_table.c.name)).scalars()]
    holding = sorted(name for name in names if wanted and wanted in name)
    alike = difflib.get_close_matches(wanted, names, n=5, cutoff=0.6)
    return tuple(dict.fromkeys([*holding, *alike]))[:5]


def require_free(index: Connection, name: ModelName) -> None:
    """Check that no model has this name yet.

    Raises:
        NameTaken: one has.
    """
    taken = index.execute(select(models_table.c.identity).where(models_table.c.name == name))
    if (identity := taken.scalar_one_or_none()) is not None:
        raise NameTaken(
            f"a model named {name} is in this record already (identity {identity}); "
            "a record keeps what was entered, so give this one another name",
            about=name,
        )


def register(act: Act, name: ModelName, identity: Digest, *, service: str = "active") -> None:
    """Enter a model in the catalogue.

    Raises:
        NameTaken: the name is in use.
    """
    require_free(act.index, name)
    act.enter(Registered(str(name), str(identity), service), (name, identity))


def _model(row: Sequence[Any]) -> Model:
    name, identity, state, registered_at = row
    return Model(ModelName(name), Digest.parse(identity), state, registered_at)
