"""What can go wrong between archives.

UserError
├── NotReceivable    a bag or an object of another archive breaks a rule of its form
└── RootUnusable     a folder that was to hold OCFL objects holds something else
Refused
└── SealedStays      a sealed model would go out in clear
IntegrityError
└── ReceivedDamaged  what another archive sent does not match its own digests
"""

from emeritus.foundation import IntegrityError, Refused, UserError


class NotReceivable(UserError):
    """A bag or an object of another archive breaks a rule of its form; nothing was taken."""

    code = "custody.not_receivable"


class RootUnusable(UserError):
    """A folder that was to hold OCFL objects holds something else; nothing was written."""

    code = "custody.root_unusable"


class SealedStays(Refused):
    """A sealed model is not written in clear for others; nothing of it was decrypted."""

    code = "custody.sealed_stays"


class ReceivedDamaged(IntegrityError):
    """What another archive sent does not match its own digests; nothing was taken."""

    code = "custody.received_damaged"
