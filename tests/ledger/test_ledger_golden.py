"""The log in `tests/golden/ledger` opens for ever, and is made again byte for byte.

`python -m tests.ledger.test_ledger_golden` writes it anew; there is never a reason to, except a
new version of the format in a folder of its own.
"""

from pathlib import Path

from emeritus.foundation import Silent, canonical_json
from emeritus.ledger import Checkpoint, Log, NoteSigner, NoteVerifier, check_log
from tests.ledger import naive_tree
from tests.ledger.plain_store import PlainStore

GOLDEN = Path(__file__).parents[1] / "golden" / "ledger"
SIGNER = NoteSigner("golden.example/log", bytes(range(32)))
"""A key that everybody knows, for this log alone."""


def entries() -> list[bytes]:
    return [
        canonical_json(
            {
                "v": 1,
                "type": "golden.entry",
                "at": "2026-11-23T18:02:00Z",
                "actor": "golden",
                "subject": [],
                "body": {"position": position},
            }
        )
        for position in range(300)
    ]


def made() -> dict[str, bytes]:
    store = PlainStore()
    log = Log(store, SIGNER.verifier)
    log.append(entries()[:250], SIGNER)
    log.append(entries()[250:], SIGNER)
    keys = {"signer": SIGNER.to_text().encode(), "verifier": SIGNER.verifier.vkey.encode()}
    return {**store.files, **keys}


def kept() -> dict[str, bytes]:
    return {
        path.relative_to(GOLDEN).as_posix(): path.read_bytes()
        for path in GOLDEN.rglob("*")
        if path.is_file()
    }


def test_the_log_that_was_kept_can_be_read() -> None:
    store = PlainStore(kept())
    verifier = NoteVerifier.parse(store.files["verifier"].decode())
    log = Log(store, verifier)
    assert list(log.entries()) == entries()
    assert log.checkpoint() == Checkpoint("golden.example/log", 300, naive_tree.mth(entries()))
    assert check_log(store, verifier, Silent()).findings == []


def test_the_same_log_is_made_again() -> None:
    assert made() == kept()


if __name__ == "__main__":
    for name, data in made().items():
        path = GOLDEN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
