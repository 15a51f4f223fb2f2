"""Closed files: sealed and erasable objects and packs, encrypted in the store.

* `identity`: the key, an X25519 identity of `age`, and its id.
* `age`: the format, written in a stream and read from any place of it.
* `seal`: a closed place with its key; and its files, opened as they are read.
* `bech32`: how keys are written.

A closed file is named by the SHA-256 of its stored bytes, so that whoever keeps a copy can check,
copy and repair it without any key. Only `Seal` ever holds one.
"""

from emeritus.vault.closed.age import decrypt, encrypt
from emeritus.vault.closed.identity import Identity, key_id_of, recipient_bytes
from emeritus.vault.closed.seal import Keys, NoKeys, OpenedFiles, Seal, missing

__all__ = [
    "Identity",
    "Keys",
    "NoKeys",
    "OpenedFiles",
    "Seal",
    "decrypt",
    "encrypt",
    "key_id_of",
    "missing",
    "recipient_bytes",
]
