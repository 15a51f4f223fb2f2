"""Drives a headless Chromium over its debugging pipe, to look at pages and to measure them.

The protocol is Chromium's own (https://chromedevtools.github.io/devtools-protocol/),
one JSON message and a zero byte at a time, over file descriptors 3 (to it) and 4 (from it).
"""

import base64
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from emeritus.foundation import Unavailable

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class ChromiumMissing(Unavailable):
    """No Chromium is installed here, or it ended on its own."""

    code = "testing.chromium_missing"


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen to draw on: its width and height in CSS pixels, and its colour scheme."""

    width: int
    height: int = 900
    dark: bool = False
    scale: float = 1.0


class Browser:
    """One tab of a running Chromium; made by `browser`."""

    def __init__(self, to_chromium: BinaryIO, from_chromium: BinaryIO) -> None:
        self._to = to_chromium
        self._from = from_chromium
        self._last = 0
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self._call("Page.enable")

    def open(self, address: str, screen: Screen) -> None:
        """Load a page on a screen, and wait until it and its fonts are there."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=screen.height,
            deviceScaleFactor=screen.scale,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if screen.dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])
        self._call("Page.navigate", url=address)
        self._wait_for("Page.loadEventFired")
        self.evaluate("document.fonts.ready.then(() => true)")

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page, promises awaited."""
        answer = self._call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer["result"].get("value")

    def follow(self, expression: str) -> None:
        """Evaluate what leads to another page, such as a click, and wait until it is there."""
        self.evaluate(expression)
        self._wait_for("Page.loadEventFired")
        self.evaluate("document.fonts.ready.then(() => true)")

    def picture(self) -> bytes:
        """Return the whole page as PNG, below the fold too."""
        shot = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def _call(self, method: str, **parameters: Any) -> Any:
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        answer = next(m for m in self._messages() if m.get("id") == self._last)
        if "error" in answer:
            raise ChromiumMissing(f"Chromium did not do {method}: {answer['error']['message']}")
        return answer["result"]

    def _wait_for(self, event: str) -> None:
        next(message for message in self._messages() if message.get("method") == event)

    def _messages(self) -> Iterator[dict[str, Any]]:
        data = bytearray()
        while byte := self._from.read(1):
            if byte != b"\0":
                data += byte
                continue
            yield json.loads(data)
            data.clear()
        raise ChromiumMissing("Chromium ended on its own; was there memory enough for it?")


@contextmanager
def browser() -> Iterator[Browser]:
    """Run a Chromium with a profile of its own, and end it afterwards.

    Raises:
        ChromiumMissing: none is installed.
    """
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        raise ChromiumMissing("expected a Chromium on the PATH; install the package `chromium`")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        chromium, to_chromium, from_chromium = _start(program, Path(profile))
        with to_chromium, from_chromium:
            try:
                yield Browser(to_chromium, from_chromium)
            finally:
                os.kill(chromium, signal.SIGKILL)
                os.waitpid(chromium, 0)


def _start(program: str, profile: Path) -> tuple[int, BinaryIO, BinaryIO]:
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    # Copies above every descriptor that Chromium expects, so that none is overwritten too early.
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out))
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    pipes = [(os.POSIX_SPAWN_DUP2, read, 3), (os.POSIX_SPAWN_DUP2, write, 4)]
    chromium = os.posix_spawn(
        program,
        [program, *_FLAGS, f"--user-data-dir={profile}"],
        os.environ,
        file_actions=[*nothing, *pipes],
    )
    for end in (theirs_in, theirs_out, read, write):
        os.close(end)
    return chromium, os.fdopen(ours_out, "wb"), os.fdopen(ours_in, "rb")
