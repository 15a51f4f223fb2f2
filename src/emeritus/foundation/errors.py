"""The family of errors.

    EmeritusError
    ├── UserError        what you gave cannot be used; the input must change
    ├── NotFound         what you named is not here
    ├── Conflict         it exists already, or somebody else holds it
    ├── Refused          a rule or a policy says no
    ├── IntegrityError   bytes, a signature or a log are not what they must be
    ├── Unavailable      an engine, a disk or a network does not answer
    └── Misconfigured    the settings cannot work

Every noun has an `errors.py` whose classes subclass these near where they are raised.
A message is one sentence or two: what was expected, what was found, what to do.
`IntegrityError` is never caught and forgotten.
"""

from typing import ClassVar


class EmeritusError(Exception):
    """The root; catch it at a process edge to tell a known failure from a defect.

    Attributes:
        code: stable name of the kind of failure, `noun.what_happened`.
        exit_status: what a command ends with; one per family.
        http_status: what a page or an API answers with; one per family.
    """

    code: ClassVar[str] = "emeritus.error"
    exit_status: ClassVar[int] = 70
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, about: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.about = about
        """The file, object or model that the error is about, when there is one."""


class UserError(EmeritusError):
    """What you gave cannot be used; the input must change."""

    code = "emeritus.user_error"
    exit_status = 2
    http_status = 400


class NotFound(EmeritusError):
    """What you named is not here."""

    code = "emeritus.not_found"
    exit_status = 3
    http_status = 404


class Conflict(EmeritusError):
    """It exists already, or somebody else holds it."""

    code = "emeritus.conflict"
    exit_status = 4
    http_status = 409


class Refused(EmeritusError):
    """A rule or a policy says no."""

    code = "emeritus.refused"
    exit_status = 5
    http_status = 403


class IntegrityError(EmeritusError):
    """Bytes, a signature or a log are not what they must be."""

    code = "emeritus.integrity"
    exit_status = 6
    http_status = 500


class Unavailable(EmeritusError):
    """An engine, a disk or a network does not answer; it may later."""

    code = "emeritus.unavailable"
    exit_status = 7
    http_status = 503


class Misconfigured(EmeritusError):
    """The settings cannot work."""

    code = "emeritus.misconfigured"
    exit_status = 8
    http_status = 500
