"""The settings of a home: `emeritus.toml`, and variables of the environment."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from emeritus.assembly.errors import HomeReadOnly, SettingsBroken

SETTINGS_FILE = "emeritus.toml"
HOME_VARIABLE = "EMERITUS_HOME"
DATABASE_VARIABLE = "EMERITUS_DATABASE_URL"
KEY_VARIABLE = "EMERITUS_KEY_"
"""Followed by a model's name in capitals, other characters as `_`."""
STORE_VARIABLE = "EMERITUS_STORE_"
"""Followed by a store's name in the same way."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `emeritus.toml` may say; every line has a default, and paths are relative to the home.

    Attributes:
        store: folder of the primary store.
        wait_seconds: how long a command waits for another one that is acting.
        core_wait_seconds: how long a command waits for a free core.
    """

    store: Annotated[str, msgspec.Meta(min_length=1)] = "store"
    wait_seconds: Annotated[float, msgspec.Meta(gt=0)] = 60
    core_wait_seconds: Annotated[float, msgspec.Meta(gt=0)] = 600


def read_settings(home: Path) -> Settings:
    """Read the settings of a home; the defaults when it has no file.

    Raises:
        SettingsBroken: the file is not TOML, or says something that no setting means.
    """
    path = home / SETTINGS_FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise SettingsBroken(
            f"{path} cannot be used: {why}; known settings are "
            f"{', '.join(Settings.__struct_fields__)}",
            about=str(path),
        ) from why


def default_home() -> Path:
    """Return `EMERITUS_HOME`, else `emeritus` in the user's data folder (XDG base directories)."""
    if given := os.environ.get(HOME_VARIABLE):
        return Path(given)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "emeritus"


def require_writable(home: Path) -> None:
    """See that a home can be written: its index, locks and temporary files lie in it.

    Raises:
        HomeReadOnly: it cannot.
    """
    if not os.access(home, os.W_OK | os.X_OK):
        raise HomeReadOnly(
            f"expected a home that can be written at {home}, found one that cannot; "
            "'emeritus verify' only reads and works there, for all else put a copy of its store "
            "into a folder of yours and name that with --home",
            about=str(home),
        )


def database_url() -> str | None:
    """Return the PostgreSQL URL for the index, None for SQLite in the home.

    It is a variable and no setting, because it carries a password.
    """
    return os.environ.get(DATABASE_VARIABLE) or None


def server_key(model: str) -> tuple[str, str | None]:
    """Return the name of the variable with the key for a model's server, and the key if set.

    It is a variable and no setting, because it is a secret; one a model, so that no key goes to
    another party's server.
    """
    name = KEY_VARIABLE + re.sub(r"[^A-Z0-9]+", "_", model.upper()).strip("_")
    return name, os.environ.get(name) or None


def store_key(store: str, *, aws: bool) -> tuple[str, str]:
    """Return key id and secret for a store in a bucket; empty ones where nothing is set.

    `EMERITUS_STORE_<NAME>_KEY_ID` and `EMERITUS_STORE_<NAME>_SECRET`, with the store's name in
    capitals and `_` for other characters; without them, of an S3 store, the usual
    `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. They are variables and no settings, because
    they are secrets. A secret that is no S3 key may have no id.
    """
    stem = STORE_VARIABLE + re.sub(r"[^A-Z0-9]+", "_", store.upper()).strip("_")
    own = os.environ.get(f"{stem}_KEY_ID", ""), os.environ.get(f"{stem}_SECRET", "")
    if all(own) or not aws:
        return own
    usual = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    return usual if all(usual) else ("", "")
