"""The limited process: it reads one file from its standard input and prints one line of JSON.

It and what it imports from `emeritus` use nothing but Python's standard library, since it runs
isolated (`python -I -S`) and starts without the packages around it (`START` gives those empty
stand-ins).
"""

import io
import json
import os
import resource
import sys
from typing import BinaryIO, Final

from emeritus.vault.formats.gguf import read_gguf
from emeritus.vault.formats.report import Refusal, Report
from emeritus.vault.formats.safetensors import read_safetensors

MEMORY_BYTES: Final = 512 * 2**20
"""Address space of the limited process."""

CPU_SECONDS: Final = 20
"""Computing time of the limited process."""

_MOST_OPEN_FILES = 8

START: Final = """\
import sys, types
for name, folder in zip(sys.argv[2::2], sys.argv[3::2]):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [folder]
from emeritus.vault.formats.bounded import main
main(sys.argv[1])
"""
"""What `python -c` runs: stand-ins for the packages named in pairs, then `main` for the format."""

READERS: Final = {"gguf": read_gguf, "safetensors": read_safetensors}


def answer(claim: str, file: BinaryIO, size: int) -> dict[str, object]:
    """Read a file in the format that it claims and say what is in it, as plain JSON values.

    Args:
        claim: `gguf` or `safetensors`.
        file: open for reading, at its start.
        size: its size in bytes.
    """
    try:
        report: Report = READERS[claim](file, size)
    except Refusal as refusal:
        return {"refused": refusal.sentence, "known": refusal.known}
    except MemoryError:
        sentence = f"needs more than {MEMORY_BYTES // 2**20} MB of memory to read"
        return {"refused": sentence, "known": True}
    return {
        "size": size,
        "tensors": report.tensors,
        "note": report.note,
        "facts": report.facts,
        "shapes": report.shapes,
    }


def main(claim: str) -> None:
    """Take on the limits, read the file on standard input, print one line of JSON."""
    limit_this_process()
    size = os.fstat(0).st_size
    with io.open(0, "rb", buffering=2**18) as file:  # noqa: UP020 - the raw name says it is io
        said = answer(claim, file, size)
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def limit_this_process() -> None:
    """Give up memory, time, files and core dumps; there is no way back."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _MOST_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
