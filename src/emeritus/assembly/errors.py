"""What can go wrong with a home.

Misconfigured
├── NoHome          there is no home where one was expected
├── HomeReadOnly    the home cannot be written
├── KeyringUnusable  the keyring of the home cannot be opened
├── LocationUnusable a place that cannot be a store of copies
└── SettingsBroken  emeritus.toml cannot be used
Conflict
├── HomeExists      there is a home already
└── KeyringExists   a keyring that opens is in the home already
Unavailable
└── ModelNotFetched the demonstration model could not be fetched
"""

from emeritus.foundation import Conflict, Misconfigured, Unavailable


class NoHome(Misconfigured):
    """There is no home where one was expected."""

    code = "assembly.no_home"


class HomeReadOnly(Misconfigured):
    """The home cannot be written, and every command keeps an index and locks in it."""

    code = "assembly.home_read_only"


class SettingsBroken(Misconfigured):
    """`emeritus.toml` cannot be used."""

    code = "assembly.settings_broken"


class HomeExists(Conflict):
    """There is a home already."""

    code = "assembly.home_exists"


class KeyringUnusable(Misconfigured):
    """The keyring of the home cannot be opened."""

    code = "assembly.keyring_unusable"


class KeyringExists(Conflict):
    """A keyring that opens is in the home already, and it is another one."""

    code = "assembly.keyring_exists"


class ModelNotFetched(Unavailable):
    """The demonstration model could not be fetched, or is not the one that is pinned."""

    code = "assembly.model_not_fetched"


class LocationUnusable(Misconfigured):
    """A place that cannot be a store of copies."""

    code = "assembly.location_unusable"
