"""The certificate of a destruction: public, signed, and honest about what cannot be shown.

It is a C2SP signed note by the key of the ledger, whose text is one line of canonical JSON
(`docs/specs/destruction.md`).
"""

from typing import Any

import msgspec

from emeritus.custody.sealing.facts import KeyFact
from emeritus.custody.sealing.proposing import Proposal
from emeritus.foundation import IntegrityError, canonical_json, parse_canonical_json
from emeritus.ledger import NoteVerifier
from emeritus.vault import Damaged

CERTIFICATE_FORMAT = "emeritus-destruction/1"

NOT_SHOWN = (
    "that no copy of the key is left: backups of the home and its keyring from before hold it",
    "that bytes which were overwritten or removed cannot be read from the disk again",
    "that nobody kept decrypted files, answers of the model, or notes of them",
    "that the approvers are different persons: different keys signed",
)
"""What no record can show; the same in every certificate of this version."""


class Approved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approval: position of its entry, when, and the approver's vkey."""

    entry: int
    at: str
    approver: str


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done.

    Attributes:
        origin: the record.
        key: id of the key, with `object_class` and `lineage`.
        models: what it opened, as the proposal has it; `models_total` counts all.
        depended: those that were kept as differences from others of them.
        reason: of the proposal.
        proposed: position of the proposal's entry, `proposed_at` when, `proposal` its SHA-256.
        quorum: approvals that were needed; `approved` those that were given.
        begun: position of the entry that says that it began.
        destroyed_at: when it was done.
        done: what was done, in sentences.
        not_shown: what this does not show.
    """

    origin: str
    key: str
    object_class: str
    lineage: str
    models: tuple[str, ...]
    models_total: int
    depended: tuple[str, ...]
    reason: str
    proposed: int
    proposed_at: str
    proposal: str
    quorum: int
    approved: tuple[Approved, ...]
    destroyed_at: str
    done: tuple[str, ...]
    not_shown: tuple[str, ...] = NOT_SHOWN
    format: str = CERTIFICATE_FORMAT

    def text(self) -> str:
        """Return the text that is signed."""
        return canonical_json(msgspec.to_builtins(self)).decode() + "\n"


def make_certificate(
    origin: str, known: KeyFact, proposal: Proposal, *, at: str, done: tuple[str, ...]
) -> Certificate:
    """Write down what was done."""
    body = proposal.body
    return Certificate(
        origin=origin,
        key=known.key,
        object_class=body.object_class,
        lineage=body.lineage,
        models=body.models,
        models_total=body.models_total,
        depended=body.depend,
        reason=body.reason,
        proposed=proposal.position,
        proposed_at=proposal.at,
        proposal=proposal.entry,
        quorum=body.quorum,
        approved=tuple(Approved(one.position, one.at, one.vkey) for one in proposal.approvals),
        destroyed_at=at,
        done=done,
    )


def is_certificate(data: bytes) -> bool:
    """Tell whether bytes call themselves a certificate of destruction."""
    return f'"format":"{CERTIFICATE_FORMAT}"'.encode() in data.split(b"\n", 1)[0]


def read_certificate(note: bytes, verifier: NoteVerifier) -> Certificate:
    """Return a certificate that the holder of a key signed.

    Raises:
        NoteInvalid: it was changed, or somebody else signed it.
        Damaged: what was signed is no certificate of this version.
    """
    text = verifier.verify(note)
    try:
        value: Any = parse_canonical_json(text.removesuffix("\n").encode(), about="certificate")
        found = msgspec.convert(value, Certificate)
    except (IntegrityError, msgspec.ValidationError) as problem:
        raise Damaged(f"this is not a certificate of destruction: {problem}") from problem
    if found.format != CERTIFICATE_FORMAT or found.text() != text:
        raise Damaged(f"this is not a certificate in the format {CERTIFICATE_FORMAT}")
    return found
