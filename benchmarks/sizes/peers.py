"""What each peer takes for the corpus: for a member after those before it, and for all."""

import json
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import zstandard

from benchmarks.sizes.corpus import Member
from benchmarks.sizes.recipes import Chunker, ZipLlm, solo
from emeritus.adapters.stores import LocalStore
from emeritus.foundation import Silent
from emeritus.vault import Package, Source, keep

Sizes = list[int]
"""Bytes that each member added, in order."""


def emeritus(members: Sequence[Member], work: Path) -> Sizes:
    """Keep everything in one store; nobody says what was made from what."""
    store = LocalStore(work / "emeritus")
    known: frozenset[str] = frozenset()
    packages: list[Package] = []
    added = []
    for member in members:
        kept = keep(
            store,
            [Source(member.file.name, member.file)],
            known_packs=known,
            opaque=False,
            progress=Silent(),
            relatives=tuple(reversed(packages)),
        )
        packages.append(kept.package)
        known = frozenset(store.names("packs/"))
        added.append(kept.new_bytes + len(kept.package.to_bytes()))
    return added


def zstd(members: Sequence[Member], _work: Path, level: int) -> Sizes:
    """Compress each file by itself."""
    engine = zstandard.ZstdCompressor(level=level, threads=-1)
    return [len(engine.compress(member.file.read_bytes())) for member in members]


def lmzip(members: Sequence[Member], work: Path) -> Sizes:
    """Append each file to one archive, which finds its own bases."""
    archive, added, before = work / "all.lmz", [], 0
    for number, member in enumerate(members):
        inside = work / "lmz" / f"{number:02d}-{member.file.parent.name}{member.file.suffix}"
        inside.parent.mkdir(exist_ok=True)
        os.link(member.file, inside)
        verb = (
            ("compress", "-q", inside, archive) if not number else ("append", "-q", archive, inside)
        )
        subprocess.run([_program("lmz"), *map(str, verb)], check=True, capture_output=True)
        size = archive.stat().st_size
        added.append(size - before)
        before = size
    return added


def restic(members: Sequence[Member], work: Path) -> Sizes:
    """Back up each file into one repository, at its best compression."""
    repository = work / "restic"
    env = {**os.environ, "RESTIC_PASSWORD": "benchmark", "RESTIC_REPOSITORY": str(repository)}

    def run(*words: str) -> None:
        program = ["restic", "-q", "--no-cache", "--compression", "max", *words]
        subprocess.run(program, check=True, capture_output=True, env=env)

    run("init", "--repository-version", "2")
    return _grown(members, repository, lambda file: run("backup", str(file)))


def borg(members: Sequence[Member], work: Path) -> Sizes:
    """Back up each file into one repository, with zstd,9."""
    repository = work / "borg"
    env = {
        **os.environ,
        "BORG_BASE_DIR": str(work / "borg-home"),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
    }

    def run(*words: str) -> None:
        subprocess.run(["borg", *words], check=True, capture_output=True, env=env)

    run("init", "-e", "none", str(repository))
    number = iter(range(1000))

    def back_up(file: Path) -> None:
        run("create", "-C", "zstd,9", f"{repository}::{next(number)}", str(file))

    return _grown(members, repository, back_up)


def xet_class(members: Sequence[Member], _work: Path) -> Sizes:
    """The recipe of content-defined chunks."""
    chunker = Chunker()
    return [chunker.add(member.file.read_bytes()) for member in members]


def zipllm(members: Sequence[Member], _work: Path) -> Sizes:
    """ZipLLM's recipe; it is told the bases, as its published program is."""
    recipe, added = ZipLlm(), []
    files = {member.name: member.file for member in members}
    for member in members:
        if member.file.suffix != ".safetensors":
            added.append(len(solo(member.file.read_bytes())))
            continue
        base = tensors_of(files[member.base])[1] if member.base else {}
        head, tensors = tensors_of(member.file)
        added.append(len(head) + recipe.add(tensors, base))
    return added


def tensors_of(file: Path) -> tuple[bytes, dict[str, bytes]]:
    """Return a safetensors file's header, and the raw bytes of each tensor."""
    data = file.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    head = json.loads(data[8 : 8 + length])
    head.pop("__metadata__", None)
    start = 8 + length
    found = {}
    for name, about in head.items():
        first, last = about["data_offsets"]
        found[name] = data[start + first : start + last]
    return data[:start], found


def _grown(members: Sequence[Member], repository: Path, act: Callable[[Path], None]) -> Sizes:
    before, added = _size(repository), []
    for member in members:
        act(member.file)
        after = _size(repository)
        added.append(after - before)
        before = after
    return added


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _program(name: str) -> str:
    import sys

    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.is_file() else name


PEERS: dict[str, Callable[[Sequence[Member], Path], Sizes]] = {
    "emeritus": emeritus,
    "lmzip 1.3": lmzip,
    "ZipLLM's recipe": zipllm,
    "hf-xet class": xet_class,
    "restic, max": restic,
    "borg, zstd 9": borg,
    "zstd -3": lambda members, work: zstd(members, work, 3),
    "zstd -19": lambda members, work: zstd(members, work, 19),
}


def measure(members: Sequence[Member], work: Path) -> dict[str, tuple[Sizes, float]]:
    """Return for each peer what every member added, and the seconds that it took in all."""
    results = {}
    for name, peer in PEERS.items():
        scratch = Path(tempfile.mkdtemp(prefix="peer-", dir=work))
        began = time.perf_counter()
        try:
            results[name] = (peer(members, scratch), time.perf_counter() - began)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        print(f"  {name}: {sum(results[name][0]):,} bytes, {results[name][1]:.0f} s", flush=True)
    return results
