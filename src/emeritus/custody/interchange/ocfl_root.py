"""A storage root of OCFL 1.1: made, opened by one writer at a time, and where an object lies in it.

Objects lie where extension 0003 puts them: three folders from the SHA-256 of the id, then the id
itself, so that people find a model by its name (https://ocfl.github.io/extensions/).
"""

import fcntl
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emeritus.custody.interchange.errors import NotReceivable, RootUnusable
from emeritus.custody.interchange.files import appearing, write_file
from emeritus.foundation import Conflict

ROOT = "0=ocfl_1.1"
OBJECT = "0=ocfl_object_1.1"
OBJECTS = {"0=ocfl_object_1.0": b"ocfl_object_1.0\n", OBJECT: b"ocfl_object_1.1\n"}
ROOTS = {"0=ocfl_1.0": b"ocfl_1.0\n", ROOT: b"ocfl_1.1\n"}

LAYOUT = "0003-hash-and-id-n-tuple-storage-layout"
_LAYOUT_FILE = "ocfl_layout.json"
_LONGEST_NAME = 100
_SETTINGS = {
    "extensionName": LAYOUT,
    "digestAlgorithm": "sha256",
    "tupleSize": 3,
    "numberOfTuples": 3,
}


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Open a storage root for one writer; a folder that is not there becomes one.

    Raises:
        Conflict: somebody else writes there.
        RootUnusable: it is no storage root of OCFL 1.1 with this layout; nothing was written.
    """
    if not root.is_symlink() and not root.exists():
        _make(root)
    declared = root / ROOT
    if not declared.is_file() or declared.is_symlink() or declared.read_bytes() != ROOTS[ROOT]:
        raise RootUnusable(
            f"{root} is no storage root of OCFL 1.1 ({ROOT} is missing); name one, or a new folder",
            about=str(root),
        )
    _check_layout(root)
    with declared.open("rb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise Conflict(f"somebody else writes in {root}; wait until that is done") from problem
        yield


def object_path(object_id: str) -> str:
    """Return where an object lies in a root, as extension 0003 says.

    >>> object_path("..hor/rib:le-$id")
    '487/326/d8c/%2e%2ehor%2frib%3ale-%24id'
    """
    digest = hashlib.sha256(object_id.encode()).hexdigest()
    name = re.sub(
        r"[^A-Za-z0-9_-]",
        lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode()),
        object_id,
    )
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{digest}"
    return f"{digest[:3]}/{digest[3:6]}/{digest[6:9]}/{name}"


def object_folders(place: Path) -> list[Path]:
    """Return the folders of all objects at or below a place, sorted.

    Raises:
        NotReceivable: there is none.
    """
    if any((place / name).is_file() for name in OBJECTS):
        return [place]
    if not any((place / name).is_file() for name in ROOTS):
        raise NotReceivable(
            f"expected an OCFL object or a storage root at {place}, found neither; name the "
            "folder that holds the file 0=ocfl_1.1 or 0=ocfl_object_1.1"
        )
    found = sorted(_below(place))
    if not found:
        raise NotReceivable(f"the storage root {place} holds no object")
    return found


def _below(place: Path) -> Iterator[Path]:
    waiting = [place]
    while waiting:
        folder = waiting.pop()
        for one in folder.iterdir():
            if one.is_symlink() or not one.is_dir() or one == place / "extensions":
                continue
            if any((one / name).is_file() for name in OBJECTS):
                yield one
            else:
                waiting.append(one)


def _make(root: Path) -> None:
    layout = {
        "extension": LAYOUT,
        "description": "Three folders from the SHA-256 of an object's id, then the id itself",
    }
    with appearing(root) as work:
        write_file(work / ROOT, ROOTS[ROOT])
        write_file(work / _LAYOUT_FILE, _json(layout))
        write_file(work / "extensions" / LAYOUT / "config.json", _json(_SETTINGS))


def _check_layout(root: Path) -> None:
    settings = root / "extensions" / LAYOUT / "config.json"
    try:
        layout = json.loads((root / _LAYOUT_FILE).read_bytes())
        said = json.loads(settings.read_bytes()) if settings.exists() else {}
        fits = layout["extension"] == LAYOUT and {**_SETTINGS, **said} == _SETTINGS
    except (OSError, ValueError, KeyError, TypeError):
        fits = False
    if not fits:
        raise RootUnusable(
            f"{root} lays its objects out otherwise than {LAYOUT} does by default, so nothing can "
            "be added to it here; name another root, or a new folder",
            about=str(root),
        )


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"
