"""What a check says about one file of a store."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        file: its name in the store, or a path; always named.
        problem: one sentence without a full stop: `its SHA-256 is not the one in its name`.
        harmful: False for what a crash may leave behind and nothing refers to.
    """

    file: str
    problem: str
    harmful: bool = True

    def __str__(self) -> str:
        return f"{self.file}: {self.problem}"
