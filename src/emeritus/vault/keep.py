"""Keep: turn files into pieces, packs and a manifest, and let go of none before it was compared."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self, TypeAlias

from blake3 import blake3

from emeritus.foundation import Conflict, Digest, Progress
from emeritus.vault.closed import Seal
from emeritus.vault.codec.elements import element_named
from emeritus.vault.codec.following import FollowingHash, keep_freed_memory
from emeritus.vault.codec.piece_header import base_in
from emeritus.vault.codec.pieces import encode
from emeritus.vault.codec.workers import Workers
from emeritus.vault.completeness import require_complete
from emeritus.vault.errors import Damaged, FormatUnknown
from emeritus.vault.formats import Layout, Segment, inspect, opaque_layout
from emeritus.vault.lineage import Lineage, ReadPart, piece_step
from emeritus.vault.pack_check import check_pack, check_sealed_pack
from emeritus.vault.pack_index import PackIndex, read_pack_index
from emeritus.vault.package import Package, PackagedFile, PieceRef
from emeritus.vault.packs import PackWriter
from emeritus.vault.ports import Ranged, Store
from emeritus.vault.sources import Source


@dataclass(frozen=True, slots=True)
class StoredPack:
    """A pack in a store: SHA-256 of its stored bytes, and how many there are.

    `fast_digest` is their blake3, known of packs that were written now; None of old ones.
    """

    digest: Digest
    bytes: int
    fast_digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What `keep` made durable.

    Attributes:
        package: the manifest's content.
        packs: every pack that holds one of its pieces, new or old.
        piece_bytes: encoded bytes of its distinct pieces.
        new_bytes: bytes that this call added to the store.
        base: the package of which its pieces are differences, None when there are none.
        differences: how many of its distinct pieces are.
    """

    package: Package
    packs: tuple[StoredPack, ...]
    piece_bytes: int
    new_bytes: int
    base: Package | None = None
    differences: int = 0


_Read: TypeAlias = tuple[bytes, Segment, int]
"""A piece as it was read, its segment, and its first byte's place in it."""


@dataclass(slots=True)
class _Made:
    """A piece on its way: its reference, and its encoded bytes when the store needs them."""

    ref: PieceRef
    encoded: bytes | None


def keep(
    store: Store,
    sources: Sequence[Source],
    *,
    known_packs: frozenset[str],
    opaque: bool,
    progress: Progress,
    relatives: Sequence[Package] = (),
    seal: Seal | None = None,
) -> Kept:
    """Make the files durable in the store; nothing refers to them yet.

    Each piece is decoded again and compared before it enters a pack.
    A call that was interrupted leaves whole packs behind; the next one uses them after
    reading them back, so it does not begin again.

    Args:
        store: where to.
        sources: what, with paths relative to the deposit.
        known_packs: names of packs that the ledger vouches for; others are read back before use.
        opaque: keep every file as bytes, without looking for tensors.
        progress: told of the bytes read.
        relatives: kept packages that these files may have been made from, the likeliest first;
            pieces are stored as differences from the nearest where that is smaller.
        seal: keeps everything closed under its key; only what that key opens is used again.

    Raises:
        FormatUnknown: none of the files holds weights in a known format, and `opaque` is off.
        FormatBroken: a file claims a format and breaks its rules.
        ModelIncomplete: a part that another file names is not there, and `opaque` is off.
        Conflict: a file changed while it was read.
        StoreUnavailable: the store failed; run it again.
    """
    keep_freed_memory()
    layouts = layouts_of(sources, opaque=opaque)
    index = _usable_index(store, known_packs, progress, seal)
    lineage = Lineage(index, relatives)
    lineage.look((layout, _reader(source)) for source, layout in zip(sources, layouts, strict=True))
    progress.begin("encoding", sum(source.size() for source in sources), "bytes")
    with _Keeper(store, index, lineage, seal) as keeper:
        files = tuple(
            keeper.keep_file(source, layout, progress)
            for source, layout in zip(sources, layouts, strict=True)
        )
    progress.end()
    return keeper.result(Package.of(files))


def _reader(source: Source) -> ReadPart:
    def read(segment: Segment, start: int, length: int) -> bytes:
        return source.part(segment.offset + start, length)

    return read


def layouts_of(sources: Sequence[Source], *, opaque: bool) -> list[Layout]:
    """Return how each file is cut.

    Raises:
        FormatUnknown: none of them holds weights in a known format, and `opaque` is off.
        FormatBroken: a file claims a format and breaks its rules.
        ModelIncomplete: a part that another file names is not there, and `opaque` is off.
    """
    layouts = [_layout(source, opaque=opaque) for source in sources]
    _require_weights(sources, layouts, opaque=opaque)
    if not opaque:
        require_complete(sources, layouts)
    return layouts


def _layout(source: Source, *, opaque: bool) -> Layout:
    if opaque:
        return opaque_layout(source.size(), note="kept as bytes at its depositor's word")
    return inspect(source.file, suffix=PurePosixPath(source.path).suffix)


def _require_weights(sources: Sequence[Source], layouts: Sequence[Layout], *, opaque: bool) -> None:
    formats = [layout.format for layout in layouts]
    if opaque or "gguf" in formats or "safetensors" in formats:
        return
    pickles = [s.path for s, f in zip(sources, formats, strict=True) if f == "pickle"]
    found = (
        f"a pickle ({pickles[0]}), which Emeritus never opens"
        if pickles
        else f"{sources[0].path!r} in no format that it knows"
    )
    raise FormatUnknown(
        f"expected weights as GGUF or safetensors, found {found}; "
        "convert them first, or say --opaque to keep the bytes exactly as they are"
    )


def _usable_index(
    store: Store, known: frozenset[str], progress: Progress, seal: Seal | None
) -> PackIndex:
    """Index the packs that may be referred to: vouched for by the ledger, or read back now."""
    files: Ranged = store if seal is None else seal.files(store)
    index = PackIndex(files)
    for name in files.names("packs/" if seal is None else f"{seal.place.prefix}packs/"):
        if name in known or _is_good(store, name, progress, seal):
            index.add(name, read_pack_index(files, name))
    return index


def _is_good(store: Store, name: str, progress: Progress, seal: Seal | None) -> bool:
    if seal is None:
        return not check_pack(store, name, progress)
    return not check_sealed_pack(store, name, seal, progress)


def _stored_pack(store: Store, name: str) -> StoredPack:
    digest = Digest("sha256", name.rpartition("/")[2].removesuffix(".pack"))
    return StoredPack(digest, store.size(name) or 0)


class _Keeper(AbstractContextManager["_Keeper"]):
    """The state of one `keep`: which pieces are placed, and the pack that is open."""

    def __init__(self, store: Store, index: PackIndex, lineage: Lineage, seal: Seal | None) -> None:
        self._store = store
        self._seal = seal
        self._index = index
        self._lineage = lineage
        self._differences: set[Digest] = set()
        self._writer: PackWriter | None = None
        self._workers = Workers(beside=0)
        self._sizes: dict[Digest, int] = {}
        self._old_packs: set[str] = set()
        self._new_packs: list[StoredPack] = []

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._workers.__exit__(kind, value, trace)
        if self._writer is not None:
            if kind is None:
                self._close_pack()
            else:
                self._writer.__exit__(kind, value, trace)

    def __enter__(self) -> Self:
        return self

    def keep_file(self, source: Source, layout: Layout, progress: Progress) -> PackagedFile:
        """Place every piece of one file."""
        before = source.mark or source.state()
        digest = hashlib.sha256()
        refs: list[PieceRef] = []
        with FollowingHash(digest) as following:

            def read_on() -> Iterator[_Read]:
                for data, segment, start in pieces_in(source, layout):
                    following.update(data)
                    yield data, segment, start
                    progress.advance(len(data))

            refs.extend(map(self._place, self._workers.each(self._make, read_on())))
            following.catch_up()
        read = sum(ref.bytes for ref in refs)
        require_unchanged(source, before, read)
        return PackagedFile(source.path, read, digest.hexdigest(), layout.format, tuple(refs))

    def result(self, package: Package) -> Kept:
        """Say what was kept; after the context closed, so the last pack is durable."""
        old = [_stored_pack(self._store, name) for name in sorted(self._old_packs)]
        return Kept(
            package,
            tuple(old) + tuple(self._new_packs),
            sum(self._sizes.values()),
            sum(pack.bytes for pack in self._new_packs),
            self._lineage.package if self._differences else None,
            len(self._differences),
        )

    def _make(self, read: _Read) -> _Made:
        data, segment, start = read
        ref = PieceRef(blake3(data).hexdigest(), len(data))
        if ref.id in self._sizes or self._index.get(ref.id) is not None:
            return _Made(ref, None)
        base = self._lineage.base(segment, start, len(data))
        return _Made(ref, encode(data, element_named(segment.element), base, identity=ref.id))

    def _place(self, made: _Made) -> PieceRef:
        piece = made.ref.id
        if piece in self._sizes:
            return made.ref
        old = self._index.get(piece)
        if old is not None:
            self._sizes[piece] = old.length
            self._old_packs.add(old.name)
            self._stand_on(piece, self._index.base(piece))
            return made.ref
        if made.encoded is None:
            raise Damaged(f"piece {piece} was counted as kept and is in no pack", about=str(piece))
        if self._writer is None:
            self._writer = PackWriter(self._store, seal=self._seal)
        self._writer.add(piece, made.encoded)
        self._sizes[piece] = len(made.encoded)
        self._stand_on(piece, base_in(made.encoded))
        if self._writer.is_full:
            self._close_pack()
        return made.ref

    def _stand_on(self, piece: Digest, base: Digest | None) -> None:
        """Remember that a piece differs from a base, and that the base's pack is needed too."""
        if base is None:
            return
        self._differences.add(piece)
        place = self._index.get(base)
        if place is not None:
            self._old_packs.add(place.name)

    def _close_pack(self) -> None:
        if self._writer is not None and (pack := self._writer.close()) is not None:
            self._new_packs.append(StoredPack(pack.digest, pack.bytes, pack.fast_digest))
        self._writer = None


def require_unchanged(source: Source, before: str, read: int) -> None:
    """Refuse a file that somebody wrote to while it was read.

    Args:
        source: which.
        before: its state before.
        read: the bytes that were read of it.

    Raises:
        Conflict: it has changed.
    """
    if source.state() != before or source.size() != read:
        raise Conflict(
            f"{source.where} changed while it was read; deposit it when nothing writes to it"
        )


def pieces_in(source: Source, layout: Layout) -> Iterator[tuple[bytes, Segment, int]]:
    """Yield the file's bytes in pieces of at most 1 MiB that begin anew at each segment.

    With each its segment, and its first byte's place in it.
    """
    with source.open() as stream:
        for segment in layout.segments:
            step = piece_step(element_named(segment.element))
            left = segment.length
            while left:
                data = stream.read(min(step, left))
                if not data:
                    raise Conflict(
                        f"{source.where} became shorter while it was read; deposit it again"
                    )
                yield data, segment, segment.length - left
                left -= len(data)
