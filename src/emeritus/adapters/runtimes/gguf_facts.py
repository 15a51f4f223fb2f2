"""What the head of a GGUF file says that the engine does not: read before the engine starts.

The format is the GGUF specification, versions 2 and 3 (ggml-org/ggml, docs/gguf.md). The reader
is plain Python over a bounded head of the file: a hostile file can make it give up, not crash.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"GGUF"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS |= {12: "d"}
_STRING, _ARRAY = 8, 9
_HEADS = (8 << 20, 64 << 20)
_MOST_ENTRIES = 10_000_000
_LENGTH = struct.Struct("<Q")
_UNKNOWN_CONTEXT_BYTES_PER_TOKEN = 1 << 20
_END_KEYS = ("eos_token_id", "eot_token_id", "eom_token_id")


@dataclass(frozen=True, slots=True)
class GgufFacts:
    """What a file's metadata says.

    Attributes:
        chat_template: the template text, None when there is none.
        end_tokens: the ids that it names as ends of a text.
        context_bytes_per_token: bytes of keys and values (f16) that one token of context takes;
            1 MiB when the file does not say, which is what a model of 70 billion parameters
            without grouped attention takes at most.
    """

    chat_template: str | None = None
    end_tokens: tuple[int, ...] = ()
    context_bytes_per_token: int = _UNKNOWN_CONTEXT_BYTES_PER_TOKEN


class _Reader:
    """Takes values from bytes; `IndexError` or `struct.error` when they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = len(MAGIC)

    def number(self, code: str) -> Any:
        """Take one little-endian number."""
        (value,) = struct.unpack_from("<" + code, self._data, self._at)
        self._at += struct.calcsize("<" + code)
        return value

    def text(self) -> str:
        """Take one string."""
        length = self.number("Q")
        start, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise IndexError
        return self._data[start : self._at].decode("utf-8", "replace")

    def skip_array(self) -> None:
        """Pass over one array."""
        kind, count = self.number("I"), self.number("Q")
        if count > _MOST_ENTRIES:
            raise IndexError
        if kind == _STRING:
            data, at, unpack = self._data, self._at, _LENGTH.unpack_from
            for _ in range(count):
                at += 8 + unpack(data, at)[0]
            self._at = at
        else:
            self._at += count * struct.calcsize("<" + _SCALARS[kind])

    def pairs(self) -> Iterator[tuple[str, Any]]:
        """Yield every key with its value; arrays have None."""
        _version, _tensors, count = self.number("I"), self.number("Q"), self.number("Q")
        for _ in range(min(count, _MOST_ENTRIES)):
            key, kind = self.text(), self.number("I")
            if kind == _ARRAY:
                self.skip_array()
                yield key, None
            else:
                yield key, self.text() if kind == _STRING else self.number(_SCALARS[kind])


def read_gguf_facts(file: Path) -> GgufFacts:
    """Return what the file's metadata says; what cannot be read is left unknown.

    Whether the file is sound is for the engine to say, in its own words.
    """
    for length in _HEADS:
        with file.open("rb") as stream:
            head = stream.read(length)
        try:
            values = dict(_Reader(head).pairs())
        except (IndexError, KeyError, OverflowError, struct.error):
            if len(head) < length:
                break
            continue
        return _facts(values)
    return GgufFacts()


def _facts(values: dict[str, Any]) -> GgufFacts:
    template = values.get("tokenizer.chat_template")
    ends = (values.get(f"tokenizer.ggml.{key}") for key in _END_KEYS)
    return GgufFacts(
        chat_template=template if isinstance(template, str) else None,
        end_tokens=tuple(sorted({end for end in ends if isinstance(end, int)})),
        context_bytes_per_token=_context_bytes_per_token(values),
    )


def _context_bytes_per_token(values: dict[str, Any]) -> int:
    """Keys and values of every layer at two bytes a number (f16)."""
    architecture = values.get("general.architecture")

    def size(key: str) -> int | None:
        value = values.get(f"{architecture}.{key}")
        return value if isinstance(value, int) and value > 0 else None

    layers, width, heads = (
        size(key) for key in ("block_count", "embedding_length", "attention.head_count")
    )
    if layers is None or width is None or heads is None:
        return _UNKNOWN_CONTEXT_BYTES_PER_TOKEN
    head = width // heads
    per_head = (size("attention.key_length") or head) + (size("attention.value_length") or head)
    return 2 * layers * (size("attention.head_count_kv") or heads) * per_head
