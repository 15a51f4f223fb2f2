"""Write a model as a bag (BagIt, RFC 8493), with the proofs of its record as tag files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emeritus import __version__
from emeritus.catalogue import find_model
from emeritus.custody.facts import require_public
from emeritus.custody.interchange.bag_text import bag_info, manifest
from emeritus.custody.interchange.errors import NotReceivable
from emeritus.custody.interchange.files import Hashed, appearing, hashed, write_file
from emeritus.custody.interchange.proofs import proof_files
from emeritus.custody.ports import Copy, Located
from emeritus.custody.restore import KeptFiles, kept_files
from emeritus.foundation import Progress, timestamp
from emeritus.record import Record
from emeritus.vault import Damaged, Package, PackagedFile, restore

ALGORITHMS = ("sha256", "sha512")
"""RFC 8493 §2.4 asks for SHA-512; SHA-256 is what everything else here is named by."""

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


@dataclass(frozen=True, slots=True)
class Bagged:
    """A bag that was written: of which model, where, how many payload files and bytes.

    `rescued` counts what the first store did not have whole, by the store that had.
    """

    model: str
    identity: str
    folder: Path
    files: int
    bytes: int
    rescued: Mapping[str, int]


def write_bag(
    record: Record,
    name: str,
    destination: Path,
    *,
    progress: Progress,
    copies: Sequence[Copy] = (),
    located: Located | None = None,
) -> Bagged:
    """Write a model's files and what the record says of it as a bag.

    Every piece is checked as it is decoded, every file by its SHA-256, and the manifests are made
    from the files as they read back. The bag appears whole and durable, or not at all; memory is
    bounded whatever the model's size.

    Args:
        record: which says what was deposited.
        name: which model.
        destination: a name that is free.
        progress: told of the bytes written, then of those read back.
        copies: as of `custody.restore_model`.
        located: as of `custody.restore_model`.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        Refused: it is sealed.
        Conflict: there is something at the destination.
        Damaged: no store has a piece as it was deposited; nothing appears.
        DestinationUnusable: the disk is full or may not be written; nothing appears.
    """
    with record.read() as index:
        name = str(find_model(index, name).name)
    require_public(record, name)
    kept = kept_files(record, name, copies=copies, located=located)
    with appearing(destination) as work:
        restore(kept.pieces, kept.package, work / "data", progress=progress)
        payload = read_back(work / "data", kept.package.files, progress)
        _write_tags(record, name, work, kept, payload)
    sizes = [one.bytes for one in payload.values()]
    rescued = dict(kept.pieces.rescued)
    return Bagged(name, kept.package.identity, destination, len(sizes), sum(sizes), rescued)


def read_back(folder: Path, files: Sequence[PackagedFile], progress: Progress) -> dict[str, Hashed]:
    """Return the digests of restored files by path, read back once they were written.

    Raises:
        Damaged: the disk gives back other bytes than were written.
    """
    progress.begin("reading back", sum(file.bytes for file in files), "bytes")
    found = {}
    for file in files:
        try:
            one = hashed(folder / file.path, ALGORITHMS, progress)
        except NotReceivable as problem:
            raise Damaged(problem.message, about=file.path) from problem
        if (one.bytes, one.digests["sha256"]) != (file.bytes, file.sha256):
            raise Damaged(
                f"{file.path} reads back otherwise than it was written; the disk under {folder} "
                "cannot be trusted",
                about=file.path,
            )
        found[file.path] = one
    progress.end()
    return found


def _write_tags(
    record: Record, name: str, work: Path, kept: KeptFiles, payload: Mapping[str, Hashed]
) -> None:
    tags = dict(proof_files(record, name))
    tags["bagit.txt"] = DECLARATION
    tags["bag-info.txt"] = _info(record, name, kept.package, payload)
    for algorithm in ALGORITHMS:
        digests = {f"data/{path}": one.digests[algorithm] for path, one in payload.items()}
        tags[f"manifest-{algorithm}.txt"] = manifest(digests)
    for path, data in tags.items():
        write_file(work / path, data)
    for algorithm in ALGORITHMS:
        digests = {path: hashlib.new(algorithm, data).hexdigest() for path, data in tags.items()}
        write_file(work / f"tagmanifest-{algorithm}.txt", manifest(digests))


def _info(record: Record, name: str, package: Package, payload: Mapping[str, Hashed]) -> bytes:
    total = sum(one.bytes for one in payload.values())
    return bag_info(
        {
            "Bag-Software-Agent": f"emeritus {__version__}",
            "Bagging-Date": timestamp(record.now())[:10],
            "External-Identifier": package.identity,
            "External-Description": f"The model {name}, as it was deposited, with what the record "
            f"{record.log.verifier.name} says of it in the folder record/",
            "Internal-Sender-Identifier": f"{record.log.verifier.name}/models/{name}",
            "Payload-Oxum": f"{total}.{len(payload)}",
        }
    )
