"""How custody gets at the stores that hold copies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from emeritus.vault import Originals, Store


@dataclass(frozen=True, slots=True)
class Copy:
    """A store under the name that the record gives it."""

    name: str
    store: Store


class Located(Protocol):
    """Knows where the files of models lie that were not packed."""

    def found(self, model: str) -> Path | Originals:
        """Return the folder or file that was deposited in place, or where else its files lie.

        Raises:
            StoreNotLocated: this home does not know where it is.
        """
        ...


class Stores(Located, Protocol):
    """Opens the stores of a record by name; where they are is the home's business."""

    def open(self, name: str) -> Copy:
        """Return a store that exists.

        Raises:
            StoreNotLocated: this home does not know where it is.
            StoreUnavailable: it does not answer, or is not there (a disk that is not mounted).
        """
        ...
