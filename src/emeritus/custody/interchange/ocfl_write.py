"""Write a model as an OCFL object, and what is new of it as a further version."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from emeritus.catalogue import find_model
from emeritus.custody.facts import require_public
from emeritus.custody.interchange.bag_write import read_back
from emeritus.custody.interchange.files import Hashed, appearing, sync_folder, write_file
from emeritus.custody.interchange.inventory import (
    DIGEST,
    INVENTORY,
    SIDECAR,
    TYPE,
    Inventory,
    User,
    Version,
)
from emeritus.custody.interchange.ocfl_object import put_inventory, settled, sidecar
from emeritus.custody.interchange.ocfl_root import OBJECT, OBJECTS, object_path, writing
from emeritus.custody.interchange.proofs import PROOFS, proof_files
from emeritus.custody.ports import Copy, Located
from emeritus.custody.restore import KeptFiles, kept_files
from emeritus.foundation import Progress, timestamp
from emeritus.record import Record
from emeritus.vault import Package, PackagedFile, restore

MODEL = "model"
"""The folder of an object that holds the model's own files."""


@dataclass(frozen=True, slots=True)
class Versioned:
    """A model as an OCFL object: where, which version is its head now, and what that added.

    `files` and `bytes` are of the files of the model that were written; `is_new` is False when the
    record had nothing that the object does not hold. `rescued` is as of `Bagged`.
    """

    model: str
    object_id: str
    folder: Path
    version: str
    is_new: bool
    files: int
    bytes: int
    rescued: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Making:
    """What a new version is made of; digests are SHA-512 in hex.

    Attributes:
        before: what the object holds; None when there is none.
        package: the model's files.
        known: SHA-256 to SHA-512 of content that the object holds.
        fresh: files of the model whose content it does not hold, each content once.
        proofs: the files beside the model, by logical path.
    """

    before: Inventory | None
    package: Package
    known: Mapping[str, str]
    fresh: tuple[PackagedFile, ...]
    proofs: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """The new version's name."""
        return "v1" if self.before is None else self.before.next_version()

    def state(self, fresh: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield logical path and digest; `fresh` gives those of new content by SHA-256."""
        for file in self.package.files:
            digest = fresh.get(file.sha256) or self.known.get(file.sha256)
            yield f"{MODEL}/{file.path}", digest or ""
        for path, data in self.proofs.items():
            yield path, hashlib.sha512(data).hexdigest()

    def says_nothing_new(self) -> bool:
        """Say whether the head holds the same, but for the proofs, which each entry changes."""
        if self.before is None or self.fresh:
            return False
        held = self.before.versions[self.before.head].paths()
        return {**dict(self.state({})), PROOFS: ""} == {**held, PROOFS: ""}


def write_ocfl(
    record: Record,
    name: str,
    root: Path,
    *,
    actor: str,
    progress: Progress,
    copies: Sequence[Copy] = (),
    located: Located | None = None,
) -> Versioned:
    """Write a model's files and what the record says of it into an OCFL storage root.

    The first time an object appears, whole and durable; later a version is added when the record
    says more about the model than the head does, and content that is there is not written again.
    Doing it twice adds nothing.

    Args:
        record: which says what was deposited.
        name: which model.
        root: a storage root with layout 0003, or a name that is free.
        actor: in which role; the object says it.
        progress: told of the bytes written, then of those read back.
        copies: as of `custody.restore_model`.
        located: as of `custody.restore_model`.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        Refused: it is sealed.
        RootUnusable: the folder is no storage root that can be added to.
        NotReceivable: the object that is there breaks a rule of OCFL.
        Damaged: no store has a piece as it was deposited; nothing appears.
        DestinationUnusable: the disk is full or may not be written; nothing appears.
    """
    with record.read() as index:
        name = str(find_model(index, name).name)
    require_public(record, name)
    kept = kept_files(record, name, copies=copies, located=located)
    origin = record.log.verifier.name
    object_id = f"emeritus:{origin}/models/{name}"
    with writing(root):
        folder = root / object_path(object_id)
        before = settled(folder) if folder.exists() else None
        making = _making(kept.package, before, proof_files(record, name))
        told = Versioned(name, object_id, folder, making.version, is_new=True, files=0, bytes=0)
        if before is not None and making.says_nothing_new():
            return replace(told, version=before.head, is_new=False)
        version = Version(
            created=timestamp(record.now()),
            state={},
            message=f"The model {name}, and what the record {origin} says of it",
            user=User(actor, f"emeritus:{origin}"),
        )
        inventory = _add(root, object_id, making, kept, version, progress)
        if before is None:
            for above in folder.relative_to(root).parents:
                sync_folder(root / above)
        else:
            put_inventory(folder, inventory, DIGEST)
    sizes = [file.bytes for file in making.fresh]
    rescued = dict(kept.pieces.rescued)
    return replace(told, files=len(sizes), bytes=sum(sizes), rescued=rescued)


def _making(package: Package, before: Inventory | None, proofs: Mapping[str, bytes]) -> _Making:
    known: dict[str, str] = {}
    if before is not None:
        content = before.content()
        for sha256, paths in before.fixity.get("sha256", {}).items():
            held = next((path for path in paths if path in content), "")
            if held:
                known[sha256] = content[held]
    first = {file.sha256: file for file in reversed(package.files) if file.sha256 not in known}
    fresh = tuple(file for file in package.files if first.get(file.sha256) is file)
    return _Making(before, package, known, fresh, proofs)


def _add(
    root: Path,
    object_id: str,
    making: _Making,
    kept: KeptFiles,
    version: Version,
    progress: Progress,
) -> bytes:
    """Make the object, or its next version, appear; return its inventory."""
    name, folder = making.version, root / object_path(object_id)
    target = folder if making.before is None else folder / name
    with appearing(target, beside=root.absolute().parent) as work:
        place = work / name if making.before is None else work
        content = _write_content(kept, making, place / "content", progress)
        inventory = _extended(making, object_id, version, content)
        data = inventory.to_bytes()
        for path, held in making.proofs.items():
            if f"{name}/content/{path}" in inventory.content():
                write_file(place / "content" / path, held)
        for where in sorted({place, work}):
            write_file(where / INVENTORY, data)
            write_file(where / SIDECAR, sidecar(data, DIGEST))
        if making.before is None:
            write_file(work / OBJECT, OBJECTS[OBJECT])
    return data


def _write_content(
    kept: KeptFiles, making: _Making, folder: Path, progress: Progress
) -> dict[str, Hashed]:
    """Write the files of the model that are new, and return them as they read back, by path."""
    if not making.fresh:
        return {}
    paths = [file.path for file in making.fresh]
    restore(kept.pieces, kept.package, folder / MODEL, paths=paths, progress=progress)
    return read_back(folder / MODEL, making.fresh, progress)


def _extended(
    making: _Making, object_id: str, version: Version, content: Mapping[str, Hashed]
) -> Inventory:
    """Return the inventory with a version more; content that is there is only pointed at."""
    before, name = making.before, making.version
    manifest = {digest: list(paths) for digest, paths in before.manifest.items()} if before else {}
    others = dict(before.fixity) if before else {}
    sha256 = {digest: list(paths) for digest, paths in others.get("sha256", {}).items()}
    fresh = {}
    for path, one in content.items():
        where = f"{name}/content/{MODEL}/{path}"
        fresh[one.digests["sha256"]] = one.digests[DIGEST]
        manifest.setdefault(one.digests[DIGEST], []).append(where)
        sha256.setdefault(one.digests["sha256"], []).append(where)
    for path, digest in making.state(fresh):
        version.state.setdefault(digest, []).append(path)
        if path in making.proofs:
            manifest.setdefault(digest, [f"{name}/content/{path}"])
    return Inventory(
        id=object_id,
        type=TYPE,
        digest_algorithm=DIGEST,
        head=name,
        manifest=manifest,
        versions={**(before.versions if before else {}), name: version},
        fixity={**others, "sha256": sha256},
    )
