"""Read a transcript, and check that every line follows from the one before it."""

from dataclasses import dataclass
from typing import TypeVar

import msgspec

from emeritus.conversation.errors import TranscriptBroken
from emeritus.conversation.lines import FORMATS, Header, Line
from emeritus.foundation import IntegrityError, parse_canonical_json

_Struct = TypeVar("_Struct", Header, Line)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation as it was, whole and in order."""

    header: Header
    lines: tuple[Line, ...]

    def answers(self) -> tuple[Line, ...]:
        """Return what the model said, choices included."""
        return tuple(line for line in self.lines if line.speaker == "model")

    def to_bytes(self) -> bytes:
        """Write it: a line each, every one ended by a line feed."""
        written = [self.header.to_bytes(), *(line.to_bytes() for line in self.lines)]
        return b"".join(one + b"\n" for one in written)


def read_transcript(data: bytes, about: str = "the transcript") -> Transcript:
    """Read a whole transcript.

    Raises:
        TranscriptBroken: a line is missing, changed, torn, or not one.
    """
    if not data.endswith(b"\n"):
        raise TranscriptBroken(f"{about} does not end with a whole line", about=about)
    first, *rest = data.removesuffix(b"\n").split(b"\n")
    header = _parse(Header, first, f"{about}, line 0")
    if header.format not in FORMATS:
        known = " or ".join(sorted(FORMATS))
        raise TranscriptBroken(
            f"expected {about} in format {known}, found {header.format[:60]!r}; "
            "use the Emeritus that wrote it, or a newer one",
            about=about,
        )
    lines: list[Line] = []
    before = header.digest
    for number, one in enumerate(rest, 1):
        line = _parse(Line, one, f"{about}, line {number}")
        if line.seq != number or line.prev != before:
            raise TranscriptBroken(
                f"line {number} of {about} does not follow from the line before it: "
                "a line was changed, removed or added",
                about=about,
            )
        lines.append(line)
        before = line.digest
    return Transcript(header, tuple(lines))


def _parse(shape: type[_Struct], data: bytes, about: str) -> _Struct:
    try:
        parsed = msgspec.convert(parse_canonical_json(data, about=about), shape)
    except (IntegrityError, msgspec.ValidationError) as problem:
        raise TranscriptBroken(f"{about} cannot be read: {problem}", about=about) from problem
    if parsed.to_bytes() != data:
        raise TranscriptBroken(f"{about} is not spelt as it was written", about=about)
    return parsed
