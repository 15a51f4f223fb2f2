"""What can go wrong with stores, objects, pieces, packs and packages.

UserError
├── FormatUnknown        no weights in a format that the vault reads
├── FormatBroken         a file claims a format and breaks its rules
├── ModelIncomplete      a part of a model in several files is not there
├── SourceUnusable       what was to be deposited cannot be read or is nothing to keep
├── PathUnsafe           a path that could leave its folder or mislead a reader
└── KeyUnusable          a key is not of the kind that signs models
NotFound
└── NotInStore           the store has no file of that name
Conflict
└── StoreChanged         a compare-and-swap lost
IntegrityError
├── Damaged              stored bytes do not match their digest or format
│   └── NotForThisKey    a file is encrypted to other keys than the one that is here
├── BundleBroken         a bundle is not spelled as one must be; nothing was taken from it
├── SignatureWrong       a signature over a model's files does not hold
└── StoreTooNew          written by a newer version of Emeritus than this one
Refused
└── KeyMissing           a sealed or erasable object needs a key that is not here
Unavailable
├── StoreUnavailable     the disk or the network under a store failed
└── DestinationUnusable  the folder that files are restored into cannot be written
"""

from emeritus.foundation import (
    Conflict,
    IntegrityError,
    NotFound,
    Refused,
    Unavailable,
    UserError,
)


class FormatUnknown(UserError):
    """No weights in a format that the vault reads."""

    code = "vault.format_unknown"


class FormatBroken(UserError):
    """A file claims a format and breaks its rules."""

    code = "vault.format_broken"


class ModelIncomplete(UserError):
    """A part of a model in several files is not there."""

    code = "vault.model_incomplete"


class SourceUnusable(UserError):
    """What was to be deposited cannot be read, or is nothing that can be kept."""

    code = "vault.source_unusable"


class PathUnsafe(UserError):
    """A path could leave the folder that it is restored into, or mislead who reads it."""

    code = "vault.path_unsafe"


class KeyUnusable(UserError):
    """A key is not of the kind that signs models."""

    code = "vault.key_unusable"


class NotInStore(NotFound):
    """The store has no file of that name."""

    code = "vault.not_in_store"


class StoreChanged(Conflict):
    """A compare-and-swap lost: somebody else replaced the file first."""

    code = "vault.store_changed"


class Damaged(IntegrityError):
    """Stored bytes do not match their digest or their format."""

    code = "vault.damaged"


class BundleBroken(IntegrityError):
    """A bundle is not spelled as one must be; nothing was taken from it."""

    code = "vault.bundle_broken"


class NotForThisKey(Damaged):
    """A file is encrypted to other keys than the one that is here."""

    code = "vault.not_for_this_key"


class SignatureWrong(IntegrityError):
    """A signature over a model's files does not hold, or is not spelled as it must be."""

    code = "vault.signature_wrong"


class StoreTooNew(IntegrityError):
    """The store was written by a newer version of Emeritus than this one."""

    code = "vault.store_too_new"


class KeyMissing(Refused):
    """A sealed or erasable object needs a key that is not here."""

    code = "vault.key_missing"


class StoreUnavailable(Unavailable):
    """The disk or the network under a store failed; nothing was acknowledged."""

    code = "vault.store_unavailable"


class DestinationUnusable(Unavailable):
    """The folder that files are restored into cannot be written; nothing appears there."""

    code = "vault.destination_unusable"
