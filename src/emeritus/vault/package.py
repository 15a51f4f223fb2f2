"""The package: which files a model is, and which pieces give them back.

The page of this format is `docs/specs/package.md`.
"""

from typing import Annotated

import msgspec

from emeritus.foundation import (
    Digest,
    IntegrityError,
    UserError,
    canonical_json,
    parse_canonical_json,
)
from emeritus.vault.errors import Damaged, PathUnsafe
from emeritus.vault.formats.layout import FORMATS
from emeritus.vault.oms import SignedFile, root_digest
from emeritus.vault.sources import safe_path

PACKAGE_FORMAT = "emeritus-package/1"

_Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Size = Annotated[int, msgspec.Meta(ge=0)]


class PieceRef(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One piece of a file: blake3 of its decoded bytes (64 hex digits), and how many there are."""

    blake3: _Hex
    bytes: Annotated[int, msgspec.Meta(gt=0)]

    @property
    def id(self) -> Digest:
        """The piece's name."""
        return Digest("blake3", self.blake3)


class PackagedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One deposited file.

    `path` is relative to the deposit, `sha256` is of the whole file (64 hex digits),
    `format` is `gguf`, `safetensors`, `pickle` or `opaque`, and the pieces in order are the file.
    """

    path: str
    bytes: _Size
    sha256: _Hex
    format: str
    pieces: tuple[PieceRef, ...]


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model as it is kept; `identity` is the OMS root digest over its files."""

    files: tuple[PackagedFile, ...]
    identity: str
    format: str = PACKAGE_FORMAT

    @classmethod
    def of(cls, files: tuple[PackagedFile, ...]) -> "Package":
        """Make the package of these files, in path order."""
        ordered = tuple(sorted(files, key=lambda file: file.path.encode()))
        return cls(ordered, str(root_digest(signed_files(ordered))))

    @classmethod
    def from_bytes(cls, data: bytes, *, about: str = "") -> "Package":
        """Read a manifest.

        Raises:
            Damaged: it is not a canonical manifest, or contradicts itself.
        """
        try:
            package = msgspec.convert(parse_canonical_json(data, about=about), cls)
            # The rules below, and no member left to its default: one package has one spelling.
            sound = package == cls.of(package.files) and package.to_bytes() == data
        except (IntegrityError, UserError, msgspec.ValidationError) as problem:
            raise Damaged(f"{about} is not a package manifest: {problem}", about=about) from problem
        if not sound or not all(map(_is_sound, package.files)):
            raise Damaged(f"{about} is a manifest that contradicts itself", about=about)
        _refuse_shadowed(package, about)
        return package

    def to_bytes(self) -> bytes:
        """Write the manifest as canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))

    @property
    def raw_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(file.bytes for file in self.files)

    @property
    def weights_format(self) -> str:
        """The format of its weights: the first of gguf, safetensors, pickle; else opaque."""
        formats = {file.format for file in self.files}
        known = ("gguf", "safetensors", "pickle")
        return next((name for name in known if name in formats), "opaque")


def signed_files(files: tuple[PackagedFile, ...]) -> tuple[SignedFile, ...]:
    """Return the part of each file that the OMS signature covers."""
    return tuple(SignedFile(file.path, Digest("sha256", file.sha256)) for file in files)


def _is_sound(file: PackagedFile) -> bool:
    adds_up = file.bytes == sum(piece.bytes for piece in file.pieces)
    return adds_up and file.format in FORMATS and _is_safe(file.path)


def _is_safe(path: str) -> bool:
    try:
        return bool(safe_path(path))
    except PathUnsafe:
        return False


def _refuse_shadowed(package: Package, about: str) -> None:
    """Refuse a path that is a file and the folder of another file: no disk can hold both."""
    paths = {file.path for file in package.files}
    for path in paths:
        parts = path.split("/")
        if any("/".join(parts[:count]) in paths for count in range(1, len(parts))):
            raise Damaged(f"{about} names {path!r}, which lies below a file", about=about)
