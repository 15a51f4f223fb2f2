"""The list in front of a bundle: what is in it, of what record, and what is not.

It is canonical JSON (RFC 8785). Every text in it is ASCII without quotes, backslashes and control
characters, and every number a whole one, so msgspec writes that very spelling.
"""

import re
from itertools import pairwise
from typing import Annotated

import msgspec

from emeritus.foundation import sha256_hex
from emeritus.vault.bundle.tar import CLOSING_FILE, LARGEST, LIST_FILE, header, is_fit, padding
from emeritus.vault.errors import BundleBroken

BUNDLE_FORMAT = "emeritus-bundle/1"

LARGEST_LIST = 64 << 20
"""Bytes: the list of some 400,000 files. A larger one is not read."""

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
_RESERVED = (LIST_FILE, CLOSING_FILE)

_Hex = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Plain = Annotated[str, msgspec.Meta(pattern=r"\A[!#-\[\]-~]{1,255}\Z")]
_Size = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]


class Member(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A file of a bundle: its name in the store, its bytes, their SHA-256 (64 hex digits)."""

    name: _Plain
    bytes: _Size
    sha256: _Hex


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle holds, and what it leaves out on purpose.

    Attributes:
        origin: of the ledger.
        size: entries of the ledger; it is always carried whole.
        root: of the ledger's tree, 64 hex digits.
        model: the model for whose sake this was written; empty for the whole record.
        models: whose files can be restored from it, sorted; the model, and what it builds on.
        members: sorted by name.
        left_out: names of files that the record speaks of, sorted, that are not here on purpose.
        in_place: models, sorted, whose files are in no pack, and so not here.
        wheels_left_out: SHA-256 of the engines' wheels that run-kits name and that are not here.
        format: of the bundle.
    """

    origin: _Plain
    size: Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
    root: _Hex
    model: Annotated[str, msgspec.Meta(pattern=r"\A[!#-\[\]-~]{0,255}\Z")]
    models: tuple[_Plain, ...]
    members: tuple[Member, ...]
    left_out: tuple[_Plain, ...] = ()
    in_place: tuple[_Plain, ...] = ()
    wheels_left_out: tuple[_Hex, ...] = ()
    format: str = BUNDLE_FORMAT

    def to_bytes(self) -> bytes:
        """Write the list."""
        return msgspec.json.encode(self, order="sorted")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Listing":
        """Read a list.

        Raises:
            BundleBroken: it is none, it is spelled otherwise than a list is, or it names something
                that no bundle may hold.
        """
        try:
            listing = msgspec.json.decode(data, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
            raise _broken(f"it is not the list of a bundle: {problem}") from problem
        if listing.format != BUNDLE_FORMAT:
            raise _broken(
                f"it says {listing.format[:40]!r}, and this Emeritus reads {BUNDLE_FORMAT}; use a "
                "newer one"
            )
        if listing.to_bytes() != data:
            raise _broken("it is not spelled as a list must be")
        listing.require_sound()
        return listing

    def require_sound(self) -> None:
        """Refuse names that no store has, that lead out of it, that come twice or hide each other.

        Raises:
            BundleBroken: with the name.
        """
        names = [member.name for member in self.members]
        for name in (*names, *self.left_out):
            if not _is_name(name):
                raise _broken(f"no store has a file of the name {name[:90]!r}")
        for found in (names, self.left_out, self.models, self.in_place, self.wheels_left_out):
            _require_ascending(found)
        there = set(names)
        both = next((name for name in self.left_out if name in there), None)
        if both is not None:
            raise _broken(f"it says of {both} that it is there, and that it is not")
        for name in names:
            parts = name.split("/")
            shadow = next(
                (one for n in range(1, len(parts)) if (one := "/".join(parts[:n])) in there), None
            )
            if shadow is not None:
                raise _broken(f"it names {shadow} as a file, and as a folder")

    def closing(self) -> bytes:
        """Return the content of the last member, which covers this list."""
        return f"{sha256_hex(self.to_bytes())}  {LIST_FILE}\n".encode()

    def front(self) -> bytes:
        """Return what a bundle begins with: the list as a member."""
        data = self.to_bytes()
        return header(LIST_FILE, len(data)) + data + padding(len(data))

    def back(self) -> bytes:
        """Return the last member, without the end of the file."""
        data = self.closing()
        return header(CLOSING_FILE, len(data)) + data + padding(len(data))


def _is_name(name: str) -> bool:
    parts = name.split("/")
    return (
        all(_PART.fullmatch(part) for part in parts)
        and parts[0] not in {"incoming", *_RESERVED}
        and is_fit(name)
    )


def _require_ascending(names: list[str] | tuple[str, ...]) -> None:
    for before, after in pairwise(names):
        if before >= after:
            raise _broken(f"{after[:90]!r} is named twice, or in the wrong order")


def _broken(problem: str) -> BundleBroken:
    return BundleBroken(f"{LIST_FILE}: {problem}", about=LIST_FILE)
