"""An entry has one shape, and whatever else a ledger may hold is refused by name."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.foundation import IntegrityError, canonical_json
from emeritus.record import Entry, EntryUnknown, Subject

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_SOUND: dict[str, Any] = {
    "actor": "steward",
    "at": "2026-11-23T18:02:00Z",
    "body": {},
    "subject": [{"digest": f"sha256:{1:064x}", "name": "x"}],
    "type": "noun.happened",
    "v": 1,
}


@given(body=st.dictionaries(st.text(), _VALUES, max_size=4), names=st.lists(st.text(), max_size=3))
def test_an_entry_comes_back(body: dict[str, Any], names: list[str]) -> None:
    subject = tuple(Subject(name, f"sha256:{1:064x}") for name in names)
    entry = Entry("noun.happened", "2026-11-23T18:02:00Z", "steward", subject, body)
    assert Entry.from_bytes(entry.to_bytes(), 0) == entry


@given(member=st.sampled_from(sorted(_SOUND)), value=_VALUES)
def test_a_member_of_another_kind_is_refused(member: str, value: Any) -> None:
    changed = {**_SOUND, member: value}
    same_kind = type(value) is type(_SOUND[member])
    if (member == "v" and value == 1 and same_kind) or (member != "v" and same_kind):
        return
    with pytest.raises(EntryUnknown, match="entry 7"):
        Entry.from_bytes(canonical_json(changed), 7)


@pytest.mark.parametrize("member", sorted(_SOUND))
def test_a_missing_member_is_refused(member: str) -> None:
    less = {key: value for key, value in _SOUND.items() if key != member}
    with pytest.raises(EntryUnknown, match="entry 7"):
        Entry.from_bytes(canonical_json(less), 7)


@given(name=st.text().filter(lambda name: name not in _SOUND))
def test_an_unknown_member_is_refused(name: str) -> None:
    with pytest.raises(EntryUnknown, match="entry 7"):
        Entry.from_bytes(canonical_json({**_SOUND, name: 1}), 7)


def test_a_newer_entry_says_so() -> None:
    with pytest.raises(EntryUnknown, match="version 2"):
        Entry.from_bytes(canonical_json({**_SOUND, "v": 2, "more": True}), 7)


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_that_never_was_is_refused(version: int) -> None:
    with pytest.raises(EntryUnknown, match="entry 7"):
        Entry.from_bytes(canonical_json({**_SOUND, "v": version}), 7)


def test_another_spelling_is_refused() -> None:
    with pytest.raises(IntegrityError, match="canonical"):
        Entry.from_bytes(json.dumps(_SOUND, indent=1).encode(), 7)
