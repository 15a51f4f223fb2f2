"""Signed notes with Ed25519 keys (c2sp.org/signed-note v1.0.0).

A note is text, an empty line, and signature lines `— name base64(key hash and signature)`.
Every note has exactly one spelling here: it is read, written again and compared.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from emeritus.ledger.errors import KeyUnusable, NoteInvalid, TextUnsignable

ED25519 = 0x01
"""Signature type byte of Ed25519 (C2SP signed-note, Signature types)."""

MOST_SIGNATURES = 100
"""More lines are refused unread; C2SP asks for at least 16, Go's `note` package reads 100."""

_KEY_BYTES = 32
_HASH_BYTES = 4


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A public key with its name: it says whether it signed a note.

    Args:
        name: key name: not empty, no space, no plus sign, no control character.
        public: raw Ed25519 public key, 32 bytes (RFC 8032).

    Raises:
        KeyUnusable: the name or the key breaks these rules.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _usable_name(self.name):
            raise KeyUnusable(
                "expected a key name without spaces, plus signs and control characters, such as "
                f"example.org/log, found {self.name[:60]!r}"
            )
        if len(self.public) != _KEY_BYTES:
            raise KeyUnusable(
                f"expected an Ed25519 public key of 32 bytes, found {len(self.public)}"
            )

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read `name+hash+key`; the hash must be that of the name and the key.

        Raises:
            KeyUnusable: the text is not the one spelling of an Ed25519 verifier key.
        """
        name, _, rest = vkey.partition("+")
        verifier = cls(name, _key_bytes(rest.partition("+")[2], "a verifier key `name+hash+key`"))
        if verifier.vkey != vkey:
            raise KeyUnusable(
                "expected a verifier key `name+hash+key` whose hash fits its key, "
                f"found {vkey[:90]!r}; copy it again from its owner"
            )
        return verifier

    @property
    def key_hash(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        known = self.name.encode() + b"\n" + bytes([ED25519]) + self.public
        return hashlib.sha256(known).digest()[:_HASH_BYTES]

    @property
    def vkey(self) -> str:
        """The one line to publish: `name+hash+key`."""
        key = base64.b64encode(bytes([ED25519]) + self.public).decode()
        return f"{self.name}+{self.key_hash.hex()}+{key}"

    def verify(self, note: bytes) -> str:
        """Return the text of a note that this key signed.

        Signature lines of other keys (witnesses) may stand beside it; they are read, not judged.

        Raises:
            NoteInvalid: the bytes are not a well-formed note, or it does not carry exactly one
                signature of this key, or that signature is not of this text.
        """
        text, lines = _parse(note)
        own = [
            signature[_HASH_BYTES:]
            for name, signature in lines
            if name == self.name and signature[:_HASH_BYTES] == self.key_hash
        ]
        if len(own) != 1:
            raise NoteInvalid(
                f"expected one signature by {self.name}+{self.key_hash.hex()}, found {len(own)}"
            )
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(own[0], text.encode())
        except InvalidSignature:
            raise NoteInvalid(
                f"the signature by {self.name} is not of this text: the note was changed, or made "
                "by somebody else"
            ) from None
        return text


class NoteSigner:
    """A private key with its name; it never shows itself but in `to_text`.

    Args:
        name: key name, as for `NoteVerifier`.
        seed: the 32 bytes of RFC 8032 from which the key is made.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != _KEY_BYTES:
            raise KeyUnusable(f"expected a seed of 32 bytes, found {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = NoteVerifier(name, self._key.public_key().public_bytes_raw())
        """The public half."""

    def __repr__(self) -> str:
        return f"NoteSigner({self.verifier.vkey!r})"

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key from the machine's randomness.

        Raises:
            KeyUnusable: the name cannot be a key name.
        """
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read `PRIVATE+KEY+name+hash+key`, the form of Go's `golang.org/x/mod/sumdb/note`.

        Raises:
            KeyUnusable: the text is not the one spelling of such a key; it is not repeated in
                the message.
        """
        private, word, name, _, key = (text.split("+", 4) + [""] * 5)[:5]
        if (private, word) == ("PRIVATE", "KEY"):
            signer = cls(name, _key_bytes(key, "a signer key"))
            if signer.to_text() == text:
                return signer
        raise KeyUnusable(
            "expected a signer key `PRIVATE+KEY+name+hash+key` whose hash fits its key, found "
            "another text; restore the key from its backup"
        )

    def to_text(self) -> str:
        """Return the secret as one line, for a file that only its owner can read."""
        key = base64.b64encode(bytes([ED25519]) + self._key.private_bytes_raw()).decode()
        return f"PRIVATE+KEY+{self.verifier.name}+{self.verifier.key_hash.hex()}+{key}"

    def sign(self, text: str) -> bytes:
        """Return the note: the text, an empty line and one signature line.

        Raises:
            TextUnsignable: the text does not end in a newline, or has a control character.
        """
        if not _usable_text(text):
            raise TextUnsignable(
                "expected text in lines, without control characters and ending in a newline, "
                f"found {text[-60:]!r}"
            )
        signature = self.verifier.key_hash + self._key.sign(text.encode())
        return _serialise(text, [(self.verifier.name, signature)])


def _key_bytes(text: str, what: str) -> bytes:
    data = _strict_base64(text)
    if data is None or len(data) != 1 + _KEY_BYTES or data[0] != ED25519:
        raise KeyUnusable(f"expected {what} of type Ed25519 in base64, found something else")
    return data[1:]


def _strict_base64(text: str) -> bytes | None:
    """Decode RFC 4648 section 4, None for anything but its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def _usable_name(name: str) -> bool:
    visible = not any(sign.isspace() or sign < " " for sign in name)
    return bool(name) and "+" not in name and visible and _is_unicode(name)


def _usable_text(text: str) -> bool:
    controls = any(sign < " " and sign != "\n" for sign in text)
    return text.endswith("\n") and not controls and _is_unicode(text)


def _is_unicode(text: str) -> bool:
    """Tell whether text can be written as UTF-8; lone surrogates cannot."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _serialise(text: str, signatures: list[tuple[str, bytes]]) -> bytes:
    lines = [f"— {name} {base64.b64encode(data).decode()}\n" for name, data in signatures]
    return (text + "\n" + "".join(lines)).encode()


def _parse(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """Return text and (name, key hash and signature) pairs of the one spelling of a note."""
    try:
        whole = note.decode()
    except UnicodeDecodeError as problem:
        raise NoteInvalid(f"expected a note in UTF-8, found other bytes: {problem}") from None
    head, gap, tail = whole.rpartition("\n\n")
    text, lines = head + "\n", tail.split("\n")[:-1]
    if not gap or not _usable_text(text) or not 1 <= len(lines) <= MOST_SIGNATURES:
        raise NoteInvalid("expected text, an empty line and signature lines, found something else")
    signatures = [_parse_line(line) for line in lines]
    if _serialise(text, signatures) != note:
        raise NoteInvalid("expected the one spelling of this note, found another")
    return text, signatures


def _parse_line(line: str) -> tuple[str, bytes]:
    dash, name, encoded = (line.split(" ") + [""] * 3)[:3]
    signature = _strict_base64(encoded)
    if dash != "—" or not _usable_name(name) or not signature or len(signature) <= _HASH_BYTES:
        raise NoteInvalid(f"expected a signature line `— name base64`, found {line[:90]!r}")
    return name, signature
