"""What can go wrong with keeping a model.

IntegrityError
├── Incomplete      not all of a store could be copied or repaired; the message names a file
├── CopyDamaged     a copy is not what was deposited; the message names the file
└── DrillFailed     a drill ended otherwise than with the recorded answers; the cause is named
Refused
├── NotRunnable     the model is kept, but no engine here can run it
├── StoreNotOurs    a place for copies holds something else than this record
├── KeptInPlace     the model's files lie outside the store, so they cannot be exported
├── PackedAlready   the model is in packs, so it need not be packed
├── KeyGone         the key that opens this was destroyed
├── NotSealed       what is public has no key that could be destroyed
├── NotApproved     a destruction lacks its proposal, approvals or time
├── TooMuchDamage   a repair that would touch more files than one may without being asked
└── NotHere         the model is held elsewhere, so this cannot be done with it
UserError
├── ApprovalInvalid      what was handed in approves no proposal of this record
└── EndpointUnsuitable   an address that a key cannot be sent to
NotFound
├── NoSuchKey       the record has no such key
├── NoSuchStore     the record has no store of that name
├── StoreNotLocated the record has the store, and this home does not know where it is
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


class KeyGone(Refused):
    """The key that opens this was destroyed, so nobody here can open it again."""

    code = "custody.key_gone"


class NotSealed(Refused):
    """What is public has no key that could be destroyed."""

    code = "custody.not_sealed"


class NotApproved(Refused):
    """A destruction lacks its proposal, its approvals or its time of waiting."""

    code = "custody.not_approved"


class ApprovalInvalid(UserError):
    """What was handed in approves no open proposal of this record."""

    code = "custody.approval_invalid"


class NoSuchKey(NotFound):
    """The record has no such key."""

    code = "custody.no_such_key"


class NotHere(Refused):
    """The model is held elsewhere: no copy of it is here."""

    code = "custody.not_here"


class EndpointUnsuitable(UserError):
    """An address that a key cannot be sent to, or that holds a secret itself."""

    code = "custody.endpoint_unsuitable"


class NotDeposited(NotFound):
    """The model is in the catalogue, and its bytes are not in this store."""

    code = "custody.not_deposited"


class NoSuchStore(NotFound):
    """The record has no store of that name."""

    code = "custody.no_such_store"


class StoreNotLocated(NotFound):
    """The record has the store, and this home does not know where it is."""

    code = "custody.store_not_located"


class TooMuchDamage(Refused):
    """A repair would touch more files than it may without being asked."""

    code = "custody.too_much_damage"


class Incomplete(IntegrityError):
    """Not all of a store could be copied or repaired; the message names a file."""

    code = "custody.incomplete"


class StoreNotOurs(Refused):
    """A place for copies holds something else than this record; nothing was written there."""

    code = "custody.store_not_ours"


class PackedAlready(Refused):
    """The model is in packs, so it need not be packed."""

    code = "custody.packed_already"


class KeptInPlace(Refused):
    """The model's files lie outside the store, so they cannot be exported."""

    code = "custody.kept_in_place"
