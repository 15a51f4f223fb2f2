"""Sealing, as a home does it: where the keys are, and which one a deposit is under.

* `keyring`: `HomeKeyring`, the keys that open what is sealed or erasable; they lie in no store.
* `holder`: `HomeKeys`, what the destruction of a key does to a home.
* `under`: chooses the key of a sealed deposit.
"""

from emeritus.assembly.sealing.holder import HomeKeys
from emeritus.assembly.sealing.keyring import KEYRING, SEALING_KEY, HomeKeyring, Keyring, Show
from emeritus.assembly.sealing.under import begin_keyring, sealed_under

__all__ = [
    "KEYRING",
    "SEALING_KEY",
    "HomeKeyring",
    "HomeKeys",
    "Keyring",
    "Show",
    "begin_keyring",
    "sealed_under",
]
