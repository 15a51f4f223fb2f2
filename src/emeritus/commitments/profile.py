"""Profiles: lists of promises, in words and as expressions (`docs/specs/commitments.md`)."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any, Literal

import msgspec

from emeritus.commitments.errors import NoSuchPromise, ProfileInvalid
from emeritus.foundation import Digest, NotYaml, read_yaml, sha256

PROFILE_FORMAT = "emeritus-commitments/1"

MOST_BYTES = 1 << 16
"""A profile is read by people; the essential one has 7 kB."""

MOST_PROMISES = 64

Floor = Literal["kept", "run", "asked", "answered", "callable"]
FLOOR: tuple[Floor, ...] = ("kept", "run", "asked", "answered", "callable")
"""What every model gets, in the order of the page that shows it."""

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Expression = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]

_FACT = re.compile(r"(?<![\w.\"'])e\.([a-z][a-z_]*)\.([a-z][a-z_]*)")
_OWN = re.compile(r"\.(?:all|exists|exists_one|filter|map)\(\s*([a-z]\w*)\s*,")
_SLOT = re.compile(r"\{([a-z_]+\.[a-z_]+)\}")


class Promise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One promise.

    Attributes:
        id: its name, such as `KEEP-1`.
        promise: in words.
        holds: CEL over `e`, the evidence, and `p`, the profile's values; true when it is kept.
        found: what was found, in words, with `{noun.what}` slots for facts.
        verb: the command that makes its evidence; `{model}` is filled in. Empty where no command
            of ours can.
        outside: who else must give the evidence, where no command of ours can.
        due: CEL; while it is false the promise is not due. Empty: always due.
        fresh_days: facts that grow old count for so many days; 0 when none of them does.
        floor: the part of the Floor that it stands for; empty for none.
    """

    id: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3,12}-[0-9]{1,3}$")]
    promise: Text
    holds: Expression
    found: Text
    verb: str = ""
    outside: str = ""
    due: str = ""
    fresh_days: Annotated[int, msgspec.Meta(ge=0, le=3_660)] = 0
    floor: Floor | Literal[""] = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the names of the facts that `holds` reads."""
        return _facts(self.holds)

    @property
    def due_needs(self) -> tuple[str, ...]:
        """Return the names of the facts that `due` reads."""
        return _facts(self.due)

    def slots(self) -> tuple[str, ...]:
        """Return the names of the facts that `found` shows."""
        return tuple(_SLOT.findall(self.found))


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a profile says; `docs/specs/commitments.md` has the meaning of every field."""

    format: Literal["emeritus-commitments/1"]
    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]{0,39}/[1-9][0-9]{0,3}$")]
    title: Text
    rationale: Text
    values: dict[str, int]
    promises: Annotated[tuple[Promise, ...], msgspec.Meta(min_length=1, max_length=MOST_PROMISES)]


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile with the bytes that it was read from; made by `parse_profile`."""

    data: bytes
    body: Body

    @property
    def digest(self) -> Digest:
        """SHA-256 of the bytes; a check names it."""
        return sha256(self.data)

    @property
    def promises(self) -> tuple[Promise, ...]:
        """Its promises, in order."""
        return self.body.promises

    def promise(self, name: str) -> Promise:
        """Return one promise.

        Raises:
            NoSuchPromise: it has none of that name.
        """
        for one in self.promises:
            if one.id == name:
                return one
        raise NoSuchPromise(
            f"{self.body.id} has no promise {name[:40]!r}; "
            f"it has {', '.join(one.id for one in self.promises)}"
        )


def parse_profile(data: bytes) -> Profile:
    """Read a profile, strictly: every field known, every expression compiled.

    Raises:
        ProfileInvalid: it breaks a rule; the message names which, and where.
    """
    if len(data) > MOST_BYTES:
        raise ProfileInvalid(f"expected a profile of at most {MOST_BYTES} bytes, found {len(data)}")
    try:
        body = msgspec.convert(read_yaml(data), Body)
    except (msgspec.ValidationError, NotYaml) as problem:
        raise ProfileInvalid(f"this is no list of promises: {problem}") from problem
    for wrong in _broken_rules(body):
        raise ProfileInvalid(f"the list {body.id} breaks a rule: {wrong}", about=body.id)
    return Profile(data, body)


@functools.cache
def essential() -> Profile:
    """Return `essential/1`, which ships with Emeritus; tests compile its expressions."""
    data = (files("emeritus.commitments.profiles") / "essential-1.yaml").read_bytes()
    return Profile(data, msgspec.convert(read_yaml(data), Body))


def compiled(expression: str) -> Any:
    """Return an expression that can be executed.

    CEL (https://cel.dev) always ends, and reads nothing but what it is given.

    Raises:
        ValueError: it is no CEL.
    """
    # Imported late: it is slow to load, and only a check needs it.
    import cel  # noqa: PLC0415

    return cel.compile(expression)


def _facts(expression: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"{noun}.{what}" for noun, what in _FACT.findall(expression)))


def _broken_rules(body: Body) -> Iterator[str]:
    """Yield what the shape alone cannot say."""
    names = [one.id for one in body.promises]
    yield from (f"{one} stands for two promises" for one in names if names.count(one) > 1)
    for one in body.promises:
        if bool(one.verb) == bool(one.outside):
            yield f"{one.id} must name either the verb that makes its evidence, or who outside does"
        if not one.needs:
            yield f"{one.id} reads no fact (e.noun.what), so nothing could break it"
        yield from _broken_expressions(one, set(body.values))


def _broken_expressions(one: Promise, values: set[str]) -> Iterator[str]:
    for text in filter(None, (one.holds, one.due)):
        try:
            known = compiled(text)
        except ValueError as problem:
            yield f"{one.id} is no CEL: {str(problem).splitlines()[0]}"
            continue
        strange = set(known.variables()) - {"e", "p", *_OWN.findall(text)}
        if strange:
            yield f"{one.id} reads {', '.join(sorted(strange))}, and has e and p only"
        if re.search(r"(?<![\w.])e(?!\w)", _FACT.sub("", text)):
            yield f"{one.id} reads e otherwise than as e.noun.what"
        read = set(re.findall(r"(?<![\w.])p\.([a-z_]+)", text))
        if read - values:
            yield f"{one.id} reads values that the list does not give: {sorted(read - values)}"
