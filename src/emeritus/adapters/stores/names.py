"""The rule for names in a store: the same on a disk and in a bucket."""

import re

from emeritus.foundation import UserError

INCOMING = "incoming"
"""The folder of unfinished files; reserved in every kind of store, so that stores can be copied."""

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}")
"""A part of at most 255 characters: NAME_MAX of Linux file systems (limits.h)."""

_LONGEST = 1024
"""Characters in a whole name: the longest key of S3 (Amazon S3 User Guide, object key names)."""


def is_name(name: str) -> bool:
    """Say whether a store can hold a file of that name."""
    parts = name.split("/")
    return (
        len(name) <= _LONGEST
        and parts[0] != INCOMING
        and all(_PART.fullmatch(part) for part in parts)
    )


def check_name(name: str) -> None:
    """Refuse a name that a store cannot hold.

    A name is relative, of `/`-separated parts of 1 to 255 `A-Z a-z 0-9 . _ -` that do not begin
    with a dot, at most 1,024 characters long, and not under `incoming`.

    Raises:
        UserError: the name breaks that rule.
    """
    if not is_name(name):
        raise UserError(
            "expected a store name of '/'-separated parts of 1 to 255 letters, digits, '.', '_' "
            f"or '-', none beginning with '.' and the first not '{INCOMING}', found {name[:90]!r}",
            about=name[:90],
        )
