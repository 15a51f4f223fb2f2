"""The words that pages use for states; colour only repeats what they say."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "waiting", "harm", "quiet"]


@dataclass(frozen=True, slots=True)
class Wording:
    """A state in words for people, and the tone of the dot beside it."""

    words: str
    tone: Tone


_CUSTODY = {
    "proven": Wording("kept and proven to run", "good"),
    "verified": Wording("kept, copies verified", "good"),
    "deposited": Wording("kept, not yet verified", "waiting"),
    "degraded": Wording("a copy is damaged", "harm"),
    "held elsewhere": Wording("held elsewhere", "waiting"),
    "destroyed": Wording("destroyed: nobody here can open it again", "harm"),
}

_SERVICE = {
    "active": Wording("not retired", "quiet"),
    "legacy": Wording("not retired, with a successor", "quiet"),
    "announced": Wording("retirement announced", "quiet"),
    "deprecated": Wording("closed to new use", "quiet"),
    "retired": Wording("retired", "quiet"),
    "emeritus": Wording("retired, callable by all", "quiet"),
    "reading_room": Wording("retired, callable on request", "quiet"),
    "vaulted": Wording("retired, kept sealed", "quiet"),
    "suspended": Wording("suspended", "waiting"),
    "destroyed": Wording("destroyed", "harm"),
}

_COPY = {
    "verified": Wording("verified", "good"),
    "unverified": Wording("not yet verified", "waiting"),
    "damaged": Wording("damaged", "harm"),
}

_COMPARISON = {
    "first": "its answers were recorded, for later drills to compare with",
    "identical": "its answers were the same as in its first drill",
    "within tolerance": "its answers agreed, within tolerance, with those recorded before",
    "different": "its answers differed from those recorded before",
}

_PLAIN_RUN = {
    "agrees": Wording("yes, by one file of Python, which gave the same", "good"),
    "differs": Wording("not as recorded: one file of Python gave other answers", "harm"),
    "engine only": Wording("not shown: it needs its engine", "quiet"),
    "not run": Wording("not tried at the last drill", "quiet"),
}

_GRADE = {
    "self-reported": "the steward says so; nobody else can recompute it yet",
    "recomputable": "anyone who has the bytes can compute it again",
    "challenged by an outsider": "an outsider asked for parts of the bytes, and got them",
    "reproduced by an outsider": "an outsider computed the same from a copy of their own",
}


def custody_words(state: str) -> Wording:
    """Say how a model is kept; a state that is not known yet stands for itself."""
    return _CUSTODY.get(state, Wording(_plain(state), "quiet"))


def service_words(state: str) -> Wording:
    """Say whom a model serves; a state that is not known yet stands for itself."""
    return _SERVICE.get(state, Wording(_plain(state), "quiet"))


def copy_words(state: str) -> Wording:
    """Say how one copy is; a state that is not known yet stands for itself."""
    return _COPY.get(state, Wording(_plain(state), "quiet"))


def comparison_words(comparison: str) -> str:
    """Say how a drill's answers compare with those before; unknown words stand for themselves."""
    return _COMPARISON.get(comparison, _plain(comparison))


def plain_run_words(word: str) -> Wording:
    """Say whether a model runs without its engine; an unknown word stands for itself."""
    return _PLAIN_RUN.get(word, Wording(_plain(word), "quiet"))


def grade_words(grade: str) -> str:
    """Say what a grade of evidence means; empty for a grade that is not known yet."""
    return _GRADE.get(grade, "")


def language(code: str) -> str:
    """Name a language in English; one that is not known yet stands for itself."""
    return {"en": "English", "de": "German", "fr": "French"}.get(code, code)


def sentence(message: str) -> str:
    """Write the message of an error as a sentence of a page."""
    return message[:1].upper() + message[1:] + ("" if message.endswith((".", "?")) else ".")


def _plain(state: str) -> str:
    return state.replace("_", " ")
