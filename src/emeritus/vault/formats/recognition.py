"""What a file claims to be, from its first bytes and its name; nothing is opened or believed."""

import struct
from enum import Enum

from emeritus.vault.formats.safetensors import LONGEST_HEADER

FIRST_BYTES = 512
"""How many bytes `recognise` wants to see."""

_PICKLE_PROTOCOLS = range(2, 6)
_ZIP_ENTRY = struct.Struct("<4x22xH2x")
"""The length of the first entry's name (PKWARE APPNOTE 6.3.10, section 4.3.7)."""


class Claim(Enum):
    """What a file claims to be."""

    GGUF = "gguf"
    SAFETENSORS = "safetensors"
    PERHAPS_SAFETENSORS = "perhaps safetensors"
    PICKLE = "pickle"
    NOTHING = "nothing"


def recognise(first: bytes, size: int, suffix: str) -> Claim:
    """Say what a file claims to be.

    Args:
        first: its first `FIRST_BYTES` bytes, fewer when it is shorter.
        size: its size in bytes.
        suffix: of its name, in lower case with the dot.
    """
    if first.startswith(b"GGUF") or suffix == ".gguf":
        return Claim.GGUF
    if suffix == ".safetensors":
        return Claim.SAFETENSORS
    if _is_pickle(first):
        return Claim.PICKLE
    length = int.from_bytes(first[:8], "little")
    if first[8:9] == b"{" and length <= min(LONGEST_HEADER, size - 8):
        return Claim.PERHAPS_SAFETENSORS
    return Claim.NOTHING


def _is_pickle(first: bytes) -> bool:
    """Say whether bytes begin a pickle of protocol 2 to 5, or an archive that PyTorch wrote."""
    if first[:1] == b"\x80" and first[1:2] and first[1] in _PICKLE_PROTOCOLS:
        return True
    if not first.startswith(b"PK\x03\x04") or len(first) < _ZIP_ENTRY.size:
        return False
    (length,) = _ZIP_ENTRY.unpack_from(first)
    return b"data.pkl" in first[_ZIP_ENTRY.size : _ZIP_ENTRY.size + length]
