"""The keyring of a home: the keys that open what is sealed or erasable. It lies in no store.

`keys/keyring.age` is encrypted to two keys: the home's own (`keys/sealing.key`), and one for
recovery, of which the home knows the public half alone. Decrypted it is a list of `age` identities
with comments, so that `age` and the stand-alone reader can use it as it is.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path

from emeritus.assembly.errors import KeyringExists, KeyringUnusable
from emeritus.assembly.private_files import write_private
from emeritus.foundation import EmeritusError
from emeritus.vault import Damaged, Place, Seal
from emeritus.vault.closed import Identity, decrypt, encrypt, missing
from emeritus.vault.errors import KeyUnusable, NotForThisKey
from emeritus.vault.layout import ObjectClass

SEALING_KEY = "keys/sealing.key"
KEYRING = "keys/keyring.age"

_FORMAT = "# emeritus-keyring/1"
_RECOVERY = "# recovery: "
_KEY = re.compile(r"# (sealed|erasable) ([0-9a-f]{32}) ([!-~]{1,96})")
_LINES_A_KEY = 2

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One key: its place, the lineage that it is for, and what opens it."""

    place: Place
    lineage: str
    identity: Identity = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """Every key of a home, and to whom else than the home they are encrypted."""

    recovery: str
    keys: tuple[HeldKey, ...] = ()

    def to_text(self) -> str:
        """Write it as a file of `age` identities."""
        lines = [_FORMAT, f"{_RECOVERY}{self.recovery}"]
        for one in self.keys:
            kind = one.place.object_class.value
            lines.append(f"# {kind} {one.place.key_id} {one.lineage}")
            lines.append(one.identity.to_text())
        return "\n".join(lines) + "\n"

    @classmethod
    def from_text(cls, text: str) -> "Keyring":
        """Read what `to_text` wrote.

        Raises:
            Damaged: it is something else.
        """
        lines = text.split("\n")
        is_whole = len(lines) > _LINES_A_KEY and len(lines) % _LINES_A_KEY and not lines[-1]
        if not is_whole or lines[0] != _FORMAT or not lines[1].startswith(_RECOVERY):
            raise Damaged("this is not a keyring of this version")
        found = tuple(
            _held(*lines[at : at + _LINES_A_KEY]) for at in range(2, len(lines) - 1, _LINES_A_KEY)
        )
        return cls(lines[1].removeprefix(_RECOVERY), found)


class HomeKeyring:
    """Keeps the promises of `vault.closed.Keys` over the files of a home.

    Nothing is read before it is asked for. Changes hold a lock, and are durable when they return.

    Args:
        home: whose keyring.
    """

    def __init__(self, home: Path) -> None:
        self._home = home

    @property
    def exists(self) -> bool:
        """True when a keyring was made here, whether or not it can be opened."""
        return self._file.exists()

    def seal(self, place: Place) -> Seal:
        """Return the seal of a closed place; see the port.

        Raises:
            KeyMissing: its key is not here.
            KeyringUnusable: the keyring cannot be opened.
        """
        for one in self.read().keys if self.exists else ():
            if one.place == place:
                return Seal(place, one.identity)
        raise missing(place)

    def read(self) -> Keyring:
        """Return the keys.

        Raises:
            KeyringUnusable: there is no keyring, no key of the home, or they do not fit.
        """
        try:
            return self._read()
        except KeyringUnusable:
            with self._locked():  # Its two files may just have been changing.
                return self._read()

    def _read(self) -> Keyring:
        try:
            return _opened(self._file.read_bytes(), self._identities())
        except (OSError, ValueError, EmeritusError) as problem:
            said = problem.message if isinstance(problem, EmeritusError) else str(problem)
            raise KeyringUnusable(
                f"the keyring in {self._home / 'keys'} cannot be opened ({said}); bring it back "
                "with 'emeritus sealing recover', or from a backup",
                about=str(self._file),
            ) from problem

    def begin(self, show: Show) -> None:
        """Make an empty keyring, unless there is one.

        Args:
            show: is given the recovery identity before anything is written, once and never again.
        """
        with self._locked():
            if not self.exists:
                recovery = Identity.generate()
                show(recovery.to_text())
                self._write_anew(Keyring(recovery.recipient))

    def key_for(self, lineage: str, kind: ObjectClass = ObjectClass.SEALED) -> Seal:
        """Return the seal of a lineage, after making a key if there was none.

        The key is durable when this returns, so that nothing is ever encrypted to a lost one.

        Raises:
            KeyringUnusable: the keyring cannot be opened.
        """
        with self._locked():
            ring = self._read()
            for one in ring.keys:
                if one.lineage == lineage and one.place.object_class is kind:
                    return Seal(one.place, one.identity)
            identity = Identity.generate()
            made = HeldKey(Place(kind, identity.key_id), lineage, identity)
            self._write(replace(ring, keys=(*ring.keys, made)))
            return Seal(made.place, identity)

    def renew_recovery(self, show: Show) -> None:
        """Make another recovery identity; copies of the old keyring still open with the old one.

        Raises:
            KeyringUnusable: the keyring cannot be opened.
        """
        with self._locked():
            ring, recovery = self._read(), Identity.generate()
            show(recovery.to_text())
            self._write(replace(ring, recovery=recovery.recipient))

    def recover(self, data: bytes, recovery: Identity, gone: frozenset[str]) -> Keyring:
        """Bring the keys back from a keyring file and the printed recovery identity.

        The home gets a new key of its own. Keys that are here already stay.

        Args:
            data: the file, from this home or a backup of it.
            recovery: what was printed.
            gone: ids of keys that were destroyed and must not come back.

        Raises:
            KeyringUnusable: the identity does not open the file.
            KeyringExists: the keyring here opens and is encrypted to another recovery identity.
        """
        try:
            ring = _opened(data, [recovery])
        except (Damaged, KeyUnusable, UnicodeDecodeError) as problem:
            raise KeyringUnusable(
                f"the recovery identity does not open that keyring ({problem}); give the "
                "keyring file of this home, and the identity that was printed when it was made"
            ) from problem
        with self._locked():
            here = self._here()
            if here is not None and here.recovery != ring.recovery:
                raise KeyringExists(
                    "the keyring in this home opens, and is for another recovery identity; "
                    "nothing was changed"
                )
            kept = {one.place: one for one in (*(here.keys if here else ()), *ring.keys)}
            held = tuple(one for one in kept.values() if one.place.key_id not in gone)
            found = replace(ring, keys=held)
            self._write_anew(found)
        return found

    def files(self) -> dict[str, bytes]:
        """Return its files, by their names in the home, as they fit each other."""
        with self._locked():
            parts = {KEYRING: self._file, SEALING_KEY: self._key}
            return {name: path.read_bytes() for name, path in parts.items() if path.exists()}

    def forget(self, key_id: str) -> bool:
        """Take a key out for good, and give the home a new key of its own; again is harmless.

        What the two files held before is overwritten where it lies. Backups are not reached, nor
        what a disk keeps of bytes that were overwritten.

        Returns:
            False when it was not here.

        Raises:
            KeyringUnusable: the keyring cannot be opened.
        """
        with self._locked():
            ring = self._read()
            left = tuple(one for one in ring.keys if one.place.key_id != key_id)
            was_here = len(left) < len(ring.keys)
            if was_here or len(self._identities()) > 1:
                self._write_anew(replace(ring, keys=left))
        return was_here

    @property
    def _file(self) -> Path:
        return self._home / KEYRING

    @property
    def _key(self) -> Path:
        return self._home / SEALING_KEY

    def _here(self) -> Keyring | None:
        try:
            return self._read()
        except KeyringUnusable:
            return None

    def _identities(self) -> list[Identity]:
        """Return the home's keys, the newest first; more than one only while they change."""
        lines = self._key.read_text(encoding="ascii").splitlines()
        return [Identity.from_text(line) for line in lines]

    def _write(self, ring: Keyring) -> None:
        identity = self._identities()[0]
        data = encrypt(ring.to_text().encode(), [identity.recipient, ring.recovery])
        _replace(self._file, data)

    def _write_anew(self, ring: Keyring) -> None:
        """Write the keyring under a new key of the home, and forget the old one.

        A crash at any point leaves a keyring that one of the home's keys opens.
        """
        identity = Identity.generate()
        old = self._key.read_bytes() if self._key.exists() else b""
        own = f"{identity.to_text()}\n".encode()
        _replace(self._key, own + (old if self._here() is not None else b""))
        data = encrypt(ring.to_text().encode(), [identity.recipient, ring.recovery])
        _replace(self._file, data)
        _replace(self._key, own)

    def _sweep(self) -> None:
        """Remove what a write that was killed left: it may hold a key that is to be destroyed."""
        for path in (self._file, self._key):
            for left in path.parent.glob(f".{path.name}.*.partial"):
                with left.open("r+b", buffering=0) as stream:
                    _overwrite(stream)
                left.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._home / "locks" / "keyring"
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._sweep()
            yield
        finally:
            os.close(handle)


def _replace(path: Path, data: bytes) -> None:
    """Write a private file, and then fill what it held before with zeros where that lies."""
    with ExitStack() as stack:
        old = None
        with suppress(FileNotFoundError):
            old = stack.enter_context(path.open("r+b", buffering=0))
        write_private(path, data)
        if old is not None:
            _overwrite(old)


def _overwrite(stream: FileIO) -> None:
    stream.seek(0)
    stream.write(bytes(os.fstat(stream.fileno()).st_size))
    os.fsync(stream.fileno())


def _opened(data: bytes, identities: Sequence[Identity]) -> Keyring:
    """Decrypt a keyring with the first key that opens it."""
    for identity in identities:
        try:
            return Keyring.from_text(decrypt(data, identity).decode("ascii"))
        except NotForThisKey:
            continue
    raise NotForThisKey("it is encrypted to other keys than the one that is here")


def _held(about: str, secret: str) -> HeldKey:
    match = _KEY.fullmatch(about)
    if match is None:
        raise Damaged("this is not a keyring of this version")
    identity = Identity.from_text(secret)
    place = Place(ObjectClass(match[1]), match[2])
    if identity.key_id != place.key_id:
        raise Damaged(f"the keyring has another key under {place.key_id} than it says")
    return HeldKey(place, match[3], identity)
