"""A real S3 server on this machine: SeaweedFS, on loopback, for as long as a context lasts."""

import contextlib
import json
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
from http import HTTPStatus
from pathlib import Path

_READY_SECONDS = 90
"""It was not reachable 20 s after a restart (measured 2026-11)."""


@dataclass
class BucketServer:
    """A running server; `restart` ends it and starts it again over the same data."""

    address: str
    key_id: str
    secret: str
    _folder: Path
    _ports: list[int]
    _process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and return when it answers."""
        master, volume, filer, s3, *grpc = self._ports
        program = Path(sys.executable).with_name("weed")
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(str(program), "server", f"-dir={self._folder / 'data'}"),
                    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"),
                    *("-filer", "-s3", f"-s3.config={self._folder / 's3.json'}"),
                    *("-volume.max=20", "-master.volumeSizeLimitMB=128"),
                    *(f"-master.port={master}", f"-master.port.grpc={grpc[0]}"),
                    *(f"-volume.port={volume}", f"-volume.port.grpc={grpc[1]}"),
                    *(f"-filer.port={filer}", f"-filer.port.grpc={grpc[2]}"),
                    *(f"-s3.port={s3}", f"-s3.port.grpc={grpc[3]}"),
                ],
                stdout=subprocess.DEVNULL,
                stderr=log,
                cwd=self._folder,
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise TimeoutError((self._folder / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.2)

    def make_bucket(self, name: str) -> None:
        """Make a bucket: this server does so at the first write."""
        import obstore  # noqa: PLC0415 - an extra
        from obstore.store import S3Store  # noqa: PLC0415 - the same

        store = S3Store(
            name,
            endpoint=self.address,
            region="us-east-1",
            access_key_id=self.key_id,
            secret_access_key=self.secret,
            client_options={"allow_http": True},
        )
        obstore.put(store, "first", b"")
        obstore.delete(store, "first")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen(self.address, timeout=2):  # noqa: S310 - our own
                    return True
            except urllib.error.HTTPError as refused:
                return refused.code == HTTPStatus.FORBIDDEN  # It wants credentials, so it is up.
        return False


@contextmanager
def bucket_server() -> Iterator[BucketServer]:
    """Run a server with one account; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="emeritus-weed-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        key = {"accessKey": "test-key", "secretKey": "test-secret"}
        account = {"name": "test", "credentials": [key], "actions": ["Admin", "Read", "Write"]}
        (folder / "s3.json").write_text(json.dumps({"identities": [account]}))
        ports = _free_ports(8)
        server = BucketServer(
            f"http://127.0.0.1:{ports[3]}", "test-key", "test-secret", folder, ports
        )
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
