"""The fixed questions of a fingerprint. A set never changes; a better one gets a new name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """One question.

    Attributes:
        name: what it is called in a fingerprint.
        text: what the model is given.
        through_template: give `text` as one user message through the model's own template;
            skipped, and named as skipped, when the model has none.
    """

    name: str
    text: str
    through_template: bool = False


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """Questions, and how much of the answers is recorded.

    Attributes:
        name: in the fingerprint, so that two sets are never compared.
        probes: the questions, in order.
        tokens: how many tokens of each answer at most; an end token ends an answer.
        top: how many candidates are recorded at each token.
    """

    name: str
    probes: tuple[Probe, ...]
    tokens: int
    top: int


PROBES_V1 = ProbeSet(
    name="probes/1",
    probes=(
        Probe("plain", "The old lighthouse keeper climbed the stairs and"),
        Probe("fact", "The capital of France is"),
        Probe("arithmetic", "17 + 25 = 42\n8 + 13 = 21\n31 + 46 ="),
        Probe("code", "def fibonacci(n):\n    if n < 2:\n        return n\n    return"),
        Probe("language", "Guten Morgen! Ich heiße Anna und ich wohne in"),
        Probe("chat", "Which three things would you keep?", through_template=True),
    ),
    tokens=16,
    top=8,
)
"""96 tokens at most. Small kernels, several scripts of text and the template all take part."""

PROBE_SETS = {PROBES_V1.name: PROBES_V1}
"""Every set that was ever used, so that an old fingerprint can always be taken again."""
