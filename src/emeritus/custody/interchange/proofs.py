"""What a model's record says, as a few files that travel with its files and can be checked alone.

The page of these files is `docs/specs/interchange.md`.
"""

from sqlalchemy import Connection

from emeritus.catalogue import find_model
from emeritus.custody.facts import custody_of, kept_package, last_drill, run_kit
from emeritus.custody.interchange.errors import SealedStays
from emeritus.foundation import Digest, canonical_json
from emeritus.record import Record
from emeritus.record.reading import positions_about
from emeritus.vault import get_object
from emeritus.vault.layout import LEDGER_KEY_FILE, OMS_KEY_FILE

FOLDER = "record"
"""Where they lie in a bag and in an OCFL object."""

PROOFS = f"{FOLDER}/proofs.json"
"""The one file that changes whenever the ledger grows, whoever the new entries are about."""

PACKAGE = f"{FOLDER}/package.json"

PROOFS_FORMAT = "emeritus-proofs/1"

_README = """\
These files say what the record at {origin} holds about the model {name}.

package.json    every file of the model with its SHA-256 and the pieces that it is kept as
model.sig       OpenSSF Model Signing bundle over the files, made with the key in oms.pem
oms.pem         the public key of the package signer
ledger.vkey     the public key of the ledger (C2SP signed note)
entries.jsonl   every entry of the ledger that speaks of the model, a line each, as it was signed
proofs.json     a signed checkpoint, and for each of those lines its place and the hashes that lead
                from it to the checkpoint (RFC 6962)
statement.json  what the last rehearsed restore showed, if there was one
run-kit.json    what runs the model, if an engine of the archive does

A key that comes with what it signed proves nothing by itself: compare ledger.vkey with the one
that the steward publishes.
"""


def check_open(record: Record, name: str) -> None:
    """Check that a model may go out in clear, before anything of it is decrypted.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        SealedStays: it is sealed.
    """
    kept = kept_package(record, name)
    if kept.place.is_closed:
        raise SealedStays(
            f"{name} is sealed, and a bag or an OCFL object is read by everybody; hand it over "
            f"sealed with 'emeritus export {name} FILE', or write its files for yourself with "
            "'emeritus restore'",
            about=name,
        )


def proof_files(record: Record, name: str) -> dict[str, bytes]:
    """Return the proofs of a model that is kept here, by their paths under `FOLDER`.

    The entries, and the hashes that prove them, are those of one checkpoint.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        IntegrityError: the ledger or an object is not what it must be.
    """
    with record.read() as index:
        note, checkpoint = record.log.head()
        model = find_model(index, name)
        kept = custody_of(index, model.name, record.now()).kept()
        objects = {"package.json": kept.manifest, "model.sig": kept.signature}
        objects.update(_where_known(index, model.name))
        known = positions_about(index, model.name)
        positions = [one for one in known if one < checkpoint.size]
    log = record.log
    proofs = {
        "format": PROOFS_FORMAT,
        "checkpoint": note.decode(),
        "entries": [
            {
                "position": position,
                "proof": [node.hex() for node in log.inclusion(position, checkpoint.size)],
            }
            for position in positions
        ],
    }
    files = {path: get_object(record.store, digest) for path, digest in objects.items()}
    files["README.txt"] = _README.format(origin=log.verifier.name, name=model.name).encode()
    files["oms.pem"] = record.store.read(OMS_KEY_FILE)
    files["ledger.vkey"] = record.store.read(LEDGER_KEY_FILE)
    files["entries.jsonl"] = b"".join(log.entry(position) + b"\n" for position in positions)
    files["proofs.json"] = canonical_json(proofs)
    return {f"{FOLDER}/{path}": data for path, data in sorted(files.items())}


def _where_known(index: Connection, model: str) -> dict[str, Digest]:
    """Return the objects that not every model has."""
    found = {}
    drill = last_drill(index, model)
    if drill is not None and drill.statement:
        found["statement.json"] = Digest.parse(drill.statement)
    kit = run_kit(index, model)
    if kit is not None:
        found["run-kit.json"] = kit
    return found
