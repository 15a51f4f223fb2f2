"""Weights that are kept where they lie: looked through and named like a package, and not copied.

The manifest is the one that keeping them would make, piece by piece; what is missing are packs.
So they can be audited, given back and run from their place, and packed later.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from blake3 import blake3

from emeritus.foundation import Conflict, Digest, Progress
from emeritus.vault.errors import Damaged, NotInStore, StoreUnavailable
from emeritus.vault.findings import Finding
from emeritus.vault.keep import layouts_of, pieces_in
from emeritus.vault.package import Package, PackagedFile, PieceRef
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
    progress.begin("hashing", sum(one.file.stat().st_size for one in sources), "bytes")
    files = []
    for source, layout in zip(sources, layouts, strict=True):
        before = source.file.stat()
        digest = hashlib.sha256()
        refs = []
        for data, _, _ in pieces_in(source.file, layout):
            digest.update(data)
            refs.append(PieceRef(blake3(data).hexdigest(), len(data)))
            progress.advance(len(data))
        after = source.file.stat()
        read = sum(ref.bytes for ref in refs)
        if (read, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise Conflict(
                f"{source.file} changed while it was read; deposit it when nothing writes to it"
            )
        file = PackagedFile(source.path, read, digest.hexdigest(), layout.format, tuple(refs))
        files.append(file)
    progress.end()
    return Package.of(tuple(files))


class FoundPieces:
    """The pieces of a package in the files of a place; keeps the promises of `vault.Pieces`.

    Args:
        root: the folder that was deposited, or the one file.
        package: what was found there.
    """

    def __init__(self, root: Path, package: Package) -> None:
        self._root = root
        self._package = package
        self._places: dict[str, tuple[Path, int, int]] = {}
        for file in package.files:
            offset = 0
            for piece in file.pieces:
                where = (self._file(file), offset, piece.bytes)
                self._places.setdefault(piece.blake3, where)
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
        try:
            with path.open("rb") as stream:
                stream.seek(offset)
                data = stream.read(length)
        except FileNotFoundError as problem:
            raise NotInStore(f"{path} is not where it was found", about=str(path)) from problem
        except OSError as problem:
            raise StoreUnavailable(
                f"{path} cannot be read ({problem.strerror or problem})", about=str(path)
            ) from problem
        if blake3(data).hexdigest() != piece.hex:
            raise Damaged(
                f"{path} holds other bytes than were found there, from byte {offset} on",
                about=str(path),
            )
        return data

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
        path = self._file(file)
        try:
            with path.open("rb") as stream:
                for piece in file.pieces:
                    if blake3(stream.read(piece.bytes)).hexdigest() != piece.blake3:
                        return "it holds other bytes than were found there"
                    progress.advance(piece.bytes)
                return "bytes were added at its end" if stream.read(1) else ""
        except FileNotFoundError:
            return "it is not where it was found"
        except OSError as problem:
            raise StoreUnavailable(
                f"{path} cannot be read ({problem.strerror or problem})", about=str(path)
            ) from problem

    def _file(self, file: PackagedFile) -> Path:
        is_one = self._root.is_file() and self._root.name == file.path
        return self._root if is_one else self._root / safe_path(file.path)
