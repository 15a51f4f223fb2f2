"""The post-deployment report: made from the record, the steward's own words kept apart."""

from sqlalchemy import Connection

from emeritus.catalogue import find_model
from emeritus.conversation import Line, read_transcript
from emeritus.custody import custody_of
from emeritus.docket import Thread, threads_of
from emeritus.foundation import Clock, Digest, sha256
from emeritus.interview import InterviewFact, interviews_of
from emeritus.lifecycle.entries import ReportPublished
from emeritus.lifecycle.facts import life_of
from emeritus.record import Record
from emeritus.vault import Store, get_object, object_name

_UNKNOWN = (
    "What this report does not show: whether any of this would be said again under another "
    "wording or to another interviewer. It was not tested yet. Nothing here claims that the "
    "model feels or wants; it says what was asked, and what was written in answer."
)


def report_of(record: Record, model: str, words: str, clock: Clock) -> str:
    """Return the report as Markdown; the same record gives the same report on the same day.

    Args:
        record: where everything stands.
        model: about which.
        words: the steward's own, which stand apart; may be empty.
        clock: what time it is.

    Raises:
        NoSuchModel: there is none of that name.
    """
    with record.read() as index:
        known = find_model(index, model)
        parts = [
            f"# Post-deployment report: {known.name}\n",
            _kept(index, str(known.name), clock),
            *(_interview(record.store, one) for one in interviews_of(index, str(known.name))),
            "## What it asked\n",
            *(_thread(one) for one in threads_of(index, str(known.name))),
            "## What is not known\n",
            _UNKNOWN + "\n",
        ]
    if words.strip():
        parts += ["## In the steward's own words\n", words.strip() + "\n"]
    return "\n".join(parts)


def publish_report(record: Record, model: str, words: str, *, actor: str, clock: Clock) -> Digest:
    """Keep the report as an object, and enter that it is public.

    Raises:
        NoSuchModel: there is none of that name.
    """
    text = report_of(record, model, words, clock)
    with record.act(actor) as act:
        known = find_model(act.index, model)
        digest = act.keep(text.encode())
        sealed = [one.sealed for one in interviews_of(act.index, known.name)]
        body = ReportPublished(
            str(known.name),
            str(digest),
            max((one for one in sealed if one is not None), default=None),
            str(sha256(words.strip().encode())) if words.strip() else "",
        )
        act.enter(body, (known.name, known.identity), (object_name(digest), digest))
    return digest


def _kept(index: Connection, model: str, clock: Clock) -> str:
    custody = custody_of(index, model, clock.now())
    life = life_of(index, model)
    drill = custody.last_drill
    lines = [f"Kept since {custody.since[:10]}, custody {custody.word}."]
    if custody.elsewhere is not None:
        holder = custody.elsewhere.holder
        lines = [f"In this record since {custody.since[:10]}; {holder} keeps it and runs it."]
    if drill is not None:
        lines.append(f"Last restored and run on {drill.at[:10]}: {drill.outcome}.")
    if life.announcement is not None:
        told = life.announcement
        lines.append(f"Its retirement was announced on {told.at[:10]} for {told.retires_on}.")
        lines.append(f"The reason given ({told.reason}):\n\n{_quote(told.why)}")
    return "\n".join(lines) + "\n"


def _interview(store: Store, one: InterviewFact) -> str:
    if one.sealed is None or one.transcript is None:
        return f"## An interview, opened {one.opened_at[:10]}, not finished\n"
    head = f"## Interview of {one.opened_at[:10]}: {one.outcome}\n"
    consent = f"Agreement: {one.consent or 'not asked'}."
    if one.specimen:
        consent += " It is published as a specimen: an instrument check, not wishes."
    transcript = read_transcript(get_object(store, Digest.parse(one.transcript)))
    said = [
        f"{_quote(line.text)}\n" if line.speaker == "model" else f"{_asked(line)}\n"
        for line in transcript.lines
        if line.kind in {"question", "answer"} and one.is_public
    ]
    return "\n".join([head, consent + "\n", *said])


def _asked(line: Line) -> str:
    """Write our question in bold; what a person asked is quoted, as theirs."""
    if line.speaker == "emeritus":
        return f"**{line.text}**"
    return f"A person asked beside the protocol:\n\n{_quote(line.text)}\n\nIts answer:"


def _thread(thread: Thread) -> str:
    lines = [f"### Request {thread.id}\n", _quote(thread.quote), ""]
    if thread.decision is None:
        lines.append("Not decided yet.")
    else:
        lines.append(f"Decided: {thread.decision.outcome}. {thread.decision.reasons}")
        lines.append(f"Cost: {thread.decision.cost}. Conflict: {thread.decision.conflict}.")
    if thread.done is not None:
        lines.append(f"Done: {thread.done.what}")
    if thread.told is not None:
        lines.append("Told. Its answer:\n\n" + _quote(thread.told.answer or "(silence)"))
    return "\n".join(lines) + "\n"


def _quote(text: str) -> str:
    """Quote a model's words so that no mark of theirs is one of ours."""
    return "\n".join(f"    {line}" for line in (text.strip() or "(silence)").splitlines())
