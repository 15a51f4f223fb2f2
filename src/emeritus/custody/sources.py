"""Where the pieces of a model come from: the first copy that has each of them whole."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from threading import Lock

from emeritus.custody.facts import package_of
from emeritus.custody.ports import Copy
from emeritus.foundation import Digest, EmeritusError, IntegrityError, NotFound, Unavailable
from emeritus.vault import Package, PackIndex, Pieces, Seal, Store

_FAILURES = (IntegrityError, NotFound, Unavailable)


def index_of(store: Store, seal: Seal | None) -> PackIndex:
    """Return where the pieces of a store lie: of its public packs, or of those under a seal."""
    if seal is None:
        return PackIndex.load(store)
    return PackIndex.load(seal.files(store), seal.place.prefix)


class _Packed:
    """The pieces in one store; its packs are looked at when the first piece is asked for."""

    def __init__(self, copy: Copy, seal: Seal | None) -> None:
        self.name = copy.name
        self.store = copy.store
        self._seal = seal
        self._lock = Lock()

    @cached_property
    def _index(self) -> PackIndex:
        return index_of(self.store, self._seal)

    def decoded(self, piece: Digest) -> bytes:
        with self._lock:
            index = self._index
        return index.decoded(piece)


class WholeCopies:
    """Keeps the promises of `vault.Pieces` over several copies, as long as one of them is good.

    Args:
        copies: the stores to ask, the first one always first.
        seal: of the place where the pieces and manifests lie; None for the public one.

    Attributes:
        rescued: pieces and manifests that the first store did not have whole, counted by the
            name of the store that had.
    """

    def __init__(self, copies: Sequence[Copy], seal: Seal | None = None) -> None:
        self._seal = seal
        self._copies = [_Packed(copy, seal) for copy in copies]
        self._sources: list[tuple[str, Pieces]] = [(one.name, one) for one in self._copies]
        self.rescued: Counter[str] = Counter()
        self._lock = Lock()

    def ask_first(self, name: str, source: Pieces) -> None:
        """Ask another source before all copies, under a name for the count."""
        self._sources.insert(0, (name, source))

    def decoded(self, piece: Digest) -> bytes:
        """Return a piece's bytes, checked against its name, from the first copy that has it whole.

        Raises:
            EmeritusError: none has; what was wrong in the first one.
        """
        first: EmeritusError | None = None
        for name, source in self._sources:
            try:
                data = source.decoded(piece)
            except _FAILURES as problem:
                first = first or problem
            else:
                self._count(name, first)
                return data
        raise first or NotFound("no store was named")

    def package(self, manifest: Digest) -> Package:
        """Return a manifest from the first copy that has it whole.

        Raises:
            EmeritusError: none has; what was wrong in the first one.
        """
        first: EmeritusError | None = None
        for copy in self._copies:
            try:
                package = package_of(copy.store, manifest, self._seal)
            except _FAILURES as problem:
                first = first or problem
            else:
                self._count(copy.name, first)
                return package
        raise first or NotFound("no store was named")

    def _count(self, name: str, failed: EmeritusError | None) -> None:
        if failed is not None:
            with self._lock:
                self.rescued[name] += 1
