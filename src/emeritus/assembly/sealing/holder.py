"""What the destruction of a key does to a home."""

from collections.abc import Sequence
from pathlib import Path

from emeritus.access import RestoredFiles
from emeritus.assembly.sealing.keyring import HomeKeyring
from emeritus.custody import clear_abandoned
from emeritus.foundation import Digest


class HomeKeys:
    """Keeps the promises of `custody.KeyHolder` over a home.

    Args:
        home: which.
        keyring: its keys.
    """

    def __init__(self, home: Path, keyring: HomeKeyring) -> None:
        self._home = home
        self._keyring = keyring

    def holds(self, key_id: str) -> bool:
        """Say whether the key is here; see the port."""
        if not self._keyring.exists:
            return False
        return any(one.place.key_id == key_id for one in self._keyring.read().keys)

    def forget(self, key_id: str, manifests: Sequence[Digest]) -> tuple[str, ...]:
        """Remove the key and the decrypted files of the models; see the port.

        Models that run now are let go by who runs them, once they are idle.
        """
        was_here = self._keyring.exists and self._keyring.forget(key_id)
        done = [
            "the key was taken out of the keyring of the home, and the files that had held it "
            "were overwritten where they lay"
            if was_here
            else "the home holds the key no longer; it held it when this began, and what became "
            "of it since, such as an act that was interrupted, was not seen"
        ]
        cache = RestoredFiles(self._home / "cache")
        left = [one for one in manifests if not cache.forget(one)]
        clear_abandoned(self._home / "work")
        if not left:
            done.append("no decrypted files of what it opened are left in the cache of the home")
        return tuple(done)
