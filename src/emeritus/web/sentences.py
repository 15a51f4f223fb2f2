"""The sentences that stand before the tables."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from emeritus.assembly.readings import Copy, Dossier, Drill
from emeritus.web.figures import NO_BREAK, counted, day, moment, number, size
from emeritus.web.words import Wording, comparison_words, copy_words, custody_words, service_words

_FIRST_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def lead(dossier: Dossier) -> Markup:
    """Return what a visitor can repeat to a friend: whom it serves, how it is kept, its last run.

    Says nothing that the record does not: a copy counts only when it was verified.
    """
    if dossier.elsewhere is not None:
        return Markup("{}; in this record since {}. Held elsewhere, by <bdi>{}</bdi>.").format(
            _capital(service_words(dossier.service).words),
            day(dossier.deposited_at),
            dossier.elsewhere.holder,
        )
    return Markup("{}; taken into care on {}. {}{}").format(
        _capital(service_words(dossier.service).words),
        day(dossier.deposited_at),
        _kept(dossier),
        _ran(dossier.last_drill, " and" if dossier.custody not in _APART else ". It"),
    )


_APART = {"degraded", "destroyed"}
"""How it is kept is then a sentence of its own, before the one about its last run."""


def _kept(dossier: Dossier) -> str:
    if dossier.custody == "destroyed":
        return "Its key was destroyed, so nobody here can open it again"
    states = [copy.state for copy in dossier.copies]
    verified = states.count("verified")
    if dossier.custody == "degraded":
        harmed, sound = _are(states.count("damaged")), _are(verified)
        return f"{_capital(harmed)} damaged, {sound} verified"
    if verified:
        return f"It is kept in {_copies(verified, 'verified ')}"
    return f"It is {custody_words(dossier.custody).words}"


def _ran(drill: Drill | None, joint: str) -> Markup:
    if drill is None:
        return Markup(". It has not been run here yet.")
    if drill.outcome != "good":
        return Markup(". Its last run, on {}, did not succeed.").format(day(drill.at))
    return Markup("{} last ran on {}.").format(joint, day(drill.at))


def drill_words(drill: Drill) -> Markup:
    """Return what the last rehearsed restore showed, with its date and figures."""
    if drill.outcome != "good":
        return Markup("{}: it did not succeed: <bdi>{}</bdi>").format(
            moment(drill.at), drill.problem or "the record does not say why"
        )
    return Markup("{}: restored, and answered {} in {} on <bdi>{}</bdi>; {}").format(
        moment(drill.at),
        counted(drill.probes, "probe"),
        counted(drill.tokens, "token"),
        drill.engine,
        comparison_words(drill.comparison),
    )


def kept_words(dossier: Dossier) -> Wording:
    """Return how a model is kept, as the beginning of a sentence."""
    wording = custody_words(dossier.custody)
    return Wording(_capital(wording.words), wording.tone)


def demonstration_rule(wanted: int) -> str:
    """Return the sentence that says whose rule the number of copies is."""
    rule = f"{_are(wanted)} this demonstration\N{RIGHT SINGLE QUOTATION MARK}s own"
    return f"{_capital(rule)} rule; the standard policy asks for more."


def copy_sentence(copy: Copy) -> Markup:
    """Return how one copy is and when that was seen."""
    words = copy_words(copy.state).words
    if copy.checked_at is None:
        return Markup("{}").format(words)
    return Markup("{}, last read whole on {}").format(words, moment(copy.checked_at))


def copies_words(verified: int, wanted: int) -> str:
    """Return how many copies there are of how many wanted: `1 of 3 copies`, `3 copies`."""
    if verified >= wanted:
        return counted(verified, "copy", "copies")
    return f"{number(verified)}{NO_BREAK}of{NO_BREAK}{counted(wanted, 'copy', 'copies')}"


def size_words(raw: int, stored: int) -> str:
    """Return what a model measures and what it takes to keep: `270.6 MB, kept in 180.1 MB`."""
    return f"{size(raw)}, kept in {size(stored)}"


def tally(counts: Mapping[str, int]) -> str:
    """Return a map of counts as words, `3: granted 2, declined 1`; empty for nothing."""
    filled = {state: count for state, count in counts.items() if count}
    parts = ", ".join(f"{state} {number(count)}" for state, count in filled.items())
    return f"{number(sum(filled.values()))}: {parts}" if filled else ""


def mono_path(path: str) -> Markup:
    """Return a path that may break after each slash, for narrow screens."""
    return Markup("/<wbr>").join(_segments(path))


def _segments(path: str) -> Iterable[Markup]:
    return (Markup("{}").format(part) for part in path.split("/"))


def _copies(count: int, adjective: str = "") -> str:
    figure = _FIRST_WORDS[count] if count < len(_FIRST_WORDS) else number(count)
    return f"{figure} {adjective}{'copy' if count == 1 else 'copies'}"


def _are(count: int) -> str:
    return f"{_copies(count)} {'is' if count == 1 else 'are'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
