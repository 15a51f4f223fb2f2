"""Which names come near what somebody typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert

from emeritus.catalogue import NoSuchModel, find_model, names_near
from emeritus.catalogue.entries import models_table
from emeritus.record import metadata


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'index.sqlite'}")
    metadata.create_all(engine)
    names = ["claude-3-opus", "gpt-2", *(f"llama-{number}b" for number in range(1, 8))]
    with engine.connect() as connection:
        for position, name in enumerate(names):
            values = {
                "identity": f"sha256:{position:064x}",
                "registered_at": "2026-11-23T18:02:00Z",
            }
            connection.execute(insert(models_table).values(name=name, position=position, **values))
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("opus", ("claude-3-opus",)),
        ("  OPUS ", ("claude-3-opus",)),
        ("claud-3-opsu", ("claude-3-opus",)),
        ("gpt2", ("gpt-2",)),
        ("nothing like it", ()),
        ("", ()),
        ("%", ()),
        ("x" * 10_000, ()),
    ],
)
def test_names_near(index: Connection, text: str, near: tuple[str, ...]) -> None:
    assert names_near(index, text) == near


def test_at_most_five_come_near(index: Connection) -> None:
    assert names_near(index, "llama") == tuple(f"llama-{number}b" for number in range(1, 6))


def test_who_is_not_found_is_told_what_comes_near(index: Connection) -> None:
    with pytest.raises(NoSuchModel, match=r"did you mean gpt-2\?"):
        find_model(index, "gpt2")
