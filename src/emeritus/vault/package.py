"""The package: which files a model is, and which pieces give them back.

The page of this format is `docs/specs/package.md`.
"""

from typing import Annotated

import msgspec

from emeritus.foundation import Digest, canonical_json, parse_canonical_json
from emeritus.vault.errors import Damaged
from emeritus.vault.oms import SignedFile, root_digest

PACKAGE_FORMAT = "emeritus-package/1"

_Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
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
        parse_canonical_json(data, about=about)
        try:
            package = msgspec.json.decode(data, type=cls)
        except msgspec.ValidationError as problem:
            raise Damaged(f"{about} is not a package manifest: {problem}", about=about) from problem
        if package != cls.of(package.files) or not all(map(_adds_up, package.files)):
            raise Damaged(f"{about} is a manifest that contradicts itself", about=about)
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


def _adds_up(file: PackagedFile) -> bool:
    return file.bytes == sum(piece.bytes for piece in file.pieces)
