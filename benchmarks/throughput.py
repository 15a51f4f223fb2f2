"""Measure how fast files are kept, given back and audited, a core, beside hashes and zstd.

    python -m benchmarks.throughput            # medians of three runs, on made and real weights
    python -m benchmarks.throughput --memory   # and the peak memory at 8 GiB of input
    python -m benchmarks.throughput --corpus FOLDER   # and on what `benchmarks.sizes` made there

Speeds are gigabytes of decoded bytes (of stored bytes for audits) by second of the processor, in
all threads, the system's share included. On a shared machine read the ratios.
A row "without SHA-256" leaves out the seconds of the threads that hash files and packs by SHA-256,
which run beside the codec on another core; "numpy" rows are made without the compiled engine.
Writes `benchmarks/results/throughput.json` and `docs/reference/throughput.md`.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from blake3 import blake3

from emeritus.adapters.stores import LocalStore
from emeritus.assembly.demonstration import fetch_model
from emeritus.foundation import Digest, Silent
from emeritus.vault import (
    Finding,
    Kept,
    Package,
    PackIndex,
    Source,
    check_pack,
    check_stored,
    keep,
    restore,
)
from emeritus.vault.codec.chosen import in_use
from emeritus.vault.codec.engine import NumpyPlanes
from emeritus.vault.codec.following import FollowingHash

ROOT = Path(__file__).parents[1]
RUNS = 3
MOST_MEMORY = 1024
"""Peak MiB that were promised at 8 GiB of input."""
_TENSOR = 8 << 20
_TENSORS = 8


def bf16(numbers: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> bytes:
    """Return numbers rounded to bf16, to even."""
    bits = numbers.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) >> np.uint32(16)
    return bytes(rounded.astype("<u2").data)


def make_weights(folder: Path) -> tuple[Path, Path]:
    """Write a made bf16 model of 128 MiB, and one in which four numbers of ten moved by 0.2 %."""
    rng = np.random.default_rng(1)
    first, tuned = {}, {}
    for number in range(_TENSORS):
        values = rng.standard_normal(_TENSOR, dtype=np.float32) * np.float32(0.02)
        moved = rng.random(_TENSOR, dtype=np.float32) < 0.4
        step = rng.standard_normal(_TENSOR, dtype=np.float32) * np.float32(4e-5) * moved
        first[f"layer{number}"], tuned[f"layer{number}"] = bf16(values), bf16(values + step)
    paths = folder / "first.safetensors", folder / "tuned.safetensors"
    for path, tensors in zip(paths, (first, tuned), strict=True):
        _write_safetensors(path, tensors)
    return paths


def _write_safetensors(path: Path, tensors: dict[str, bytes]) -> None:
    head, offset = {}, 0
    for name, data in tensors.items():
        end = offset + len(data)
        head[name] = {
            "dtype": "BF16",
            "shape": [len(data) // 2],
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(head).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.writelines(tensors.values())


def speed(size: int, work: Callable[[], object]) -> dict[str, float]:
    """Return gigabytes a second of wall time and of the processor, for one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": size / wall / 1e9, "core": size / cpu / 1e9}


@contextmanager
def hashing() -> Iterator[list[float]]:
    """Give a list to which every call of a following hash adds its processor seconds."""
    spent: list[float] = []
    feed = FollowingHash._feed  # noqa: SLF001 # measured here alone

    def timed(self: FollowingHash, data: bytes | memoryview) -> None:
        began = time.thread_time()
        feed(self, data)
        spent.append(time.thread_time() - began)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FollowingHash, "_feed", timed)
        yield spent


@contextmanager
def numpy_alone() -> Iterator[None]:
    """Take the reference for every piece."""
    reference = NumpyPlanes()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("pieces", "ordered"):
            patch.setattr(f"emeritus.vault.codec.{module}.in_use", lambda: reference)
        yield


def both(name: str, size: int, work: Callable[[], object]) -> dict[str, dict[str, float]]:
    """Return the speed of a call, and of what it does beside its following hashes."""
    with hashing() as spent:
        found = speed(size, work)
    rest = size / found["core"] / 1e9 - sum(spent)
    return {name: found, f"{name}, without SHA-256": {**found, "core": size / rest / 1e9}}


def measure(file: Path, base: Path | None, folder: Path) -> dict[str, dict[str, float]]:
    """Return the speeds of one round over one file, in a store that holds the base at most."""
    store = LocalStore(folder / "store")
    kept: list[Kept] = []

    def deposit(path: Path, relatives: tuple[Package, ...]) -> None:
        known = frozenset(store.names("packs/"))
        kept.append(
            keep(
                store,
                [Source("model", path)],
                known_packs=known,
                opaque=False,
                progress=Silent(),
                relatives=relatives,
            )
        )

    if base is not None:
        deposit(base, ())
    relatives = tuple(one.package for one in kept)
    size = file.stat().st_size
    rows = both("keep", size, lambda: deposit(file, relatives))
    out = folder / "out"
    rows |= both(
        "restore",
        size,
        lambda: restore(PackIndex.load(store), kept[-1].package, out, progress=Silent()),
    )
    shutil.rmtree(out)
    rows["bytes read and written alone"] = speed(size, lambda: _copied(file, out))
    packs = [pack for pack in kept[-1].packs if pack.fast_digest is not None]
    names = {f"packs/{pack.digest.hex}.pack": pack.fast_digest for pack in packs}
    stored = sum(pack.bytes for pack in packs)
    rows["audit, every piece decoded"] = speed(
        stored, lambda: [_clean(check_pack(store, name, Silent())) for name in names]
    )
    rows["audit, blake3 as recorded"] = speed(
        stored,
        lambda: [
            _clean(check_stored(store, name, digest, Silent()))
            for name, digest in names.items()
            if isinstance(digest, Digest)
        ],
    )
    rows |= _alone(file, [store.root / name for name in names], stored)
    out.unlink()
    shutil.rmtree(store.root)
    return rows


def _copied(file: Path, target: Path) -> None:
    with file.open("rb") as source, target.open("xb", buffering=0) as copy:
        while chunk := source.read(1 << 20):
            copy.write(chunk)
        os.fsync(copy.fileno())


def with_numpy(file: Path, base: Path | None, folder: Path) -> dict[str, dict[str, float]]:
    """Return the speeds of keeping and giving back without the compiled engine."""
    with numpy_alone():
        rows = measure(file, base, folder)
    return {f"numpy: {name}": rows[name] for name in ("keep", "restore")}


def _clean(findings: list[Finding]) -> int:
    if findings:
        raise RuntimeError(str(findings[0]))
    return 0


def _alone(file: Path, packs: list[Path], stored: int) -> dict[str, dict[str, float]]:
    data = file.read_bytes()

    def hashed() -> None:
        for pack in packs:
            with pack.open("rb", buffering=0) as stream:
                digest = blake3()
                while chunk := stream.read(1 << 20):
                    digest.update(chunk)

    level = zstandard.ZstdCompressor(level=3)
    return {
        "blake3 of the packs alone, read in 1 MiB": speed(stored, hashed),
        "blake3 alone, in memory": speed(len(data), lambda: blake3(data)),
        "SHA-256 alone, in memory": speed(len(data), lambda: hashlib.sha256(data)),
        "zstd -3 alone, in memory": speed(len(data), lambda: level.compress(data)),
    }


def medians(rounds: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the median of each figure over rounds."""
    return {
        row: {
            clock: round(statistics.median(one[row][clock] for one in rounds), 3)
            for clock in ("wall", "core")
        }
        for row in rounds[0]
    }


def peak_memory(folder: Path) -> float:
    """Return the peak resident MiB of a process that keeps and gives back 8 GiB."""
    big = folder / "big.bin"
    rng = np.random.default_rng(2)
    with big.open("wb") as file:
        for place in range(8 << 10):
            file.seek(place << 20)
            file.write(rng.bytes((1 << 20) if place < 1 << 10 else 4096))
        file.truncate(8 << 30)
    run = [sys.executable, "-m", "benchmarks.throughput", "--one", str(big)]
    done = subprocess.run(run, check=True, capture_output=True, text=True, cwd=ROOT)
    return float(done.stdout)


def keep_one(file: Path) -> None:
    """Keep one file as bytes, give it back, and print the peak resident MiB of doing so."""
    store = LocalStore(file.parent / "big-store")
    kept = keep(
        store,
        [Source("model", file)],
        known_packs=frozenset(),
        opaque=True,
        progress=Silent(),
    )
    restore(PackIndex.load(store), kept.package, file.parent / "big-out", progress=Silent())
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1))


def inputs_in(folder: Path, corpus: Path | None) -> dict[str, tuple[Path, Path | None]]:
    """Return the files to measure with, each with the base that is kept before it."""
    first, tuned = make_weights(folder)
    found: dict[str, tuple[Path, Path | None]] = {
        "bf16 (made)": (first, None),
        "bf16, difference (made)": (tuned, first),
        "GGUF Q4_1 (SmolLM2-135M)": (fetch_model(ROOT / "downloads", Silent()), None),
    }
    if corpus is not None:
        kept, child = corpus / "minilm-bf16", corpus / "tune-2e-05-200-bf16"
        weights = "model.safetensors"
        found["bf16 (SmolLM2-135M, dequantised)"] = (corpus / "smollm2-hf" / weights, None)
        found["bf16, difference (MiniLM, 200 steps)"] = (child / weights, kept / weights)
    return found


def main() -> None:
    """Measure, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true", help="8 GiB of input; takes 20 GiB")
    parser.add_argument("--corpus", type=Path, help="a folder that benchmarks.sizes filled")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        keep_one(asked.one)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = {
            name: medians(
                [measure(file, base, folder) | with_numpy(file, base, folder) for _ in range(RUNS)]
            )
            for name, (file, base) in inputs_in(folder, asked.corpus).items()
        }
        result = {
            "machine": f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}",
            "load": os.getloadavg()[0],
            "runs": RUNS,
            "engine": in_use().name,
            "unit": "GB/s; wall, and by second of the processor",
            "rows": rows,
        }
        if asked.memory:
            result["peak_mib_at_8_gib"] = peak_memory(folder)
    text = json.dumps(result, indent=2) + "\n"
    (ROOT / "benchmarks/results/throughput.json").write_text(text)
    (ROOT / "docs/reference/throughput.md").write_text(page(result))
    print(text)


def page(result: dict[str, Any]) -> str:
    """Return the results as a page."""
    rows = result["rows"]
    measures = list(next(iter(rows.values())))
    table = [
        f"| {one} | " + " | ".join(_cell(rows[name], one) for name in rows) + " |"
        for one in measures
    ]
    memory = result.get("peak_mib_at_8_gib")
    return "\n".join(
        [
            *_ABOUT.split("\n"),
            (
                f"{result['machine']}, medians of {result['runs']} runs, load "
                f"{result['load']:.1f} at the end; the codec's engine is {result['engine']}."
            ),
            "",
            "| GB/s by second of the processor | " + " | ".join(rows) + " |",
            "|---|" + "---|" * len(rows),
            *table,
            "",
            "| bar | measured | promised | |",
            "|---|---|---|---|",
            *_bars(rows, memory),
            "",
        ]
    )


def _cell(rows: dict[str, dict[str, float]], measure: str) -> str:
    return f"{rows[measure]['core']:.2f}" if measure in rows else ""


def _bars(rows: dict[str, dict[str, dict[str, float]]], memory: float | None) -> list[str]:
    plain = rows["bf16 (made)"]
    audit = plain["audit, blake3 as recorded"]["core"] / plain["blake3 alone, in memory"]["core"]
    bars = [
        ("keep, bf16, decoded and compared", plain["keep"]["core"], 0.5, "GB/s a core"),
        ("the same with numpy alone", plain["numpy: keep"]["core"], None, "GB/s a core"),
        (
            "restore, bf16, every piece by blake3, SHA-256 on another core",
            plain["restore, without SHA-256"]["core"],
            1.0,
            "GB/s a core",
        ),
        ("the same, SHA-256 of the file counted", plain["restore"]["core"], None, "GB/s a core"),
        ("audit, share of blake3 alone", audit, 0.8, ""),
    ]
    lines = [
        f"| {what} | {found:.2f} {unit} | "
        + (
            "| stated |"
            if promised is None
            else f"at least {promised} | {'met' if found >= promised else 'short'} |"
        )
        for what, found, promised, unit in bars
    ]
    if memory is not None:
        met = "met" if memory <= MOST_MEMORY else "short"
        lines.append(
            f"| peak memory at 8 GiB | {memory:.0f} MiB | at most {MOST_MEMORY} MiB | {met} |"
        )
    return lines


_ABOUT = """# How fast keeping is

Made by `python -m benchmarks.throughput`: files are kept in an empty store on a disk, given back and audited, by the calls that the commands use.
Keeping reads the layout in a limited process, hashes every file by SHA-256 and every piece and pack by blake3, the pack by SHA-256 too, decodes every piece and compares it, and makes packs durable.
A row "without SHA-256" leaves out the processor seconds of the threads that follow with SHA-256, which run beside the codec where a core is free; restoring always compares the SHA-256 of files.
Backup tools on the same machine are in [sizes](sizes.md), with the seconds that they took.
Why it is no faster is in decisions [25](../decisions/0025-throughput-without-an-accelerator.md) and [40](../decisions/0040-the-order-of-the-base-and-a-compiled-engine.md).
"""


if __name__ == "__main__":
    main()
