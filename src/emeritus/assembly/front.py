"""The two files of the primary store without which no command begins: what it is, and whose.

The home's own key tells both, so that they can be made anew before the record is opened.
"""

from contextlib import suppress
from pathlib import Path

from emeritus.adapters.stores import LocalStore
from emeritus.assembly.keys import own_ledger_signer
from emeritus.assembly.settings import read_settings, require_writable
from emeritus.custody.copies.entries import Repaired
from emeritus.custody.copies.repair import KEY, replace_file
from emeritus.custody.tables import PRIMARY
from emeritus.foundation import IntegrityError, NotFound, UserError, sha256_hex
from emeritus.ledger import NoteVerifier
from emeritus.ledger.tiles import CHECKPOINT
from emeritus.vault import Store, read_origin
from emeritus.vault.errors import Damaged
from emeritus.vault.layout import LEDGER_KEY_FILE, front_files


def mend_front(home: Path) -> list[Repaired]:
    """Make `store.json` and the ledger's public key anew where nobody can read them.

    Nothing is written where the home has no key, or where the checkpoint in the store was signed
    by another: then it may be another's store, and whoever opens it says what is wrong. What can
    be read and is wrong nevertheless is found by a repair, which knows their SHA-256.

    Returns:
        What was made anew; it is not entered yet.

    Raises:
        Misconfigured: the home's settings or its key cannot be used.
        HomeReadOnly: it cannot be written.
        StoreUnavailable: the store failed.
    """
    store = LocalStore(home / read_settings(home).store)
    signer = own_ledger_signer(home)
    if signer is None or not _is_signed_by(store, signer.verifier):
        return []
    done = []
    for name, data in front_files(signer.verifier.name, signer.verifier.vkey).items():
        if not _can_be_read(store, name):
            require_writable(home)
            aside = replace_file(store, name, sha256_hex(data), [data])
            done.append(Repaired(PRIMARY, name, KEY, aside))
    return done


def _is_signed_by(store: Store, verifier: NoteVerifier) -> bool:
    with suppress(NotFound, IntegrityError):
        return bool(verifier.verify(store.read(CHECKPOINT)))
    return False


def _can_be_read(store: Store, name: str) -> bool:
    try:
        if name == LEDGER_KEY_FILE:
            NoteVerifier.parse(store.read(name).decode().strip())
        else:
            read_origin(store)
    except (NotFound, Damaged, UserError, UnicodeDecodeError):
        return False
    return True
