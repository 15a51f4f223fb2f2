"""Appends that are cut off at every change of the store, and what is left behind by them."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from emeritus.foundation import Silent
from emeritus.ledger import Log, NoteSigner, check_log
from emeritus.vault.errors import StoreUnavailable
from tests.ledger.plain_store import FailingStore, PlainStore

SIGNER = NoteSigner("example.org/log", bytes(range(32)))


def kept(store: PlainStore) -> list[bytes]:
    return list(Log(store, SIGNER.verifier).entries())


def append(store: PlainStore, entries: list[bytes]) -> bool:
    """Append; True when it was acknowledged."""
    try:
        Log(store, SIGNER.verifier).append(entries, SIGNER)
    except StoreUnavailable:
        return False
    return True


def assert_sound(store: PlainStore) -> None:
    found = check_log(store, SIGNER.verifier, Silent()).findings
    assert [finding for finding in found if finding.harmful] == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("first", "second", "third"),
    [(0, 1, 1), (0, 300, 2), (3, 1, 1), (3, 2, 1), (250, 10, 3), (250, 10, 10), (255, 600, 300)],
)
def test_a_crash_at_every_change_loses_nothing(
    first: int, second: int, third: int, *, after: bool
) -> None:
    begun = [b"first %d" % i for i in range(first)]
    cut = [b"second %d" % i for i in range(second)]
    again = [b"third %d" % i for i in range(third)]
    base = PlainStore()
    if begun:
        assert append(base, begun)
    whole = FailingStore(PlainStore(base.files), 10**6, after=after)
    assert append(whole, cut)
    outcomes = set()
    for fail_at in range(1, whole.changes + 1):
        store = PlainStore(base.files)
        acknowledged = append(FailingStore(store, fail_at, after=after), cut)
        outcomes.add(acknowledged)
        survived = kept(store)
        assert survived == begun + cut if acknowledged else survived in (begun, begun + cut)
        assert_sound(store)
        assert append(store, again)
        assert kept(store) == survived + again
        assert_sound(store)
    assert False in outcomes


def test_a_crash_of_the_repair_of_a_crash() -> None:
    base = PlainStore()
    assert append(base, [b"first"] * 250)
    left = PlainStore(base.files)
    assert not append(FailingStore(left, 5, after=True), [b"second"] * 10)
    assert set(left.files) - set(base.files)
    for fail_at in range(1, 12):
        store = PlainStore(left.files)
        append(FailingStore(store, fail_at, after=True), [b"third"] * 10)
        survived = kept(store)
        assert survived[:250] == [b"first"] * 250
        assert survived[250:] in ([], [b"third"] * 10)
        assert append(store, [b"fourth"])
        assert kept(store) == [*survived, b"fourth"]
        assert_sound(store)


def test_leftovers_beyond_the_checkpoint_are_reported_as_harmless() -> None:
    store = PlainStore()
    assert append(store, [b"first"] * 250)
    assert not append(FailingStore(store, 4, after=True), [b"second"] * 10)
    found = check_log(store, SIGNER.verifier, Silent()).findings
    assert {finding.file for finding in found} == {
        "log/tile/entries/000",
        "log/tile/entries/001.p/4",
        "log/tile/0/000",
        "log/tile/0/001.p/4",
    }
    assert not any(finding.harmful for finding in found)


class CrashingLog(RuleBasedStateMachine):
    """What was acknowledged stays; what was cut off is in the log whole, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.store = PlainStore()
        self.entries: list[bytes] = []
        self.turn = 0

    def _new(self, count: int) -> list[bytes]:
        self.turn += 1
        return [b"%d.%d" % (self.turn, i) for i in range(count)]

    @rule(count=st.integers(1, 300))
    def append(self, count: int) -> None:
        new = self._new(count)
        assert append(self.store, new)
        self.entries += new

    @rule(count=st.integers(1, 300), fail_at=st.integers(1, 14), after=st.booleans())
    def crash(self, count: int, fail_at: int, *, after: bool) -> None:
        new = self._new(count)
        acknowledged = append(FailingStore(self.store, fail_at, after=after), new)
        survived = kept(self.store)
        if acknowledged or len(survived) > len(self.entries):
            self.entries += new

    @invariant()
    def nothing_is_lost(self) -> None:
        assert kept(self.store) == self.entries

    @invariant()
    def the_check_is_content(self) -> None:
        assert_sound(self.store)


CrashingLog.TestCase.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
TestCrashingLog = CrashingLog.TestCase
