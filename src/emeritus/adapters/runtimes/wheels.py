"""The wheels that engines were installed from: found in a folder, or fetched by their hashes."""

import hashlib
import subprocess
import sys
import tomllib
from collections.abc import Collection
from pathlib import Path

from emeritus.adapters.runtimes.errors import WheelNotFound
from emeritus.foundation import Progress

_WHEELS = Path(__file__).with_name("wheels.toml")
_SECONDS = 1800


def wheels_in(folder: Path, wanted: Collection[str]) -> dict[str, Path]:
    """Return the wheels of a folder that are wanted, by SHA-256 (hex); every one is hashed.

    Args:
        folder: where to look.
        wanted: SHA-256 (hex) of wheels.

    Raises:
        WheelNotFound: one is not there.
    """
    found = {_sha256(path): path for path in sorted(folder.glob("*.whl"))}
    missing = next((digest for digest in sorted(wanted) if digest not in found), None)
    if missing is not None:
        raise WheelNotFound(
            f"no wheel in {folder} has the SHA-256 {missing}, which a run-kit names "
            f"({known_wheels().get(missing, 'its file name is not known here')}); put it there, "
            "or export without wheels",
            about=missing,
        )
    return {digest: found[digest] for digest in sorted(wanted)}


def fetch_wheels(wanted: Collection[str], folder: Path, progress: Progress) -> dict[str, Path]:
    """Fetch wheels with pip, which takes no other bytes than those with these hashes.

    Args:
        wanted: SHA-256 (hex) of wheels.
        folder: where they are put.
        progress: told of wheels.

    Raises:
        WheelNotFound: one is not known by name, or pip could not fetch it.
    """
    known = known_wheels()
    progress.begin("fetching wheels with pip", len(wanted), "wheels")
    for digest in sorted(wanted):
        name = known.get(digest)
        if name is None:
            raise WheelNotFound(
                f"the wheel with the SHA-256 {digest} is not one that this Emeritus knows by name; "
                "put it into a folder and say --wheels-from FOLDER",
                about=digest,
            )
        _download(name, digest, folder)
        progress.advance(1)
    progress.end()
    return wheels_in(folder, wanted)


def known_wheels() -> dict[str, str]:
    """Return the file names of the wheels that this version knows, by SHA-256 (hex)."""
    table = tomllib.loads(_WHEELS.read_text(encoding="utf-8"))
    return {wheel["sha256"]: wheel["name"] for wheel in table["wheel"]}


def _download(name: str, digest: str, folder: Path) -> None:
    wanted = folder / "wanted.txt"
    distribution, version, *_, python, abi, platforms = name.removesuffix(".whl").split("-")
    wanted.write_text(f"{distribution}=={version} --hash=sha256:{digest}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--quiet", "--require-hashes"]
    command += ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi]
    for platform in platforms.split("."):
        command += ["--platform", platform]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise WheelNotFound(f"pip could not fetch {name}: {problem}", about=name) from problem
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise WheelNotFound(
            f"pip could not fetch {name} with its hash ({said}); "
            "check the network and pip's settings, or put the wheel into a folder and say "
            "--wheels-from FOLDER",
            about=name,
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
