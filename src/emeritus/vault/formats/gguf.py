"""Reading the header of a GGUF file, strictly. Standard library only: see `bounded`.

The format: `docs/gguf.md` of the ggml repository, versions 2 and 3, little-endian.
Stricter than the page, as strict as ggml's own `gguf.cpp` about places: tensors lie in the order
of their descriptions, each at the next aligned byte, so none can overlap, hide or leave a hole.
"""

import struct
from typing import BinaryIO, Final

from emeritus.vault.formats.cursor import Cursor
from emeritus.vault.formats.ggml import TYPES
from emeritus.vault.formats.report import Refusal, Report, check_name, quoted

MOST_TENSORS: Final = 100_000
"""The largest model files published by 2026 hold some ten thousand."""

MOST_ENTRIES: Final = 10_000
"""Metadata entries; models published by 2026 have fewer than a hundred."""

MOST_ITEMS: Final = 8_000_000
"""Texts and arrays inside arrays, together; a vocabulary of 262,144 with its merges has 800,000."""

_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32
_LARGEST_ALIGNMENT = 2**20
_LONGEST_KEY = 65_535
_LONGEST_TENSOR_NAME = 127
"""ggml allows 63 bytes unless it was built for image models, which have longer names."""
_MOST_DIMENSIONS = 4
_DEEPEST_ARRAY = 4
_NUMBER_LIMIT = 2**63
_LONGEST_FACT = 200

_NUMBERS: Final = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_U32, _TEXT, _ARRAY = 4, 8, 9

_GENERAL_FACTS = ("architecture", "name", "size_label", "license", "file_type")
_SPLIT_FACTS = {"split.no": "split_number", "split.count": "split_count"}
_MODEL_FACTS = (
    "context_length",
    "block_count",
    "embedding_length",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "expert_count",
    "vocab_size",
)
_TEMPLATE = "tokenizer.chat_template"


def read_gguf(file: BinaryIO, size: int) -> Report:
    """Return what a GGUF file holds.

    Args:
        file: open for reading, at its start.
        size: its size in bytes.

    Raises:
        Refusal: the file breaks a rule of the format, or is of a version that is not read here.
    """
    cursor = Cursor(file, size)
    version = _version(cursor)
    tensor_count = _count(cursor, "tensors", MOST_TENSORS)
    entry_count = _count(cursor, "metadata entries", MOST_ENTRIES)
    metadata = _Metadata(cursor)
    for _ in range(entry_count):
        metadata.read_entry()
    described, shapes = _descriptions(cursor, tensor_count)
    tensors = _placed(described, cursor, size, metadata.alignment)
    facts = metadata.facts()
    facts.update(version=version, tensors=tensor_count)
    note = f"GGUF version {version}: {tensor_count} tensors, {entry_count} metadata entries"
    return Report(tensors, note, facts, shapes)


def _version(cursor: Cursor) -> int:
    magic = cursor.take(4, "magic")
    if magic != b"GGUF":
        raise Refusal(f"expected a file that begins with b'GGUF', found {magic!r}")
    version = cursor.u32("version")
    if version & 0xFFFF == 0:
        raise Refusal("expected a little-endian GGUF file, found a big-endian one", known=False)
    if version not in _VERSIONS:
        raise Refusal(f"expected GGUF version 2 or 3, found {version}", known=False)
    return version


def _count(cursor: Cursor, what: str, most: int) -> int:
    count = cursor.u64(f"number of {what}")
    if count > most:
        raise Refusal(f"expected at most {most} {what}, found {count}")
    return count


class _Metadata:
    """The entries of a file, read one after the other; only what `facts` needs is kept."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._values: dict[str, int | str | None] = {}
        self._items = 0
        self.alignment = _DEFAULT_ALIGNMENT

    def read_entry(self) -> None:
        """Read one entry.

        Raises:
            Refusal: it breaks a rule.
        """
        key = _name(self._cursor, "metadata key", _LONGEST_KEY)
        if key in self._values:
            raise Refusal(f"expected every metadata key once, found {quoted(key)} twice")
        kind = self._cursor.u32("metadata type")
        value = self._value(key, kind)
        self._values[key] = value
        if key == "general.alignment":
            self._set_alignment(kind, value)

    def facts(self) -> dict[str, str | int]:
        """Return the few values that planning a run needs, under their last name."""
        wanted = _SPLIT_FACTS | {f"general.{name}": name for name in _GENERAL_FACTS}
        architecture = self._values.get("general.architecture")
        wanted |= {f"{architecture}.{name}": name.rpartition(".")[2] for name in _MODEL_FACTS}
        facts: dict[str, str | int] = {
            name: value
            for key, name in wanted.items()
            if (value := self._values.get(key)) is not None
        }
        facts["has_chat_template"] = int(_TEMPLATE in self._values)
        return facts

    def _set_alignment(self, kind: int, value: int | str | None) -> None:
        if kind != _U32 or not isinstance(value, int):
            raise Refusal("expected general.alignment to be a 32-bit number, found another type")
        if value & (value - 1) or not 0 < value <= _LARGEST_ALIGNMENT:
            raise Refusal(
                "expected general.alignment to be a power of two "
                f"up to {_LARGEST_ALIGNMENT}, found {value}"
            )
        self.alignment = value

    def _value(self, key: str, kind: int) -> int | str | None:
        """Read a value; only whole numbers and short texts are returned."""
        if kind == _TEXT:
            return self._text(f"the text of {quoted(key)}")
        if kind == _ARRAY:
            self._step_over_array(key, depth=1)
            return None
        form = self._number_form(key, kind)
        (number,) = form.unpack(self._cursor.take(form.size, "metadata value"))
        return None if isinstance(number, float) else int(number)

    def _text(self, what: str) -> str | None:
        length = self._cursor.u64("text length")
        if length > _LONGEST_FACT * 4:
            self._cursor.skip(length, what)
            return None
        text = self._cursor.take(length, what).decode(errors="replace")[:_LONGEST_FACT]
        return "".join(letter if letter.isprintable() else " " for letter in text)

    def _step_over_array(self, key: str, depth: int) -> None:
        if depth > _DEEPEST_ARRAY:
            raise Refusal(
                f"expected arrays at most {_DEEPEST_ARRAY} deep, found {quoted(key)} deeper"
            )
        kind = self._cursor.u32("array type")
        count = self._cursor.u64("array length")
        if kind not in (_TEXT, _ARRAY):
            width = self._number_form(key, kind).size
            self._cursor.skip(count * width, f"the array {quoted(key)}")
            return
        self._items += count
        if self._items > MOST_ITEMS:
            raise Refusal(
                f"expected at most {MOST_ITEMS} texts in all arrays together, "
                f"found more in {quoted(key)}"
            )
        for _ in range(count):
            if kind == _ARRAY:
                self._step_over_array(key, depth + 1)
            else:
                self._cursor.skip(self._cursor.u64("text length"), "text in an array")

    @staticmethod
    def _number_form(key: str, kind: int) -> struct.Struct:
        if kind not in _NUMBERS:
            raise Refusal(f"expected a known type of metadata {quoted(key)}, found {kind}")
        return _NUMBERS[kind]


def _name(cursor: Cursor, what: str, longest: int) -> str:
    length = cursor.u64(f"length of a {what}")
    if length > longest:
        raise Refusal(f"expected a {what} of at most {longest} bytes, found {length}")
    try:
        return cursor.take(length, what).decode()
    except UnicodeDecodeError as problem:
        raise Refusal(f"expected a {what} in UTF-8, found {problem.object[:20]!r}") from None


def _descriptions(
    cursor: Cursor, count: int
) -> tuple[list[tuple[str, str, int, int]], dict[str, tuple[int, ...]]]:
    """Return name, element, length and declared offset of every tensor, and all shapes."""
    described = []
    shapes: dict[str, tuple[int, ...]] = {}
    for _ in range(count):
        name = _name(cursor, "tensor name", _LONGEST_TENSOR_NAME)
        check_name(name, longest=_LONGEST_TENSOR_NAME)
        if name in shapes:
            raise Refusal(f"expected every tensor once, found {quoted(name)} twice")
        shape = shapes[name] = _shape(cursor, name)
        element, length = _length(name, shape, cursor.u32("tensor type"))
        described.append((name, element, length, cursor.u64("tensor offset")))
    return described, shapes


def _shape(cursor: Cursor, name: str) -> tuple[int, ...]:
    dimensions = cursor.u32("number of dimensions")
    if dimensions > _MOST_DIMENSIONS:
        raise Refusal(
            f"expected at most {_MOST_DIMENSIONS} dimensions of tensor {quoted(name)}, "
            f"found {dimensions}"
        )
    shape = tuple(cursor.u64("dimension") for _ in range(dimensions))
    if 0 in shape:
        raise Refusal(f"expected no dimension of tensor {quoted(name)} to be 0, found {shape}")
    return shape


def _length(name: str, shape: tuple[int, ...], kind: int) -> tuple[str, int]:
    """Return the element and the bytes that a tensor's shape and type ask for."""
    if kind not in TYPES:
        raise Refusal(f"expected a known type of tensor {quoted(name)}, found {kind}", known=False)
    block = TYPES[kind]
    elements = 1
    for dimension in shape:
        elements *= dimension
    length = elements // block.elements * block.bytes
    if max(elements, length) >= _NUMBER_LIMIT:
        raise Refusal(
            f"expected tensor {quoted(name)} to have fewer than 2**63 elements, found {shape}"
        )
    row = shape[0] if shape else 1
    if row % block.elements:
        raise Refusal(
            f"expected rows of tensor {quoted(name)} in blocks of {block.elements} "
            f"for {block.element}, found {row} elements"
        )
    return block.element, length


def _placed(
    described: list[tuple[str, str, int, int]], cursor: Cursor, size: int, alignment: int
) -> list[tuple[int, int, str, str]]:
    """Compare every declared offset with the only one that it can have."""
    start = _aligned(cursor.at, alignment)
    expected = 0
    end = cursor.at
    tensors = []
    for name, element, length, offset in described:
        _check_offset(name, offset, expected, alignment)
        end = start + offset + length
        if end > size:
            raise Refusal(
                f"expected tensor {quoted(name)} to end at byte {end}, "
                f"found the end of the file at byte {size}"
            )
        tensors.append((start + offset, length, element, name))
        expected = _aligned(offset + length, alignment)
    if size > _aligned(end, alignment):
        raise Refusal(f"expected the file to end by byte {_aligned(end, alignment)}, found {size}")
    return tensors


def _check_offset(name: str, offset: int, expected: int, alignment: int) -> None:
    if offset % alignment:
        raise Refusal(
            f"expected tensor {quoted(name)} at a multiple of {alignment} bytes, found {offset}"
        )
    if offset != expected:
        kind = "an overlap" if offset < expected else "a hole"
        raise Refusal(
            f"expected tensor {quoted(name)} at byte {expected} of the data, "
            f"found {kind}: it is at {offset}"
        )


def _aligned(place: int, alignment: int) -> int:
    return -(-place // alignment) * alignment
