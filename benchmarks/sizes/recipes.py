"""Peers that are recipes: what others do, with the same steps, and the inverse of each.

* ZipLLM (NSDI '26): a tensor that was seen costs nothing; one with a base is XORed with it, its
  exponent bytes apart from the rest, and zstd -3 takes each, in pieces of 1 MiB; one without is
  zstd -3 alone, as its published program does.
* A chunker of the class of hf-xet: content-defined chunks of 64 KiB (8 to 128), each once, as it
  is, or LZ4, or bytes of four grouped and LZ4, whichever is smallest.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import lz4.block
import numpy as np
import zstandard
from pyfastcdc import FastCDC

PIECE = 1 << 20
_LEVEL = 3


@dataclass
class ZipLlm:
    """What ZipLLM's recipe has stored."""

    seen: set[str] = field(default_factory=set)

    def add(self, tensors: dict[str, bytes], base: dict[str, bytes]) -> int:
        """Return how many bytes these tensors add.

        Args:
            tensors: the raw bytes of each, by name.
            base: those of the base, empty for none; one of another length is not used.
        """
        added = 0
        for name, data in tensors.items():
            digest = hashlib.sha256(data).hexdigest()
            if digest in self.seen:
                continue
            self.seen.add(digest)
            other = base.get(name)
            usable = other is not None and len(other) == len(data)
            packed = xor_packed(data, other) if usable and other is not None else solo(data)
            added += min(len(packed), len(solo(data))) if usable else len(packed)
        return added


def solo(data: bytes) -> bytes:
    """Return zstd -3 of a tensor."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(data)


def xor_packed(data: bytes, base: bytes) -> bytes:
    """Return the XOR with a base, its two halves apart, by pieces."""
    found = []
    for start in range(0, len(data), PIECE):
        one = np.frombuffer(data[start : start + PIECE], "<u2")
        different = one ^ np.frombuffer(base[start : start + PIECE], "<u2")
        exponent = ((different >> 7) & 0xFF).astype(np.uint8).tobytes()
        rest = (((different >> 8) & 0x80) | (different & 0x7F)).astype(np.uint8).tobytes()
        for part in (exponent, rest):
            frame = zstandard.ZstdCompressor(level=_LEVEL).compress(part)
            found.append(struct.pack("<I", len(frame)) + frame)
    return b"".join(found)


def xor_unpacked(packed: bytes, base: bytes) -> bytes:
    """Return the tensor: the inverse of `xor_packed`."""
    parts, at = [], 0
    while at < len(packed):
        (length,) = struct.unpack_from("<I", packed, at)
        parts.append(zstandard.ZstdDecompressor().decompress(packed[at + 4 : at + 4 + length]))
        at += 4 + length
    found = []
    for number in range(0, len(parts), 2):
        exponent, rest = (
            np.frombuffer(one, np.uint8).astype(np.uint16) for one in parts[number : number + 2]
        )
        different = ((rest & 0x80) << 8) | (exponent << 7) | (rest & 0x7F)
        start = number // 2 * PIECE
        known = np.frombuffer(base[start : start + PIECE], "<u2")
        found.append((different ^ known).astype("<u2").tobytes())
    return b"".join(found)


@dataclass
class Chunker:
    """What the chunker has stored."""

    seen: set[bytes] = field(default_factory=set)

    def add(self, data: bytes) -> int:
        """Return how many bytes a file adds."""
        added = 0
        for chunk in chunks(data):
            digest = hashlib.sha256(chunk).digest()
            if digest not in self.seen:
                self.seen.add(digest)
                added += min(len(chunk), len(lz4_of(chunk)), len(lz4_of(grouped(chunk))))
        return added


def chunks(data: bytes) -> Iterator[bytes]:
    """Yield content-defined chunks of 64 KiB on average."""
    cutter = FastCDC(avg_size=64 << 10, min_size=8 << 10, max_size=128 << 10)
    for one in cutter.cut_buf(data):
        yield bytes(one.data)


def grouped(data: bytes) -> bytes:
    """Return every fourth byte, then every fourth from the second on, and so forth."""
    return b"".join(data[start::4] for start in range(4))


def ungrouped(data: bytes) -> bytes:
    """Return the bytes in their order: the inverse of `grouped`."""
    out = bytearray(len(data))
    at = 0
    for start in range(4):
        length = len(range(start, len(data), 4))
        out[start::4] = data[at : at + length]
        at += length
    return bytes(out)


def lz4_of(data: bytes) -> bytes:
    """Return an LZ4 block."""
    packed: bytes = lz4.block.compress(data, store_size=False)
    return packed
