"""The key that opens closed files: an X25519 identity of `age`."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from emeritus.vault.closed.bech32 import from_bech32, to_bech32
from emeritus.vault.errors import KeyUnusable

_SECRET, _RECIPIENT = "age-secret-key-", "age"
_KEY_BYTES = 32

KEY_ID_DIGITS = 32
"""Hex digits of a key's id: 128 bits, so that nobody makes two keys with one id by trying."""


def key_id_of(recipient: str) -> str:
    """Return the id of a key: the first 32 hex digits of the SHA-256 of its recipient's text."""
    return hashlib.sha256(recipient.encode()).hexdigest()[:KEY_ID_DIGITS]


def recipient_bytes(recipient: str) -> bytes:
    """Return the public key that a text `age1…` writes.

    Raises:
        KeyUnusable: it is no recipient of `age`.
    """
    data = from_bech32(recipient, _RECIPIENT)
    if len(data) != _KEY_BYTES:
        raise KeyUnusable(f"expected {_KEY_BYTES} bytes in a recipient, found {len(data)}")
    return data


@dataclass(frozen=True)
class Identity:
    """An X25519 identity; its secret is shown by `to_text` alone, never by `repr`."""

    secret: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Make a new one from the system's random numbers."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read `AGE-SECRET-KEY-1…`; white space around it is left out.

        Raises:
            KeyUnusable: it is not one, or a letter is wrong.
        """
        data = from_bech32(text.strip(), _SECRET)
        if len(data) != _KEY_BYTES:
            raise KeyUnusable(f"expected {_KEY_BYTES} bytes in an identity, found {len(data)}")
        return cls(data)

    def to_text(self) -> str:
        """Write it as the `age` program does."""
        return to_bech32(_SECRET, self.secret).upper()

    @cached_property
    def recipient(self) -> str:
        """To whom one encrypts, as text: `age1…`. Not secret."""
        return to_bech32(_RECIPIENT, self.public)

    @cached_property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        private = X25519PrivateKey.from_private_bytes(self.secret)
        return private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """See `key_id_of`."""
        return key_id_of(self.recipient)
