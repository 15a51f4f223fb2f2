"""Measure keeping, giving back and calling the real small model, beside its peers, in one run.

Every figure is the median of five runs of a whole call; ratios are to the peer in the same run.
Writes `benchmarks/results/*.json` and `docs/reference/benchmarks.md`.
"""

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.calls import lines_of, measure_calls
from emeritus import __version__
from emeritus.adapters.stores import LocalStore
from emeritus.assembly.demonstration import fetch_model
from emeritus.foundation import Silent
from emeritus.vault import Kept, PackIndex, Source, check_pack, keep, restore
from emeritus.vault.reader import reader_source

ROOT = Path(__file__).parents[1]
RUNS = 5


def median_seconds(work: Callable[[], object], prepare: Callable[[], object]) -> float:
    """Return the median wall time of `work` over `RUNS` runs, each after `prepare`."""
    taken = []
    for _ in range(RUNS):
        prepare()
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def measure_keep(model: Path, folder: Path) -> tuple[Kept, float]:
    """Return what was kept, and the median seconds of a deposit into an empty store."""
    store = folder / "store"
    kept: list[Kept] = []

    def work() -> None:
        sources = [Source(model.name, model)]
        kept.append(
            keep(
                LocalStore(store),
                sources,
                known_packs=frozenset(),
                opaque=False,
                progress=Silent(),
            )
        )

    seconds = median_seconds(work, lambda: shutil.rmtree(store, ignore_errors=True))
    return kept[-1], seconds


def measure_restore(kept: Kept, folder: Path) -> float:
    """Return the median seconds of a restore with every piece and file checked."""
    target = folder / "out"
    store = LocalStore(folder / "store")
    return median_seconds(
        lambda: restore(PackIndex.load(store), kept.package, target, progress=Silent()),
        lambda: shutil.rmtree(target, ignore_errors=True),
    )


def measure_audit(folder: Path) -> float:
    """Return the median seconds of reading every pack whole."""
    store = LocalStore(folder / "store")
    names = list(store.names("packs/"))
    return median_seconds(
        lambda: [check_pack(store, name, Silent()) for name in names], lambda: None
    )


def measure_zstd(model: Path, folder: Path, level: int) -> tuple[int, float, float]:
    """Return the size in bytes and the median seconds of compressing and decompressing."""
    packed, back = folder / f"zstd-{level}.zst", folder / "zstd.out"
    threads = f"-T{len(os.sched_getaffinity(0))}"

    def run(*arguments: str) -> None:
        subprocess.run(["zstd", "-q", "-f", threads, *arguments], check=True)

    there = median_seconds(lambda: run(f"-{level}", str(model), "-o", str(packed)), lambda: None)
    again = median_seconds(lambda: run("-d", str(packed), "-o", str(back)), lambda: None)
    return packed.stat().st_size, there, again


def main() -> None:
    """Measure, and write results and page."""
    model = fetch_model(ROOT / "downloads", Silent())
    raw = model.stat().st_size
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        kept, keep_seconds = measure_keep(model, folder)
        rows = [
            {
                "what": "emeritus",
                "bytes": kept.piece_bytes,
                "keep_seconds": keep_seconds,
                "restore_seconds": measure_restore(kept, folder),
            }
        ]
        audit_seconds = measure_audit(folder)
        for level in (1, 3, 9):
            size, there, again = measure_zstd(model, folder, level)
            rows.append(
                {
                    "what": f"zstd -{level}",
                    "bytes": size,
                    "keep_seconds": there,
                    "restore_seconds": again,
                }
            )
        calls = measure_calls(model, folder)
    result = {
        "emeritus": __version__,
        "machine": f"{len(os.sched_getaffinity(0))} cores, {platform.machine()}",
        "python": platform.python_version(),
        "model": model.name,
        "raw_bytes": raw,
        "runs": RUNS,
        "audit_seconds": audit_seconds,
        "reader_bytes": len(reader_source()),
        "rows": rows,
    }
    results = ROOT / "benchmarks" / "results"
    results.mkdir(exist_ok=True)
    (results / "keep.json").write_text(json.dumps(result, indent=2) + "\n")
    (results / "calls.json").write_text(json.dumps(calls, indent=2) + "\n")
    (ROOT / "docs" / "reference" / "benchmarks.md").write_text(
        page(result) + "\n".join(lines_of(calls))
    )


def page(result: dict) -> str:  # type: ignore[type-arg] # plain JSON
    """Return the page for a result."""
    raw = result["raw_bytes"]
    base = result["rows"][2]
    lines = [
        "# Benchmarks\n",
        (
            f"Made by `make bench` on {result['machine']}, Python {result['python']}; "
            f"medians of {result['runs']} runs on a shared machine, so read the ratios.\n"
        ),
        (
            f"The model is `{result['model']}`, {raw / 1e6:.1f} MB of Q4_1 weights.\n"
            "Emeritus reads the file's layout in a subprocess, hashes it twice (blake3, SHA-256), "
            "decodes and compares every piece before it commits, and makes the pack durable; "
            "zstd does none of that.\n"
            "Restoring, Emeritus checks every piece by blake3 and the file by SHA-256.\n"
        ),
        "| | size | keep, MB/s | restore, MB/s | keep time to zstd -3 | restore time to zstd -3 |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['what']} | {row['bytes'] / raw:.1%} | {raw / 1e6 / row['keep_seconds']:.0f} | "
        f"{raw / 1e6 / row['restore_seconds']:.0f} | "
        f"{row['keep_seconds'] / base['keep_seconds']:.1f} | "
        f"{row['restore_seconds'] / base['restore_seconds']:.1f} |"
        for row in result["rows"]
    ]
    lines += [
        "",
        (
            f"An audit of the same store reads {raw / 1e6 / result['audit_seconds']:.0f} MB of "
            "model a second: SHA-256 of every stored byte, then every piece decoded and compared."
        ),
        "",
        (
            "What keeping takes on real fine-tunes, beside backup tools and other recipes: "
            "[sizes](sizes.md). How fast, a core: [throughput](throughput.md)."
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
