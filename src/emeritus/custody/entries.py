"""Custody's entry types: a policy, a deposit, a run-kit, an audit, a drill."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, update

from emeritus.custody.tables import (
    IN_PLACE,
    PRIMARY,
    deposits_table,
    drills_table,
    elsewhere_table,
    fingerprints_table,
    kits_table,
    packs_table,
    policies_table,
    set_copy,
)
from emeritus.record import EntryType, Placed

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Place = Annotated[str, msgspec.Meta(pattern=r"\A((sealed|erasable)/[0-9a-f]{32})?\Z")]

PlainRunWord = Literal["", "agrees", "differs", "engine only", "not run"]

ComparisonWord = Literal["first", "identical", "within tolerance", "different", "none"]

MOST_PACKS = 400
"""About 45 kB of an entry, which holds 65,535 bytes at most; 100 GB of packs."""


class PolicySet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The custody policy of this record from now on; `copies` in so many different `places`."""

    name: str
    copies: _Count
    drill_days: _Count
    places: _Count = 1


class PackRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack: the SHA-256 of its stored bytes (`sha256:<hex>`), and how many there are.

    `blake3` is that of the same bytes (`blake3:<hex>`), by which audits are fast; empty in old
    entries.
    """

    digest: str
    bytes: _Count
    blake3: str = ""


class Packed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Packs became part of the record; one entry names at most `MOST_PACKS` of them.

    They are entered before, and under the same checkpoint as, the deposit that needs them.
    A pack that no such entry names was left by a crash.
    `place` is where they lie, `sealed/<key id>`; empty for public ones.
    """

    packs: Annotated[tuple[PackRef, ...], msgspec.Meta(min_length=1, max_length=MOST_PACKS)]
    place: _Place = ""


class Deposited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model was taken into care; its bytes were durable before this was entered.

    Attributes:
        model: its name.
        identity: OMS root digest over the deposited files.
        manifest: the object that lists files and pieces.
        signature: the object that holds the OMS bundle over the files.
        packs: how many packs hold its pieces; entries of type `custody.packed` name them.
        raw_bytes: bytes of the files as deposited.
        stored_bytes: bytes of its distinct encoded pieces, its manifest and its signature.
        files: how many files.
        format: format of the weights.
        skipped: names in the deposited folder that were left out by rule.
        base: the model from which some of its pieces are stored as differences; empty for none.
        differences: how many of its distinct pieces are.
        in_place: a word for where the files lie; empty when they were packed.
        place: where its objects and packs lie, `sealed/<key id>`; empty when they are public.
    """

    model: str
    identity: str
    manifest: str
    signature: str
    packs: _Count
    raw_bytes: _Count
    stored_bytes: _Count
    files: _Count
    format: str
    skipped: tuple[str, ...]
    base: str = ""
    differences: _Count = 0
    in_place: str = ""
    place: _Place = ""


class PackedUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that was kept where it lay is in packs too, piece for piece the same.

    Attributes:
        model: which.
        packs: how many packs hold its pieces; entries of type `custody.packed` name them.
        stored_bytes: as of a deposit.
        base: as of a deposit.
        differences: as of a deposit.
    """

    model: str
    packs: _Count
    stored_bytes: _Count
    base: str = ""
    differences: _Count = 0


class RunKitRecorded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model needs to run was written down; `kit` is the object that says it.

    `place` is where that object lies, `sealed/<key id>`; empty when it is public.
    """

    model: str
    kit: str
    place: _Place = ""


class Audited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes of one copy were read back and compared with their digests, all or a sample.

    Attributes:
        model: which.
        store: which copy.
        outcome: what was found.
        packs: how many packs were read.
        pieces: how many distinct pieces the model has.
        bytes: stored bytes that were read.
        problems: at most twenty sentences that name files.
        problems_total: how many there were.
        sampled: how many pieces were drawn at random; 0 when every byte was read.
        seed: from what they were drawn, see `custody.sample`; empty when all were read.
    """

    model: str
    store: str
    outcome: Literal["good", "damaged"]
    packs: _Count
    pieces: _Count
    bytes: _Count
    problems: tuple[str, ...]
    problems_total: _Count
    sampled: _Count = 0
    seed: str = ""


class Drilled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rehearsed restore that ended with the model answering, or did not.

    Attributes:
        model: which.
        store: from which copy.
        outcome: whether it came back and answered as before.
        comparison: `first` when this drill recorded the fingerprint, `none` when it got no answer.
        fingerprint: the object with its answers, empty when it got none.
        engine: name and version of the engine.
        engine_files: SHA-256 (hex) over the engine's installed files.
        probes: how many were put.
        tokens: how many were generated.
        largest_difference: largest difference of a log-probability, as a decimal string.
        isolated: whether the model ran without any network.
        problem: what failed, else empty.
        statement: the object that says what was shown, for a paper to cite; empty without answers.
        plain_run: whether a program without the engine gave the same; empty in old entries, and
            when there was no answer to compare with.
        plain_run_said: how far apart the answers are, or why there are none.
        executor: the object that is that program.
        place: where the fingerprint lies, `sealed/<key id>`; empty when it is public. The
            statement is always public.
    """

    model: str
    store: str
    outcome: Literal["good", "failed"]
    comparison: ComparisonWord
    fingerprint: str
    engine: str
    engine_files: str
    probes: _Count
    tokens: _Count
    largest_difference: str
    isolated: bool
    problem: str
    statement: str = ""
    plain_run: PlainRunWord = ""
    plain_run_said: str = ""
    executor: str = ""
    place: _Place = ""


class HeldElsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model is in the catalogue whose weights another party keeps and runs.

    Attributes:
        model: which.
        identity: digest of the object that says this; it names an address, and no weights.
        holder: who keeps and runs it.
        dialect: how its server is spoken to, see `runtime.Endpoint`.
        address: base URL of the server.
        served_as: the model's id there.
    """

    model: str
    identity: str
    holder: Annotated[str, msgspec.Meta(min_length=1, max_length=96)]
    dialect: Literal["openai", "anthropic"]
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    served_as: Annotated[str, msgspec.Meta(min_length=1, max_length=96)]


def _project_policy(connection: Connection, placed: Placed[PolicySet]) -> None:
    body = placed.body
    connection.execute(delete(policies_table))
    connection.execute(
        insert(policies_table).values(
            position=placed.position,
            name=body.name,
            copies=body.copies,
            places=body.places,
            drill_days=body.drill_days,
        )
    )


def _project_packs(connection: Connection, placed: Placed[Packed]) -> None:
    rows = [
        {
            "digest": pack.digest,
            "bytes": pack.bytes,
            "blake3": pack.blake3,
            "place": placed.body.place,
            "position": placed.position,
        }
        for pack in placed.body.packs
    ]
    connection.execute(insert(packs_table), rows)


def _project_deposit(connection: Connection, placed: Placed[Deposited]) -> None:
    body = placed.body
    connection.execute(
        insert(deposits_table).values(
            model=body.model,
            position=placed.position,
            at=placed.at,
            manifest=body.manifest,
            signature=body.signature,
            raw_bytes=body.raw_bytes,
            stored_bytes=body.stored_bytes,
            files=body.files,
            format=body.format,
            base=body.base,
            differences=body.differences,
            in_place=body.in_place,
            packed=not body.in_place,
            place=body.place,
        )
    )
    where = IN_PLACE if body.in_place else PRIMARY
    set_copy(connection, placed.position, body.model, where, "unverified", None)


def _project_packed_up(connection: Connection, placed: Placed[PackedUp]) -> None:
    body = placed.body
    of_model = deposits_table.c.model == body.model
    connection.execute(
        update(deposits_table)
        .where(of_model)
        .values(
            packed=True,
            stored_bytes=body.stored_bytes,
            base=body.base,
            differences=body.differences,
        )
    )
    set_copy(connection, placed.position, body.model, PRIMARY, "unverified", None)


def _project_elsewhere(connection: Connection, placed: Placed[HeldElsewhere]) -> None:
    values = {name: getattr(placed.body, name) for name in HeldElsewhere.__struct_fields__}
    connection.execute(
        insert(elsewhere_table).values(position=placed.position, at=placed.at, **values)
    )


def _project_kit(connection: Connection, placed: Placed[RunKitRecorded]) -> None:
    body = placed.body
    connection.execute(
        insert(kits_table).values(position=placed.position, model=body.model, kit=body.kit)
    )


def _project_audit(connection: Connection, placed: Placed[Audited]) -> None:
    body = placed.body
    if body.sampled and body.outcome == "good":
        return  # A sample makes a loss unlikely; only a whole reading makes a copy count.
    state = "verified" if body.outcome == "good" else "damaged"
    set_copy(connection, placed.position, body.model, body.store, state, placed.at)


def _project_drill(connection: Connection, placed: Placed[Drilled]) -> None:
    body = placed.body
    values = {name: getattr(body, name) for name in Drilled.__struct_fields__ if name != "place"}
    connection.execute(
        insert(drills_table).values(position=placed.position, at=placed.at, **values)
    )
    if body.comparison == "first":
        connection.execute(
            insert(fingerprints_table).values(
                position=placed.position, model=body.model, fingerprint=body.fingerprint
            )
        )


def _audit_sentence(body: Audited) -> str:
    if body.sampled and body.outcome == "good":
        drawn = f"{body.sampled} pieces of {body.model} drawn at random in {body.store}"
        return f"{drawn} were read back and match"
    if body.outcome == "good":
        return f"the copy of {body.model} in {body.store} was read back whole and matches"
    return f"the copy of {body.model} in {body.store} is damaged"


def _drill_sentence(body: Drilled) -> str:
    if body.outcome == "failed":
        return f"{body.model} did not come back: {body.problem}"
    said = {
        "first": "its answers were recorded",
        "identical": "it answered exactly as before",
        "within tolerance": "it answered as before, within the stated tolerance",
    }
    without = {
        "agrees": "; it runs without the engine too",
        "differs": "; without the engine it answered otherwise",
    }
    answered = said.get(body.comparison, body.comparison) + without.get(body.plain_run, "")
    return f"{body.model} was restored and ran; {answered}"


POLICY_SET = EntryType(
    name="custody.policy_set",
    body=PolicySet,
    sentence=lambda body: (
        f"the {body.name} policy holds: {body.copies} verified "
        f"{'copy' if body.copies == 1 else 'copies'}"
        + (f" in {body.places} places" if body.places > 1 else "")
        + f", a drill every {body.drill_days} days"
    ),
    project=_project_policy,
    model=lambda _: None,
)
PACKED = EntryType(
    name="custody.packed",
    body=Packed,
    sentence=lambda body: (
        f"{len(body.packs)} {'pack' if len(body.packs) == 1 else 'packs'} of encoded pieces "
        "became part of the record"
    ),
    project=_project_packs,
    model=lambda _: None,
)
DEPOSITED = EntryType(
    name="custody.deposited",
    body=Deposited,
    sentence=lambda body: (
        f"{body.model} was taken into care"
        + (", sealed" if body.place else "")
        + (f" where it lies, in {body.in_place}" if body.in_place else "")
    ),
    project=_project_deposit,
    model=lambda body: body.model,
)
PACKED_UP = EntryType(
    name="custody.packed_up",
    body=PackedUp,
    sentence=lambda body: f"{body.model}, which was kept where it lay, was packed",
    project=_project_packed_up,
    model=lambda body: body.model,
)
RUN_KIT_RECORDED = EntryType(
    name="custody.run_kit_recorded",
    body=RunKitRecorded,
    sentence=lambda body: f"what {body.model} needs to run was written down",
    project=_project_kit,
    model=lambda body: body.model,
)
AUDITED = EntryType(
    name="custody.audited",
    body=Audited,
    sentence=_audit_sentence,
    project=_project_audit,
    model=lambda body: body.model,
)
DRILLED = EntryType(
    name="custody.drilled",
    body=Drilled,
    sentence=_drill_sentence,
    project=_project_drill,
    model=lambda body: body.model,
)

HELD_ELSEWHERE = EntryType(
    name="custody.held_elsewhere",
    body=HeldElsewhere,
    sentence=lambda body: f"{body.model} is held elsewhere: {body.holder} keeps it and runs it",
    project=_project_elsewhere,
    model=lambda body: body.model,
)

ENTRY_TYPES = (
    POLICY_SET,
    PACKED,
    DEPOSITED,
    PACKED_UP,
    HELD_ELSEWHERE,
    RUN_KIT_RECORDED,
    AUDITED,
    DRILLED,
)
