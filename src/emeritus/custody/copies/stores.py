"""A store is added to the record, or removed from it; nothing is copied or erased by that."""

import re

from emeritus.custody.copies.entries import Kind, Packs, StoreAdded, StoreRemoved
from emeritus.custody.errors import StoreNotOurs
from emeritus.custody.places import StoreFact, store_of, stores_of, verified_in
from emeritus.custody.ports import Copy
from emeritus.custody.tables import PRIMARY
from emeritus.foundation import Conflict, Refused, UserError
from emeritus.record import Record
from emeritus.vault import NotInStore, read_origin

_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_OF_A_STORE = ("keys/", "log/", "objects/", "packs/", "specs/", "closed/", "parity/")
_FIRST_FILES = {"README.txt", "read_emeritus.py", "run_emeritus.py"}


def add_store(
    record: Record, copy: Copy, *, kind: Kind, place: str, packs: Packs, actor: str
) -> StoreFact:
    """Enter that a store follows the record; adding it again with the same words changes nothing.

    Args:
        record: which it follows.
        copy: the store, empty or an older state of the same record.
        kind: what it is.
        place: a word for where it is: a-z, 0-9 and `-`.
        packs: `all`, or `none` for the ledger and small objects alone.
        actor: in which role.

    Raises:
        StoreNotOurs: it holds another record.
        Conflict: a store of that name was added with other words.
        UserError: the name or the place is no such word.
    """
    if copy.name == PRIMARY:
        raise Conflict(f"{PRIMARY} is the name of the first store; choose another name")
    _require_words(copy.name, place)
    require_ours(record, copy)
    with record.act(actor) as act:
        known = {one.name: one for one in stores_of(act.index)}
        found = known.get(copy.name)
        said = (kind, place, packs)
        if found is not None and (found.kind, found.place, found.packs) != said:
            raise Conflict(
                f"the store {copy.name} is a {found.kind} in {found.place} with {found.packs} "
                f"packs; remove it first with 'emeritus stores remove {copy.name}', or choose "
                "another name",
                about=copy.name,
            )
        if found is None:
            act.enter(StoreAdded(copy.name, kind, place, packs))
    with record.read() as index:
        return store_of(index, copy.name)


def name_place(record: Record, place: str, *, actor: str) -> None:
    """Enter where the first store is.

    Raises:
        UserError: the place is no word of a-z, 0-9 and `-`.
    """
    _require_words(place)
    with record.act(actor) as act:
        if stores_of(act.index)[0].place != place:
            act.enter(StoreAdded(PRIMARY, "folder", place))


def _require_words(*words: str) -> None:
    for word in words:
        if not _WORD.fullmatch(word):
            raise UserError(
                "expected a word of 1 to 64 letters a-z, digits and '-' that begins with no '-', "
                f"found {word[:64]!r}"
            )


def remove_store(record: Record, name: str, *, reason: str, actor: str) -> int:
    """Enter that a store follows the record no longer; its files stay where they are.

    Returns:
        How many verified copies of models stop counting.

    Raises:
        NoSuchStore: the record has no such store.
        Refused: it is the primary store.
    """
    if name == PRIMARY:
        raise Refused(
            "the primary store acknowledges every act and cannot be removed; to move a home, see "
            "the how-to page about moving or copying a home"
        )
    with record.act(actor) as act:
        store_of(act.index, name)
        verified = verified_in(act.index, name)
        act.enter(StoreRemoved(name, reason))
    return verified


def require_ours(record: Record, copy: Copy) -> bool:
    """See that a store is empty or holds this record; return whether it holds anything.

    Raises:
        StoreNotOurs: it holds something else.
        Damaged: its `store.json` is damaged.
    """
    ours = record.log.verifier.name
    try:
        origin = read_origin(copy.store)
    except NotInStore:
        stranger = next(iter(copy.store.names()), None)
        if stranger is None:
            return False
        if stranger in _FIRST_FILES or stranger.startswith(_OF_A_STORE):
            return False  # An interrupted first copy; `store.json` is written last.
        raise StoreNotOurs(
            f"expected an empty place or a copy of this record for {copy.name}, found "
            f"{stranger[:90]!r} there; name an empty folder or prefix",
            about=copy.name,
        ) from None
    if origin != ours:
        raise StoreNotOurs(
            f"expected a copy of the record {ours} in {copy.name}, found the record {origin[:90]}; "
            "name another folder or prefix",
            about=copy.name,
        )
    return True
