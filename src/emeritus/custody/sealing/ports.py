"""How custody gets at the keys of a home."""

from collections.abc import Sequence
from typing import Protocol

from emeritus.foundation import Digest


class KeyHolder(Protocol):
    """Holds keys of closed places, and what was opened with them."""

    def holds(self, key_id: str) -> bool:
        """Say whether the key is here.

        Raises:
            Misconfigured: the keyring cannot be opened.
        """
        ...

    def forget(self, key_id: str, manifests: Sequence[Digest]) -> tuple[str, ...]:
        """Remove a key, and what was decrypted with it; again is harmless.

        Args:
            key_id: which.
            manifests: of the models that it opens; what is kept of them decrypted goes too.

        Returns:
            What was done, each in a sentence.

        Raises:
            Misconfigured: the keyring cannot be opened.
        """
        ...
