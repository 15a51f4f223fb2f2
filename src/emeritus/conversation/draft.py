"""A transcript while it grows: every line is on the disk before the next is said."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emeritus.conversation.errors import DraftHeld, TranscriptBroken
from emeritus.conversation.lines import Header, Line
from emeritus.conversation.transcript import Transcript, read_transcript


class Draft:
    """The file of a conversation under way, held by one process at a time; made by `open_draft`."""

    def __init__(self, path: Path, descriptor: int, transcript: Transcript) -> None:
        self.path = path
        self.header = transcript.header
        self.lines = list(transcript.lines)
        self._descriptor = descriptor

    def append(self, line: Line) -> Line:
        """Write one line; it is durable when this returns."""
        data = line.to_bytes() + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]
        os.fsync(self._descriptor)
        self.lines.append(line)
        return line

    @property
    def last(self) -> str:
        """Digest of the newest line."""
        return self.lines[-1].digest if self.lines else self.header.digest

    def to_bytes(self) -> bytes:
        """Return the transcript as it is now."""
        return Transcript(self.header, tuple(self.lines)).to_bytes()


def has_draft(path: Path) -> bool:
    """Say whether a conversation was begun there and not finished."""
    return path.is_file() and path.stat().st_size > 0


@contextmanager
def open_draft(path: Path, header: Header | None) -> Iterator[Draft]:
    """Begin a transcript with a header, or with None go on with the one that lies there.

    A last line that was torn by a crash is removed: what it says was never acknowledged.

    Raises:
        DraftHeld: another process is in it.
        TranscriptBroken: what lies there is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DraftHeld(
                "another process is in this conversation now; wait until it ends, then run it again"
            ) from None
        if header is not None:
            _restart(descriptor, header)
        yield Draft(path, descriptor, _whole(descriptor, path))
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    """Remove a draft whose transcript is an object now."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _restart(descriptor: int, header: Header) -> None:
    os.ftruncate(descriptor, 0)
    os.write(descriptor, header.to_bytes() + b"\n")
    os.fsync(descriptor)


def _whole(descriptor: int, path: Path) -> Transcript:
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        stream.seek(0)
        data = stream.read()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.ftruncate(descriptor, len(whole))
        os.fsync(descriptor)
    if not whole:
        raise TranscriptBroken(f"{path.name} has no whole line", about=path.name)
    return read_transcript(whole, path.name)
