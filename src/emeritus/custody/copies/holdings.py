"""Every file that the record says must exist in a store, with the SHA-256 of its stored bytes.

The ledger itself is not among them: the checkpoint covers it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emeritus.custody.entries import Deposited, Drilled, Packed, PackRef, RunKitRecorded
from emeritus.custody.facts import Kept, package_of
from emeritus.custody.sealing.entries import CiphertextDropped
from emeritus.foundation import Digest, IntegrityError, NotFound
from emeritus.ledger import Log
from emeritus.record import EntryTypes, Placed
from emeritus.record.entries import Opened
from emeritus.vault import PackIndex, Place, Store, object_name, pack_name
from emeritus.vault.layout import CLOSED

_CHUNK = 1 << 20
_OBJECTS = ("objects/", CLOSED)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a store must hold.

    Attributes:
        files: name to SHA-256 in hex, in the order in which the record came to speak of them.
        packs: those of them that are packs, with the bytes that their entry gives.
        models: the names of the deposited models, to the files that they need besides packs.
    """

    files: dict[str, str]
    packs: dict[str, int]
    models: dict[str, tuple[str, ...]]

    def without_packs(self) -> dict[str, str]:
        """Return the files that even a store of the ledger and small objects must hold."""
        return {name: digest for name, digest in self.files.items() if name not in self.packs}


def entries_of(log: Log, types: EntryTypes, size: int | None = None) -> Iterator[Placed[Any]]:
    """Yield the first `size` entries of a log, by default every one.

    Raises:
        IntegrityError: the log is damaged, or an entry is of no known type.
    """
    for position, data in enumerate(log.entries(0, size)):
        yield types.place(position, data)[1]


def holdings_of(placed: Iterable[Placed[Any]]) -> Holdings:
    """Return what entries speak of."""
    files: dict[str, str] = {}
    packs: dict[str, int] = {}
    models: dict[str, list[str]] = {}
    dropped: list[str] = []
    for one in placed:
        body = one.body
        named = dict(named_files(one))
        files |= named
        if isinstance(body, CiphertextDropped):
            dropped.append(body.key)
        elif isinstance(body, Packed):
            packs |= {name: pack.bytes for name, pack in _packs(body)}
        elif isinstance(body, Deposited):
            models.setdefault(body.model, []).extend(named)
        elif isinstance(body, RunKitRecorded | Drilled):
            models.setdefault(body.model, []).extend(
                name for name in named if name.startswith(_OBJECTS)
            )
    return _without(dropped, files, packs, models)


def _without(
    dropped: list[str],
    files: dict[str, str],
    packs: dict[str, int],
    models: dict[str, list[str]],
) -> Holdings:
    """Leave out what no store need hold any longer."""
    gone = dropped_from(files, dropped)
    return Holdings(
        {name: digest for name, digest in files.items() if name not in gone},
        {name: size for name, size in packs.items() if name not in gone},
        {
            model: tuple(needed)
            for model, needed in models.items()
            if not any(name in gone for name in needed)
        },
    )


def dropped_from(names: Iterable[str], keys: Sequence[str]) -> set[str]:
    """Return the names of files that lie under keys whose ciphertext was dropped."""
    under = tuple(f"{CLOSED}{kind}/{key}/" for key in keys for kind in ("sealed", "erasable"))
    return {name for name in names if under and name.startswith(under)}


def named_files(one: Placed[Any]) -> Iterator[tuple[str, str]]:
    """Yield the files that one entry speaks of: their names, and their SHA-256 in hex."""
    for subject in one.entry.subject:
        if subject.name.startswith(_OBJECTS):
            yield subject.name, subject.name.rpartition("/")[2]
    if isinstance(one.body, Opened):
        for name, digest in one.body.files.items():
            yield name, digest.removeprefix("sha256:")
    elif isinstance(one.body, Packed):
        for name, pack in _packs(one.body):
            yield name, Digest.parse(pack.digest).hex
    for digest, place in _objects(one.body):
        if digest:
            found = Digest.parse(digest)
            yield object_name(found, Place.parse(place)), found.hex


def _packs(body: Packed) -> Iterator[tuple[str, PackRef]]:
    prefix = Place.parse(body.place).prefix
    for pack in body.packs:
        yield pack_name(Digest.parse(pack.digest), prefix), pack


def _objects(body: Any) -> tuple[tuple[str, str], ...]:
    """Return the digests and places of objects that an entry of custody names in its body."""
    if isinstance(body, Deposited):
        return ((body.manifest, body.place), (body.signature, body.place))
    if isinstance(body, RunKitRecorded):
        return ((body.kit, body.place),)
    if isinstance(body, Drilled):
        return ((body.fingerprint, body.place), (body.statement, ""), (body.executor, ""))
    return ()


def packs_of(holdings: Holdings, kept: Kept, places: PackIndex, store: Store) -> set[str]:
    """Return the packs that a model needs: of a closed one, all under its key.

    So a copy can be checked without the key; it counts when every pack of the lineage is whole.

    Raises:
        IntegrityError: the manifest is damaged.
        NotFound: the manifest, or a piece, is not in the store.
    """
    if kept.place.is_closed:
        return {name for name in holdings.packs if name.startswith(kept.place.prefix)}
    return packs_needed(places, store, kept.manifest, differs=bool(kept.differences))


def packs_needed(index: PackIndex, store: Store, manifest: Digest, *, differs: bool) -> set[str]:
    """Return the packs of a store that hold a model's pieces, and what they differ from.

    Args:
        index: of the store's packs.
        store: where the manifest is.
        manifest: of the model.
        differs: whether some pieces are stored as differences; then each one's head is read.

    Raises:
        IntegrityError: the manifest is damaged.
        NotFound: the manifest, or a piece, is not in the store.
    """
    needed: set[str] = set()
    package = package_of(store, manifest)
    for piece in {piece.id for file in package.files for piece in file.pieces}:
        needed.add(index.place(piece).name)
        base = index.base(piece) if differs else None
        if base is not None:
            needed.add(index.place(base).name)
    return needed


def is_whole(store: Store, name: str, digest: str) -> bool:
    """Say whether a file of a store is there and has its SHA-256; its bytes are all read."""
    try:
        return file_sha256(store, name) == digest
    except (IntegrityError, NotFound):
        return False


def file_sha256(store: Store, name: str) -> str:
    """Return the SHA-256 (hex) of a file's bytes, read from start to end.

    Raises:
        NotInStore: it is not there.
        StoreUnavailable: it could not be read.
    """
    digest = hashlib.sha256()
    with store.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
