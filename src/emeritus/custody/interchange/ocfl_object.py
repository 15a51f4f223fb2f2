"""An OCFL object on a disk: what its inventory says, and mending what a crash left half moved."""

import hashlib
import re
from pathlib import Path

from emeritus.custody.interchange.errors import NotReceivable, ReceivedDamaged
from emeritus.custody.interchange.files import read_small, replace_file
from emeritus.custody.interchange.inventory import (
    DIGEST,
    INVENTORY,
    TYPE,
    Inventory,
    parse_inventory,
)
from emeritus.custody.interchange.ocfl_root import OBJECTS


def read_inventory(folder: Path) -> tuple[bytes, Inventory]:
    """Return an inventory, in bytes and read, after comparing it with its sidecar.

    Args:
        folder: an object, or one of its versions.

    Raises:
        NotReceivable: there is no inventory or sidecar, or they break a rule of OCFL.
        ReceivedDamaged: the inventory does not match its sidecar.
    """
    data = read_small(folder / INVENTORY)
    inventory = parse_inventory(data)
    name = f"{INVENTORY}.{inventory.digest_algorithm}"
    said = re.fullmatch(rb"([0-9A-Fa-f]+)[ \t]+inventory\.json\s*", read_small(folder / name))
    if said is None:
        raise NotReceivable(f"expected a digest and {INVENTORY} in {name}, found something else")
    found = hashlib.new(inventory.digest_algorithm, data).hexdigest()
    if said[1].decode().lower() != found:
        raise ReceivedDamaged(
            f"{INVENTORY} of {inventory.id[:200]} does not match its sidecar {name}; "
            "get it again from its sender",
            about=inventory.id[:200],
        )
    return data, inventory


def sidecar(data: bytes, algorithm: str) -> bytes:
    """Return what lies beside an inventory."""
    return f"{hashlib.new(algorithm, data).hexdigest()} {INVENTORY}\n".encode()


def put_inventory(folder: Path, data: bytes, algorithm: str) -> None:
    """Make an inventory the object's own; it lies in its version already."""
    replace_file(folder / INVENTORY, data)
    replace_file(folder / f"{INVENTORY}.{algorithm}", sidecar(data, algorithm))


def settled(folder: Path) -> Inventory:
    """Return the inventory of an object of ours, after finishing what a crash broke off.

    A version moves into its object first, whole; then the object's own inventory and its sidecar
    are replaced. So the newest version that is there whole says what the object holds.

    Raises:
        NotReceivable: it is no object, or none that could be left so.
        ReceivedDamaged: an inventory does not match its sidecar.
    """
    if not any((folder / name).is_file() for name in OBJECTS):
        raise NotReceivable(f"{folder} is no OCFL object, so nothing can be added to it")
    names = [one.name for one in folder.iterdir() if re.fullmatch(r"v[0-9]+", one.name)]
    if not names:
        raise NotReceivable(f"{folder} has no version, so nothing can be added to it")
    newest = max(names, key=lambda name: int(name[1:]))
    data, inventory = read_inventory(folder / newest)
    algorithm = inventory.digest_algorithm
    own = folder / INVENTORY
    beside = folder / f"{INVENTORY}.{algorithm}"
    if inventory.head != newest:
        raise NotReceivable(f"the inventory of {newest} in {folder} is of another version")
    if (algorithm, inventory.type, inventory.content_directory) != (DIGEST, TYPE, "content"):
        raise NotReceivable(f"{folder} was made by another program, so nothing is added to it here")
    if _small(own) != data or _small(beside) != sidecar(data, algorithm):
        put_inventory(folder, data, algorithm)
    return inventory


def _small(file: Path) -> bytes:
    return read_small(file) if file.exists() else b""
