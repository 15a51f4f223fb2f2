"""The NDSA Levels of Digital Preservation, version 2 (2019), as far as a record can answer them.

Source: National Digital Stewardship Alliance, Levels of Digital Preservation Matrix V2.0, 2019,
https://ndsa.org/publications/levels-of-digital-preservation/: five areas, four levels each. What is
asked stands here in our own short words, a letter a point; read the original beside it.
"""

import datetime as dt
from collections.abc import Callable, Iterator

from emeritus.commitments.assessment.facts import UNKNOWN_FORMATS, Facts, ModelFacts
from emeritus.commitments.assessment.point import Asked, Point, amount
from emeritus.foundation import timestamp

AREAS = ("Storage", "Integrity", "Control", "Metadata", "Content")

INTERVAL_DAYS = 180
"""Every copy was read back at most so long ago. The matrix says fixed intervals and no figure; half
a year is ours, and what a person must confirm."""


def ndsa(facts: Facts) -> tuple[Point, ...]:
    """Return every point of the matrix, area by area, level by level; pure."""
    return (
        *_storage(facts),
        *_storage_later(facts),
        *_integrity(facts),
        *_integrity_later(facts),
        *_control(facts),
        *_metadata(facts),
        *_content(facts),
    )


def _asked(area: str, number: str, asks: str) -> Asked:
    return Asked(f"{area} {number}", area, asks, int(number[0]))


def short_of(facts: Facts, holds: Callable[[ModelFacts], object]) -> list[str]:
    """Return the models of which something does not hold."""
    return [model.name for model in facts.models if not holds(model)]


def of_all(facts: Facts, holds: Callable[[ModelFacts], object], said: str) -> tuple[bool, str]:
    """Return whether something holds of every model that is kept here, and a sentence on it.

    Of a record that keeps nothing nothing is shown.
    """
    missing = short_of(facts, holds)
    total = len(facts.models)
    if not total:
        return False, "no model is kept here"
    if not missing:
        return True, f"{said}: all of {total}"
    named = ", ".join(missing[:5]) + (" and others" if len(missing) > 5 else "")  # noqa: PLR2004
    return False, f"{said}: {total - len(missing)} of {total}; not {named}"


def _copies(facts: Facts, count: int, places: int) -> tuple[bool, str]:
    return of_all(
        facts,
        lambda model: len(model.verified) >= count and len(model.places) >= places,
        f"models with {count} or more verified copies, in {places} or more places",
    )


def _stores(facts: Facts) -> str:
    words = sorted({f"{one.name}: {one.kind} in {one.place}" for one in facts.stores})
    return f"the stores are {'; '.join(words)}"


def _storage(facts: Facts) -> Iterator[Point]:
    known, ask = _stores(facts), _asked
    apart = "confirm that the words for places stand for places that are apart"
    two, three = _copies(facts, 2, 2), _copies(facts, 3, 2)
    yield ask("Storage", "1a", "two whole copies, apart from each other").shown_if(
        two[0], two[1], facts.copies, apart
    )
    yield ask("Storage", "1b", "what content is stored on is written down").for_a_person(
        "name the disks, tapes or services behind each store", known
    )
    yield ask("Storage", "1c", "content is on storage that lasts").for_a_person(
        "say that no store is a loose medium, such as a stick", known
    )
    yield ask("Storage", "2a", "three whole copies, one of them in another region").shown_if(
        three[0], three[1], facts.copies, apart
    )
    yield ask("Storage", "2b", "what the storage needs to work is written down").for_a_person(
        "write down machines, services and contracts",
        f"each store holds {facts.specs} pages on its formats, and a reader that needs Python and "
        "zstd alone",
    )


def _storage_later(facts: Facts) -> Iterator[Point]:
    known, ask = _stores(facts), _asked
    two, spread = _copies(facts, 2, 2), _copies(facts, 3, 3)
    yield _unless_refuted(
        ask("Storage", "3a", "one copy where another kind of disaster threatens"),
        two,
        "say what threatens each place, and that it differs",
        facts,
    )
    yield ask("Storage", "3b", "one copy on another kind of medium").for_a_person(
        "name the medium of each store", known
    )
    yield ask("Storage", "3c", "ageing of storage is watched").for_a_person(
        "say who watches it, and how", "the record knows no ages of disks or services"
    )
    yield _unless_refuted(
        ask("Storage", "4a", "three copies, each where another kind of disaster threatens"),
        spread,
        "say what threatens each place, and that they differ",
        facts,
    )
    yield ask("Storage", "4b", "no single point of failure").for_a_person(
        "name what all stores have in common, people and accounts too", known
    )
    yield ask("Storage", "4c", "a plan for ageing storage, and acted on").for_a_person(
        "give the plan, and when it was last acted on", "the record holds no such plan"
    )


def _unless_refuted(asked: Asked, counted: tuple[bool, str], person: str, facts: Facts) -> Point:
    """Leave a point to a person, unless the record shows that it cannot be so."""
    holds, found = counted
    if not holds:
        return asked.shown_if(False, found)
    return asked.for_a_person(person, found, facts.copies)


def _integrity(facts: Facts) -> Iterator[Point]:
    ask = _asked
    came = [model.name for model in facts.models if model.came_checked]
    if facts.models and len(came) == len(facts.models):
        yield ask("Integrity", "1a", "digests that came with content are compared").shown_if(
            came, "every model came with digests, and they were", facts.newest("custody.received")
        )
    else:
        yield ask("Integrity", "1a", "digests that came with content are compared").for_a_person(
            "say of the others whether digests came with them, and who compared them",
            f"{len(came)} of {len(facts.models)} came with digests that were compared",
            facts.newest("custody.received"),
        )
    yield ask("Integrity", "1b", "digests are made where none came").shown_if(
        facts.models,
        f"SHA-256 and BLAKE3 for the files of {amount(len(facts.models), 'model')}, signed",
        facts.deposits,
    )
    yield ask("Integrity", "1c", "all content is looked at for viruses").for_a_person(
        "say with what, and when",
        "no scanner runs here; files of weights are read in a limited process, pickles never",
    )
    yield ask("Integrity", "1d", "what may harm is kept apart").for_a_person(
        "say where content waits before it is deposited", "the record begins with the deposit"
    )
    unread = [
        f"{model.name} in {copy.store}"
        for model in facts.models
        for copy in model.copies
        if copy.state == "unverified"
    ]
    said = "every copy was read back" if not unread else f"not read back: {', '.join(unread[:5])}"
    yield ask("Integrity", "2a", "digests are compared when content is copied or moved").shown_if(
        facts.models and not unread, said if facts.models else "no model is kept here", facts.copies
    )
    yield ask("Integrity", "2b", "original media are read behind write-blockers").for_a_person(
        "say so, or that there are no original media", "the record knows files, not media"
    )
    yield _apart(ask("Integrity", "2c", "digests are kept in another place too"), facts)


def _apart(asked: Asked, facts: Facts) -> Point:
    """Return whether a store in another place holds the ledger with every deposit in it."""
    home = facts.stores[0].place
    last = max(facts.deposits, default=-1)
    holding = [one for one in facts.stores[1:] if one.place != home and one.size > last]
    names = ", ".join(f"{one.name} in {one.place}" for one in holding)
    found = (
        f"the ledger, with every deposit, lies in {names} too"
        if holding
        else "no store in another place holds every deposit; 'emeritus replicate' brings it there"
    )
    return asked.shown_if(facts.models and holding, found, facts.newest("custody.replicated"))


def _integrity_later(facts: Facts) -> Iterator[Point]:
    ask = _asked
    audits = facts.newest("custody.audited")
    oldest = facts.now - dt.timedelta(days=INTERVAL_DAYS)
    holds, found = of_all(
        facts,
        lambda model: model.audits > 1 and model.verified and _all_since(model, oldest),
        f"models audited twice or more, every copy within {INTERVAL_DAYS} days",
    )
    yield ask("Integrity", "3a", "digests are compared at fixed intervals").shown_if(
        holds, found, (*audits, *facts.copies), "give the interval that you keep"
    )
    count = facts.count("custody.audited")
    yield ask("Integrity", "3b", "how and with what outcome is written down").shown_if(
        count, f"{amount(count, 'audit')} entered, each with its outcome", audits
    )
    holds, found = of_all(facts, lambda model: model.audits, "models that were audited")
    yield ask("Integrity", "3c", "they are compared when asked for").shown_if(holds, found, audits)
    events = ("custody.copied", "custody.repaired", "custody.drilled")
    count = facts.count(*events)
    yield ask("Integrity", "4a", "they are compared after certain events").shown_if(
        count,
        f"{amount(count, 'time')}: when a copy was made or a file repaired, or in a drill",
        facts.newest(*events),
    )
    damaged = [
        f"{model.name} in {copy.store}"
        for model in facts.models
        for copy in model.copies
        if copy.state == "damaged"
    ]
    repaired = facts.count("custody.repaired")
    found = (
        f"damaged now: {', '.join(damaged[:5])}"
        if damaged
        else f"{amount(repaired, 'file')} repaired, and no copy is damaged now"
        if repaired
        else "no repair is entered, so none shows that it works"
    )
    yield ask("Integrity", "4b", "damaged content is replaced or repaired").shown_if(
        repaired and not damaged, found, facts.newest("custody.repaired", "custody.lost")
    )


def _all_since(model: ModelFacts, oldest: dt.datetime) -> bool:
    written = timestamp(oldest)
    return all(copy.checked_at and copy.checked_at >= written for copy in model.copies)


def _control(facts: Facts) -> Iterator[Point]:
    ask = _asked
    ruled = [model.name for model in facts.models if model.calls]
    rights = [model.calls[1] for model in facts.models if model.calls]
    said = f"who may call, read and download is entered for {len(ruled)} of {len(facts.models)}"
    yield ask("Control", "1a", "who and what may read, write, move, delete is known").for_a_person(
        "name who holds the keys of the ledger and the package signer, and each store's account",
        f"only the ledger's key enters anything; {said}",
        (0, *rights),
    )
    yield ask("Control", "2a", "that is written down, and applied").for_a_person(
        "write down people and programs with write access to each store",
        said,
        rights,
    )
    yield ask("Control", "3a", "what was done to content is logged").shown_if(
        facts.size,
        f"{amount(facts.size, 'entry', 'entries')}, each with its time and role, under a signed "
        "checkpoint",
    )
    yield ask("Control", "3b", "the people and programs that did it are named").for_a_person(
        "keep, outside the record, who had which role when", "the record names roles, not people"
    )
    checks = facts.count("commitments.checked")
    yield ask("Control", "4a", "the logs are reviewed at intervals").for_a_person(
        "say who reviews them, access logs of the stores too",
        f"the promises were compared with the record {amount(checks, 'time')}",
        facts.newest("commitments.checked"),
    )


def _metadata(facts: Facts) -> Iterator[Point]:
    ask = _asked
    kept, total = facts.models, len(facts.models)
    yield ask("Metadata", "1a", "an inventory, with where content is").shown_if(
        kept, f"{amount(total, 'model')}, each with its copies by store", facts.deposits
    )
    yield _apart(ask("Metadata", "1b", "a copy of the inventory apart from content"), facts)
    yield ask("Metadata", "2a", "enough is known to say what content is: technically").shown_if(
        kept,
        f"files, formats and sizes of {amount(total, 'model')}, in signed manifests",
        facts.deposits,
    )
    yield ask("Metadata", "2b", "the same: in words").for_a_person(
        "say where model cards, licences and training data are described",
        "the record describes what it keeps, not what it was made for",
    )
    yield ask("Metadata", "3a", "standards for metadata are chosen").for_a_person(
        "name those of your community",
        "in use: OMS signatures, in-toto statements, C2SP checkpoints; BagIt and OCFL on the way "
        "out",
    )
    yield ask("Metadata", "3b", "gaps against them are found and filled").for_a_person(
        "name the gaps", "the record does not know your standards"
    )
    acts = ("custody.audited", "custody.drilled", "custody.copied", "custody.repaired")
    count = facts.count(*acts)
    yield ask("Metadata", "4a", "what was done to preserve content, and when").shown_if(
        count,
        f"entered: {facts.told(acts[0], 'audit')}, {facts.told(acts[1], 'drill')}, "
        f"{facts.told(acts[2], 'copy', 'copies')} read back, {facts.told(acts[3], 'repair')}",
        facts.newest(*acts),
    )
    yield ask("Metadata", "4b", "the chosen standards are applied").for_a_person(
        "say which, and to what", "the record does not know your standards"
    )


def _content(facts: Facts) -> Iterator[Point]:
    ask = _asked
    known = of_all(
        facts,
        lambda model: model.format not in UNKNOWN_FORMATS,
        "models whose weights are in a format that was read when they were deposited",
    )
    yield ask("Content", "1a", "formats are written down, and how they were found").shown_if(
        *known, facts.deposits
    )
    yield ask("Content", "2a", "formats are verified").shown_if(*known, facts.deposits)
    yield ask("Content", "2b", "makers are won for formats that last").for_a_person(
        "say with whom you speak", "the record knows the models, not their makers' plans"
    )
    ran = of_all(facts, lambda model: ran_lately(model, facts), "models that ran within the policy")
    drills = facts.newest("custody.drilled")
    yield ask("Content", "3a", "what content depends on is watched").shown_if(
        ran[0],
        f"{ran[1]} ({facts.policy.drill_days} days)",
        drills,
        "say who watches for engines and machines that go out of use",
    )
    yield ask("Content", "4a", "content is migrated or emulated so that it opens").for_a_person(
        "say what was migrated, or that nothing had to be",
        f"{ran[1]}; a drill shows that the original still runs",
        drills,
    )


def ran_lately(model: ModelFacts, facts: Facts) -> bool:
    """Say whether the last drill was good, and is not older than the policy allows."""
    if model.drill is None:
        return False
    outcome, at, _ = model.drill
    return outcome == "good" and facts.now - at <= dt.timedelta(days=facts.policy.drill_days)
