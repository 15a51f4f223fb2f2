"""Objects: small files named by the SHA-256 of their stored bytes."""

from collections.abc import Iterator

from emeritus.foundation import Digest, Progress, sha256
from emeritus.vault.errors import ClassNotServed, Damaged
from emeritus.vault.findings import Finding
from emeritus.vault.layout import PUBLIC, ObjectClass, Place, object_name
from emeritus.vault.ports import Store


def put_object(store: Store, data: bytes, place: Place = PUBLIC) -> Digest:
    """Keep `data`; when this returns it is durable.

    Raises:
        ClassNotServed: sealed and erasable objects are encrypted, which this version does not do.
        Damaged: an object of that name is there with other bytes.
    """
    _only_public(place)
    digest = sha256(data)
    name = object_name(digest, place)
    if not store.create(name, data) and store.read(name) != data:
        raise Damaged(f"{name} does not have the SHA-256 in its name", about=name)
    return digest


def get_object(store: Store, digest: Digest, place: Place = PUBLIC) -> bytes:
    """Return the object's bytes, after checking them against their name.

    Raises:
        NotInStore: no such object.
        ClassNotServed: it is sealed or erasable.
        Damaged: its bytes are not the ones it was named by.
    """
    _only_public(place)
    name = object_name(digest, place)
    data = store.read(name)
    if sha256(data) != digest:
        raise Damaged(f"{name} does not have the SHA-256 in its name", about=name)
    return data


def check_objects(store: Store, progress: Progress) -> Iterator[Finding]:
    """Compare every object with its name."""
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


def _only_public(place: Place) -> None:
    if place.object_class is not ObjectClass.PUBLIC:
        raise ClassNotServed(
            f"{place.object_class} objects need a key, and this version of Emeritus keeps only "
            "public ones; nothing was written"
        )
