"""Objects: small files named by the SHA-256 of their stored bytes."""

import hashlib
from collections.abc import Iterator

from emeritus.foundation import Digest, Progress, sha256
from emeritus.vault.closed import Seal
from emeritus.vault.errors import Damaged
from emeritus.vault.findings import Finding
from emeritus.vault.layout import CLOSED, PUBLIC, closed_sha256, object_name
from emeritus.vault.ports import Ranged, Store

_CHUNK = 1 << 20


def put_object(store: Store, data: bytes, seal: Seal | None = None) -> Digest:
    """Keep `data`; when this returns it is durable.

    Args:
        store: where.
        data: the content.
        seal: keeps it closed; the same content gets another name each time then.

    Returns:
        The SHA-256 of the stored bytes.

    Raises:
        Damaged: an object of that name is there with other bytes.
    """
    place, stored = (PUBLIC, data) if seal is None else (seal.place, seal.close(data))
    digest = sha256(stored)
    name = object_name(digest, place)
    if not store.create(name, stored) and store.read(name) != stored:
        raise Damaged(f"{name} does not have the SHA-256 in its name", about=name)
    return digest


def get_object(store: Ranged, digest: Digest, seal: Seal | None = None) -> bytes:
    """Return the object's content, after checking its stored bytes against their name.

    Raises:
        NotInStore: no such object.
        Damaged: its bytes are not the ones it was named by, or the seal is of another key.
    """
    name = object_name(digest, PUBLIC if seal is None else seal.place)
    stored = store.read(name)
    if sha256(stored) != digest:
        raise Damaged(f"{name} does not have the SHA-256 in its name", about=name)
    return stored if seal is None else seal.open(stored)


def check_objects(store: Store, progress: Progress) -> Iterator[Finding]:
    """Compare every public object with its name."""
    names = list(store.names("objects/"))
    progress.begin("checking objects", len(names), "objects")
    for name in names:
        try:
            if name != object_name(sha256(store.read(name))):
                yield Finding(name, "its bytes do not have the SHA-256 in its name")
        except Damaged as problem:
            yield Finding(name, problem.message)
        progress.advance(1)
    progress.end()


def check_closed(store: Store, progress: Progress) -> Iterator[Finding]:
    """Compare every closed object and pack with its name; needs no key."""
    names = [name for name in store.names(CLOSED) if "/parity/" not in name]
    if not names:
        return
    progress.begin("checking closed files", sum(store.size(name) or 0 for name in names), "bytes")
    for name in names:
        expected = closed_sha256(name)
        if expected is None:
            yield Finding(name, "its name is none that a store has")
            continue
        found = hashlib.sha256()
        try:
            with store.open(name) as file:
                while chunk := file.read(_CHUNK):
                    found.update(chunk)
                    progress.advance(len(chunk))
        except Damaged as problem:
            yield Finding(name, problem.message)
            continue
        if found.hexdigest() != expected:
            yield Finding(name, "its SHA-256 is not the one in its name")
    progress.end()
