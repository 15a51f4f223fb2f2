"""`LocalStore` and `MemoryStore` answer alike, whatever is asked in whatever order."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from emeritus.adapters.stores import LocalStore
from emeritus.foundation import EmeritusError
from emeritus.testing import MemoryStore
from emeritus.vault.ports import Store
from tests.adapters.recorded_disk import QuickDisk

PARTS = st.sampled_from(["a", "b", "a-b", "a.b", "incoming", ".a", "..", ""])
NAMES = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from([b"", b"x", b"longer"])


def answer(act: Callable[[], object]) -> object:
    """Return what a call returned, or the kind of its refusal."""
    try:
        return act()
    except EmeritusError as problem:
        return type(problem)


class TwoStores(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.local = LocalStore(Path(self.folder.name) / "store", QuickDisk())
        self.memory = MemoryStore()

    def teardown(self) -> None:
        self.folder.cleanup()

    def both(self, act: Callable[[Store], object]) -> None:
        assert answer(lambda: act(self.local)) == answer(lambda: act(self.memory))

    @rule(name=NAMES, data=CONTENTS)
    def create(self, name: str, data: bytes) -> None:
        self.both(lambda store: store.create(name, data))

    @rule(name=NAMES, data=CONTENTS, expected=st.none() | CONTENTS)
    def replace(self, name: str, data: bytes, expected: bytes | None) -> None:
        self.both(lambda store: store.replace(name, data, expected=expected))

    @rule(name=NAMES, data=CONTENTS)
    def upload(self, name: str, data: bytes) -> None:
        def act(store: Store) -> bool:
            with store.upload() as upload:
                upload.write(data)
                return upload.commit(name)

        self.both(act)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        self.both(lambda store: store.remove(name))

    @rule(name=NAMES, offset=st.integers(-1, 8), length=st.integers(-1, 8))
    def read(self, name: str, offset: int, length: int) -> None:
        self.both(lambda store: store.read(name))
        self.both(lambda store: store.size(name))
        self.both(lambda store: store.read_range(name, offset, length))

    @rule(prefix=NAMES, slash=st.booleans())
    def names(self, prefix: str, *, slash: bool) -> None:
        self.both(lambda store: list(store.names(prefix + "/" * slash)))

    @invariant()
    def the_same_files(self) -> None:
        found = {name: self.local.read(name) for name in self.local.names()}
        assert found == self.memory.files


TwoStores.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTwoStores = TwoStores.TestCase
