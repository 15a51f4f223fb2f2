"""Entry types: each noun declares its own, with the sentence that says it and the projection."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic

import msgspec
from sqlalchemy import Connection

from emeritus.record.entry import Body, Entry, Placed
from emeritus.record.errors import EntryInvalid, EntryUnknown


@dataclass(frozen=True, slots=True)
class EntryType(Generic[Body]):
    """What may be entered under one name.

    Attributes:
        name: `noun.what_happened`.
        body: the shape of its body, a msgspec Struct that forbids unknown fields.
        sentence: says the entry to a person, without a full stop.
        project: applies it to the index; deterministic, reads nothing but index and entry.
        model: the name of the model that it is about, None when it is about no single one.
    """

    name: str
    body: type[Body]
    sentence: Callable[[Body], str]
    project: Callable[[Connection, Placed[Body]], None]
    model: Callable[[Body], str | None]

    def content_of(self, body: Body) -> dict[str, Any]:
        """Return a body as it is written, once it is sure that it can be read again.

        Raises:
            EntryInvalid: it breaks a rule of its type, such as the longest text.
        """
        content: dict[str, Any] = msgspec.to_builtins(body)
        try:
            msgspec.convert(content, self.body)
        except msgspec.ValidationError as problem:
            raise EntryInvalid(
                f"this cannot be entered as {self.name}: {problem}; nothing was entered"
            ) from problem
        return content

    def place(self, position: int, entry: Entry) -> Placed[Body]:
        """Read the entry's body.

        Raises:
            EntryUnknown: the body breaks the rules of the type.
        """
        try:
            return Placed(position, entry, msgspec.convert(entry.body, self.body))
        except msgspec.ValidationError as problem:
            raise EntryUnknown(
                f"entry {position} is no {self.name}: {problem}", about=f"entry {position}"
            ) from problem


class EntryTypes:
    """All entry types that a program knows, by name."""

    def __init__(self, types: Iterable[EntryType[Any]]) -> None:
        self._types = {one.name: one for one in types}

    def __iter__(self) -> Iterator[EntryType[Any]]:
        return iter(self._types.values())

    def place(self, position: int, data: bytes) -> tuple[EntryType[Any], Placed[Any]]:
        """Read ledger entry `position`.

        Raises:
            EntryUnknown: no such type is known, or the entry breaks its rules.
            IntegrityError: the bytes are not canonical JSON.
        """
        entry = Entry.from_bytes(data, position)
        kind = self._types.get(entry.type)
        if kind is None:
            raise EntryUnknown(
                f"entry {position} is of type {entry.type[:60]!r}, which this Emeritus does not "
                "know; use the version that wrote it, or a newer one",
                about=f"entry {position}",
            )
        return kind, kind.place(position, entry)

    def of(self, body: msgspec.Struct) -> EntryType[Any]:
        """Return the type whose body this is."""
        return next(kind for kind in self if kind.body is type(body))
