"""How long work is shown: a bar on a terminal, a plain line a stage elsewhere."""

import shutil
import sys
import time
from typing import TextIO

_WIDTH = 28
_WORDS = 48
"""Columns that the percentage, two amounts and the time left take beside the bar."""
_EVERY_SECONDS = 0.1
_FORETELLS = 0.02
"""The share that must be done before the time left is more than a guess."""
_STEP = 1000
"""SI prefixes go by thousands."""


class Bar:
    """A `Progress` that writes to a stream.

    Args:
        stream: where to, usually standard error.
        is_terminal: draw a bar that is drawn over; else write one line when a stage ends.
    """

    def __init__(self, stream: TextIO, *, is_terminal: bool) -> None:
        self._stream = stream
        self._is_terminal = is_terminal
        self._stage = ""
        self._total: int | None = None
        self._unit = ""
        self._done = 0
        self._began = 0.0
        self._drawn = 0.0

    @classmethod
    def on_stderr(cls) -> "Bar":
        """Return one for standard error."""
        return cls(sys.stderr, is_terminal=sys.stderr.isatty())

    def begin(self, stage: str, total: int | None, unit: str) -> None:
        """Say what starts."""
        self._stage, self._total, self._unit, self._done = stage, total, unit, 0
        self._began = time.monotonic()
        self._drawn = 0.0

    def advance(self, amount: int) -> None:
        """Say that more is done."""
        self._done += amount
        now = time.monotonic()
        if self._is_terminal and now - self._drawn >= _EVERY_SECONDS:
            self._drawn = now
            self._stream.write(f"\r\x1b[K  {self._line(now - self._began)[: _columns() - 3]}")
            self._stream.flush()

    def end(self) -> None:
        """Say that the stage is done."""
        seconds = time.monotonic() - self._began
        start = "\r\x1b[K" if self._is_terminal else ""
        amount = _amount(self._done, self._unit)
        rate = f", {_amount(int(self._done / seconds), self._unit)}/s" if seconds > 1 else ""
        self._stream.write(f"{start}  {self._stage}: {amount} in {seconds:.1f} s{rate}\n")
        self._stream.flush()

    def _line(self, seconds: float) -> str:
        if not self._total:
            return f"{self._stage}: {_amount(self._done, self._unit)}"
        share = min(1.0, self._done / self._total)
        width = min(_WIDTH, max(0, _columns() - len(self._stage) - _WORDS))
        bar = "━" * round(share * width)
        line = f"{self._stage} {bar:─<{width}} {share:4.0%}  "
        line += _share(self._done, self._total, self._unit)
        if share < _FORETELLS:
            return line
        left = max(0, self._total - self._done) * seconds / self._done
        return f"{line}, {left:.0f} s left"


def _columns() -> int:
    """Return how wide the terminal is: a line that wraps could not be drawn over."""
    return shutil.get_terminal_size().columns


def _share(done: int, total: int, unit: str) -> str:
    first = size(done) if unit == "bytes" else f"{done:,}".replace(",", " ")
    return f"{first} of {_amount(total, unit)}"


def _amount(number: int, unit: str) -> str:
    return size(number) if unit == "bytes" else f"{number:,} {unit}".replace(",", " ")


def size(number: int) -> str:
    """Write a number of bytes for people, in SI units: `98.4 MB`."""
    if number < _STEP:
        return f"{number} B"
    value = float(number)
    for unit in ("kB", "MB", "GB"):
        value /= _STEP
        # 999,999 bytes would else be written as 1000.0 kB.
        if round(value, 1) < _STEP:
            return f"{value:.1f} {unit}"
    return f"{value / _STEP:.1f} TB"
