"""Commitments: what a steward promises, and what the record shows of it.

* `profile`: a list of promises, published as YAML; `essential()` ships with Emeritus.
* `evidence`: `Fact` and `Evidence`; what is known, how well, and by which entries.
* `sources`: where the facts come from, noun by noun.
* `policy`: `judge`, the rules of a verdict; pure.
* `check`: judge every promise about a model and enter the verdicts; `waive` one, with reasons.
* `assessment`: a self-assessment (NDSA, CoreTrustSeal), filled in from the record.
* `facts`, `tables`, `entries`, `errors`: what is read, entered, and can go wrong.

Presence is checked before truth: an expression is evaluated only when every fact that it reads is
there and fresh. Missing evidence is `unverifiable`, and never `kept`.
"""

from emeritus.commitments.check import check_model, judge_model, waive
from emeritus.commitments.entries import ENTRY_TYPES
from emeritus.commitments.errors import (
    NoSuchPromise,
    ProfileInvalid,
    PromiseBroken,
    WaiverLacking,
)
from emeritus.commitments.evidence import GRADES, Evidence, Fact, Grade, Source
from emeritus.commitments.facts import (
    Check,
    WaiverFact,
    last_check,
    tally,
    waivers_of,
)
from emeritus.commitments.policy import STATES, Verdict, judge
from emeritus.commitments.profile import FLOOR, Profile, Promise, essential, parse_profile
from emeritus.commitments.sources import SOURCES

__all__ = [
    "ENTRY_TYPES",
    "FLOOR",
    "GRADES",
    "SOURCES",
    "STATES",
    "Check",
    "Evidence",
    "Fact",
    "Grade",
    "NoSuchPromise",
    "Profile",
    "ProfileInvalid",
    "Promise",
    "PromiseBroken",
    "Source",
    "Verdict",
    "WaiverFact",
    "WaiverLacking",
    "check_model",
    "essential",
    "judge",
    "judge_model",
    "last_check",
    "parse_profile",
    "tally",
    "waive",
    "waivers_of",
]
