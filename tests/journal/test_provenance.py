import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.custody import PolicySet
from emeritus.foundation import canonical_json, sha256
from emeritus.journal import NoSuchDraft, provenance_of, verify_provenance
from emeritus.ledger import NoteSigner
from tests.journal.test_journal import SUBMITS, TEXT, TURNS, _place, _publish


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    house, place = _place(tmp_path_factory.mktemp("provenance"), SUBMITS)
    return provenance_of(house.record, _publish(place).position), house.vkey


def test_a_provenance_record_holds(record: tuple[bytes, str]) -> None:
    data, vkey = record
    assert verify_provenance(data, vkey) == ()
    statement = json.loads(data)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicate"]["text"] == TEXT
    assert statement["subject"] == [
        {"name": "on-rivers.md", "digest": {"sha256": sha256(TEXT.encode()).hex}}
    ]


def test_it_stays_true_while_the_ledger_grows(tmp_path: Path) -> None:
    house, place = _place(tmp_path, TURNS)
    post = _publish(place)
    for _ in range(3):
        with house.record.act("steward") as act:
            act.enter(PolicySet("demonstration", 1, 30))
        assert verify_provenance(provenance_of(house.record, post.position), house.vkey) == ()
    with pytest.raises(NoSuchDraft):
        provenance_of(house.record, 0)


def test_another_key_is_not_believed(record: tuple[bytes, str]) -> None:
    data, _ = record
    other = NoteSigner.generate("example.org/other").verifier.vkey
    assert any("not by the key" in one for one in verify_provenance(data, other))


@settings(max_examples=150, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_found(
    record: tuple[bytes, str], place: float, flip: int
) -> None:
    data, vkey = record
    changed = bytearray(data)
    changed[int(place * len(data))] ^= flip
    assert verify_provenance(bytes(changed), vkey)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [one for key in value for one in _leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [one for key in range(len(value)) for one in _leaves(value[key], (*path, key))]
    return [path]


def _set(value: Any, path: tuple[Any, ...]) -> None:
    *way, last = path
    for key in way:
        value = value[key]
    old = value[last]
    value[last] = old + 1 if isinstance(old, int) else f"{old} "


def test_a_changed_value_in_canonical_spelling_is_found(record: tuple[bytes, str]) -> None:
    data, vkey = record
    tried = 0
    for path in _leaves(json.loads(data)):
        statement = json.loads(data)
        _set(statement, path)
        assert verify_provenance(canonical_json(statement), vkey), path
        tried += 1
    for name in ("draft", "context"):
        inner = json.loads(json.loads(data)["predicate"][name])
        for path in _leaves(inner):
            if path[:1] in {("tokens",), ("prompt",)} and path[1] > 2:
                continue
            statement, changed = json.loads(data), json.loads(canonical_json(inner))
            _set(changed, path)
            statement["predicate"][name] = canonical_json(changed).decode()
            assert verify_provenance(canonical_json(statement), vkey), (name, path)
            tried += 1
    assert tried > 50


def test_entries_cannot_be_left_out_or_reordered(record: tuple[bytes, str]) -> None:
    data, vkey = record
    for order in ([0, 1, 2, 4], [1, 0, 2, 3, 4], [], [0, 1, 2, 3, 4, 4]):
        statement = json.loads(data)
        entries = statement["predicate"]["entries"]
        statement["predicate"]["entries"] = [entries[one] for one in order]
        assert verify_provenance(canonical_json(statement), vkey)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'"x"'])
def test_what_is_no_record_is_said_to_be_none(data: bytes) -> None:
    assert len(verify_provenance(data)) == 1
