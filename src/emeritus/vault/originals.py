"""Depositing files that lie where this machine has no folder, such as below a prefix in a bucket.

What looks at a file by its name (the cage of the format readers, an engine that is asked whether
it runs it) gets its head: a temporary file of the original's size, of which the first bytes are
written and the rest is a hole that takes no room. The bytes themselves are read from where they
lie, once.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from emeritus.vault.completeness import LARGEST_INDEX
from emeritus.vault.errors import FormatBroken, FormatUnknown, PathUnsafe, SourceUnusable
from emeritus.vault.formats import inspect
from emeritus.vault.formats.recognition import Claim, recognise
from emeritus.vault.formats.safetensors import LONGEST_HEADER
from emeritus.vault.ports import Listed, Originals
from emeritus.vault.sources import Gathered, Source, gather, is_skipped, safe_path

_FIRST: Final = 64 << 10
"""Bytes that are read of every file, to see what it claims to be."""

_HEADER: Final = 4 << 20
"""Bytes of a GGUF header that are read first; one with a vocabulary of 49,152 has 1.8 MB."""

LONGEST_HEAD: Final = 256 << 20
"""Bytes of the longest header that is read: a vocabulary of 262,144 with its merges has some 15
MB. A longer one is refused, since a temporary copy of the whole file is what nobody asked for."""


@contextmanager
def gathering(place: Path | Originals | Gathered, *, opaque: bool) -> Iterator[Gathered]:
    """Find the files of a deposit; the heads of files elsewhere go when the context ends.

    Args:
        place: a file or folder of this machine, or where else the files lie; files that were
            gathered already are taken as they are.
        opaque: nobody will look for tensors, so no more than the first bytes are read.

    Raises:
        SourceUnusable: there is nothing to deposit, or something that cannot be.
        PathUnsafe: a name that cannot be written below any folder.
        FormatBroken: a header is longer than `LONGEST_HEAD`.
        StoreUnavailable: the place does not answer.
    """
    if isinstance(place, Path | Gathered):
        yield gather(place) if isinstance(place, Path) else place
        return
    with tempfile.TemporaryDirectory(prefix="emeritus-head-") as folder:
        yield _gathered(place, Path(folder), opaque=opaque)


def _gathered(originals: Originals, heads: Path, *, opaque: bool) -> Gathered:
    kept, skipped = _chosen(originals.listed())
    if not kept:
        raise SourceUnusable(
            f"expected at least one file at {originals.where('')}, found none; "
            "name the bucket and the prefix below which they lie",
            about=originals.where(""),
        )
    sources = []
    for one in kept:
        head = heads / one.path
        head.parent.mkdir(parents=True, exist_ok=True)
        _write_head(originals, one, head, opaque=opaque)
        sources.append(Source(one.path, head, originals, one.mark))
    sources.sort(key=lambda source: source.path.encode())
    return Gathered(tuple(sources), skipped)


def _chosen(listed: Sequence[Listed]) -> tuple[list[Listed], tuple[str, ...]]:
    """Return what is deposited, and the folders that are left out."""
    kept: list[Listed] = []
    skipped: set[str] = set()
    folders = {parent for one in listed for parent in _parents(one.path)}
    for one in listed:
        left_out = next((parent for parent in _parents(one.path) if is_skipped(parent)), None)
        if left_out is not None:
            skipped.add(left_out)
        elif one.path not in folders:
            safe_path(one.path)
            kept.append(one)
        elif one.size:
            raise PathUnsafe(
                f"expected {ascii(one.path)[:255]} to be a file or a folder, found both; "
                "no disk could hold that, so rename it",
                about=ascii(one.path)[:255],
            )
    return kept, tuple(sorted(skipped))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _write_head(originals: Originals, one: Listed, head: Path, *, opaque: bool) -> None:
    """Write as much of a file as it takes to say what lies where in it."""
    first = originals.part(one.path, 0, min(one.size, _FIRST))
    with head.open("wb") as stream:
        stream.write(first)
        stream.truncate(one.size)
    if opaque:
        return
    if one.path.endswith(".index.json") and one.size <= LARGEST_INDEX:
        _extend(originals, one, head, len(first), one.size)
        return
    match recognise(first, one.size, head.suffix.lower()):
        case Claim.SAFETENSORS | Claim.PERHAPS_SAFETENSORS:
            length = int.from_bytes(first[:8], "little")
            if length <= LONGEST_HEADER:  # The reader refuses a longer one by its first bytes.
                _extend(originals, one, head, len(first), min(8 + length, one.size))
        case Claim.GGUF:
            _reach_tensors(originals, one, head, len(first))


def _reach_tensors(originals: Originals, one: Listed, head: Path, written: int) -> None:
    """Write more of a GGUF file until its first tensor begins in what is written.

    Its header does not say how long it is. What was read of a hole is never believed: a layout
    counts once all that it was read from is written.
    """
    reach = _HEADER
    while True:
        _extend(originals, one, head, written, min(reach, one.size))
        written = min(reach, one.size)
        if written == one.size or _ends_in(head, written):
            return
        if reach >= LONGEST_HEAD:
            _too_long(one)
        reach *= 4


def _ends_in(head: Path, written: int) -> bool:
    try:
        layout = inspect(head)
    except (FormatBroken, FormatUnknown):
        return False
    return layout.segments[0].length <= written


def _extend(originals: Originals, one: Listed, head: Path, begin: int, end: int) -> None:
    with head.open("r+b") as stream:
        stream.seek(begin)
        while begin < end:
            data = originals.part(one.path, begin, min(end - begin, _HEADER))
            if not data:
                return  # It became shorter; whoever reads its bytes says so.
            stream.write(data)
            begin += len(data)


def _too_long(one: Listed) -> NoReturn:
    raise FormatBroken(
        f"{one.path}: expected a header of at most {LONGEST_HEAD >> 20} MiB, found a longer one; "
        "deposit it from a disk, or keep its bytes as they are with --opaque",
        about=one.path,
    )
