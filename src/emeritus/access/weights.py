"""Who may have a model's weights, and its files, a part at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from emeritus.access.errors import WeightsDenied
from emeritus.access.rights import access_of
from emeritus.catalogue import find_model
from emeritus.custody import custody_of, package_of
from emeritus.foundation import Clock, NotFound
from emeritus.record import Record
from emeritus.vault import NotInStore, Package, PackagedFile, PackIndex, read_part


@dataclass(frozen=True, slots=True)
class Shelved:
    """A model whose files may be had.

    Attributes:
        name: its name.
        identity: OMS root digest over its files, 64 hex digits.
        registered_at: when it came into the record.
        package: its files.
    """

    name: str
    identity: str
    registered_at: str
    package: Package

    def file(self, path: str) -> PackagedFile:
        """Return one of its files.

        Raises:
            NotFound: it has none at that path.
        """
        found = next((one for one in self.package.files if one.path == path), None)
        if found is None:
            raise NotFound(f"{self.name} has no file {path[:200]!r}", about=self.name)
        return found


class Shelf:
    """Gives the files of those models whose weights everyone may have. Thread-safe.

    Args:
        record: where they are kept.
        clock: what time it is.
    """

    def __init__(self, record: Record, clock: Clock) -> None:
        self._record = record
        self._clock = clock
        self._index: PackIndex | None = None

    def find(self, name: str) -> Shelved:
        """Return a model with its files.

        Raises:
            NoSuchModel: there is none of that name.
            NotHere: it is held elsewhere.
            WeightsDenied: not everyone may have its weights.
        """
        with self._record.read() as index:
            model = find_model(index, name)
            kept = custody_of(index, model.name, self._clock.now()).kept()
            rights = access_of(index, model.name)
        if rights is None or rights.weights != "everyone":
            raise WeightsDenied(
                f"the weights of {model.name} are not for everyone; ask its steward, who grants "
                f"them with 'emeritus access set {model.name} --weights everyone'",
                about=str(model.name),
            )
        if kept.place.is_closed:
            raise WeightsDenied(
                f"{model.name} is sealed: its files are never served, whatever rights are entered",
                about=str(model.name),
            )
        package = package_of(self._record.store, kept.manifest)
        return Shelved(str(model.name), model.identity.hex, model.registered_at, package)

    def read(self, file: PackagedFile, start: int, end: int) -> Iterator[bytes]:
        """Yield a part of a file, every piece of it checked; see `vault.read_part`."""
        return read_part(self._pieces(file, start, end), file, start, end)

    def _pieces(self, file: PackagedFile, start: int, end: int) -> PackIndex:
        """Return where pieces lie, read again when a piece is in a pack that came later."""
        known = self._index
        if known is None or any(one.id not in known for one in file.pieces):
            known = self._index = PackIndex.load(self._record.store)
        missing = next((one for one in file.pieces if one.id not in known), None)
        if missing is not None and start < end:
            raise NotInStore(
                f"a piece of {file.path} is in no pack of this store; run 'emeritus audit'",
                about=str(missing.id),
            )
        return known
