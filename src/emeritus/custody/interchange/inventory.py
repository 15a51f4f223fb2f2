"""The inventory of an OCFL object: which file each version has, and where its bytes lie.

https://ocfl.io/1.1/spec/#inventory says what an inventory must hold; the codes below are those of
the specification's own list of errors.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from emeritus.custody.interchange.errors import NotReceivable

DIGEST = "sha512"
INVENTORY = "inventory.json"
SIDECAR = f"{INVENTORY}.{DIGEST}"
TYPE = "https://ocfl.io/1.1/spec/#inventory"

_TYPES = ("https://ocfl.io/1.0/spec/#inventory", TYPE)
_VERSION = re.compile(r"v(0{0,9})([1-9][0-9]{0,8})")
_DIGITS = {"sha512": 128, "sha256": 64}


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who made a version: a role and, where there is one, an address as a URI."""

    name: str
    address: str = ""


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version: when it was made, and digest to the logical paths that have those bytes."""

    created: str
    state: dict[str, list[str]]
    message: str = ""
    user: User | None = None

    def paths(self) -> dict[str, str]:
        """Return logical path to digest."""
        return {path: digest for digest, paths in self.state.items() for path in paths}


class Inventory(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An inventory; `manifest` maps digests to content paths, `fixity` holds other digests."""

    id: str
    type: str
    digest_algorithm: str
    head: str
    manifest: dict[str, list[str]]
    versions: dict[str, Version]
    content_directory: str = "content"
    fixity: dict[str, dict[str, list[str]]] = {}

    def to_bytes(self) -> bytes:
        """Write it so that people can read it too."""
        text = json.dumps(msgspec.to_builtins(self), indent=2, ensure_ascii=False)
        return text.encode() + b"\n"

    def content(self) -> dict[str, str]:
        """Return content path to digest."""
        return {path: digest for digest, paths in self.manifest.items() for path in paths}

    def next_version(self) -> str:
        """Return the name of the version after the head, as many digits wide as the others."""
        return _following(self.head)


def _following(version: str) -> str:
    parts = _VERSION.fullmatch(version)
    if parts is None:
        raise NotReceivable(f"expected a version such as v1, found {version[:20]!r}")
    width = len(parts[1] + parts[2]) if parts[1] else 0
    return f"v{int(parts[2]) + 1:0{width}d}"


def parse_inventory(data: bytes) -> Inventory:
    """Read an inventory, and check everything that it says of itself.

    Raises:
        NotReceivable: it is no inventory of OCFL 1.0 or 1.1, or contradicts itself.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_twins)
        inventory = msgspec.convert(value, Inventory)
        inventory.to_bytes()  # Half a surrogate pair can be read, and never written.
    except (ValueError, RecursionError) as problem:  # msgspec's is a ValueError too.
        said = str(problem).splitlines()[0][:200]
        raise NotReceivable(f"{INVENTORY} is not an OCFL inventory: {said}") from problem
    for wrong in _contradictions(inventory):
        raise NotReceivable(f"{INVENTORY} breaks a rule of OCFL: {wrong}", about=inventory.id[:200])
    return inventory


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def _contradictions(one: Inventory) -> Iterator[str]:
    if not one.id.strip():
        yield "it has no id (E037)"
    if one.type not in _TYPES:
        yield f"expected the type of OCFL 1.0 or 1.1, found {one.type[:80]!r} (E038)"
    if one.digest_algorithm not in _DIGITS:
        yield f"expected SHA-512 or SHA-256, found {one.digest_algorithm[:20]!r} (E025)"
        return
    directory = one.content_directory
    if directory in {"", ".", ".."} or "/" in directory:
        yield f"{directory!a} cannot be a content directory (E017, E018)"
    yield from _wrong_versions(one)
    yield from _wrong_content(one)
    for name, version in one.versions.items():
        yield from _wrong_state(name, version, one)
    listed = [path for held in one.fixity.values() for paths in held.values() for path in paths]
    if not set(listed) <= one.content().keys():
        yield "fixity speaks of a file that is not in the manifest"
    used = {digest.lower() for version in one.versions.values() for digest in version.state}
    if not {digest.lower() for digest in one.manifest} <= used:
        yield "the manifest lists a digest that no version has (E107)"


def _wrong_versions(one: Inventory) -> Iterator[str]:
    if not one.versions:
        yield "it has no version (E008)"
        return
    names = sorted(one.versions, key=lambda name: (len(name), name))
    first = _VERSION.fullmatch(names[0])
    if first is None or int(first[2]) != 1:
        yield "versions do not begin with v1 (E009)"
        return
    for before, after in itertools.pairwise(names):
        if _VERSION.fullmatch(after) is None or _following(before) != after:
            yield f"{after[:20]!r} does not follow {before!r} (E010)"
            return
    if one.head != names[-1]:
        yield f"its head is {one.head[:20]!r}, and its newest version {names[-1]!r} (E040)"


def _wrong_content(one: Inventory) -> Iterator[str]:
    yield from _wrong_digests(one.manifest, one.digest_algorithm)
    paths = [path for paths in one.manifest.values() for path in paths]
    yield from _wrong_paths(paths)
    if any(not held for held in one.manifest.values()):
        yield "a digest in the manifest has no file"
    for path in paths:
        version, _, rest = path.partition("/")
        if version not in one.versions or not rest.startswith(f"{one.content_directory}/"):
            yield f"{path!a} lies in no version's {one.content_directory}"


def _wrong_state(name: str, version: Version, one: Inventory) -> Iterator[str]:
    yield from _wrong_digests(version.state, one.digest_algorithm)
    yield from _wrong_paths([path for paths in version.state.values() for path in paths])
    known = {digest.lower() for digest in one.manifest}
    if any(digest.lower() not in known for digest in version.state):
        yield f"{name} has a digest that is not in the manifest (E050)"


def _wrong_digests(digests: Iterable[str], algorithm: str) -> Iterator[str]:
    seen = [digest.lower() for digest in digests]
    if len(set(seen)) != len(seen):
        yield "a digest is there twice, in two spellings (E096)"
    if any(not re.fullmatch(rf"[0-9a-f]{{{_DIGITS[algorithm]}}}", digest) for digest in seen):
        yield f"a digest is not {_DIGITS[algorithm]} digits of {algorithm}"


def _wrong_paths(paths: list[str]) -> Iterator[str]:
    known = set(paths)
    if len(known) != len(paths):
        yield "a path is there twice (E095, E101)"
    for path in paths:
        parts = path.split("/")
        if any(part in {"", ".", ".."} for part in parts) or "\0" in path:
            yield f"{ascii(path)[:200]} is no path within the object (E052, E053, E099, E100)"
        if any("/".join(parts[:count]) in known for count in range(1, len(parts))):
            yield f"{ascii(path)[:200]} lies below a file (E095, E101)"
