"""Where the stores of a record are: a file of the home, since places and mounts differ by machine.

HOME/stores.json holds `{"NAME": "LOCATION"}`, and `{"in-place/MODEL": "LOCATION"}` for files that
were not packed. A location is a folder, or
`s3://BUCKET/PREFIX?endpoint=…&region=…`, or with `gs:` or `az:`; keys for a bucket are never in it.
"""

import json
from pathlib import Path

from emeritus.adapters.stores import LocalStore
from emeritus.adapters.stores.buckets import (
    RETRY_SECONDS,
    BucketKey,
    BucketOriginals,
    BucketStore,
    bucket_at,
)
from emeritus.assembly.errors import LocationUnusable, SettingsBroken
from emeritus.assembly.private_files import write_private
from emeritus.assembly.settings import store_key
from emeritus.custody import IN_PLACE, PRIMARY, Copy
from emeritus.custody.copies.entries import Kind
from emeritus.custody.errors import StoreNotLocated
from emeritus.vault import Originals, Store
from emeritus.vault.errors import StoreUnavailable

STORES_FILE = "stores.json"
_BUCKETS: tuple[Kind, ...] = ("s3", "gs", "az")


class HomeStores:
    """The stores that a home knows the way to.

    Args:
        home: the home.
        primary: its first store.
    """

    def __init__(self, home: Path, primary: LocalStore) -> None:
        self._file = home / STORES_FILE
        self._primary = primary

    def open(self, name: str, *, patience: float = RETRY_SECONDS) -> Copy:
        """Return a store that exists.

        Args:
            name: which.
            patience: seconds in which a server that does not answer is asked again.

        Raises:
            StoreNotLocated: this home does not know where it is.
            StoreUnavailable: it is not there, or does not answer.
            SettingsBroken: the home's `stores.json` cannot be read.
        """
        if name == PRIMARY:
            return Copy(PRIMARY, self._primary)
        location = self.locations().get(name)
        if location is None:
            raise StoreNotLocated(
                f"this home does not know where the store {name} is; say it again with "
                f"'emeritus stores add {name} LOCATION'",
                about=name,
            )
        return Copy(name, self._existing(name, location, patience))

    def prepare(self, name: str, location: str) -> Copy:
        """Return a store that may be new; a folder is made.

        Raises:
            LocationUnusable: it cannot be a store, or lies in the primary one.
            StoreUnavailable: it does not answer.
        """
        if _is_bucket(location):
            return Copy(name, self._existing(name, location))
        folder = Path(location)
        mine = self._primary.root
        there = folder.resolve()
        if there == mine or mine in there.parents or there in mine.parents:
            raise LocationUnusable(
                f"{location} and the primary store lie in each other, so one disk or one mistake "
                "would take both; name a folder elsewhere",
                about=location,
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise StoreUnavailable(
                f"{location} cannot be made ({problem.strerror or problem}); name a folder that "
                "can be written",
                about=location,
            ) from problem
        return Copy(name, LocalStore.open_existing(folder))

    def locations(self) -> dict[str, str]:
        """Return where the stores are, by name.

        Raises:
            SettingsBroken: the file is damaged.
        """
        try:
            held = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            raise SettingsBroken(f"{self._file} cannot be read: {problem}") from problem
        if not isinstance(held, dict) or not all(isinstance(one, str) for one in held.values()):
            raise SettingsBroken(
                f"{self._file} should hold locations by name; bring it back from a backup, or "
                "move it away and name each store again with 'emeritus stores add'"
            )
        return held

    def found(self, model: str) -> Path | Originals:
        """Return where the files of a model lie that was deposited in place.

        Raises:
            Misconfigured: they lie in a bucket, and `obstore` is not installed.
            StoreNotLocated: this home does not know.
            SettingsBroken: the home's `stores.json` cannot be read.
        """
        location = self.locations().get(f"{IN_PLACE}/{model}")
        if location is None:
            raise StoreNotLocated(
                f"this home does not know where the files of {model} lie; say it with "
                f"'emeritus stores locate {model} PATH'",
                about=model,
            )
        return place_of(location, model)

    def remember_found(self, model: str, location: str | Path) -> None:
        """Write down where the files of a model lie."""
        self.remember(f"{IN_PLACE}/{model}", str(location))

    def remember(self, name: str, location: str) -> None:
        """Write down where a store is."""
        where = location if _is_bucket(location) else str(Path(location).absolute())
        self._write({**self.locations(), name: where})

    def forget(self, name: str) -> None:
        """Forget where a store is."""
        self._write({one: where for one, where in self.locations().items() if one != name})

    def _write(self, locations: dict[str, str]) -> None:
        text = json.dumps(locations, indent=2, sort_keys=True, ensure_ascii=False)
        write_private(self._file, text.encode() + b"\n")

    def _existing(self, name: str, location: str, patience: float = RETRY_SECONDS) -> Store:
        if _is_bucket(location):
            key = _key(name, location)
            return BucketStore(bucket_at(location), key, retry_seconds=patience)
        return LocalStore.open_existing(Path(location))


def kind_of(location: str) -> Kind:
    """Return what kind of store a location names."""
    scheme = location.partition("://")[0]
    return next((kind for kind in _BUCKETS if kind == scheme), "folder")


def place_of(location: str, model: str) -> Path | Originals:
    """Return what lies at a location: a path, or the files below a bucket's prefix.

    Args:
        location: as a depositor says it.
        model: whose files they are; the key to a bucket is looked up as that of a store
            `in-place/MODEL`.

    Raises:
        UserError: it begins like a bucket's and is none.
        Misconfigured: `obstore` is not installed.
    """
    if not _is_bucket(location):
        return Path(location)
    return BucketOriginals(bucket_at(location), _key(f"{IN_PLACE}/{model}", location))


def _key(name: str, location: str) -> BucketKey:
    # The engine itself looks where Google's and Azure's own tools leave keys.
    return BucketKey(*store_key(name, aws=kind_of(location) == "s3"))


def _is_bucket(location: str) -> bool:
    return kind_of(location) != "folder"
