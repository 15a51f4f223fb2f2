"""What a drill says of running a model without the engine."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import House, HouseSite
from emeritus.cli.keep.checks import drill_data, drill_lines
from emeritus.cli.keep.models import dossier_lines
from emeritus.custody import Copy, DrillResult, add_store, replicate
from emeritus.custody.copies.holdings import entries_of, holdings_of
from emeritus.custody.entries import DRILLED, Drilled
from emeritus.foundation import Digest, Silent
from emeritus.runtime import PlainWord
from emeritus.testing import ScriptedExecutor
from emeritus.testing.asgi import ask
from emeritus.vault import get_object, layout
from emeritus.vault.layout import STORE_FILE
from emeritus.vault.reader import EXECUTOR_NAME
from emeritus.web import build
from tests.journeys.houses import audit, deposit, drill, found, show, tiny_model, verify


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    audit(house)
    return house


def drilled(house: House, word: PlainWord) -> DrillResult:
    return drill(dataclasses.replace(house, executor=ScriptedExecutor(word)))


SAID = {
    PlainWord.AGREES: "16 of 16 tokens are the same",
    PlainWord.DIFFERS: "0 of 16 tokens are the same",
    PlainWord.ENGINE_ONLY: "as the script says",
    PlainWord.NOT_RUN: "as the script says",
}


@pytest.mark.parametrize("word", PlainWord)
def test_every_outcome_is_entered_and_shown_and_none_fails_the_drill(
    word: PlainWord, house: House
) -> None:
    result = drilled(house, word)
    assert (result.outcome, result.plain_run, result.plain_run_said) == ("good", word, SAID[word])
    shown = show(house)
    assert shown["custody"] == "proven"
    last = shown["last_drill"]
    assert isinstance(last, dict)
    assert (last["plain_run"], last["plain_run_said"]) == (word, SAID[word])
    assert drill_data(result)["plain_run"] == word
    loud = word.upper() if word is PlainWord.DIFFERS else word.value
    for lines in (drill_lines(result), dossier_lines(HouseSite(house).dossier("tiny"))):
        (line,) = (line for line in lines if "runs without us" in line)
        assert line.endswith(f"  {loud}: {SAID[word]}")
    house.record.rebuild()
    assert show(house) == shown


def test_the_pages_say_it(house: House) -> None:
    drilled(house, PlainWord.DIFFERS)
    app = build(HouseSite(house), allowed_hosts=["localhost:8400"])
    page = ask(app, "/models/tiny").text
    assert "Runs without us" in page
    assert 'class="state harm">not as recorded: one file of Python gave other answers' in page
    assert "0 of 16 tokens are the same" in page
    assert "without the engine it answered otherwise" in ask(app, "/ledger").text


def test_the_statement_names_the_program_and_the_program_is_kept(
    house: House, tmp_path: Path
) -> None:
    result = drilled(house, PlainWord.AGREES)
    assert result.statement is not None
    told = json.loads(get_object(house.store, result.statement))["predicate"]["plain_run"]
    program = Digest.parse(told.pop("executor"))
    assert told == {
        "outcome": "agrees",
        "tokens_equal": 16,
        "tokens_total": 16,
        "mean_logprob_difference": "0.00",
    }
    assert get_object(house.store, program).startswith(b"# a program")
    holdings = holdings_of(entries_of(house.record.log, house.record.types))
    name = f"objects/{program.hex[:2]}/{program.hex}"
    assert name in holdings.models["tiny"]
    assert drilled(house, PlainWord.AGREES).statement != drilled(house, PlainWord.DIFFERS).statement
    (tmp_path / "home/store" / name).unlink()
    lost = verify(tmp_path / "home/store")
    assert not lost.is_whole
    assert any(program.hex in str(one) for one in lost.findings)


def test_a_drill_without_an_answer_has_none(house: House, tmp_path: Path) -> None:
    for pack in (tmp_path / "home/store/packs").iterdir():
        shutil.copy(pack, tmp_path / pack.name)
        pack.write_bytes(pack.read_bytes()[:-1])
    result = drill(house)
    assert (result.outcome, result.plain_run, result.plain_run_said) == ("failed", "", "")


def test_an_entry_of_before_can_be_read(house: House) -> None:
    drill(house)
    placed = list(entries_of(house.record.log, house.record.types))
    body = msgspec.to_builtins(placed[-1].body)
    for name in ("plain_run", "plain_run_said", "executor"):
        assert body.pop(name)
    old = msgspec.convert(body, Drilled)
    assert (old.plain_run, old.plain_run_said, old.executor) == ("", "", "")
    assert DRILLED.sentence(old).endswith("its answers were recorded")
    assert DRILLED.sentence(placed[-1].body).endswith("; it runs without the engine too")


@pytest.mark.usefixtures("house")
def test_a_store_has_the_executor_beside_the_reader(tmp_path: Path) -> None:
    names = set(LocalStore(tmp_path / "home/store").names())
    assert {STORE_FILE, "README.txt", "read_emeritus.py", "run_emeritus.py"} <= names
    assert verify(tmp_path / "home/store").is_whole
    file = tmp_path / "home/store/run_emeritus.py"
    file.write_bytes(file.read_bytes() + b"\n")
    assert not verify(tmp_path / "home/store").is_whole


def test_a_store_begun_before_the_executor_is_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        files = layout._description

        def without(origin: str, vkey: str, oms_pem: bytes) -> list[tuple[str, bytes]]:
            return [one for one in files(origin, vkey, oms_pem) if one[0] != EXECUTOR_NAME]

        before.setattr(layout, "_description", without)
        house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    assert not (tmp_path / "home/store" / EXECUTOR_NAME).exists()
    (tmp_path / "second").mkdir()
    copy = Copy("second", LocalStore(tmp_path / "second"))
    add_store(house.record, copy, kind="folder", place="cellar", packs="all", actor="steward")
    assert drill(house).plain_run == "agrees"
    replicate(house.record, copy, actor="steward", progress=Silent())
    for store in (tmp_path / "home/store", tmp_path / "second"):
        assert verify(store).is_whole
        assert EXECUTOR_NAME not in {path.name for path in store.iterdir()}
        reader = [sys.executable, "-I", str(store / "read_emeritus.py"), str(store), "verify"]
        done = subprocess.run(reader, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
