"""The whole way of a model, with a fake engine, on both databases; it ends with a rebuild."""

import dataclasses
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from emeritus.adapters.databases import PostgresSequencer, open_postgres
from emeritus.assembly import House, HouseSite, open_house
from emeritus.catalogue import NameTaken
from emeritus.foundation import EmeritusError
from emeritus.record import HomeReadOnly
from emeritus.testing import ScriptedEngine
from emeritus.testing.asgi import ask
from emeritus.web import build
from tests.journeys.houses import (
    audit,
    deposit,
    drill,
    found,
    show,
    tiny_model,
    verify,
    with_database,
    with_fakes,
)

Maker = Callable[[Path], House]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_house(request: pytest.FixtureRequest) -> Maker:
    if request.param == "sqlite":
        return found
    url: str = request.getfixturevalue("postgres_url")

    def on_postgres(home: Path) -> House:
        schema = f"journey_{uuid.uuid4().hex}"
        return with_database(
            found(home), open_postgres(url, schema), PostgresSequencer(url, schema)
        )

    return on_postgres


def test_a_model_is_kept_proven_and_rebuilt(make_house: Maker, tmp_path: Path) -> None:
    house = make_house(tmp_path / "home")
    source = tiny_model(tmp_path / "source")
    data = source.read_bytes()
    receipt = deposit(house, source)
    source.unlink()
    assert receipt.raw_bytes == len(data)
    assert show(house)["custody"] == "deposited"
    assert audit(house).outcome == "good"
    assert show(house)["custody"] == "verified"
    first, second = drill(house), drill(house)
    assert (first.comparison, second.comparison) == ("first", "identical")
    assert first.fingerprint == second.fingerprint is not None
    shown = show(house)
    assert shown["custody"] == "proven"
    assert shown["ledger_size"] == 9
    site = HouseSite(house)
    before = (site.home(), site.ledger(None), site.dossier("tiny"), shown)
    rebuilt = house.record.rebuild()
    assert rebuilt.had_index
    assert rebuilt.differing == ()
    assert before == (site.home(), site.ledger(None), site.dossier("tiny"), show(house))
    assert verify(tmp_path / "home" / "store").is_whole


def pages(house: House) -> dict[str, bytes]:
    """Return every page of a house as a browser gets it."""
    app = build(HouseSite(house), allowed_hosts=["localhost:8400"])
    addresses = ["/", "/models", "/models/tiny", "/ledger", "/find?q=tin", "/check", "/ledger/3"]
    return {address: ask(app, address).body for address in addresses}


def test_a_lost_index_gives_the_same_pages(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    audit(house)
    drill(house)
    before = pages(house)
    assert b"proven to run" in before["/models/tiny"]
    for file in (tmp_path / "home").glob("index.sqlite*"):
        file.unlink()
    rebuilt = with_fakes(open_house(tmp_path / "home", house.clock))
    assert not rebuilt.record.rebuild().had_index
    assert pages(rebuilt) == before


def test_an_index_that_is_not_what_the_ledger_says_is_named(
    make_house: Maker, tmp_path: Path
) -> None:
    house = make_house(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    with house.record._database.write() as connection:
        connection.exec_driver_sql("UPDATE custody_deposits SET raw_bytes = 1")
    assert house.record.rebuild().differing == ("custody_deposits",)
    assert house.record.rebuild().differing == ()


def test_a_name_is_taken_once(make_house: Maker, tmp_path: Path) -> None:
    house = make_house(tmp_path / "home")
    source = tiny_model(tmp_path / "source")
    deposit(house, source)
    with pytest.raises(NameTaken, match="another name"):
        deposit(house, source)
    again = deposit(house, source, "tiny-again")
    assert again.new_bytes == 0
    assert verify(tmp_path / "home" / "store").models == ["tiny", "tiny-again"]


def test_the_index_may_be_removed_at_any_time(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    before = show(house)
    for file in (tmp_path / "home").glob("index.sqlite*"):
        file.unlink()
    assert show(with_fakes(open_house(tmp_path / "home", house.clock))) == before


def test_a_copied_home_works_and_a_store_alone_can_be_read(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    audit(house)
    before = show(house)
    shutil.copytree(tmp_path / "home", tmp_path / "copy")
    copied = with_fakes(open_house(tmp_path / "copy", house.clock))
    assert show(copied) == before
    assert drill(copied).outcome == "good"
    shutil.copytree(tmp_path / "home" / "store", tmp_path / "alone" / "store")
    alone = with_fakes(open_house(tmp_path / "alone", house.clock))
    assert show(alone) == before
    for long_work in (audit, drill):
        with pytest.raises(HomeReadOnly):
            long_work(alone)
    assert not list((tmp_path / "alone").glob("work/drill-*"))


def test_a_store_that_went_back_in_time_is_refused(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    shutil.copytree(tmp_path / "home" / "store", tmp_path / "old")
    deposit(house, tiny_model(tmp_path / "source"))
    show(house)
    shutil.rmtree(tmp_path / "home" / "store")
    shutil.copytree(tmp_path / "old", tmp_path / "home" / "store")
    with pytest.raises(EmeritusError, match="went back in time"):
        HouseSite(open_house(tmp_path / "home")).home()


def test_a_drill_that_fails_is_entered_and_degrades(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    audit(house)
    drill(house)
    pack = next((tmp_path / "home" / "store" / "packs").iterdir())
    good = pack.read_bytes()
    pack.write_bytes(good[:100] + bytes([good[100] ^ 1]) + good[101:])
    failed = drill(house)
    assert (failed.outcome, failed.comparison) == ("failed", "none")
    assert show(house)["custody"] == "degraded"
    found_damage = audit(house)
    assert found_damage.outcome == "damaged"
    assert {one.file for one in found_damage.findings} == {f"packs/{pack.name}"}
    pack.write_bytes(good)
    audit(house)
    drill(house)
    assert show(house)["custody"] == "proven"


def test_a_drill_that_answers_otherwise_fails(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    drill(house)
    other = house.engine
    assert isinstance(other, ScriptedEngine)

    liar = dataclasses.replace(house, engine=ScriptedEngine(script={"": "something else"}))
    result = drill(liar)
    assert (result.outcome, result.comparison) == ("failed", "different")
    assert "tokens are the same" in result.problem
