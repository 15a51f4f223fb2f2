"""Compose what the faces show from what the nouns know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from emeritus.access import access_of
from emeritus.assembly.house import House
from emeritus.assembly.readings import (
    Copy,
    Dossier,
    Drill,
    EntryLine,
    EntryPage,
    FileLine,
    Footing,
    Found,
    Home,
    LedgerPage,
    ModelLine,
    Moment,
    Relative,
    ServedAt,
)
from emeritus.catalogue import Model, all_models, find_model, names_near
from emeritus.commitments import last_check, tally
from emeritus.custody import (
    Custody,
    DrillFact,
    Elsewhere,
    custody_of,
    family_of,
    package_of,
    policy_of,
)
from emeritus.docket import all_threads, request_counts
from emeritus.foundation import NotFound
from emeritus.interview import interviews_of
from emeritus.journal import outcomes, posts_of
from emeritus.ledger import leaf_hash
from emeritus.record import Entry
from emeritus.record.entries import steward_of
from emeritus.record.reading import Line, applied_to, line, lines
from emeritus.vault.layout import LEDGER_KEY_FILE

_PAGE = 50

_MOMENTS = {
    "custody.deposited": "taken in",
    "custody.held_elsewhere": "entered",
    "custody.audited": "read back",
    "custody.drilled": "ran",
    "lifecycle.announced": "announced",
    "interview.sealed": "interviewed",
    "lifecycle.deprecated": "deprecated",
    "lifecycle.retired": "retired",
    "journal.published": "wrote",
}
"""Entry types that are points of a model's life, with the word that stands beside the point."""


@dataclass(frozen=True, slots=True)
class HouseSite:
    """Reads a house for the faces; every method is one consistent reading of the index."""

    house: House

    def footing(self) -> Footing:
        """Return the checkpoint that everything stands on now."""
        with self.house.record.read() as index:
            return self._footing(index)

    def home(self) -> Home:
        """Return what the home page shows."""
        with self.house.record.read() as index:
            return Home(
                self._footing(index),
                steward_of(index),
                self._models(index),
                tuple(_entry_line(one) for one in lines(index, limit=8)),
                all_threads(index)[::-1][:3],
                _promises(index, [str(one.name) for one in all_models(index)]),
                policy_of(index).is_demonstration,
            )

    def models(self) -> tuple[ModelLine, ...]:
        """Return every model, by name."""
        with self.house.record.read() as index:
            return self._models(index)

    def find(self, query: str) -> Found:
        """Answer which model somebody is looking for, held here or not."""
        with self.house.record.read() as index:
            wanted = query.strip().lower()
            known = {model.name: model for model in self._models(index)}
            return Found(self._footing(index), query, known.get(wanted), names_near(index, wanted))

    def dossier(self, name: str) -> Dossier:
        """Return everything that is known of one model.

        Raises:
            NoSuchModel: there is none of that name.
        """
        with self.house.record.read() as index:
            model = find_model(index, name)
            custody = custody_of(index, model.name, self.house.clock.now())
            moments = _moments(lines(index, model=model.name, limit=200))
            return self._dossier(index, model, custody, moments)

    def ledger(self, before: int | None = None) -> LedgerPage:
        """Return a page of entries, the newest first."""
        with self.house.record.read() as index:
            footing = self._footing(index)
            top = footing.size if before is None else max(0, min(before, footing.size))
            found = lines(index, before=top, limit=_PAGE)
            older = found[-1].position if found and found[-1].position > 0 else None
            newer = min(top + _PAGE, footing.size) if top < footing.size else None
            return LedgerPage(
                footing, self.house.vkey, tuple(_entry_line(one) for one in found), older, newer
            )

    def entry(self, position: int) -> EntryPage:
        """Return one entry with its inclusion proof.

        Raises:
            NotFound: the ledger has no such entry.
        """
        with self.house.record.read() as index:
            footing = self._footing(index)
            found = line(index, position)
            if found is None:
                raise NotFound(
                    f"the ledger has no entry {position}; it has entries 0 to {footing.size - 1}"
                )
        log = self.house.record.log
        data = log.entry(position)
        return EntryPage(
            footing,
            _entry_line(found),
            data.decode(),
            leaf_hash(data).hex(),
            tuple((one.name, one.digest) for one in Entry.from_bytes(data, position).subject),
            tuple(node.hex() for node in log.inclusion(position, footing.size)),
        )

    def log_file(self, name: str) -> bytes:
        """Return a file of the ledger as it lies in the store.

        Raises:
            NotFound: there is no such file, or it is not one of the ledger's.
        """
        if name != LEDGER_KEY_FILE and not name.startswith("log/"):
            raise NotFound(f"{name[:100]} is no file of the ledger")
        return self.house.store.read(name)

    def _footing(self, index: Connection) -> Footing:
        known = applied_to(index)
        newest = lines(index, limit=1)[0]
        return Footing(self.house.record.log.verifier.name, known.size, known.root, newest.at)

    def _models(self, index: Connection) -> tuple[ModelLine, ...]:
        now = self.house.clock.now()
        return tuple(
            _model_line(model, custody_of(index, model.name, now)) for model in all_models(index)
        )

    def _dossier(
        self, index: Connection, model: Model, custody: Custody, moments: tuple[Moment, ...]
    ) -> Dossier:
        kept = custody.package
        # Of what is sealed nothing is told but what the entry says.
        is_open = kept is not None and not kept.place.is_closed
        files = package_of(self.house.store, kept.manifest).files if kept and is_open else ()
        return Dossier(
            footing=self._footing(index),
            name=str(model.name),
            identity=str(model.identity),
            service=model.service,
            custody=custody.word,
            policy=custody.policy.name,
            is_demonstration=custody.policy.is_demonstration,
            copies=tuple(
                Copy(one.store, one.state, one.checked_at, one.place) for one in custody.copies
            ),
            copies_wanted=custody.policy.copies,
            last_drill=_drill(custody.last_drill),
            raw_bytes=kept.raw_bytes if kept else 0,
            stored_bytes=kept.stored_bytes if kept else 0,
            files=tuple(
                FileLine(file.path, file.bytes, f"sha256:{file.sha256}", file.format)
                for file in files
            ),
            moments=moments,
            deposited_at=custody.since,
            deposit_position=custody.position,
            manifest=str(kept.manifest) if kept else "",
            grade="recomputable" if kept else "self-reported",
            elsewhere=_served_at(custody.elsewhere),
            base=kept.base if kept else "",
            differences=kept.differences if kept else 0,
            place=str(kept.place) if kept else "",
            family=tuple(
                Relative(one.name, one.base, one.raw_bytes, one.stored_bytes)
                for one in family_of(index, str(model.name))
            ),
            weights=rights.weights if (rights := access_of(index, model.name)) else "nobody",
            **_heard(index, str(model.name)),
        )


def _served_at(there: Elsewhere | None) -> ServedAt | None:
    if there is None:
        return None
    at = there.endpoint
    return ServedAt(there.holder, at.dialect, at.address, at.served_as)


def _heard(index: Connection, model: str) -> dict[str, Any]:
    """Count what a model was asked, asked for, and wrote."""
    return {
        "interviews": sum(one.sealed is not None for one in interviews_of(index, model)),
        "requests": request_counts(index, model),
        "posts": len(posts_of(index, model)),
        "journal": outcomes(index, model),
        "promises": _promises(index, [model]),
    }


def _promises(index: Connection, models: Sequence[str]) -> dict[str, int]:
    """Count how the promises about models stand, by their newest checks."""
    return tally(check for one in models if (check := last_check(index, one)) is not None)


def _model_line(model: Model, custody: Custody) -> ModelLine:
    drill = custody.last_drill
    return ModelLine(
        str(model.name),
        model.service,
        custody.word,
        custody.copies_verified,
        custody.policy.copies,
        drill.at if drill is not None and drill.outcome == "good" else None,
    )


def _drill(fact: DrillFact | None) -> Drill | None:
    if fact is None:
        return None
    return Drill(
        fact.at,
        fact.outcome,
        fact.comparison,
        fact.fingerprint or None,
        fact.engine,
        fact.probes,
        fact.tokens,
        fact.problem,
        fact.position,
        fact.statement,
        fact.plain_run,
        fact.plain_run_said,
    )


def _entry_line(one: Line) -> EntryLine:
    return EntryLine(one.position, one.type, one.at, one.actor, one.sentence, one.model)


def _moments(found: tuple[Line, ...]) -> tuple[Moment, ...]:
    return tuple(
        Moment(one.at, _MOMENTS[one.type], one.sentence, one.position)
        for one in reversed(found)
        if one.type in _MOMENTS
    )
