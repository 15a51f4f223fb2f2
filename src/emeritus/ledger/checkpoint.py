"""The text of a checkpoint (c2sp.org/tlog-checkpoint v1.0.0): which tree a log stands for."""

import base64
import re
from dataclasses import dataclass
from typing import Self

from emeritus.ledger.errors import NoteInvalid
from emeritus.ledger.merkle import HASH_BYTES

_TEXT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: a log, how many entries it has, and the root over all of them.

    Attributes:
        origin: which log; equal to the name of its key.
        size: entries in the log.
        root: RFC 6962 root hash, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` wrote; there is exactly one spelling of every checkpoint.

        C2SP allows further lines, which nobody can audit; they are refused here.

        Raises:
            NoteInvalid: the text is not such a checkpoint.
        """
        match = _TEXT.fullmatch(text)
        if match:
            checkpoint = cls(match[1], int(match[2]), base64.b64decode(match[3]))
            if len(checkpoint.root) == HASH_BYTES and checkpoint.text() == text:
                return checkpoint
        raise NoteInvalid(
            "expected three lines of a checkpoint (origin, size, root in base64), "
            f"found {text[:120]!r}"
        )
