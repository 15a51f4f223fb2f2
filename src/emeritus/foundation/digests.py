"""A hash that knows its algorithm, so that two kinds are never compared."""

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from emeritus.foundation.errors import UserError

_HEX = re.compile(r"[0-9a-f]{64}")
_ALGORITHMS = ("sha256", "blake3")


@dataclass(frozen=True, order=True, slots=True)
class Digest:
    """A 256-bit hash, written `sha256:<64 hex digits>` or `blake3:<64 hex digits>`.

    Args:
        algorithm: `sha256` or `blake3`.
        hex: 64 lower-case hexadecimal digits.

    Raises:
        UserError: the algorithm is unknown or the digits are not 64 lower-case hex digits.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        if self.algorithm not in _ALGORITHMS or not _HEX.fullmatch(self.hex):
            raise UserError(
                f"expected a digest such as sha256:<64 hex digits>, found {str(self)[:90]!r}"
            )

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form; there is exactly one spelling of every digest."""
        algorithm, _, digits = text.partition(":")
        return cls(algorithm, digits)

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.hex)


def sha256(data: bytes | bytearray | memoryview) -> Digest:
    """Return the SHA-256 (FIPS 180-4) of `data`."""
    return Digest("sha256", hashlib.sha256(data).hexdigest())


def sha256_hex(data: bytes | bytearray | memoryview) -> str:
    """Return the SHA-256 (FIPS 180-4) of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
