"""What a reader found in a file, or why it refuses. Standard library only: see `bounded`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_LONGEST_QUOTE = 60
"""Characters of a file's own text that a message repeats."""


class Refusal(Exception):  # noqa: N818, RUF100 - named for what happens, as the family is
    """A file breaks the rules of the format that it claims.

    It never leaves `emeritus.vault.formats`: `inspect` turns it into an error of the family.

    Attributes:
        sentence: what was expected and what was found, without a full stop.
        known: False when the file may be sound, but in a version that the vault does not read.
    """

    def __init__(self, sentence: str, *, known: bool = True) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.known = known


@dataclass(frozen=True, slots=True)
class Report:
    """What a reader found.

    Attributes:
        tensors: offset and length in bytes, element name and name of each tensor, in file order;
            empty tensors are left out, since they have no bytes.
        note: one sentence for people, without a full stop.
        facts: a few figures and words from the file's own description of itself.
        shapes: the dimensions of every tensor, in the order that the file writes them.
    """

    tensors: list[tuple[int, int, str, str]]
    note: str
    facts: dict[str, str | int]
    shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)


def quoted(text: str) -> str:
    """Return text from a file so that a terminal or a page can show it: short, in ASCII."""
    if len(text) > _LONGEST_QUOTE:
        text = text[:_LONGEST_QUOTE] + "..."
    return ascii(text)


def check_name(name: str, *, longest: int) -> None:
    """Refuse a tensor's name that could not be written down.

    Args:
        name: the name as the file has it.
        longest: most bytes of it in UTF-8.

    Raises:
        Refusal: it is too long, has a control character or is not Unicode text.
    """
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        raise Refusal(f"expected tensor names in UTF-8, found {quoted(name)}") from None
    if length > longest:
        raise Refusal(
            f"expected tensor names of at most {longest} bytes, found one of {length}: "
            f"{quoted(name)}"
        )
    if any(character < " " or character == "\x7f" for character in name):
        raise Refusal(f"expected tensor names without control characters, found {quoted(name)}")
