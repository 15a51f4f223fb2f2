"""Azurite, Microsoft's own emulator of Azure Blob Storage, on loopback while a context lasts."""

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path

from emeritus.foundation import Misconfigured

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account of every Azurite, published by Microsoft ("Use the Azurite emulator"); no secret."""

PROGRAM_VARIABLE = "EMERITUS_AZURITE"
"""Where `azurite-blob` is; without it, where `make test-long` puts it."""

_READY_SECONDS = 60


@dataclass(frozen=True)
class AzureServer:
    """A running emulator with one account."""

    address: str

    def make_container(self, name: str) -> None:
        """Make a container, which the engine of stores does not (REST "Create Container")."""
        now, version = formatdate(usegmt=True), "2021-08-06"
        signed = (
            f"PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{now}\nx-ms-version:{version}\n"
            f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        )
        digest = hmac.new(base64.b64decode(KEY), signed.encode(), hashlib.sha256).digest()
        request = urllib.request.Request(  # noqa: S310 - our own
            f"{self.address}/{name}?restype=container",
            method="PUT",
            headers={
                "x-ms-date": now,
                "x-ms-version": version,
                "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}",
            },
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own
            pass


@contextmanager
def azure_server() -> Iterator[AzureServer]:
    """Run an emulator; nothing of it is left afterwards.

    Raises:
        Misconfigured: it is not installed.
        TimeoutError: it does not start.
    """
    program = _program()
    with socket.socket() as free, tempfile.TemporaryDirectory(prefix="emeritus-azurite-") as name:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [
            *(*program, "--blobHost", "127.0.0.1", "--blobPort", str(port)),
            *("--location", name, "--silent", "--skipApiVersionCheck", "--disableTelemetry"),
        ]
        with Path(name, "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=name)
        server = AzureServer(f"http://127.0.0.1:{port}/{ACCOUNT}")
        try:
            _wait(server, process, Path(name, "log"))
            yield server
        finally:
            process.kill()
            process.wait()


def _program() -> list[str]:
    node = shutil.which("node")
    script = Path(sys.prefix, "azurite/node_modules/azurite/dist/src/blob/main.js")
    given = os.environ.get(PROGRAM_VARIABLE)
    if given:
        return [given]
    if node is None or not script.is_file():
        raise Misconfigured(
            f"expected node and {script}, found one of them missing; 'make .venv/azurite.ready' "
            f"installs Azurite with npm, or name its azurite-blob in {PROGRAM_VARIABLE}"
        )
    return [node, str(script)]


def _wait(server: AzureServer, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen(server.address, timeout=2):  # noqa: S310 - our own
                    return
            except urllib.error.HTTPError as refused:
                if refused.code < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return  # It wants credentials, so it is up.
        time.sleep(0.2)
    raise TimeoutError(log.read_text(errors="replace")[-2000:])
