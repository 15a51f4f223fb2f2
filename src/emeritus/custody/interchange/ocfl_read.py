"""Read an OCFL object that another archive made, whole, and take one version of it."""

from collections.abc import Mapping
from pathlib import Path

from emeritus.custody.interchange.errors import NotReceivable, ReceivedDamaged
from emeritus.custody.interchange.files import hashed, listed
from emeritus.custody.interchange.inventory import INVENTORY, Inventory
from emeritus.custody.interchange.ocfl_object import read_inventory
from emeritus.custody.interchange.ocfl_root import OBJECTS, object_folders
from emeritus.custody.interchange.ocfl_write import MODEL
from emeritus.custody.interchange.parcel import Parcel
from emeritus.custody.interchange.proofs import FOLDER, PACKAGE
from emeritus.foundation import NotFound, Progress
from emeritus.vault.sources import safe_path

_BESIDE_VERSIONS = ("logs", "extensions")
"""What else may lie in an object (OCFL 1.1 §3.1); it is no content."""


def read_ocfl(place: Path, progress: Progress, *, object_id: str = "", version: str = "") -> Parcel:
    """Check an object whole, all its versions, and return the files of one version.

    Args:
        place: an object, or a storage root.
        progress: told of the bytes read.
        object_id: which object, when the root holds several.
        version: such as `v2`; the head when empty.

    Raises:
        NotReceivable: it breaks a rule of OCFL, or has links or unsafe paths in it.
        ReceivedDamaged: a file is missing, or is not what its digest says.
        NotFound: the root has no such object, or the object no such version.
        PathUnsafe: a path that could not be restored everywhere.
    """
    folder, inventory = _chosen(place, object_id)
    name = version or inventory.head
    if name not in inventory.versions:
        raise NotFound(
            f"the object {inventory.id[:200]} has no version {name[:20]!r}; it has "
            f"{', '.join(list(inventory.versions)[:20])}"
        )
    files = listed(folder)
    _check_listing(folder, files, inventory)
    sha256 = _check_content(folder, files, inventory, progress)
    by_digest = {digest.lower(): paths[0] for digest, paths in inventory.manifest.items()}
    state = {
        path: by_digest[digest.lower()] for path, digest in inventory.versions[name].paths().items()
    }
    if not state:
        raise NotReceivable(f"{name} of {inventory.id[:200]} has no files, so nothing to keep")
    kept, beside = _divided(state)
    for path in kept:
        safe_path(path)
    return Parcel(
        form="ocfl",
        version=f"{inventory.type.split('/')[3]} {name}",
        described=inventory.id[:1_000],
        files={path: (folder / held, sha256[held]) for path, held in kept.items()},
        beside={
            INVENTORY: folder / INVENTORY,
            **{path: folder / held for path, held in beside.items()},
        },
    )


def _chosen(place: Path, object_id: str) -> tuple[Path, Inventory]:
    known: list[str] = []
    folders = object_folders(place)
    for folder in folders:
        if len(folders) == 1 or object_id:
            _, inventory = read_inventory(folder)
            known.append(inventory.id)
            if object_id in ("", inventory.id):
                return folder, inventory
    if not object_id:
        raise NotReceivable(
            f"{place} holds {len(folders)} objects; say which with --object ID, or name its folder"
        )
    raise NotFound(f"{place} has no object {object_id[:200]!r}; it has {', '.join(known[:8])}")


def _divided(state: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Tell a model's files from the proofs beside them, where a record of ours made the object."""
    ours = PACKAGE in state and all(path.startswith((f"{MODEL}/", f"{FOLDER}/")) for path in state)
    if not ours:
        return dict(state), {}
    kept = {
        path.removeprefix(f"{MODEL}/"): held
        for path, held in state.items()
        if path.startswith(f"{MODEL}/")
    }
    return kept, {path: held for path, held in state.items() if path.startswith(f"{FOLDER}/")}


def _check_listing(folder: Path, files: Mapping[str, int], inventory: Inventory) -> None:
    """Check that what lies in the object is what its inventory lists, and nothing else."""
    declared = [name for name in OBJECTS if name in files]
    if len(declared) != 1 or (folder / declared[0]).read_bytes() != OBJECTS[declared[0]]:
        raise NotReceivable(f"{folder} does not declare which version of OCFL it follows")
    content = inventory.content()
    for path in sorted(content.keys() - files.keys()):
        raise ReceivedDamaged(
            f"the inventory lists {path!a}, which is not there; get it again from its sender",
            about=ascii(path),
        )
    own = {declared[0], INVENTORY, f"{INVENTORY}.{inventory.digest_algorithm}"}
    for path in sorted(files.keys() - content.keys() - own):
        first, _, rest = path.partition("/")
        is_copy = first in inventory.versions and rest.startswith(INVENTORY)
        if not is_copy and not (rest and first in _BESIDE_VERSIONS):
            raise NotReceivable(
                f"{path!a} is in the object, and not in its inventory", about=ascii(path)
            )
    for name in inventory.versions:
        if f"{name}/{INVENTORY}" in files:
            _check_older(folder / name, name, inventory)


def _check_older(place: Path, name: str, inventory: Inventory) -> None:
    """Check that what a version said of itself then, the object still says of it."""
    data, older = read_inventory(place)
    if (older.id, older.head) != (inventory.id, name):
        raise NotReceivable(f"the inventory in {name} is of another object or version")
    if name == inventory.head and data != (place.parent / INVENTORY).read_bytes():
        raise NotReceivable(f"the inventories of {name} and of the object differ")
    if older.digest_algorithm != inventory.digest_algorithm:
        return
    for each, version in older.versions.items():
        now = inventory.versions.get(each)
        if now is None or _lowered(now.paths()) != _lowered(version.paths()):
            raise NotReceivable(f"{name} holds other files in {each} than the object says now")


def _lowered(paths: Mapping[str, str]) -> dict[str, str]:
    return {path: digest.lower() for path, digest in paths.items()}


def _check_content(
    folder: Path, files: Mapping[str, int], inventory: Inventory, progress: Progress
) -> dict[str, str]:
    """Compare all content with its digest, and with others that are known here; return SHA-256."""
    content = inventory.content()
    also: dict[str, dict[str, str]] = {}
    for algorithm, digests in inventory.fixity.items():
        if algorithm in {"md5", "sha1", "sha256", "sha512"}:
            for digest, paths in digests.items():
                for path in paths:
                    also.setdefault(path, {})[algorithm] = digest
    progress.begin("checking the object", sum(files[path] for path in content), "bytes")
    found = {}
    for path, digest in sorted(content.items()):
        expected = {**also.get(path, {}), inventory.digest_algorithm: digest}
        one = hashed(folder / path, {"sha256", *expected}, progress)
        for algorithm, said in expected.items():
            if one.digests[algorithm] != said.lower():
                raise ReceivedDamaged(
                    f"{path!a} does not match its {algorithm} in the inventory; "
                    "get it again from its sender",
                    about=ascii(path),
                )
        found[path] = one.digests["sha256"]
    progress.end()
    return found
