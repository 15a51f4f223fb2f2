"""Weights that are kept where they lie: looked through and named like a package, and not copied.

The manifest is the one that keeping them would make, piece by piece; what is missing are packs.
So they can be audited, given back and run from their place, and packed later.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3

from emeritus.foundation import Digest, Progress
from emeritus.vault.errors import Damaged, NotInStore, StoreUnavailable
from emeritus.vault.findings import Finding
from emeritus.vault.keep import layouts_of, pieces_in, require_unchanged
from emeritus.vault.package import Package, PackagedFile, PieceRef
from emeritus.vault.ports import Originals
from emeritus.vault.sources import Source, safe_path


def survey(sources: Sequence[Source], *, opaque: bool, progress: Progress) -> Package:
    """Return the manifest of files that stay where they are.

    Args:
        sources: the files, with paths relative to the deposit.
        opaque: take every file as bytes, without looking for tensors.
        progress: told of the bytes read.

    Raises:
        FormatUnknown: none of the files holds weights in a known format, and `opaque` is off.
        FormatBroken: a file claims a format and breaks its rules.
        Conflict: a file changed while it was read.
    """
    layouts = layouts_of(sources, opaque=opaque)
    progress.begin("hashing", sum(one.size() for one in sources), "bytes")
    files = []
    for source, layout in zip(sources, layouts, strict=True):
        before = source.mark or source.state()
        digest = hashlib.sha256()
        refs = []
        for data, _, _ in pieces_in(source, layout):
            digest.update(data)
            refs.append(PieceRef(blake3(data).hexdigest(), len(data)))
            progress.advance(len(data))
        read = sum(ref.bytes for ref in refs)
        require_unchanged(source, before, read)
        file = PackagedFile(source.path, read, digest.hexdigest(), layout.format, tuple(refs))
        files.append(file)
    progress.end()
    return Package.of(tuple(files))


class _OnDisk:
    """Files where they lie on this machine; reads as `vault.Originals` do."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def where(self, path: str) -> str:
        return str(self._file(path))

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        file = self._file(path)
        try:
            with file.open("rb") as stream:
                yield stream
        except FileNotFoundError as problem:
            raise NotInStore(f"{file} is not where it was found", about=str(file)) from problem
        except OSError as problem:
            raise StoreUnavailable(
                f"{file} cannot be read ({problem.strerror or problem})", about=str(file)
            ) from problem

    def part(self, path: str, offset: int, length: int) -> bytes:
        with self.open(path) as stream:
            stream.seek(offset)
            return stream.read(length)

    def _file(self, path: str) -> Path:
        is_one = self._root.is_file() and self._root.name == path
        return self._root if is_one else self._root / safe_path(path)


class FoundPieces:
    """The pieces of a package in the files of a place; keeps the promises of `vault.Pieces`.

    Args:
        place: the folder that was deposited, the one file, or where else its files lie.
        package: what was found there.
    """

    def __init__(self, place: Path | Originals, package: Package) -> None:
        self._files = _OnDisk(place) if isinstance(place, Path) else place
        self._package = package
        self._places: dict[str, tuple[str, int, int]] = {}
        for file in package.files:
            offset = 0
            for piece in file.pieces:
                self._places.setdefault(piece.blake3, (file.path, offset, piece.bytes))
                offset += piece.bytes

    def decoded(self, piece: Digest) -> bytes:
        """Return a piece's bytes, checked against its name.

        Raises:
            NotInStore: the package has no such piece, or its file is not there.
            Damaged: other bytes are in its place.
            StoreUnavailable: the file cannot be read.
        """
        place = self._places.get(piece.hex)
        if place is None:
            raise NotInStore(f"no file that was found has piece {piece}", about=str(piece))
        path, offset, length = place
        data = self._files.part(path, offset, length)
        if blake3(data).hexdigest() != piece.hex:
            where = self._files.where(path)
            raise Damaged(
                f"{where} holds other bytes than were found there, from byte {offset} on",
                about=where,
            )
        return data

    @property
    def raw_bytes(self) -> int:
        """How many bytes its files have."""
        return self._package.raw_bytes

    def path_of(self, piece: Digest) -> str:
        """Return the path of the file that has a piece; empty when none has."""
        return self._places.get(piece.hex, ("", 0, 0))[0]

    def check(self, progress: Progress) -> list[Finding]:
        """Read every file from start to end and compare every piece of it.

        Raises:
            StoreUnavailable: a file cannot be read.
        """
        findings = []
        progress.begin("reading back", self._package.raw_bytes, "bytes")
        for file in self._package.files:
            problem = self._check_file(file, progress)
            if problem:
                findings.append(Finding(file.path, problem))
        progress.end()
        return findings

    def _check_file(self, file: PackagedFile, progress: Progress) -> str:
        try:
            with self._files.open(file.path) as stream:
                for piece in file.pieces:
                    if blake3(stream.read(piece.bytes)).hexdigest() != piece.blake3:
                        return "it holds other bytes than were found there"
                    progress.advance(piece.bytes)
                return "bytes were added at its end" if stream.read(1) else ""
        except NotInStore:
            return "it is not where it was found"
