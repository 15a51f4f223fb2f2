"""Back up the part of a home that is in no store: keys, settings, private database, drafts."""

import io
import re
import tarfile
import tempfile
from pathlib import Path

from emeritus.adapters.databases import backup_sqlite
from emeritus.assembly.errors import HomeExists
from emeritus.assembly.keys import LEDGER_KEY, OMS_KEY
from emeritus.assembly.private_files import write_private
from emeritus.assembly.sealing import KEYRING, SEALING_KEY, HomeKeyring
from emeritus.assembly.settings import SETTINGS_FILE, require_writable
from emeritus.assembly.stores import STORES_FILE
from emeritus.foundation import Conflict, UserError

PRIVATE_DATABASE = "private.sqlite"
DRAFTS = "drafts"
_PARTS = (
    SETTINGS_FILE,
    STORES_FILE,
    LEDGER_KEY,
    OMS_KEY,
    SEALING_KEY,
    KEYRING,
    PRIVATE_DATABASE,
)
_DRAFT = re.compile(rf"{DRAFTS}/[a-z0-9_-][a-z0-9._-]*")


def backup_home(home: Path, target: Path) -> tuple[str, ...]:
    """Write the backup as a tar file that only its owner can read; all of it or nothing.

    Returns:
        The parts that it holds.

    Raises:
        Conflict: the target exists.
        UserError: there is nothing to back up here.
        HomeReadOnly: the private database cannot be opened.
    """
    if target.exists():
        raise Conflict(f"{target} exists already; name a new file", about=str(target))
    drafts = (f"{DRAFTS}/{path.name}" for path in sorted((home / DRAFTS).glob("*")))
    named = (*_PARTS, *filter(_DRAFT.fullmatch, drafts))
    parts = tuple(part for part in named if (home / part).is_file())
    if not parts:
        raise UserError(
            f"{home} holds no keys, settings or private database to back up; "
            "name the home with --home"
        )
    require_writable(home)
    data = io.BytesIO()
    with tempfile.TemporaryDirectory() as scratch, tarfile.open(fileobj=data, mode="w") as tar:
        keys = HomeKeyring(home).files()
        for part in parts:
            if part not in keys:
                tar.add(_still(home / part, Path(scratch)), arcname=part)
        for part, content in keys.items():
            about = tarfile.TarInfo(part)
            about.size, about.mode = len(content), 0o600
            tar.addfile(about, io.BytesIO(content))
    write_private(target, data.getvalue())
    return parts


def _still(path: Path, scratch: Path) -> Path:
    """Return a file that nobody writes while it is read."""
    if path.name != PRIVATE_DATABASE:
        return path
    copy = scratch / path.name
    backup_sqlite(path, copy)
    return copy


def restore_home(home: Path, source: Path) -> tuple[str, ...]:
    """Bring back what a backup holds; a file that is there with other bytes is never replaced.

    Returns:
        The parts that were brought back; those that were there already are not among them.

    Raises:
        UserError: the file is not a backup.
        HomeExists: the home holds another file in a part's place; nothing was written.
    """
    try:
        with tarfile.open(source) as tar:
            held = {member.name: tar.extractfile(member) for member in tar if member.isreg()}
            content = {name: stream.read() for name, stream in held.items() if stream is not None}
    except (OSError, tarfile.TarError) as problem:
        raise UserError(
            f"{source} is not a backup made by 'emeritus backup': "
            f"{str(problem).splitlines()[0].rstrip(':')}"
        ) from problem
    if not content or any(name not in _PARTS and not _DRAFT.fullmatch(name) for name in content):
        raise UserError(
            f"{source} is not a backup made by 'emeritus backup': it holds other parts, or none; "
            "name the file that the command wrote"
        )
    missing = {name for name in content if not (home / name).exists()}
    for name in content.keys() - missing:
        if name != PRIVATE_DATABASE and (home / name).read_bytes() != content[name]:
            raise HomeExists(
                f"{home / name} is another file than the backup's; nothing was written: "
                "move it away, or restore into another home"
            )
    for name in sorted(missing):
        write_private(home / name, content[name])
    return tuple(sorted(missing))
