"""Which key a sealed deposit is under."""

from emeritus.assembly.sealing.keyring import HomeKeyring, Show
from emeritus.catalogue import find_model, require_free
from emeritus.custody import SealedUnder, kept_of, key_of, keys_of, opening
from emeritus.foundation import ModelName
from emeritus.record import Record
from emeritus.vault import KeyMissing


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
        KeyMissing: the parent's key is not in this home, or the home has lost its keyring.
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
    begin_keyring(record, keyring, show)
    return SealedUnder(keyring.key_for(str(name)), str(name))


def begin_keyring(record: Record, keyring: HomeKeyring, show: Show, *, anew: bool = False) -> None:
    """Make an empty keyring, unless there is one.

    Two keyrings cannot become one again, so none is made beside one that is only lost.

    Args:
        record: which says what keys are in use.
        keyring: of the home.
        show: is given the recovery identity before anything is written, once and never again.
        anew: make one though the record has keys in use that this home has lost.

    Raises:
        KeyMissing: there are such keys, and `anew` is off.
    """
    with record.read() as index:
        used = [one.lineage for one in keys_of(index) if one.state == "in use"]
    if used and not keyring.exists and not anew:
        raise KeyMissing(
            f"this record has keys in use ({', '.join(used[:5])}), and this home has no keyring; "
            "bring it back with 'emeritus sealing recover' or from a backup, or give it up with "
            "'emeritus sealing begin --anew'"
        )
    keyring.begin(show)
