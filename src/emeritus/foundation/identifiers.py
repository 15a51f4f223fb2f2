"""Names that people type and addresses carry."""

import re
from typing import Self

from emeritus.foundation.errors import UserError

_MODEL_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,94}[a-z0-9])?")


class ModelName(str):
    """The name of a model in a record: 1 to 96 of `a-z 0-9 . _ -`, letters and digits at the ends.

    It stands in addresses, file names and citations, so it has one spelling and needs no quoting.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check a name that somebody typed.

        Raises:
            UserError: the text breaks the rule; the message suggests a name that does not.
        """
        if _MODEL_NAME.fullmatch(text) and ".." not in text:
            return cls(text)
        suggestion = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_.")[:96].strip("-_.")
        hint = f"; {suggestion!r} would do" if suggestion else ""
        raise UserError(
            "expected a model name of 1 to 96 lower-case letters, digits, '.', '_' or '-', "
            f"found {text[:60]!r}{hint}"
        )
