"""Where things lie in a store, the same in a folder and in a bucket.

The page of this layout is `docs/specs/store-layout.md`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Self

from emeritus.foundation import (
    Digest,
    IntegrityError,
    canonical_json,
    parse_canonical_json,
    sha256_hex,
)
from emeritus.vault.errors import Damaged, NotInStore, StoreTooNew
from emeritus.vault.ports import Store
from emeritus.vault.reader import (
    EXECUTOR_NAME,
    READER_NAME,
    executor_source,
    reader_source,
    readme_text,
)

STORE_FORMAT = "emeritus-store/1"
STORE_FILE = "store.json"
LEDGER_KEY_FILE = "keys/ledger.vkey"
OMS_KEY_FILE = "keys/oms.pem"
CLOSED = "closed/"
"""What the names of all files begin with that are encrypted and never served."""

_PLACE = re.compile(r"(sealed|erasable)/([0-9a-f]{32})")
_CLOSED_NAME = re.compile(
    r"closed/((?:sealed|erasable)/[0-9a-f]{32})/"
    r"(?:objects/([0-9a-f]{2})/(?=\2)|packs/(?=[0-9a-f]{64}\.pack))([0-9a-f]{64})(?:\.pack)?"
)


class ObjectClass(StrEnum):
    """Who may read: everybody; those with a key; those with a key that may be destroyed."""

    PUBLIC = "public"
    SEALED = "sealed"
    ERASABLE = "erasable"


@dataclass(frozen=True, slots=True)
class Place:
    """A class and the id of the key that opens it; public objects have no key."""

    object_class: ObjectClass = ObjectClass.PUBLIC
    key_id: str = ""

    @property
    def prefix(self) -> str:
        """What the names of its files begin with; everything under `closed/` is never served."""
        if self.object_class is ObjectClass.PUBLIC:
            return ""
        return f"{CLOSED}{self}/"

    @property
    def is_closed(self) -> bool:
        """True when a key is needed to read."""
        return self.object_class is not ObjectClass.PUBLIC

    def __str__(self) -> str:
        """Write it as entries do: `sealed/<key id>`, empty for public."""
        return f"{self.object_class}/{self.key_id}" if self.is_closed else ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            Damaged: it is no place of a store.
        """
        if not text:
            return cls()
        match = _PLACE.fullmatch(text)
        if match is None:
            raise Damaged(f"expected a place such as sealed/<key id>, found {text[:80]!r}")
        return cls(ObjectClass(match[1]), match[2])


PUBLIC = Place()


def closed_sha256(name: str) -> str | None:
    """Return the SHA-256 (hex) in the name of a closed object or pack, None of any other name."""
    match = _CLOSED_NAME.fullmatch(name)
    return None if match is None else match[3]


def object_name(digest: Digest, place: Place = PUBLIC) -> str:
    """Return the name of the object whose stored bytes have this SHA-256."""
    return f"{place.prefix}objects/{digest.hex[:2]}/{digest.hex}"


def describe(store: Store, *, origin: str, vkey: str, oms_pem: bytes) -> dict[str, str]:
    """Write the files by which a store explains itself.

    Safe to call again with the same arguments after a crash.

    Args:
        store: an empty store, or one that an interrupted call left.
        origin: the ledger's origin.
        vkey: the ledger's public key as a C2SP vkey.
        oms_pem: the package signer's public key.

    Returns:
        Name to `sha256:<hex>` for each of them, for the first entry of the ledger.

    Raises:
        Damaged: one of them is there with other bytes.
    """
    files = dict(_description(origin, vkey, oms_pem))
    for name, data in files.items():
        if not store.create(name, data) and store.read(name) != data:
            raise Damaged(
                f"{name} is there with other bytes than this store should begin with; "
                "use an empty folder for a new store",
                about=name,
            )
    return {name: f"sha256:{sha256_hex(data)}" for name, data in sorted(files.items())}


def _description(origin: str, vkey: str, oms_pem: bytes) -> Iterator[tuple[str, bytes]]:
    specs = resources.files("emeritus") / "specs"
    for page in sorted(specs.iterdir(), key=lambda page: page.name):
        if page.name.endswith(".md"):
            yield f"specs/{page.name}", page.read_bytes()
    yield "README.txt", readme_text(origin).encode()
    yield READER_NAME, reader_source()
    yield EXECUTOR_NAME, executor_source()
    yield OMS_KEY_FILE, oms_pem
    yield from front_files(origin, vkey).items()


def front_files(origin: str, vkey: str) -> dict[str, bytes]:
    """Return the two files without which nothing of a store can be read: what it is, and whose.

    Args:
        origin: the ledger's origin.
        vkey: the ledger's public key as a C2SP vkey.
    """
    return {
        LEDGER_KEY_FILE: f"{vkey}\n".encode(),
        STORE_FILE: canonical_json({"format": STORE_FORMAT, "origin": origin}),
    }


def read_origin(store: Store) -> str:
    """Return the ledger origin of a store, after checking that this version can read it.

    Raises:
        NotInStore: this is not an Emeritus store.
        StoreTooNew: a newer version wrote it.
        Damaged: `store.json` is not what any version writes.
    """
    try:
        data = store.read(STORE_FILE)
    except NotInStore:
        raise NotInStore(
            f"expected an Emeritus store, found no {STORE_FILE} there; "
            "give the folder that holds store.json, or make a new home with 'emeritus init'",
            about=STORE_FILE,
        ) from None
    try:
        value = parse_canonical_json(data, about=STORE_FILE)
    except IntegrityError as problem:
        raise Damaged(problem.message, about=STORE_FILE) from problem
    return _origin(value)


def _origin(value: object) -> str:
    written = value.get("format") if isinstance(value, Mapping) else None
    kind, _, version = str(written).partition("/")
    if kind == "emeritus-store" and version.isdecimal() and int(version) > 1:
        raise StoreTooNew(
            f"expected a store of format {STORE_FORMAT} or older, found {written}; "
            "open it with a newer Emeritus, or with the read_emeritus.py that lies in it",
            about=STORE_FILE,
        )
    if (
        written != STORE_FORMAT
        or not isinstance(value, Mapping)
        or set(value) != {"format", "origin"}
    ):
        raise Damaged(f"{STORE_FILE} does not say {STORE_FORMAT}", about=STORE_FILE)
    return str(value["origin"])
