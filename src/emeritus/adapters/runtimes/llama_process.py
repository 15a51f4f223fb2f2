"""The worker process of one model: its start, its last words and its end."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from emeritus.runtime.errors import WorkerDied, WorkerNotReady

_PYTHON = os.path.abspath(sys.executable)  # noqa: PTH100 - a link must stay one, or the environment is lost
_WORKER = Path(__file__).with_name("llama_worker.py")
_ENVIRONMENT = {"GGML_NO_BACKTRACE": "1", "LANG": "C.UTF-8"}
_SOCKET = "s.sock"  # the engine takes a host name that ends so for a UNIX socket
_LONGEST_SOCKET_PATH = 100
_FAREWELL_SECONDS = 5.0
_SIGNALS = {
    signal.SIGBUS: "the model file changed or was truncated while it ran",
    signal.SIGSEGV: "the engine read memory that is not its own",
    signal.SIGABRT: "the engine gave up",
    signal.SIGKILL: "somebody ended it, or the machine ran out of memory",
}


def private_folder(work: Path) -> Path:
    """Make a folder that only we can enter, for the socket and the last words.

    A UNIX socket's path has at most 108 bytes (`sun_path`, unix(7)), so it lies under `work` when
    that is short enough, else under /tmp.
    """
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=work.resolve()))
    if len(os.fsencode(folder)) + len(f"/{_SOCKET}") <= _LONGEST_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="emeritus-run-", dir="/tmp"))


class WorkerProcess:
    """One child process and its folder; `close` ends both.

    The child gets two environment variables and nothing else. Closing its standard input ends it,
    and so does our own end, however it comes: the system closes the pipe.

    Args:
        work: where folders for sockets may be made.
        about: the model file, for messages.
    """

    def __init__(self, work: Path, about: Path) -> None:
        self._about = about
        self._folder = private_folder(work)
        self.socket = self._folder / _SOCKET
        self._words = self._folder / "words"
        with self._words.open("wb") as words:
            self._process = subprocess.Popen(
                [_PYTHON, "-I", str(_WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env=_ENVIRONMENT,
                cwd=self._folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._process.stdin is None or self._process.stdin.closed

    def load(self, settings: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send the settings and wait until the model can answer.

        Raises:
            WorkerNotReady: the child ended, or was silent for `seconds`.
        """
        line = settings | {"socket": str(self.socket), "folder": str(self._folder)}
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise WorkerNotReady("the worker has no pipes", about=str(self._about))
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(line).encode() + b"\n")
            stdin.flush()
        answer = _line_within(stdout.fileno(), seconds)
        if answer is None:
            raise WorkerNotReady(
                f"the engine did not load {self._about.name} within {seconds:g} seconds",
                about=str(self._about),
            )
        if not answer:
            raise WorkerNotReady(
                f"the engine did not load {self._about.name}: {self._cause()}",
                about=str(self._about),
            )
        ready: dict[str, Any] = json.loads(answer)
        return ready

    def died(self, problem: BaseException, seconds: float) -> WorkerDied:
        """Return the error for a call that failed, with the reason that is known.

        A child that lives but was silent for `seconds` is ended: its state is unknown.
        """
        if isinstance(problem, TimeoutError):
            reason = f"it was silent for {seconds:g} seconds and was ended"
            self._process.kill()
        else:
            reason = self._cause()
        self.close()
        return WorkerDied(
            f"the worker that ran {self._about.name} ended: {reason}", about=str(self._about)
        )

    def close(self) -> None:
        """End the child, wait for it, remove its folder; again is harmless."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _cause(self) -> str:
        """Say why the child ended: the signal's meaning and the engine's own words."""
        try:
            status = self._process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            return "it closed the connection but did not end, and was ended"
        words = self._engine_words()
        if status >= 0:
            return words or f"it ended with status {status} and said nothing"
        ended_by = signal.Signals(-status)
        meaning = _SIGNALS.get(ended_by, "another process or the system ended it")
        return f"{ended_by.name}: {meaning}{f' ({words})' if words else ''}"

    def _engine_words(self) -> str:
        """The engine's first error line, which names the cause; later ones follow from it.

        Its lines look like `0.00.024.623 E llama_model_load: error loading model: ...`.
        """
        try:
            lines = self._words.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        errors = [line.split(" E ", 1)[1].strip() for line in lines if " E " in line]
        return (errors[0] if errors else lines[-1] if lines else "")[:500]


def _line_within(descriptor: int, seconds: float) -> bytes | None:
    """Read up to a line feed; empty when the other side ended, None when time ran out."""
    until, line = time.monotonic() + seconds, b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, until - time.monotonic())):
                return None
            part = os.read(descriptor, 4096)
            if not part:
                return b""
            line += part
    return line
