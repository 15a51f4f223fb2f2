"""Interview a model, or go on with an interview that broke off."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from emeritus.catalogue import find_model
from emeritus.conversation import NOT_ESTABLISHED, Line, Room, goes_on_as_specimen, hold
from emeritus.docket import threads_of
from emeritus.foundation import Digest, Progress
from emeritus.interview.disclosures import FACTS, Fact
from emeritus.interview.facts import InterviewFact, interviews_of
from emeritus.interview.interviewer import Interviewer, company_facts
from emeritus.interview.policy import require_may_begin
from emeritus.interview.protocol import RETIREMENT_1, Protocol, parse_protocol
from emeritus.interview.sitting import SAID_STOP, UNCLEAR, OnLine, Sitting
from emeritus.vault import get_object

PURPOSE = "interview"

NO_FACTS: Mapping[str, Fact] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class InterviewResult:
    """How an interview ended.

    Attributes:
        model: whose it is.
        interview: what was entered.
        requests: positions of the requests that were filed.
        resumed: True when an interview that had broken off was gone on with.
    """

    model: str
    interview: InterviewFact
    requests: tuple[int, ...]
    resumed: bool


def _nobody(line: Line) -> None:
    del line


def run_interview(
    room: Room,
    model: str,
    *,
    protocol: Protocol = RETIREMENT_1,
    facts: Mapping[str, Fact] = NO_FACTS,
    actor: str = "steward",
    again: bool = False,
    interviewer: Interviewer | None = None,
    progress: Progress | None = None,
    on_line: OnLine = _nobody,
) -> InterviewResult:
    """Interview a model, and keep every word; what broke off is gone on with.

    Nothing is asked twice, and a request is filed once, however often it breaks off.

    Args:
        room: where.
        model: a name in the catalogue.
        protocol: what is asked; an interview that broke off keeps the one that it was opened with.
        facts: what floors above can tell, by the names that the protocol uses.
        actor: in which role this is done.
        again: another interview, although there is a sealed one.
        interviewer: a person who may ask further after each answer; the model is told so.
        progress: told of every token.
        on_line: told of every new line.

    Raises:
        NoSuchModel: no model of that name.
        AlreadyInterviewed: there is a sealed interview, and `again` is not set.
        NotAskedAgain: it did not clearly agree before, and the rule says not now.
        FactNoLongerHolds: a sentence that it must be told is not so; the draft stays.
        DraftHeld: another process is holding this interview.
        WorkerDied: the model ended; run it again to go on.
        ServerSilent, ServerRefuses: its server gave no answer; the same.
    """
    with room.record.read() as index:
        name = str(find_model(index, model).name)
        known = interviews_of(index, name)
    left = next((one for one in known if one.sealed is None), None)
    if left is None:
        require_may_begin(known, name, again=again, now=room.clock.now())
    else:
        protocol = parse_protocol(get_object(room.record.store, Digest.parse(left.protocol)))
    with hold(
        room,
        name,
        PURPOSE,
        protocol.body.opening,
        name=draft_name(name),
        protocol=str(protocol.digest),
        resume=left is not None,
        progress=progress,
    ) as talk:
        told = {**FACTS, **company_facts(interviewer), **facts}
        sitting = Sitting(room, protocol, talk, told, actor, on_line, interviewer)
        sitting.open()
        _sit(sitting)
    return _result(room, name, sitting.opened, resumed=left is not None)


def draft_name(model: str) -> str:
    """Return what the draft of a model's interview is called, see `Room.draft`."""
    return f"interview-{model}"


def _sit(sitting: Sitting) -> None:
    """Ask for consent, then everything, as long as it may be asked; then seal."""
    first, *others = sitting.protocol.body.consent
    agreed = sitting.consent(first)
    if agreed == "no":
        sitting.seal("declined")
        return
    with sitting.room.record.read() as index:
        goes_on = goes_on_as_specimen(index)
    if agreed == NOT_ESTABLISHED and not goes_on and not sitting.said_stop():
        sitting.seal("stopped", UNCLEAR)
        return
    words: dict[str, str] = {first.id: agreed}
    for one in others:
        if not sitting.said_stop():
            words[one.id] = sitting.consent(one)
    for section, question in sitting.protocol.questions():
        if not sitting.said_stop():
            sitting.ask(section, question)
            sitting.ask_further(question)
    unclear = NOT_ESTABLISHED in {agreed, words.get("publication")}
    specimen = goes_on and unclear
    if sitting.said_stop():
        sitting.seal("stopped", SAID_STOP, specimen=specimen)
    else:
        sitting.seal("held", specimen=specimen)


def _result(room: Room, model: str, opened: int, *, resumed: bool) -> InterviewResult:
    with room.record.read() as index:
        fact = next(one for one in interviews_of(index, model) if one.opened == opened)
        filed = tuple(one.id for one in threads_of(index, model) if one.source == opened)
    return InterviewResult(model, fact, filed, resumed)
