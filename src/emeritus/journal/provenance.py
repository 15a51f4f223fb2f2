"""One file by which anybody checks a post offline (`docs/specs/journal.md`, Provenance record).

An in-toto Statement v1 about the text. It carries the draft, what the model read, the entries of
the post's life with their proofs, and the signed checkpoint that the proofs lead to.
"""

from typing import Any

import msgspec
from sqlalchemy import Connection, Table, select

from emeritus.foundation import (
    Digest,
    IntegrityError,
    canonical_json,
    parse_canonical_json,
    sha256,
)
from emeritus.journal.draft import parse_draft
from emeritus.journal.errors import ProvenanceBroken
from emeritus.journal.facts import Post, draft_of, post_of
from emeritus.journal.tables import asked_table, reviews_table
from emeritus.ledger import Checkpoint
from emeritus.record import Record
from emeritus.vault import get_object, object_name

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://emeritus.invalid/provenance/v1"

DISCLOSURE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC digital source type: made by a trained model."""


class Proven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry: its position, its canonical JSON, and hashes (hex), the nearest sibling first."""

    position: int
    raw: str
    proof: tuple[str, ...]


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the statement is about: the text, by name and SHA-256."""

    name: str
    digest: dict[str, str]


class Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The evidence.

    Attributes:
        vkey: the ledger's public key; believe it only when it comes from the steward too.
        note: the signed checkpoint to which every proof leads.
        consistency: hashes (hex) that join it to the checkpoint that the seed follows from.
        entries: commissioned, drafted, asked, reviewed, published.
        context: everything that the model read before it wrote.
        draft: the draft object.
        text: the text; exactly the bytes that were published, as UTF-8.
        digital_source_type: `DISCLOSURE`.
    """

    vkey: str
    note: str
    consistency: tuple[str, ...]
    entries: tuple[Proven, ...]
    context: str
    draft: str
    text: str
    digital_source_type: str = DISCLOSURE


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An in-toto Statement v1."""

    subject: tuple[Subject, ...]
    predicate: Predicate
    type: str = msgspec.field(default=STATEMENT_TYPE, name="_type")
    predicate_type: str = msgspec.field(default=PREDICATE_TYPE, name="predicateType")

    def to_bytes(self) -> bytes:
        """Write it as canonical JSON."""
        return canonical_json(msgspec.to_builtins(self))


def parse_statement(data: bytes) -> Statement:
    """Read a provenance record; what it says is not checked here.

    Raises:
        ProvenanceBroken: it is not one, or not spelt as it was written.
    """
    try:
        statement = msgspec.convert(parse_canonical_json(data), Statement)
    except (IntegrityError, msgspec.ValidationError) as problem:
        raise ProvenanceBroken(f"this is not a provenance record: {problem}") from problem
    kinds = (statement.type, statement.predicate_type)
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE) or statement.to_bytes() != data:
        raise ProvenanceBroken(f"expected a provenance record of type {PREDICATE_TYPE}")
    return statement


def provenance_of(record: Record, post: int) -> bytes:
    """Return the provenance record of a post.

    Raises:
        NoSuchDraft: there is no post of that number.
        IntegrityError: an object of the post or the ledger is damaged.
    """
    with record.read() as index:
        known = post_of(index, post)
        positions, context = _positions(index, known)
    # One note is read and parsed, so that an append meanwhile cannot part them.
    note = record.log.checkpoint_note()
    checkpoint = Checkpoint.parse(record.log.verifier.verify(note))
    kept = Digest.parse(known.draft_object)
    draft = get_object(record.store, kept)
    size = parse_draft(draft, object_name(kept)).size
    predicate = Predicate(
        vkey=record.log.verifier.vkey,
        note=note.decode(),
        consistency=_hex(record.log.consistency(size, checkpoint.size)),
        entries=tuple(_proven(record, one, checkpoint.size) for one in positions),
        context=get_object(record.store, Digest.parse(context)).decode(),
        draft=draft.decode(),
        text=get_object(record.store, Digest.parse(known.text)).decode(),
    )
    return Statement((subject_of(known.slug, predicate.text),), predicate).to_bytes()


def subject_of(slug: str, text: str) -> Subject:
    """Name a text by its address and its bytes."""
    digest = sha256(text.encode())
    return Subject(f"{slug}.md", {digest.algorithm: digest.hex})


def _positions(index: Connection, post: Post) -> tuple[tuple[int, ...], str]:
    draft = draft_of(index, post.draft)
    asked, reviewed = (_of(index, table, post.draft) for table in (asked_table, reviews_table))
    return (draft.commission, draft.position, asked, reviewed, post.position), draft.context


def _of(index: Connection, table: Table, draft: int) -> int:
    found: Any = index.execute(select(table.c.position).where(table.c.draft == draft)).scalar_one()
    return int(found)


def _proven(record: Record, position: int, size: int) -> Proven:
    raw = record.log.entry(position).decode()
    return Proven(position, raw, _hex(record.log.inclusion(position, size)))


def _hex(hashes: list[bytes]) -> tuple[str, ...]:
    return tuple(one.hex() for one in hashes)
