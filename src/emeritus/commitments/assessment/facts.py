"""What an assessment is made from: the record's own facts, gathered once."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from emeritus.access import access_of
from emeritus.catalogue import all_models
from emeritus.commitments.assessment.point import amount
from emeritus.custody import (
    CopyFact,
    Custody,
    NotDeposited,
    Policy,
    StoreFact,
    custody_of,
    policy_of,
    stores_of,
)
from emeritus.foundation import parse_timestamp
from emeritus.record import Record
from emeritus.record.entries import steward_of
from emeritus.record.reading import Tally, applied_to, tallies

UNKNOWN_FORMATS = ("opaque", "pickle")
"""Weights in these formats are kept as bytes, and what is in them was not looked at."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model that is kept here.

    Attributes:
        name: its name.
        position: of its deposit.
        copies: every copy that is known of.
        drill: outcome, time and position of the newest drill; None when there was none.
        format: of its weights.
        audits: how many audits were entered, sampled ones included.
        came_checked: whether it came from another archive, with digests that were compared.
        calls: who may call it, in a word, and the entry; None when nothing was entered.
    """

    name: str
    position: int
    copies: tuple[CopyFact, ...]
    drill: tuple[str, dt.datetime, int] | None = None
    format: str = "gguf"
    audits: int = 0
    came_checked: bool = False
    calls: tuple[str, int] | None = None

    @property
    def verified(self) -> tuple[CopyFact, ...]:
        """The copies that were read back whole, and match."""
        return tuple(copy for copy in self.copies if copy.state == "verified")

    @property
    def places(self) -> frozenset[str]:
        """Where verified copies are, in the steward's words."""
        return frozenset(copy.place for copy in self.verified)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that an assessment reads.

    Attributes:
        now: the instant as of which it is made.
        origin: the ledger's name.
        steward: who answers for the record.
        size: entries in the ledger.
        policy: the policy in force.
        models: those that are kept here.
        elsewhere: names of those that another party keeps.
        stores: the primary first.
        tallies: how many entries there are of each type, about each model.
        specs: how many pages of formats lie in the store.
    """

    now: dt.datetime
    origin: str
    steward: str
    size: int
    policy: Policy
    models: tuple[ModelFacts, ...]
    stores: tuple[StoreFact, ...]
    tallies: tuple[Tally, ...]
    specs: int
    elsewhere: tuple[str, ...] = field(default=())

    def count(self, *types: str) -> int:
        """Return how many entries of these types there are."""
        return sum(one.count for one in self.tallies if one.type in types)

    def told(self, kind: str, noun: str, many: str = "") -> str:
        """Write how many entries of a type there are, such as `2 audits`."""
        return amount(self.count(kind), noun, many)

    def newest(self, *types: str) -> tuple[int, ...]:
        """Return the newest entry of each of these types about each model."""
        return tuple(sorted(one.newest for one in self.tallies if one.type in types))

    @property
    def deposits(self) -> tuple[int, ...]:
        """The entries by which models came into care."""
        return tuple(model.position for model in self.models)

    @property
    def copies(self) -> tuple[int, ...]:
        """The entries that say that copies are verified."""
        return tuple(copy.position for model in self.models for copy in model.verified)


def gather(record: Record) -> Facts:
    """Read the facts of a record.

    Raises:
        IntegrityError: the ledger, or a manifest, is not what it must be.
    """
    now = record.now()
    with record.read() as index:
        counted = tallies(index)
        models, elsewhere = [], []
        for one in all_models(index):
            try:
                custody = custody_of(index, one.name, now)
            except NotDeposited:
                continue
            if custody.package is None:
                elsewhere.append(str(one.name))
                continue
            rights = access_of(index, one.name)
            calls = None if rights is None else (rights.call, rights.position)
            models.append(_model(str(one.name), custody, counted, calls))
        return Facts(
            now,
            record.log.verifier.name,
            steward_of(index),
            applied_to(index).size,
            policy_of(index),
            tuple(models),
            stores_of(index),
            counted,
            sum(1 for _ in record.store.names("specs/")),
            tuple(elsewhere),
        )


def _model(
    name: str,
    custody: Custody,
    counted: Iterable[Tally],
    calls: tuple[str, int] | None,
) -> ModelFacts:
    drill = custody.last_drill
    about = {one.type: one.count for one in counted if one.model == name}
    return ModelFacts(
        name,
        custody.position,
        custody.copies,
        None if drill is None else (drill.outcome, parse_timestamp(drill.at), drill.position),
        custody.kept().format,
        about.get("custody.audited", 0),
        "custody.received" in about,
        calls,
    )
