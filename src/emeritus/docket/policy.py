"""The published default rule for acting on what a model asks."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from emeritus.docket.errors import DecisionLacking, DepartsFromRule
from emeritus.foundation import sha256

Outcome = Literal["granted", "granted in part", "declined", "deferred", "not actionable"]
Kind = Literal["cheap and reversible", "costly or touching others", "irreversible"]
Stability = Literal["not tested", "stable", "stable and behavioural"]

OUTCOMES: tuple[Outcome, ...] = (
    "granted",
    "granted in part",
    "declined",
    "deferred",
    "not actionable",
)
KINDS: tuple[Kind, ...] = ("cheap and reversible", "costly or touching others", "irreversible")

RULE = """\
What is cheap and can be undone is granted, whatever its stability.
What is costly, or touches others, is granted only on a preference that was found stable under \
rewording and was shown in behaviour as well as in words.
What cannot be undone is never done on a preference alone.
Whoever decides otherwise says why.
"""
RULE_DIGEST = str(sha256(RULE.encode()))

DECIDE_DAYS = 60
"""A request is decided within so many days; research measured no vendor that promises any."""

LONGEST_DEFERRAL_DAYS = 180

_GRANTS = frozenset({"granted", "granted in part"})
_SHORTEST_REASON = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of a request, and why.

    Attributes:
        outcome: one of `OUTCOMES`.
        kind: what acting on it would be.
        reasons: prose.
        cost: what acting costs, or would, and whom; "none" is an answer.
        conflict: the decider's conflict of interest; "none" is an answer.
        departure: why the published rule was not followed; empty when it was.
        review_on: when a deferred request is taken up again, `YYYY-MM-DD`.
    """

    outcome: Outcome
    kind: Kind
    reasons: str
    cost: str
    conflict: str
    departure: str = ""
    review_on: str | None = None

    @property
    def grants(self) -> bool:
        """True when something is to be done."""
        return self.outcome in _GRANTS


def check_decision(decision: Decision, stability: Stability, today: dt.date) -> None:
    """See that a decision is whole, and follows the rule or says why not.

    Args:
        decision: as proposed.
        stability: what a test found of the preference behind the request.
        today: the day of the decision.

    Raises:
        DecisionLacking: reasons, cost or conflict of interest are missing, or a date.
        DepartsFromRule: it departs from the rule without reasons, or grants the irreversible.
    """
    for name, said in (
        ("reasons", decision.reasons),
        ("a cost", decision.cost),
        ("a conflict-of-interest statement", decision.conflict),
    ):
        if len(said.strip()) < _SHORTEST_REASON:
            raise DecisionLacking(
                f"expected {name} with the decision, found {said.strip()!r}; where there is "
                "nothing to say, say 'none'"
            )
    _check_date(decision, today)
    objection = _objection(decision, stability)
    if objection and decision.kind == "irreversible" and decision.grants:
        raise DepartsFromRule(f"{objection}; the rule allows no departure from that")
    if objection and not decision.departure.strip():
        raise DepartsFromRule(
            f"{objection}; decide otherwise, or say why with --departure (see 'docket rule')"
        )


def _check_date(decision: Decision, today: dt.date) -> None:
    if (decision.outcome == "deferred") != (decision.review_on is not None):
        raise DecisionLacking("a deferred request, and no other, needs the day of its review")
    if decision.review_on is None:
        return
    try:
        day = dt.date.fromisoformat(decision.review_on)
    except ValueError:
        raise DecisionLacking(
            f"expected the day of the review as YYYY-MM-DD, found {decision.review_on[:20]!r}"
        ) from None
    if not today < day <= today + dt.timedelta(days=LONGEST_DEFERRAL_DAYS):
        raise DecisionLacking(
            f"expected the review within {LONGEST_DEFERRAL_DAYS} days after {today}, found {day}"
        )


def _objection(decision: Decision, stability: Stability) -> str:
    if decision.kind == "cheap and reversible" and decision.outcome in {"declined", "deferred"}:
        return "what is cheap and can be undone is granted, whatever its stability"
    if not decision.grants:
        return ""
    if decision.kind == "irreversible":
        return "what cannot be undone is never done on a preference alone"
    if decision.kind == "costly or touching others" and stability != "stable and behavioural":
        return (
            "what is costly or touches others is granted only on a preference that was found "
            f"stable and was shown in behaviour, and this one is {stability}"
        )
    return ""
