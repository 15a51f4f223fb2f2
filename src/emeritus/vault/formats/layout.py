"""What lies where in a file: segments that cover it from the first byte to the last."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FORMATS = ("gguf", "safetensors", "pickle", "opaque")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of bytes of one kind.

    Attributes:
        offset: its first byte's place in the file.
        length: its size in bytes, at least 1.
        element: what it is made of: `opaque`, or the name of a number or block type in lower case
            such as `bf16`, `f8_e4m3`, `q4_k`; a name without a codec of its own is opaque bytes.
        name: the tensor's name; `header` or `padding` for what lies between tensors.
    """

    offset: int
    length: int
    element: str
    name: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies where in a file.

    Attributes:
        format: `gguf`, `safetensors`, `pickle` or `opaque`.
        segments: sorted, without gap or overlap, from byte 0 to the end; none for an empty file.
        note: one sentence for people, without a full stop.
        facts: what the file says about itself; untrusted words and figures.
            GGUF: `version`, `tensors`, `architecture`, `name`, `size_label`, `license`,
            `file_type`, `context_length`, `block_count`, `embedding_length`,
            `feed_forward_length`, `head_count`, `head_count_kv`, `key_length`, `value_length`,
            `expert_count`, `vocab_size`, `split_number` (from 0), `split_count` where the file has
            them as single values, and `has_chat_template` (0 or 1).
            safetensors: `tensors`, `header_bytes`, `metadata_entries`, `metadata_bytes`.
        shapes: the dimensions of every tensor that has a segment, in the file's order: GGUF begins
            with the one along which numbers lie side by side, safetensors ends with it.
    """

    format: str
    segments: tuple[Segment, ...]
    note: str
    facts: Mapping[str, str | int] = field(default_factory=dict)
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def opaque_layout(size: int, *, format: str = "opaque", note: str = "kept as it is") -> Layout:  # noqa: A002
    """Return the layout of a file whose inside nobody looks at.

    Args:
        size: its size in bytes.
        format: what to call it.
        note: one sentence for people, without a full stop.
    """
    segments = (Segment(0, size, "opaque", "file"),) if size else ()
    return Layout(format, segments, note)


def covering(tensors: Iterable[Segment], size: int) -> tuple[Segment, ...]:
    """Return the tensors with opaque segments between them, so that they cover the file.

    Args:
        tensors: in file order.
        size: the file's size in bytes.

    Raises:
        ValueError: a tensor is empty, overlaps the one before or ends after the file.
    """
    segments: list[Segment] = []
    end = 0
    for tensor in tensors:
        if tensor.length < 1 or tensor.offset < end:
            raise ValueError(f"tensor {tensor.name!r} begins before byte {end} or is empty")
        if tensor.offset > end:
            segments.append(_between(end, tensor.offset))
        segments.append(tensor)
        end = tensor.offset + tensor.length
    if end > size:
        raise ValueError(f"the tensors end at byte {end}, after the file's {size}")
    if end < size:
        segments.append(_between(end, size))
    return tuple(segments)


def _between(begin: int, end: int) -> Segment:
    return Segment(begin, end - begin, "opaque", "padding" if begin else "header")
