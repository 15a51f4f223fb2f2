"""Which program is installed: a digest over the files of a distribution, checked on the disk."""

import base64
import functools
import hashlib
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from emeritus.adapters.runtimes.errors import EngineFilesChanged, EngineNotInstalled
from emeritus.foundation import sha256_hex
from emeritus.runtime.ports import EngineIdentity

_WHEELS = Path(__file__).with_name("wheels.toml")
_WRITTEN_BY_INSTALLERS = {
    "INSTALLER",
    "RECORD",
    "REQUESTED",
    "direct_url.json",
    "uv_cache.json",
}


@functools.cache
def installed_identity(name: str) -> EngineIdentity:
    """Return the identity of an installed distribution.

    `files` is the SHA-256 over one line per file that came in the wheel, `PATH SHA256 SIZE`,
    sorted by bytes, each ended by a line feed. Paths and hashes are those of the RECORD file
    (packaging.python.org, "Recording installed projects"), after every file on the disk was
    found to have its recorded hash. What installers add and compiled bytecode are left out, so
    one wheel gives one digest wherever it is installed. Checked once a process: 106 MB, 0.1 s.

    Args:
        name: the distribution, `xllamacpp`.

    Raises:
        EngineNotInstalled: there is no such distribution here.
        EngineFilesChanged: a file is missing or differs from the record.
    """
    try:
        found = distribution(name)
    except PackageNotFoundError as problem:
        raise EngineNotInstalled(
            f"the engine {name} is not installed in this environment; "
            "install the versions that requirements/run.lock names",
            about=name,
        ) from problem
    files = sha256_hex(b"".join(sorted(_line(found, path) for path in _from_wheel(found))))
    return EngineIdentity(name, found.version, wheel_of(files), files)


def wheel_of(files: str) -> str | None:
    """Return the SHA-256 (hex) of the wheel whose files have this digest, None when unknown."""
    table = tomllib.loads(_WHEELS.read_text(encoding="utf-8"))
    for wheel in table["wheel"]:
        if wheel["files"] == files:
            return str(wheel["sha256"])
    return None


def _from_wheel(found: Distribution) -> list[PackagePath]:
    return [
        path
        for path in found.files or ()
        if path.suffix != ".pyc"
        and not (path.parent.suffix == ".dist-info" and path.name in _WRITTEN_BY_INSTALLERS)
    ]


def _line(found: Distribution, path: PackagePath) -> bytes:
    """Check one file and return its line."""
    location = Path(str(found.locate_file(path)))
    recorded = path.hash.value if path.hash and path.hash.mode == "sha256" else ""
    try:
        with location.open("rb") as stream:
            actual = hashlib.file_digest(stream, "sha256")
        size = location.stat().st_size
    except OSError as problem:
        raise EngineFilesChanged(
            f"a file of the engine cannot be read: {problem}; install it again",
            about=str(location),
        ) from problem
    if base64.urlsafe_b64encode(actual.digest()).rstrip(b"=").decode() != recorded:
        raise EngineFilesChanged(
            f"expected the file {path} of {found.name} to have the hash that its RECORD gives, "
            f"found SHA-256 {actual.hexdigest()}; install the engine again",
            about=str(location),
        )
    return f"{path} {actual.hexdigest()} {size}\n".encode()
