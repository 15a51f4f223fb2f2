"""Tiny weight files, whole and correct, for tests to read, keep and break."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = bool | int | float | str | Sequence["Value"]
"""What a metadata entry of `tiny_gguf` can hold; whole numbers are written in 32 bits."""


@dataclass(frozen=True, slots=True)
class TinyTensor:
    """A tensor as a file describes it; nothing checks that the parts fit each other.

    Attributes:
        name: its name.
        kind: the type's number in GGUF (0 is f32, 30 is bf16), its dtype in safetensors.
        shape: elements along each dimension, in the order that the format writes.
        data: its bytes.
    """

    name: str
    kind: int | str
    shape: tuple[int, ...]
    data: bytes


GGUF_TENSORS = (
    TinyTensor("token_embd.weight", 0, (3, 2), bytes(range(24))),
    TinyTensor("blk.0.attn_q.weight", 30, (2, 2), bytes(range(24, 32))),
    TinyTensor("output.weight", 2, (32, 2), bytes(range(32, 68))),
)
"""What `tiny_gguf` writes when nothing is asked of it: f32, bf16 and q4_0."""

GGUF_METADATA: Mapping[str, Value] = {
    "general.architecture": "llama",
    "general.name": "tiny",
    "llama.context_length": 64,
    "llama.block_count": 1,
    "llama.attention.head_count_kv": 1,
    "llama.attention.layer_norm_rms_epsilon": 0.5,
    "tokenizer.ggml.tokens": ["a", "b", "<end>"],
    "tokenizer.ggml.add_bos_token": True,
    "tokenizer.chat_template": "{{ messages }}",
}
"""What `tiny_gguf` says of itself when nothing is asked of it."""

SAFETENSORS_TENSORS = (
    TinyTensor("embed.weight", "F32", (3, 2), bytes(range(24))),
    TinyTensor("head.weight", "BF16", (2, 2), bytes(range(24, 32))),
)
"""What `tiny_safetensors` writes when nothing is asked of it."""


def tiny_gguf(
    tensors: Sequence[TinyTensor] = GGUF_TENSORS,
    metadata: Mapping[str, Value] = GGUF_METADATA,
    *,
    version: int = 3,
    alignment: int = 32,
) -> bytes:
    """Return a GGUF file; the same arguments always give the same bytes.

    Args:
        tensors: in the order of the file; offsets follow from their data.
        metadata: the entries, in order.
        version: the version to claim.
        alignment: where tensors begin; 32 is the format's default and is then not written.
    """
    if alignment != 32:  # noqa: PLR2004 - the default of the format
        metadata = {**metadata, "general.alignment": alignment}
    header = [b"GGUF", struct.pack("<IQQ", version, len(tensors), len(metadata))]
    header += [_text(key) + _typed(value) for key, value in metadata.items()]
    data = b""
    for tensor in tensors:
        header.append(_text(tensor.name) + struct.pack("<I", len(tensor.shape)))
        header.append(struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape))
        header.append(struct.pack("<IQ", int(tensor.kind), len(data)))
        data += _padded(tensor.data, alignment)
    return _padded(b"".join(header), alignment) + data


def tiny_safetensors(
    tensors: Sequence[TinyTensor] = SAFETENSORS_TENSORS,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """Return a safetensors file; the same arguments always give the same bytes.

    Args:
        tensors: in the order of the file; offsets follow from their data.
        metadata: the `__metadata__` of the file; None leaves it out.
    """
    header: dict[str, object] = {} if metadata is None else {"__metadata__": dict(metadata)}
    end = 0
    for tensor in tensors:
        begin, end = end, end + len(tensor.data)
        header[tensor.name] = {
            "dtype": tensor.kind,
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    written = json.dumps(header, separators=(",", ":")).encode()
    written += b" " * (-len(written) % 8)
    return framed_header(written) + b"".join(tensor.data for tensor in tensors)


def framed_header(header: bytes) -> bytes:
    """Return the start of a safetensors file around header bytes of any kind."""
    return struct.pack("<Q", len(header)) + header


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(value: Value) -> bytes:
    kind, data = _encoded(value)
    return struct.pack("<I", kind) + data


def _encoded(value: Value) -> tuple[int, bytes]:
    match value:
        case bool():
            return 7, struct.pack("<?", value)
        case int():
            return 4, struct.pack("<I", value)
        case float():
            return 6, struct.pack("<f", value)
        case str():
            return 8, _text(value)
        case _:
            items = [_encoded(item) for item in value]
            kind = items[0][0] if items else 4
            data = b"".join(item for _, item in items)
            return 9, struct.pack("<IQ", kind, len(items)) + data


def _padded(data: bytes, alignment: int) -> bytes:
    return data + bytes(-len(data) % alignment)
