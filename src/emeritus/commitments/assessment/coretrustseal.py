"""The CoreTrustSeal requirements of 2023-2025, R01 to R16, as far as a record can answer them.

Source: CoreTrustSeal Standards and Certification Board, CoreTrustSeal Requirements 2023-2025,
https://doi.org/10.5281/zenodo.7051012. What is asked stands here in our own short words; an
application is written with the original beside it, and judged by two reviewers.
"""

from collections.abc import Iterator

from emeritus.commitments.assessment.facts import UNKNOWN_FORMATS, Facts
from emeritus.commitments.assessment.ndsa import of_all, ran_lately
from emeritus.commitments.assessment.point import Asked, Point, amount
from emeritus.custody import Policy

TITLES = {
    "R01": "mission and scope",
    "R02": "rights",
    "R03": "continuity of service",
    "R04": "law and ethics",
    "R05": "governance and resources",
    "R06": "expertise",
    "R07": "provenance and authenticity",
    "R08": "deposit and appraisal",
    "R09": "preservation plan",
    "R10": "quality",
    "R11": "workflows",
    "R12": "discovery and identification",
    "R13": "reuse",
    "R14": "storage and integrity",
    "R15": "technical infrastructure",
    "R16": "security",
}


def coretrustseal(facts: Facts) -> tuple[Point, ...]:
    """Return a point or more for every requirement, in their order; pure."""
    return (*_organisation(facts), *_objects(facts), *_use(facts), *_technology(facts))


def _asked(number: str, asks: str) -> Asked:
    area = number[:3]
    return Asked(number, f"{area} {TITLES[area]}", asks)


def _organisation(facts: Facts) -> Iterator[Point]:
    total = len(facts.models)
    yield _asked("R01", "to preserve and give access is its stated mission").for_a_person(
        "give the mission, and who approved it",
        f"{facts.steward} opened a record that keeps {amount(total, 'model')}",
        (0,),
    )
    rights = [model.calls[1] for model in facts.models if model.calls]
    yield _asked("R02", "rights are known and kept to").for_a_person(
        "give licences, and what was agreed with depositors",
        f"who may call, read and download is entered for {len(rights)} of {total}; by its "
        "rules weights are given out only where that is granted",
        rights,
    )
    yield _asked("R03", "holdings outlive the organisation").for_a_person(
        "name who takes over, and with what money",
        f"every copy opens without this software; copies in {_places(facts)}",
        facts.copies,
    )
    consents = facts.count("interview.consent_asked")
    reviews = facts.count("access.safety_reviewed")
    yield _asked("R04", "law and ethics are kept to").for_a_person(
        "name the law that binds you, and who advises",
        f"{amount(reviews, 'safety review')}; consent was asked {amount(consents, 'time')}; by its "
        "rules the record holds no personal data",
        facts.newest("access.safety_reviewed", "interview.consent_asked"),
    )
    yield _asked("R05", "enough people, money and rules").for_a_person(
        "give staff, budget and who decides", "the record knows none of them"
    )
    yield _asked("R06", "expertise, and advice from users").for_a_person(
        "name skills, training and advisers", "the record knows none of them"
    )


def _places(facts: Facts) -> str:
    places = sorted({place for model in facts.models for place in model.places})
    return ", ".join(places) or "no place yet"


def _in_words(policy: Policy) -> str:
    copies = amount(policy.copies, "verified copy", "verified copies")
    showing = " (for showing only)" if policy.is_demonstration else ""
    return (
        f"the {policy.name} policy{showing}: {copies} in {amount(policy.places, 'place')}, "
        f"a drill every {policy.drill_days} days"
    )


def _objects(facts: Facts) -> Iterator[Point]:
    kept, total = facts.models, len(facts.models)
    yield _asked("R07a", "what was deposited is signed for").shown_if(
        kept,
        f"{amount(total, 'model')}, each with a signed list of its files and their digests",
        facts.deposits,
    )
    yield _asked("R07b", "changes are traced").shown_if(
        facts.size,
        f"{amount(facts.size, 'entry', 'entries')} in a log whose checkpoints are signed",
        (0,),
    )
    known = of_all(
        facts,
        lambda model: model.format not in UNKNOWN_FORMATS,
        "models whose weights are in a format that was read",
    )
    yield _asked("R08a", "what is deposited can be understood").shown_if(*known, facts.deposits)
    yield _asked("R08b", "what is taken, and what not, is decided by rules").for_a_person(
        "give the rules by which models are taken or turned down",
        f"{total} were taken, {len(facts.elsewhere)} are held elsewhere",
        facts.deposits,
    )
    policy = facts.policy
    entered = facts.newest("custody.policy_set")
    yield _asked("R09a", "how long, and how, is laid down").shown_if(
        entered and not policy.is_demonstration,
        _in_words(policy),
        entered,
    )
    yield _asked("R09b", "who answers for it is agreed").for_a_person(
        "give the agreement with depositors", "the record knows the policy, not the agreements"
    )
    ran = of_all(facts, lambda model: ran_lately(model, facts), "models that ran within the policy")
    yield _asked("R10", "quality is looked after").shown_if(
        known[0] and ran[0],
        f"{known[1]}; {ran[1]}",
        (*facts.deposits, *facts.newest("custody.drilled")),
        "say how the quality of descriptions is looked after",
    )
    yield _asked("R11", "work follows written steps").for_a_person(
        "give your own written procedures",
        f"each step is an entry: {facts.told('custody.audited', 'audit')}, "
        f"{facts.told('custody.drilled', 'drill')}, "
        f"{facts.told('custody.copied', 'copy', 'copies')} read back",
        facts.newest("custody.audited", "custody.drilled", "custody.copied"),
    )


def _use(facts: Facts) -> Iterator[Point]:
    kept, total = facts.models, len(facts.models)
    yield _asked("R12a", "objects are named for good").shown_if(
        kept, f"{amount(total, 'model')}, each named by the digest of its files", facts.deposits
    )
    yield _asked("R12b", "they are found by others").for_a_person(
        "say where you register them, and with which identifiers (DOI)",
        "the record has a catalogue and pages of its own",
    )
    ran = of_all(facts, lambda model: ran_lately(model, facts), "models that ran within the policy")
    yield _asked("R13a", "objects stay usable").shown_if(
        ran[0], ran[1], facts.newest("custody.drilled")
    )
    kits = facts.told("custody.run_kit_recorded", "run-kit")
    yield _asked("R13b", "they stay understandable").for_a_person(
        "give the descriptions that users need, and their licences",
        f"entered: {kits}, which say what runs a model",
        facts.newest("custody.run_kit_recorded"),
    )


def _technology(facts: Facts) -> Iterator[Point]:
    policy = facts.policy
    enough = of_all(
        facts,
        lambda model: len(model.verified) >= policy.copies and len(model.places) >= policy.places,
        "models with the verified copies that the policy promises",
    )
    yield _asked("R14a", "copies are as many, and where, as is promised").shown_if(
        enough[0],
        f"{enough[1]} ({policy.copies} in {amount(policy.places, 'place')})",
        facts.copies,
        "confirm that the words for places stand for places that are apart",
    )
    audited = of_all(facts, lambda model: model.audits, "models that were audited")
    damaged = [
        model.name
        for model in facts.models
        if any(copy.state == "damaged" for copy in model.copies)
    ]
    said = f"; damaged now: {', '.join(damaged[:5])}" if damaged else ""
    yield _asked("R14b", "damage is found").shown_if(
        audited[0] and not damaged, f"{audited[1]}{said}", facts.newest("custody.audited")
    )
    yield _asked("R15", "infrastructure follows standards and is looked after").for_a_person(
        "give machines, networks and how they are kept up to date",
        f"stores: {', '.join(f'{one.name} ({one.kind})' for one in facts.stores)}; formats are "
        f"described in {facts.specs} pages that lie in every store",
    )
    yield _asked("R16", "the facility and its data are secured").for_a_person(
        "give the analysis of risks, who holds keys, and who answers in an incident",
        "entries are signed, stores are checked offline by anybody, private keys are in no store",
        (0,),
    )
