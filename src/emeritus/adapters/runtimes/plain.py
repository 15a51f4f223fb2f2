"""The plain executor in a process of its own: one file of Python and numpy, without the engine."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec

from emeritus.runtime.fingerprint import Fingerprint
from emeritus.runtime.plain import PlainFigures, PlainRun, PlainWord
from emeritus.vault.reader import EXECUTOR

MOST_WORK: Final = 3e11
"""Parameters times tokens. Eleven billion parameters, with a first probe of 26 tokens.

Measured on 25 Nov 2026, one core: 135 million parameters, 26 tokens (3.5e9) in 0.8 s of computing
with Python's own start; so about a minute at this bound.
"""

_SECONDS = 600
_SPARE_BYTES = 2 << 30
"""Beyond the model's file, which is mapped. Weights are decoded 64 MB at a time; a row of
probabilities of 26 tokens over a vocabulary of 262,144 takes 55 MB as 64-bit floats."""

_PYTHON = os.path.abspath(sys.executable)  # noqa: PTH100 - a link must stay one, or the environment is lost
_CONFINEMENT = Path(__file__).with_name("llama_worker.py")
_START = """\
import runpy, sys
worker = runpy.run_path(sys.argv[1])
worker["leave_network"]()
worker["give_up_privileges"]()
worker["bound_memory"](int(sys.argv[2]))
sys.argv = sys.argv[3:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
_ENVIRONMENT = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_ANSWERED, _ENGINE_ONLY = (0, 5), 3
_PART = re.compile(r"(.*)-[0-9]{5}-of-[0-9]{5}\.gguf")
_LONGEST = 300


class _Probe(msgspec.Struct, frozen=True):
    """The figures of one probe as the executor prints them."""

    prompt: bool
    tokens: int
    same: int
    mean: float
    largest: float


class _Printed(msgspec.Struct, frozen=True):
    """What the executor prints."""

    outcome: PlainWord
    probes: tuple[_Probe, ...]


class NumpyExecutor:
    """The `PlainExecutor` that lies in every store as `run_emeritus.py`.

    It is confined as the engine's workers are: an empty network namespace where the system allows
    one, no new privileges, 2 GB of memory beyond the model's file, one thread, and two environment
    variables.

    Args:
        work: a folder for a temporary file; made when it is missing.
        seconds: how long it may take.
        most_work: parameters times tokens beyond which it is not tried.
    """

    def __init__(
        self, work: Path, *, seconds: float = _SECONDS, most_work: float = MOST_WORK
    ) -> None:
        self._work = work
        self._seconds = seconds
        self._most_work = most_work

    def run(self, file: Path, fingerprint: Fingerprint) -> PlainRun:
        """Put the first probe of a fingerprint to a model, and compare; see the port."""
        program = EXECUTOR.read_bytes()
        self._work.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix="plain-", dir=self._work) as given:
            given.write(fingerprint.to_bytes())
            given.flush()
            try:
                ended = self._ended(file.resolve(), Path(given.name))
            except subprocess.TimeoutExpired:
                said = f"it took more than {self._seconds:g} seconds"
                return PlainRun(PlainWord.NOT_RUN, said, program)
            except OSError as problem:
                said = f"its file or its process could not be opened ({problem.strerror})"
                return PlainRun(PlainWord.NOT_RUN, said, program)
        return _read(ended, program)

    def _ended(self, file: Path, fingerprint: Path) -> "subprocess.CompletedProcess[bytes]":
        memory = _bytes(file) + _SPARE_BYTES
        command = [_PYTHON, "-I", "-B", "-c", _START, str(_CONFINEMENT), str(memory)]
        command += [str(EXECUTOR), str(file), "--against", str(fingerprint.resolve())]
        command += ["--probes", "1", "--most", f"{self._most_work:g}", "--memory", "0", "--json"]
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=_ENVIRONMENT,
            cwd="/",
            timeout=self._seconds,
        )


def _bytes(file: Path) -> int:
    """Return the bytes that are mapped: of a split file, those of all its parts."""
    match = _PART.fullmatch(file.name)
    if match is None:
        return file.stat().st_size
    beside = (one for one in file.parent.iterdir() if one.name.startswith(match.group(1)))
    return sum(one.stat().st_size for one in beside)


def _read(ended: "subprocess.CompletedProcess[bytes]", program: bytes) -> PlainRun:
    if ended.returncode in _ANSWERED:
        try:
            return _compared(msgspec.json.decode(ended.stdout, type=_Printed), program)
        except (msgspec.DecodeError, IndexError):
            return PlainRun(PlainWord.NOT_RUN, "what it printed cannot be read", program)
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    said = lines[-1].partition(": ")[2].rstrip(".") if lines else ""
    said = said or f"it ended with status {ended.returncode} and said nothing"
    word = PlainWord.ENGINE_ONLY if ended.returncode == _ENGINE_ONLY else PlainWord.NOT_RUN
    return PlainRun(word, said[:_LONGEST], program)


def _compared(printed: _Printed, program: bytes) -> PlainRun:
    probe = printed.probes[0]
    said = (
        f"{probe.same} of {probe.tokens} tokens are the same, log-probabilities differ by "
        f"{probe.mean:.3f} on average and by {probe.largest:.3f} at most"
    )
    if not probe.prompt:
        said = f"its text becomes other tokens; {said}"
    figures = PlainFigures(probe.tokens, probe.same, probe.mean)
    return PlainRun(printed.outcome, said, program, figures)
