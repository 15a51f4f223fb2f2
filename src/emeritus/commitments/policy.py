"""How a promise is judged: presence first, then age, then truth. Pure."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from emeritus.commitments.evidence import GRADES, Evidence, Fact, Grade
from emeritus.commitments.profile import Promise, compiled
from emeritus.foundation import parse_timestamp

State = Literal["kept", "broken", "not due", "unverifiable", "waived"]
STATES: tuple[State, ...] = ("kept", "broken", "not due", "unverifiable", "waived")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one promise.

    Attributes:
        promise: its name.
        state: one of `STATES`.
        sentence: what was found, or what is missing, without a full stop.
        grade: the grade of its weakest evidence; empty when there was none.
        entries: positions of the entries that it stands on.
        verb: the command that makes its evidence or mends it; empty when it must come from outside.
    """

    promise: str
    state: State
    sentence: str
    grade: Grade | Literal[""]
    entries: tuple[int, ...]
    verb: str


def judge(
    promise: Promise,
    evidence: Evidence,
    values: Mapping[str, int],
    now: dt.datetime,
    waived: str = "",
) -> Verdict:
    """Judge one promise.

    The order matters, because CEL fails open (`error || true` is true): a promise is not due, or
    evidence is missing, or it is too old, or the expression decides.

    Args:
        promise: what is judged.
        evidence: all that is known.
        values: the profile's.
        now: the instant against which ages are measured.
        waived: what a waiver in force says; it stands in for anything but `kept`.
    """
    found = _judge(promise, evidence, values, now)
    if waived and found.state not in {"kept", "not due"}:
        return Verdict(
            promise.id, "waived", f"{waived} ({found.sentence})", found.grade, found.entries, ""
        )
    return found


def _judge(
    promise: Promise, evidence: Evidence, values: Mapping[str, int], now: dt.datetime
) -> Verdict:
    if promise.due:
        missing = _missing(promise.due_needs, evidence)
        if missing:
            return _verdict(promise, evidence, "unverifiable", missing)
        if not _is_true(promise.due, evidence, values):
            return _verdict(promise, evidence, "not due", "not due yet")
    lacking = _missing(promise.needs, evidence) or _stale(promise, evidence, now)
    if lacking:
        said = f"{lacking}; somebody outside must give it" if promise.outside else lacking
        return _verdict(promise, evidence, "unverifiable", said)
    try:
        state: State = "kept" if _is_true(promise.holds, evidence, values) else "broken"
    except (TypeError, ValueError, RuntimeError) as problem:
        said = f"its evidence cannot be read: {str(problem).splitlines()[0][:200]}"
        return _verdict(promise, evidence, "unverifiable", said)
    return _verdict(promise, evidence, state, _shown(promise, evidence))


def _is_true(expression: str, evidence: Evidence, values: Mapping[str, int]) -> bool:
    """Evaluate; anything but the one value true counts as false."""
    return compiled(expression).execute({"e": evidence.nested(), "p": dict(values)}) is True


def _missing(names: Iterable[str], evidence: Evidence) -> str:
    lacking = [name for name in names if name not in evidence.facts]
    return f"no evidence yet: {', '.join(lacking)}" if lacking else ""


def _stale(promise: Promise, evidence: Evidence, now: dt.datetime) -> str:
    for name in promise.needs:
        at = evidence.facts[name].at
        if not promise.fresh_days or at is None:
            continue
        age = (now - parse_timestamp(at)).days
        if age > promise.fresh_days:
            return f"{name} is {age} days old, and counts for {promise.fresh_days}"
    return ""


def _verdict(promise: Promise, evidence: Evidence, state: State, sentence: str) -> Verdict:
    used = [evidence.facts[name] for name in _used(promise, state) if name in evidence.facts]
    entries = tuple(sorted({position for fact in used for position in fact.entries}))
    verb = promise.verb.replace("{model}", evidence.model)
    return Verdict(promise.id, state, sentence, _weakest(used), entries, verb)


def _used(promise: Promise, state: State) -> tuple[str, ...]:
    return promise.due_needs if state == "not due" else (*promise.due_needs, *promise.needs)


def _weakest(used: Iterable[Fact]) -> Grade | Literal[""]:
    known = [GRADES.index(fact.grade) for fact in used]
    return GRADES[min(known)] if known else ""


def _shown(promise: Promise, evidence: Evidence) -> str:
    def value(match: re.Match[str]) -> str:
        fact = evidence.facts.get(match[1])
        return "unknown" if fact is None else _words(fact.value)

    return re.sub(r"\{([a-z_]+\.[a-z_]+)\}", value, promise.found)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(len(value)) if isinstance(value, list) else str(value)
