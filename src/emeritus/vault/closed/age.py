"""The `age` format (age-encryption.org/v1, C2SP), X25519 only: written in a stream, read anywhere.

Primitives come from `cryptography`. Decision 0032 says why the format is written out here: a piece
is read from the middle of a pack without decrypting the rest of it, and nothing decrypted is ever
put on a disk.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from emeritus.vault.closed.identity import Identity, recipient_bytes
from emeritus.vault.errors import Damaged, NotForThisKey

CHUNK = 64 * 1024
"""Bytes of one chunk of a payload; each has a tag of its own."""

TAG = 16
HEAD_LIMIT = 64 * 1024
"""No header that is read here is longer; one with a single recipient has about 200 bytes."""

_VERSION = b"age-encryption.org/v1\n"
_INFO = b"age-encryption.org/v1/X25519"
_NONCE, _FILE_KEY, _LINE = 16, 16, 64
_MAC_LINE = b"\n---"


class AgeWriter:
    """Encrypts one file as its bytes come. Not thread-safe.

    Args:
        recipients: to whom, each as `age1…`; at least one.
    """

    def __init__(self, recipients: Sequence[str]) -> None:
        file_key, nonce = os.urandom(_FILE_KEY), os.urandom(_NONCE)
        self._begun = _header(file_key, recipients) + nonce
        self._cipher = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
        self._waiting = bytearray()
        self._number = 0

    def update(self, data: bytes | memoryview) -> bytes:
        """Take more bytes, and return the stored bytes that are ready."""
        left, out = memoryview(data), [self._take_begun()]
        # The last chunk is marked, so one is held back until it is known not to be the last.
        if self._waiting:
            room = CHUNK - len(self._waiting)
            self._waiting += left[:room]
            left = left[room:]
            if left:
                out.append(self._seal(self._waiting, last=False))
                self._waiting.clear()
        while len(left) > CHUNK:
            out.append(self._seal(left[:CHUNK], last=False))
            left = left[CHUNK:]
        self._waiting += left
        return b"".join(out)

    def finish(self) -> bytes:
        """Return the stored bytes of the end."""
        return self._take_begun() + self._seal(self._waiting, last=True)

    def _take_begun(self) -> bytes:
        begun, self._begun = self._begun, b""
        return begun

    def _seal(self, chunk: bytearray | memoryview, *, last: bool) -> bytes:
        nonce = chunk_nonce(self._number, last=last)
        self._number += 1
        return self._cipher.encrypt(nonce, chunk, None)


@dataclass(frozen=True, slots=True)
class Payload:
    """Where the chunks of an encrypted file lie, and the cipher that opens them.

    Attributes:
        start: offset of the first chunk.
        plain: how many bytes it holds decrypted.
        chunks: how many chunks there are.
        cipher: over the chunks.
    """

    start: int
    plain: int
    chunks: int
    cipher: ChaCha20Poly1305

    @classmethod
    def of(cls, head: bytes, stored: int, identity: Identity) -> Self:
        """Read the header of a file.

        Args:
            head: its first `HEAD_LIMIT` bytes, or all.
            stored: how long it is.
            identity: that opens it.

        Raises:
            NotForThisKey: another key does.
            Damaged: it is no such file, or its header was changed.
        """
        file_key, length = _open_header(head, identity)
        nonce = head[length : length + _NONCE]
        left = stored - length - _NONCE
        chunks = max(1, -(-left // (CHUNK + TAG)))
        plain = left - chunks * TAG
        if len(nonce) != _NONCE or plain < 0 or (chunks > 1 and left % (CHUNK + TAG) in _TOO_SHORT):
            raise Damaged("it ends before an encrypted file can end")
        cipher = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
        return cls(length + _NONCE, plain, chunks, cipher)

    def span(self, offset: int, length: int) -> tuple[int, int, int]:
        """Return where the chunks lie that hold a part: first chunk, first stored byte, length."""
        first, last = offset // CHUNK, min((offset + length - 1) // CHUNK, self.chunks - 1)
        start = self.start + first * (CHUNK + TAG)
        end = self.start + self.plain + self.chunks * TAG
        return first, start, min((last + 1 - first) * (CHUNK + TAG), end - start)

    def opened(self, first: int, stored: bytes) -> Iterator[bytes]:
        """Yield the bytes of whole chunks that follow one another, each checked.

        Raises:
            Damaged: a byte was changed, or the file was cut.
        """
        whole = memoryview(stored)
        for place, at in enumerate(range(0, len(stored), CHUNK + TAG)):
            number = first + place
            nonce = chunk_nonce(number, last=number == self.chunks - 1)
            try:
                yield self.cipher.decrypt(nonce, whole[at : at + CHUNK + TAG], None)
            except InvalidTag:
                raise Damaged(
                    f"its encrypted chunk {number} was changed, or the file was cut"
                ) from None


AFTER_STANZAS = len("--- ") + 43 + len("\n") + _NONCE
"""Bytes between a header's recipients and the first chunk."""

_TOO_SHORT = range(1, TAG + 1)
"""A last chunk of several holds at least one byte beside its tag."""


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """Encrypt a small file."""
    writer = AgeWriter(recipients)
    return writer.update(data) + writer.finish()


def decrypt(data: bytes, identity: Identity) -> bytes:
    """Decrypt a small file.

    Raises:
        NotForThisKey: another key opens it.
        Damaged: it is no such file, or was changed.
    """
    payload = Payload.of(data[:HEAD_LIMIT], len(data), identity)
    return b"".join(payload.opened(0, data[payload.start :]))


def chunk_nonce(number: int, *, last: bool) -> bytes:
    """Return the nonce of a chunk: its number in 11 bytes, big-endian, and 1 for the last."""
    return number.to_bytes(11, "big") + bytes([last])


def _header(file_key: bytes, recipients: Sequence[str]) -> bytes:
    stanzas = b"".join(_stanza(file_key, recipient_bytes(one)) for one in recipients)
    covered = _VERSION + stanzas + b"---"
    return covered + b" " + _base64(_mac(file_key, covered)) + b"\n"


def _stanza(file_key: bytes, public: bytes) -> bytes:
    ephemeral = X25519PrivateKey.generate()
    share = ephemeral.public_key().public_bytes_raw()
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    wrapped = _wrapping(shared, share, public).encrypt(bytes(12), file_key, None)
    return b"-> X25519 " + _base64(share) + b"\n" + _base64(wrapped) + b"\n"


def _wrapping(shared: bytes, share: bytes, public: bytes) -> ChaCha20Poly1305:
    # The key encrypts one thing once, so its nonce is all zeros (the format's rule).
    return ChaCha20Poly1305(_derive(shared, share + public, _INFO))


def _open_header(head: bytes, identity: Identity) -> tuple[bytes, int]:
    """Return the file key and the header's length, after checking that nobody changed it."""
    end = head.find(_MAC_LINE + b" ")
    line = head[end + 1 :].partition(b"\n")[0]
    if not head.startswith(_VERSION) or end < 0 or len(line) != len("--- ") + 43:
        raise Damaged("it does not begin as an encrypted file does")
    stanzas = head[len(_VERSION) : end].split(b"\n")
    file_key = next(filter(None, (_unwrap(one, identity) for one in _ours(stanzas))), None)
    if file_key is None:
        raise NotForThisKey("it is encrypted to other keys than the one that is here")
    covered = head[: end + len(_MAC_LINE)]
    if not hmac.compare_digest(_mac(file_key, covered), _from_base64(line[4:])):
        raise Damaged("its encrypted header was changed")
    return file_key, end + 1 + len(line) + 1


def _ours(lines: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield share and wrapped key of the stanzas that X25519 keys open; others are passed over."""
    for place, line in enumerate(lines[:-1]):
        words = line.split(b" ")
        if words[:2] == [b"->", b"X25519"]:
            if len(words) != 3:  # noqa: PLR2004 - arrow, kind, share
                raise Damaged("a recipient in its header is written in a way that none is")
            yield _from_base64(words[2]), _from_base64(lines[place + 1])


def _unwrap(stanza: tuple[bytes, bytes], identity: Identity) -> bytes | None:
    share, wrapped = stanza
    if len(share) != len(identity.secret) or len(wrapped) != _FILE_KEY + TAG:
        raise Damaged("a recipient in its header is written in a way that none is")
    try:
        private = X25519PrivateKey.from_private_bytes(identity.secret)
        shared = private.exchange(X25519PublicKey.from_public_bytes(share))
        return _wrapping(shared, share, identity.public).decrypt(bytes(12), wrapped, None)
    except (InvalidTag, ValueError):  # ValueError: a share of low order, which the format forbids.
        return None


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac.new(_derive(file_key, b"", b"header"), covered, hashlib.sha256).digest()


def _derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _from_base64(text: bytes) -> bytes:
    """Read unpadded base64 in its one spelling."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        data = b""
    if _base64(data) != text or len(text) > _LINE:
        raise Damaged("its encrypted header is written in a way that none is")
    return data
