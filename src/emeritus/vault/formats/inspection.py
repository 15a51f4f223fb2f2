"""Looking at a weight file in a limited process, and checking what that process says."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from emeritus.vault.errors import FormatBroken, FormatUnknown, SourceUnusable
from emeritus.vault.formats.bounded import CPU_SECONDS, MEMORY_BYTES, START
from emeritus.vault.formats.layout import Layout, Segment, covering, opaque_layout
from emeritus.vault.formats.recognition import FIRST_BYTES, Claim, recognise

WALL_SECONDS: Final = 120
"""How long the limited process may take when the disk is slow."""

_PYTHON = os.path.abspath(sys.executable)  # noqa: PTH100 - a link must stay one, or the environment is lost
_WHAT_TO_DO = "deposit it again from its source, or keep its bytes as they are with --opaque"
_ELEMENT = re.compile(r"[a-z][a-z0-9_]{1,15}")
_HERE = Path(__file__).parent
_STAND_INS = (
    ("emeritus", _HERE.parent.parent),
    ("emeritus.vault", _HERE.parent),
    ("emeritus.vault.formats", _HERE),
)


def inspect(path: Path, *, suffix: str | None = None) -> Layout:
    """Say what lies where in a file, without trusting a byte of it.

    A file claims to be GGUF by its first bytes or its suffix, safetensors by its suffix; then it
    must be one, exactly. Pickles are recognised and never opened. Anything else is opaque.
    The file is read in a process of 512 MB of memory, 20 s of computing time, no environment and
    no other file. Measured 23 Nov 2026 on one shared core: 0.09 s for a GGUF file of 98 MB with
    272 tensors and a vocabulary of 49,152.

    Args:
        path: a regular file, or a link to one.
        suffix: of the name that it is kept under, when it lies under another.

    Raises:
        FormatBroken: the file claims a format and breaks its rules, or needs more than the limits
            to be read.
        FormatUnknown: it is GGUF of a version, byte order or tensor type that is not read here.
        SourceUnusable: it cannot be opened, or is no regular file.
    """
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        ending = (path.suffix if suffix is None else suffix).lower()
        claim = recognise(os.pread(file.fileno(), FIRST_BYTES, 0), size, ending)
        match claim:
            case Claim.NOTHING:
                return opaque_layout(size)
            case Claim.PICKLE:
                note = "a Python pickle: its bytes are kept and it is never opened"
                return opaque_layout(size, format="pickle", note=note)
            case Claim.PERHAPS_SAFETENSORS:
                try:
                    return _layout(path, "safetensors", file, size)
                except FormatBroken:
                    return opaque_layout(size)
            case _:
                return _layout(path, claim.value, file, size)


def _opened(path: Path) -> BinaryIO:
    try:
        file = open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb")  # noqa: SIM115, PTH123 - the caller closes it; a descriptor has no Path
    except OSError as problem:
        raise SourceUnusable(
            f"expected a file or folder that can be read at {path}, found: {problem.strerror}",
            about=str(path),
        ) from problem
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise SourceUnusable(f"expected a regular file, found that {path} is none", about=str(path))
    return file


def _layout(path: Path, format_name: str, file: BinaryIO, size: int) -> Layout:
    said = _read_in_limited_process(path, format_name, file)
    if "refused" in said:
        _refuse(path, str(said["refused"]), known=said.get("known") is not False)
    try:
        return _checked(format_name, said, size)
    except (KeyError, TypeError, ValueError) as problem:
        _refuse(path, f"the reader's answer does not fit the file: {problem}")


def _read_in_limited_process(path: Path, format_name: str, file: BinaryIO) -> dict[str, Any]:
    pairs = [part for name, folder in _STAND_INS for part in (name, str(folder))]
    command = [_PYTHON, "-I", "-S", "-B", "-c", START, format_name, *pairs]
    try:
        ended = subprocess.run(  # noqa: PLW1510 - the status is read below
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            timeout=WALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        _refuse(path, f"needs more than {WALL_SECONDS} s to read")
    if ended.returncode < 0:
        limits = f"{CPU_SECONDS} s of computing and {MEMORY_BYTES // 2**20} MB of memory"
        _refuse(path, f"needs more than {limits} to read")
    try:
        said = json.loads(ended.stdout)
    except ValueError:
        _refuse(path, f"its reader ended with status {ended.returncode} and no answer")
    return said if isinstance(said, dict) else {}


def _checked(format_name: str, said: dict[str, Any], size: int) -> Layout:
    """Build the layout from values that may be anything; every one is looked at."""
    if said["size"] != size:
        raise ValueError(f"it read {said['size']} bytes and the file has {size}")
    segments = covering([_segment(*tensor) for tensor in said["tensors"]], size)
    facts = {str(key): value for key, value in said["facts"].items() if _is_fact(value)}
    told = said.get("shapes") or {}
    shapes = {str(name): _shape(told.get(name)) for _, _, _, name in said["tensors"]}
    return Layout(format_name, segments, str(said["note"]), facts, shapes)


def _shape(value: Any) -> tuple[int, ...]:
    dimensions = tuple(value or ())
    if any(type(one) is not int or one < 0 for one in dimensions):
        raise TypeError("a tensor's shape has something else than whole numbers")
    return dimensions


def _segment(offset: Any, length: Any, element: Any, name: Any) -> Segment:
    if type(offset) is not int or type(length) is not int:
        raise TypeError("a tensor's place is no whole number")
    if not isinstance(name, str) or not isinstance(element, str):
        raise TypeError("a tensor's name is no text")
    if not _ELEMENT.fullmatch(element):
        raise ValueError(f"no element is called {element!r}")
    return Segment(offset, length, element, name)


def _is_fact(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def _refuse(path: Path, sentence: str, *, known: bool = True) -> NoReturn:
    kind = FormatBroken if known else FormatUnknown
    raise kind(f"{path.name}: {sentence}; {_WHAT_TO_DO}", about=str(path))
