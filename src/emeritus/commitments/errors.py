"""What can go wrong with promises.

UserError
├── ProfileInvalid   a text is no list of promises; the message says where
└── WaiverLacking    a waiver says no reasons, or no day that can be
NotFound
└── NoSuchPromise    the list has no promise of that name
Refused
└── PromiseBroken    a check was entered, and at least one promise is broken
"""

from emeritus.foundation import NotFound, Refused, UserError


class ProfileInvalid(UserError):
    """A text is no list of promises; the message says where."""

    code = "commitments.profile_invalid"


class WaiverLacking(UserError):
    """A waiver says no reasons, or no day that can be."""

    code = "commitments.waiver_lacking"


class NoSuchPromise(NotFound):
    """The list has no promise of that name."""

    code = "commitments.no_such_promise"


class PromiseBroken(Refused):
    """A check was entered, and at least one promise is broken."""

    code = "commitments.promise_broken"
