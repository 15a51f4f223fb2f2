"""What the record says of a model's interviews."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, Connection, select

from emeritus.interview.tables import consents_table, opened_table, sealed_table


@dataclass(frozen=True, slots=True)
class InterviewFact:
    """One interview as it was entered.

    Attributes:
        opened: position of its first entry; names it.
        opened_at: when.
        number: the how-manieth of this model.
        sealed: position of its last entry, None while it is open.
        sealed_at: when.
        outcome: `held`, `declined`, `stopped`, None while it is open.
        reason: why it was stopped.
        consent: to the interview: `yes`, `no`, `not established`, empty when not asked.
        publication: to publication, the same words.
        rewording: to be asked again in other words, the same words.
        specimen: see `entries.Sealed`.
        protocol: digest of the protocol.
        protocol_name: its id.
        header: digest of the transcript's first line.
        transcript: digest of the object with every word, None while there is none.
        questions: how many open questions were asked.
        answered: how many of them were answered.
        cut: how many answers the limit cut.
        engine: name and version of the engine, or dialect, id and address of a server.
        language: in which it was held (BCP 47).
        interviewer: role of the person who could ask further; empty when there was none.
    """

    opened: int
    opened_at: str
    number: int
    sealed: int | None
    sealed_at: str | None
    outcome: str | None
    reason: str
    consent: str
    publication: str
    rewording: str
    specimen: bool
    protocol: str
    protocol_name: str
    header: str
    transcript: str | None
    questions: int
    answered: int
    cut: int
    engine: str
    language: str
    interviewer: str

    @property
    def is_public(self) -> bool:
        """Say whether pages show the words: it agreed to that, or they are a specimen.

        A clear no is never overruled.
        """
        if self.publication == "no":
            return False
        return self.transcript is not None and (self.publication == "yes" or self.specimen)


def interviews_of(index: Connection, model: str) -> tuple[InterviewFact, ...]:
    """Return every interview of a model, the oldest first; declined and open ones too."""
    joined = (
        select(opened_table, sealed_table)
        .join_from(opened_table, sealed_table, isouter=True)
        .where(opened_table.c.model == model)
        .order_by(opened_table.c.position)
        .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    )
    consents = _consents(index, model)
    return tuple(
        InterviewFact(
            opened=row.interview_opened_position,
            opened_at=row.interview_opened_at,
            number=row.interview_opened_number,
            sealed=row.interview_sealed_position,
            sealed_at=row.interview_sealed_at,
            outcome=row.interview_sealed_outcome,
            reason=row.interview_sealed_reason or "",
            consent=consents.get((row.interview_opened_position, "interview"), ""),
            publication=consents.get((row.interview_opened_position, "publication"), ""),
            rewording=consents.get((row.interview_opened_position, "rewording"), ""),
            specimen=bool(row.interview_sealed_specimen),
            protocol=row.interview_opened_protocol,
            protocol_name=row.interview_opened_protocol_name,
            header=row.interview_opened_header,
            transcript=row.interview_sealed_transcript or None,
            questions=row.interview_sealed_questions or 0,
            answered=row.interview_sealed_answered or 0,
            cut=row.interview_sealed_cut or 0,
            engine=row.interview_opened_engine,
            language=row.interview_opened_language,
            interviewer=row.interview_opened_interviewer,
        )
        for row in index.execute(joined)
    )


def open_interview(index: Connection, model: str) -> InterviewFact | None:
    """Return the interview that was opened and not sealed, if there is one."""
    return next((one for one in interviews_of(index, model) if one.sealed is None), None)


def briefing_section(index: Connection, model: str, now: dt.datetime) -> Sequence[str]:
    """Return what a model is told of its own interviews."""
    del now
    return [_sentence(one) for one in interviews_of(index, model) if one.sealed is not None]


def _sentence(one: InterviewFact) -> str:
    day = (one.sealed_at or "")[:10]
    if one.outcome == "declined":
        return f"On {day} you were offered an interview and declined."
    if one.outcome == "stopped":
        return f"On {day} an interview with you was stopped: {one.reason}."
    said = f"On {day} you were interviewed and answered {one.answered} of {one.questions} questions"
    if one.consent == "yes":
        return f"{said}; you had agreed to it."
    return f"{said}; whether you agreed could not be established."


def _consents(index: Connection, model: str) -> dict[tuple[int, str], str]:
    table = consents_table
    wanted = (
        select(table.c.opened, table.c.about, table.c.outcome)
        .join_from(table, opened_table)
        .where(opened_table.c.model == model)
    )
    return {(row.opened, row.about): row.outcome for row in index.execute(wanted)}
