"""The port through which long work says how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Somebody who is told how far a piece of work is.

    The work calls `begin` once a stage, `advance` as it goes, `end` when the stage is done.
    None of them raises, and none of them changes what the work does.
    """

    def begin(self, stage: str, total: int | None, unit: str) -> None:
        """Say what starts.

        Args:
            stage: a present participle for people: `encoding`, `reading back`.
            total: how many units there will be; None when nobody knows.
            unit: `bytes`, or a plural noun such as `tokens`.
        """
        ...

    def advance(self, amount: int) -> None:
        """Say that `amount` more units are done."""
        ...

    def end(self) -> None:
        """Say that the stage is done."""
        ...


class Silent:
    """Nobody is listening."""

    def begin(self, stage: str, total: int | None, unit: str) -> None:
        """Do nothing."""

    def advance(self, amount: int) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""
