"""A model that another party keeps and runs."""

from pathlib import Path

import pytest

from emeritus.assembly import HouseGateway, HouseSite, server_key
from emeritus.catalogue import NameTaken
from emeritus.custody import EndpointUnsuitable, NotHere, hold_elsewhere, restore_model
from emeritus.foundation import ModelName, Silent
from emeritus.lifecycle.due import due
from emeritus.record.index import dump
from emeritus.runtime import Endpoint
from tests.journeys.houses import audit, drill, found, verify

AT = Endpoint("anthropic", "https://api.example.org", "old-20240101")
NAME = ModelName.parse("old")


def test_it_is_in_the_record_and_its_custody_says_where(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    there = hold_elsewhere(house.record, NAME, "A Lab", AT, actor="steward")
    dossier = HouseSite(house).dossier("old")
    assert (dossier.custody, dossier.grade, dossier.manifest) == (
        "held elsewhere",
        "self-reported",
        "",
    )
    assert (dossier.files, dossier.raw_bytes, dossier.stored_bytes) == ((), 0, 0)
    assert dossier.elsewhere is not None
    assert (dossier.elsewhere.holder, dossier.elsewhere.address) == ("A Lab", AT.address)
    assert dossier.identity == str(there.identity)
    with house.record.read() as index:
        assert due(index, house.clock.now()) == ()
        before = dump(index)
    house.record.rebuild()
    with house.record.read() as index:
        assert dump(index) == before
    assert verify(house.home / "store").is_whole


def test_what_needs_its_files_says_that_they_are_not_here(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    hold_elsewhere(house.record, NAME, "A Lab", AT, actor="steward")
    size = HouseSite(house).footing().size
    with pytest.raises(NotHere, match="held elsewhere, by A Lab"):
        audit(house, "old")
    with pytest.raises(NotHere):
        drill(house, "old")
    with pytest.raises(NotHere):
        restore_model(house.record, "old", tmp_path / "out", paths=None, progress=Silent())
    with pytest.raises(NotHere), house.models().fresh("old"):
        pass
    assert HouseSite(house).footing().size == size


def test_it_is_not_called_through_here(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    hold_elsewhere(house.record, NAME, "A Lab", AT, actor="steward")
    served = HouseGateway(house, house.models()).model("old")
    assert "A Lab keeps it and runs it, at https://api.example.org" in served.refusal


def test_a_name_is_given_once(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    hold_elsewhere(house.record, NAME, "A Lab", AT, actor="steward")
    with pytest.raises(NameTaken):
        hold_elsewhere(house.record, NAME, "A Lab", AT, actor="steward")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://api.example.org", "expected an https address"),
        ("https://", "expected an https address"),
        ("ftp://api.example.org", "expected an https address"),
        ("api.example.org", "expected an https address"),
        ("https://me:secret@api.example.org", "without a user name"),
        ("https://api.example.org?key=1", "without a user name"),
        ("https://api.example.org#x", "without a user name"),
        ("https://[::1", "no URL"),
        ("https://api.example.org:port", "no URL"),
        ("https://api .example.org", "expected an https address"),
        ("https://api.example.org/\n", "printable"),
        ("", "1 to 200"),
        ("https://" + "a" * 200, "1 to 200"),
    ],
)
def test_no_key_is_sent_to_an_address_like_this(tmp_path: Path, address: str, says: str) -> None:
    house = found(tmp_path / "home")
    with pytest.raises(EndpointUnsuitable, match=says):
        hold_elsewhere(
            house.record, NAME, "A Lab", Endpoint("openai", address, "m"), actor="steward"
        )
    assert HouseSite(house).models() == ()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/v1", "http://localhost", "http://[::1]:8/"]
)
def test_this_machine_needs_no_https(tmp_path: Path, address: str) -> None:
    house = found(tmp_path / "home")
    hold_elsewhere(house.record, NAME, "Me", Endpoint("openai", address, "m"), actor="steward")


def test_every_model_has_a_key_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMERITUS_KEY_CLAUDE_3_OPUS", "s")
    assert server_key("claude-3.opus") == ("EMERITUS_KEY_CLAUDE_3_OPUS", "s")
    assert server_key("claude-3") == ("EMERITUS_KEY_CLAUDE_3", None)
