"""Two fingerprints beside each other: is what runs now what ran then?"""

from dataclasses import dataclass
from enum import StrEnum

from emeritus.runtime.fingerprint import Answer, Fingerprint, Step

TOLERANCE = 0.5
"""How far a log-probability may lie from the recorded one when the arithmetic may differ.

In nats, over the eight likeliest tokens. Measured 2026-11 on SmolLM2-135M Q4_1, xllamacpp 2026.10,
one machine: on the probes themselves, which are short, one or two threads, both modes, other
batches and unpacked weights gave the same bits. After a prompt of 500 tokens two threads moved
log-probabilities by up to 0.35, the mode by 0.57, with the same tokens. Another attention kernel
moved them by 0.77 and changed tokens, and so did 94 changed bits among the weights (0.70). So this
comparison cannot tell foreign arithmetic from slightly changed weights, and does not claim to:
the digests of the files say whether the weights are the same.
"""


class Outcome(StrEnum):
    """What a comparison says; the words are those of the record."""

    IDENTICAL = "identical"
    WITHIN_TOLERANCE = "within tolerance"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one fingerprint lies to another.

    Attributes:
        outcome: see `compare`.
        tokens_equal: tokens of the recorded answers that came again, each answer counted up to
            its first other token (what follows it answers another text).
        tokens_total: tokens of the recorded answers.
        largest_logprob_difference: in nats, over every place that both evaluated after the same
            text.
    """

    outcome: Outcome
    tokens_equal: int
    tokens_total: int
    largest_logprob_difference: float


def compare(recorded: Fingerprint, taken: Fingerprint, *, same_machine: bool = False) -> Comparison:
    """Compare a fingerprint that was taken now with the recorded one.

    *Identical*: the answers are the same bytes. *Within tolerance*: the same prompts and tokens,
    and no log-probability further off than `TOLERANCE`; granted only when the arithmetic may
    differ, that is when the engine, the settings or the machine is another. *Different*: all else.

    Args:
        recorded: the older one.
        taken: the newer one.
        same_machine: the caller knows that both were taken on one machine; then the same engine
            with the same settings must repeat bit for bit.
    """
    pairs = _pairs(recorded, taken)
    agreed = [_agreement(old, new) for old, new in pairs]
    equal = sum(count for count, _ in agreed)
    largest = max((difference for _, difference in agreed), default=0.0)
    if recorded.answers_digest == taken.answers_digest:
        outcome = Outcome.IDENTICAL
    elif (
        recorded.probe_set == taken.probe_set
        and all(_same_tokens(old, new) for old, new in pairs)
        and len(pairs) == len(recorded.answers) == len(taken.answers)
        and largest <= TOLERANCE
        and not (same_machine and _same_arithmetic(recorded, taken))
    ):
        outcome = Outcome.WITHIN_TOLERANCE
    else:
        outcome = Outcome.DIFFERENT
    return Comparison(outcome, equal, recorded.tokens, largest)


def _same_arithmetic(recorded: Fingerprint, taken: Fingerprint) -> bool:
    same_program = recorded.engine.same_program(taken.engine)
    return same_program and recorded.settings == taken.settings


def _pairs(recorded: Fingerprint, taken: Fingerprint) -> list[tuple[Answer, Answer]]:
    """The answers to the same probe; none when the sets differ."""
    if recorded.probe_set != taken.probe_set:
        return []
    new = {answer.probe: answer for answer in taken.answers}
    return [(old, new[old.probe]) for old in recorded.answers if old.probe in new]


def _same_tokens(old: Answer, new: Answer) -> bool:
    return (old.prompt, old.skipped) == (new.prompt, new.skipped) and [
        step.token for step in old.steps
    ] == [step.token for step in new.steps]


def _agreement(old: Answer, new: Answer) -> tuple[int, float]:
    """Count the leading tokens that agree, and find the largest difference up to there."""
    if old.prompt != new.prompt:
        return 0, 0.0
    equal, largest = 0, 0.0
    for before, now in zip(old.steps, new.steps, strict=False):
        largest = max(largest, _difference(before, now))
        if before.token != now.token:
            break
        equal += 1
    return equal, largest


def _difference(old: Step, new: Step) -> float:
    """The largest difference of a log-probability.

    A token that only one of them lists was at most as likely for the other as the least likely
    one there, so it differs by at least the distance from that.
    """
    before, now = dict(old.top), dict(new.top)
    both = [abs(before[token] - now[token]) for token in before.keys() & now.keys()]
    return max([0.0, *both, *_beyond(before, now), *_beyond(now, before)])


def _beyond(one: dict[int, float], other: dict[int, float]) -> list[float]:
    least = min(other.values(), default=0.0)
    return [logprob - least for token, logprob in one.items() if token not in other]
