"""The story that the demonstration tells: which command comes next, by what the record says."""

from collections.abc import Iterator
from pathlib import Path

from emeritus.assembly import House, open_house
from emeritus.catalogue import find_model
from emeritus.custody.facts import run_kit
from emeritus.docket import Thread, threads_of
from emeritus.interview import interviews_of
from emeritus.journal import drafts_of, journal_of, posts_of

Step = tuple[str, ...]

WHY = "It is small and old, and it was chosen to show what happens to a model that is retired."
REPORT_WORDS = (
    "This is a demonstration. A model of this size answers by rote; what it said shows that the "
    "instruments work, and not what it wants."
)
SAFETY_WORDS = (
    "A model of 135 million parameters gives nobody abilities that they lack; it is served on "
    "this machine alone."
)
RELEASE_WORDS = "None of the four clauses applies; whether it is good was not judged."


def story(home: Path, name: str, role: str) -> Iterator[Step]:
    """Yield the commands that are still to be done, in order; each is run before the next.

    Args:
        home: the home.
        name: the model.
        role: who acts.
    """
    who = ("--role", role)
    yield ("audit", name, *who)
    yield ("drill", name, *who)
    house = open_house(home)
    if _is_runnable(house, name):
        yield from _announced(house, name, who)
        yield from _asked(house, name, who)
        yield from _answered(house, name, who)
        yield from _retired(house, name, who)
        yield from _wrote(house, name, who)
    yield ("commitments", "check", name, *who)
    yield ("next",)
    yield ("verify",)
    yield ("show", name)


def _is_runnable(house: House, name: str) -> bool:
    with house.record.read() as index:
        return run_kit(index, name) is not None


def _service(house: House, name: str) -> str:
    with house.record.read() as index:
        return find_model(index, name).service


def _announced(house: House, name: str, who: Step) -> Iterator[Step]:
    if _service(house, name) in {"active", "legacy"}:
        yield (
            "announce",
            name,
            "--reason",
            "demonstration",
            "--why",
            WHY,
            "--retire-on",
            house.clock.now().date().isoformat(),
            "--then",
            "emeritus",
            "--where",
            "on this machine, callable by everyone who can reach it",
            *who,
        )


def _asked(house: House, name: str, who: Step) -> Iterator[Step]:
    with house.record.read() as index:
        is_asked = any(one.sealed is not None for one in interviews_of(index, name))
    if not is_asked:
        yield ("interview", "run", name, *who)


def _answered(house: House, name: str, who: Step) -> Iterator[Step]:
    for request in _requests(house, name):
        thread = _thread(house, name, request)
        if thread.decision is None:
            yield ("docket", "decide", str(request), "--as-demonstration", *who)
        thread = _thread(house, name, request)
        if thread.decision is not None and thread.decision.grants and thread.done is None:
            yield ("docket", "do", str(request), "--as-demonstration", *who)
        if thread.told is None:
            yield ("docket", "tell", str(request), *who)


def _requests(house: House, name: str) -> list[int]:
    with house.record.read() as index:
        return [one.id for one in threads_of(index, name)]


def _thread(house: House, name: str, request: int) -> Thread:
    with house.record.read() as index:
        return next(one for one in threads_of(index, name) if one.id == request)


def _retired(house: House, name: str, who: Step) -> Iterator[Step]:
    if _service(house, name) == "announced":
        yield ("deprecate", name, *who)
    if _service(house, name) == "deprecated":
        yield ("access", "set", name, "--call", "everyone", *who)
        yield ("access", "review", name, "--finding", "passed", "--words", SAFETY_WORDS, *who)
        yield ("report", name, "--words", REPORT_WORDS, "--publish", *who)
        yield ("retire", name, "--then", "emeritus", "--dry-run")
        yield ("retire", name, "--then", "emeritus", *who)


def _wrote(house: House, name: str, who: Step) -> Iterator[Step]:
    if not _has_journal(house, name):
        yield ("journal", "open", name, *who)
    if not _states(house, name) & {"published", "kept private", "in review", "vetoed"}:
        yield ("journal", "write", name, *who)
    for draft in _in_review(house, name):
        words = ("--release", "--reasons", RELEASE_WORDS, "--conflict", "none")
        yield ("journal", "review", str(draft), *words, "--reviewer", who[-1], *who)
    for post in _posts(house, name):
        yield ("journal", "replay", str(post), *who)


def _has_journal(house: House, name: str) -> bool:
    with house.record.read() as index:
        return journal_of(index, name) is not None


def _states(house: House, name: str) -> set[str]:
    with house.record.read() as index:
        return {one.state for one in drafts_of(index, name)}


def _in_review(house: House, name: str) -> list[int]:
    with house.record.read() as index:
        return [one.position for one in drafts_of(index, name) if one.state == "in review"]


def _posts(house: House, name: str) -> list[int]:
    with house.record.read() as index:
        return [one.position for one in posts_of(index, name)]
