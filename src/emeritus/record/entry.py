"""One thing that happened, as the ledger keeps it (`docs/specs/ledger.md`, Entries)."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from emeritus.foundation import canonical_json, parse_canonical_json
from emeritus.record.errors import EntryUnknown

ENTRY_VERSION = 1

Body = TypeVar("Body", bound=msgspec.Struct)


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that an entry speaks of: what it is called, and its `sha256:<hex>`."""

    name: str
    digest: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Type, instant (RFC 3339, UTC), who did it (a role, never a person), objects, and the rest."""

    type: str
    at: str
    actor: str
    subject: tuple[Subject, ...]
    body: dict[str, Any]
    v: int = ENTRY_VERSION

    def to_bytes(self) -> bytes:
        """Write the entry as canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))

    @classmethod
    def from_bytes(cls, data: bytes, position: int) -> "Entry":
        """Read entry `position`.

        Raises:
            IntegrityError: the bytes are not canonical JSON.
            EntryUnknown: they are not an entry, or one of a newer version.
        """
        name = f"entry {position}"
        value = parse_canonical_json(data, about=name)
        if (
            isinstance(value, dict)
            and isinstance(value.get("v"), int)
            and value["v"] > ENTRY_VERSION
        ):
            raise EntryUnknown(
                f"{name} is of version {value['v']}, this Emeritus reads version {ENTRY_VERSION}; "
                "use a newer one",
                about=name,
            )
        try:
            entry = msgspec.convert(value, cls)
        except msgspec.ValidationError as problem:
            raise EntryUnknown(f"{name} is not an entry: {problem}", about=name) from problem
        if value.get("v") != ENTRY_VERSION:
            raise EntryUnknown(f"{name} is not an entry: it says no version", about=name)
        return entry


@dataclass(frozen=True, slots=True)
class Placed(Generic[Body]):
    """An entry with its place in the ledger and its body read as its type says."""

    position: int
    entry: Entry
    body: Body

    @property
    def at(self) -> str:
        """When it was entered."""
        return self.entry.at
