"""Read a bag that another archive made: complete, valid, and nothing in it that could mislead."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from emeritus.custody.interchange.bag_text import (
    lines_of,
    plain_path,
    read_bag_info,
    read_manifest,
)
from emeritus.custody.interchange.errors import NotReceivable, ReceivedDamaged
from emeritus.custody.interchange.files import hashed, listed, read_small
from emeritus.custody.interchange.parcel import Parcel
from emeritus.foundation import Progress
from emeritus.vault.sources import safe_path

VERSIONS = ("0.97", "1.0")
STRONG = ("sha256", "sha512")
"""A bag must list its payload with one of these: MD5 and SHA-1 can be met by another file."""

_READ = (*STRONG, "sha384", "sha224", "sha1", "md5")
_MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9]+)\.txt")
_DATA = "data/"


@dataclass(frozen=True, slots=True)
class _Listing:
    """What the manifests of one kind say: algorithm, to path on the disk, to digest."""

    by_algorithm: Mapping[str, Mapping[str, str]]

    def expected(self) -> dict[str, dict[str, str]]:
        """Return path, to algorithm, to digest."""
        found: dict[str, dict[str, str]] = {}
        for algorithm, digests in self.by_algorithm.items():
            for path, digest in digests.items():
                found.setdefault(path, {})[algorithm] = digest
        return found


def read_bag(folder: Path, progress: Progress) -> Parcel:
    """Check a bag whole: every file is listed, every listed file is there and has its digests.

    Args:
        folder: the bag.
        progress: told of the bytes read.

    Raises:
        NotReceivable: it breaks a rule of RFC 8493, has holes for files to be fetched, links,
            unsafe paths, or no SHA-256 or SHA-512 of its payload.
        ReceivedDamaged: a file is missing, or is not what its digests say.
        PathUnsafe: a path that could not be restored everywhere.
    """
    files = listed(folder)
    version = _declared(folder, files)
    payload = {path for path in files if path.startswith(_DATA)}
    _refuse_holes(folder, files)
    manifests = _manifests(folder, files, tag=False)
    _check_payload(payload, manifests)
    tags = _manifests(folder, files, tag=True)
    info = read_bag_info(read_small(folder / "bag-info.txt")) if "bag-info.txt" in files else {}
    _check_oxum(info, [files[path] for path in payload])
    for path in payload:
        safe_path(path.removeprefix(_DATA))
    total = sum(files[path] for path in {*payload, *tags.expected()})
    progress.begin("checking the bag", total, "bytes")
    _check_digests(folder, tags.expected(), progress)
    found = _check_digests(folder, manifests.expected(), progress)
    progress.end()
    return Parcel(
        form="bagit",
        version=version,
        described=info.get("External-Identifier", "")[:1_000],
        files={path.removeprefix(_DATA): (folder / path, found[path]) for path in payload},
        beside={path: folder / path for path in files.keys() - payload},
    )


def _declared(folder: Path, files: Mapping[str, int]) -> str:
    """Return the version that `bagit.txt` declares (RFC 8493 §2.1.1)."""
    if "bagit.txt" not in files:
        raise NotReceivable(
            f"expected a bag at {folder}, found no bagit.txt in it; name the folder that holds it"
        )
    said = list(lines_of(read_small(folder / "bagit.txt"), "bagit.txt"))
    parts = [re.fullmatch(r"([\w-]+) *: *(\S+) *", line) for line in said]
    values = {one[1]: one[2] for one in parts if one is not None}
    if set(values) != {"BagIt-Version", "Tag-File-Character-Encoding"} or len(said) != len(values):
        raise NotReceivable("bagit.txt does not declare a version and an encoding, as a bag must")
    if values["BagIt-Version"] not in VERSIONS:
        raise NotReceivable(
            f"expected a bag of version {' or '.join(VERSIONS)}, found {values['BagIt-Version']}"
        )
    if values["Tag-File-Character-Encoding"].upper() != "UTF-8":
        found = values["Tag-File-Character-Encoding"]
        raise NotReceivable(f"expected tag files in UTF-8, found {found}; make the bag again")
    return values["BagIt-Version"]


def _refuse_holes(folder: Path, files: Mapping[str, int]) -> None:
    if "fetch.txt" not in files:
        return
    for line in lines_of(read_small(folder / "fetch.txt"), "fetch.txt"):
        spelled = line.split(maxsplit=2)[-1]
        if plain_path(spelled) not in files and spelled not in files:
            raise NotReceivable(
                f"the bag has a hole: {spelled!a} is to be fetched from elsewhere; "
                "complete it first, nothing is fetched here",
                about=ascii(spelled),
            )


def _manifests(folder: Path, files: Mapping[str, int], *, tag: bool) -> _Listing:
    found: dict[str, dict[str, str]] = {}
    composed = _by_composed(files)
    for name in files:
        parts = _MANIFEST.fullmatch(name)
        if parts is None or bool(parts[1]) is not tag:
            continue
        if parts[2] not in _READ:
            continue
        spelled = read_manifest(read_small(folder / name), name)
        found[parts[2]] = {}
        for path, digest in spelled.items():
            place = _placed(path, name, files, composed, tag=tag)
            if place in found[parts[2]]:
                raise NotReceivable(f"{name} lists {place!a} twice", about=name)
            found[parts[2]][place] = digest
    return _Listing(found)


def _placed(
    path: str, name: str, files: Mapping[str, int], composed: Mapping[str, str], *, tag: bool
) -> str:
    """Return which file of the bag a line means.

    The path is tried as RFC 8493 spells it, then as it stands (the Library of Congress' bagit 1.9
    does not encode %), then by its composed form (some file systems take names apart).
    """
    meant = plain_path(path)
    if meant.startswith("/") or ".." in meant.split("/") or meant.startswith(_DATA) is tag:
        kind = "outside data/" if tag else "inside data/"
        raise NotReceivable(
            f"{name} lists {meant!a}, and should list files {kind} of the bag only", about=name
        )
    for one in (meant, path, composed.get(unicodedata.normalize("NFC", meant), "")):
        if one in files:
            return one
    raise ReceivedDamaged(
        f"{name} lists {meant!a}, which is not in the bag; get it again from its sender",
        about=ascii(meant),
    )


def _by_composed(files: Iterable[str]) -> dict[str, str]:
    """Return files by the composed form of their path, where that is one file's alone."""
    found: dict[str, list[str]] = {}
    for path in files:
        found.setdefault(unicodedata.normalize("NFC", path), []).append(path)
    return {composed: paths[0] for composed, paths in found.items() if len(paths) == 1}


def _check_payload(payload: set[str], manifests: _Listing) -> None:
    if not payload:
        raise NotReceivable("the bag has no payload, so there is nothing to keep")
    strong = [manifests.by_algorithm[name] for name in STRONG if name in manifests.by_algorithm]
    if not strong:
        weak = ", ".join(sorted(manifests.by_algorithm)) or "nothing that is known here"
        raise NotReceivable(
            f"expected a payload manifest in SHA-256 or SHA-512, found {weak}; "
            "ask for a bag with a stronger one"
        )
    for path in sorted(payload):
        if not any(path in digests for digests in strong):
            raise NotReceivable(
                f"{path!a} is in the payload, and in no manifest of SHA-256 or SHA-512",
                about=ascii(path),
            )


def _check_oxum(info: Mapping[str, str], sizes: list[int]) -> None:
    found = f"{sum(sizes)}.{len(sizes)}"
    said = info.get("Payload-Oxum", found)
    if said != found:
        raise ReceivedDamaged(
            f"bag-info.txt says Payload-Oxum {said[:40]!r}, and the payload is {found}; "
            "files are missing or too many"
        )


def _check_digests(
    folder: Path, expected: Mapping[str, Mapping[str, str]], progress: Progress
) -> dict[str, str]:
    """Compare files with every digest that is listed, and return their SHA-256."""
    return dict(_compared(folder, expected, progress))


def _compared(
    folder: Path, expected: Mapping[str, Mapping[str, str]], progress: Progress
) -> Iterator[tuple[str, str]]:
    for path in sorted(expected):
        found = hashed(folder / path, {"sha256", *expected[path]}, progress).digests
        for algorithm, digest in expected[path].items():
            if found[algorithm] != digest:
                raise ReceivedDamaged(
                    f"{path!a} does not match its {algorithm} in the bag's manifest; "
                    "get it again from its sender",
                    about=ascii(path),
                )
        yield path, found["sha256"]
