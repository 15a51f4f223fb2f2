"""What can go wrong with keeping a model.

IntegrityError
├── CopyDamaged     a copy is not what was deposited; the message names the file
└── DrillFailed     a drill ended otherwise than with the recorded answers; the cause is named
Refused
├── NotRunnable     the model is kept, but no engine here can run it
└── NotHere         the model is held elsewhere, so this cannot be done with it
UserError
└── EndpointUnsuitable   an address that a key cannot be sent to
NotFound
└── NotDeposited    the model is in the catalogue, and its bytes are not in this store
"""

from emeritus.foundation import IntegrityError, NotFound, Refused, UserError


class CopyDamaged(IntegrityError):
    """A copy is not what was deposited; the message names the file."""

    code = "custody.copy_damaged"


class DrillFailed(IntegrityError):
    """A drill ended otherwise than with the recorded answers; the message names the cause."""

    code = "custody.drill_failed"


class NotRunnable(Refused):
    """The model is kept, but no engine here can run it."""

    code = "custody.not_runnable"


class NotHere(Refused):
    """The model is held elsewhere: no copy of it is here."""

    code = "custody.not_here"


class EndpointUnsuitable(UserError):
    """An address that a key cannot be sent to, or that holds a secret itself."""

    code = "custody.endpoint_unsuitable"


class NotDeposited(NotFound):
    """The model is in the catalogue, and its bytes are not in this store."""

    code = "custody.not_deposited"
