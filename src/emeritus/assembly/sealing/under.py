"""Which key a sealed deposit is under."""

from emeritus.assembly.sealing.keyring import HomeKeyring, Show
from emeritus.catalogue import find_model, require_free
from emeritus.custody import SealedUnder, kept_of, key_of, opening
from emeritus.foundation import ModelName
from emeritus.record import Record


def sealed_under(
    record: Record, keyring: HomeKeyring, name: ModelName, parent: str, show: Show
) -> SealedUnder:
    """Return the key of a sealed deposit: of its parent's lineage, or of one of its own.

    A keyring is made when the home has none.

    Args:
        record: where the deposit is entered.
        keyring: of the home.
        name: of the new model.
        parent: the model that it was made from; empty for none. A public one has no key, so the
            new model begins a lineage of its own.
        show: is given the recovery identity of a new keyring, once.

    Raises:
        NameTaken: a model of that name is here.
        NoSuchModel: there is no such parent.
        NotHere: the parent is held elsewhere.
        KeyMissing: the parent's key is not in this home.
        KeyGone: the parent's key was destroyed.
        KeyringUnusable: the keyring cannot be opened.
    """
    with record.read() as index:
        require_free(index, name)
        kept = kept_of(index, find_model(index, parent).name) if parent else None
        known = key_of(index, kept.place) if kept else None
    if kept and known:
        seal = opening(record, parent, kept)
        if seal is not None:
            return SealedUnder(seal, known.lineage)
    keyring.begin(show)
    return SealedUnder(keyring.key_for(str(name)), str(name))
