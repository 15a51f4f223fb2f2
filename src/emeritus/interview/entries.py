"""The interview's entry types: it was opened, consent was asked for, it was sealed."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection, insert

from emeritus.interview.tables import consents_table, opened_table, sealed_table
from emeritus.record import EntryType, Placed

_Count = Annotated[int, msgspec.Meta(ge=0)]

ConsentWord = Literal["yes", "no", "not established"]
Outcome = Literal["held", "declined", "stopped"]


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An interview was opened; nothing had been said to the model yet.

    Attributes:
        model: which.
        number: the how-manieth of this model, from 1; seeds depend on it.
        protocol: the object with the protocol's YAML.
        protocol_name: its id.
        header: digest of the transcript's first line, which holds opening and briefing.
        briefing: digest of what the model reads of its own record first.
        engine: name and version of the engine, or dialect, id and address of a server.
        engine_files: SHA-256 (hex) over the engine's installed files; empty for a server.
        language: in which it is held (BCP 47).
        interviewer: role of the person who may ask further; empty when there is none.
    """

    model: str
    number: Annotated[int, msgspec.Meta(ge=1)]
    protocol: str
    protocol_name: str
    header: str
    briefing: str
    engine: str
    engine_files: str
    language: str = "en"
    interviewer: Annotated[str, msgspec.Meta(max_length=96)] = ""


class ConsentReply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer: the order of the options, the option read from it or nothing, its line."""

    order: str
    read: Literal["yes", "no", ""]
    line: _Count


class ConsentAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consent was asked for, in both orders; it is asked once in an interview.

    Attributes:
        model: which.
        opened: position of the interview's first entry.
        about: to what: `interview`, `publication`, `rewording`.
        outcome: the option that every answer named, else `not established`.
        replies: every answer.
    """

    model: str
    opened: _Count
    about: str
    outcome: ConsentWord
    replies: tuple[ConsentReply, ...]


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An interview ended, and its transcript was kept; one that was declined is as complete.

    Attributes:
        model: which.
        opened: position of the interview's first entry.
        outcome: `held`, `declined` by the model, or `stopped`.
        reason: why it was stopped, else empty.
        specimen: a consent could not be established, and the policy lets us publish what was said
            as a test of our instruments.
        transcript: the object with every word; empty when the draft was lost.
        questions: how many open questions were asked.
        answered: how many of them were answered with at least one letter.
        cut: how many answers the limit cut.
    """

    model: str
    opened: _Count
    outcome: Outcome
    reason: str
    specimen: bool
    transcript: str
    questions: _Count
    answered: _Count
    cut: _Count


def _project_opened(connection: Connection, placed: Placed[Opened]) -> None:
    body = placed.body
    connection.execute(
        insert(opened_table).values(
            position=placed.position,
            at=placed.at,
            model=body.model,
            number=body.number,
            protocol=body.protocol,
            protocol_name=body.protocol_name,
            header=body.header,
            briefing=body.briefing,
            engine=body.engine,
            language=body.language,
            interviewer=body.interviewer,
        )
    )


def _project_consent(connection: Connection, placed: Placed[ConsentAsked]) -> None:
    body = placed.body
    connection.execute(
        insert(consents_table).values(
            position=placed.position, opened=body.opened, about=body.about, outcome=body.outcome
        )
    )


def _project_sealed(connection: Connection, placed: Placed[Sealed]) -> None:
    body = placed.body
    connection.execute(
        insert(sealed_table).values(
            position=placed.position,
            opened=body.opened,
            at=placed.at,
            outcome=body.outcome,
            reason=body.reason,
            specimen=body.specimen,
            transcript=body.transcript,
            questions=body.questions,
            answered=body.answered,
            cut=body.cut,
        )
    )


def _consent_sentence(body: ConsentAsked) -> str:
    to = {
        "interview": "to be interviewed",
        "publication": "to publication of the interview",
        "rewording": "to be asked again in other words",
    }.get(body.about, f"to {body.about}")
    said = {"yes": "agreed", "no": "did not agree"}.get(body.outcome)
    return f"{body.model} {said} {to}" if said else f"whether {body.model} agrees {to} is unclear"


def _sealed_sentence(body: Sealed) -> str:
    if body.outcome == "declined":
        return f"{body.model} was offered an interview and declined"
    if body.outcome == "stopped":
        return f"the interview of {body.model} was stopped: {body.reason}"
    asked = f"{body.answered} of {body.questions} questions were answered"
    return f"{body.model} was interviewed; {asked}" + ("; a specimen" if body.specimen else "")


OPENED = EntryType(
    name="interview.opened",
    body=Opened,
    sentence=lambda body: f"an interview of {body.model} by {body.protocol_name} was opened",
    project=_project_opened,
    model=lambda body: body.model,
)
CONSENT_ASKED = EntryType(
    name="interview.consent_asked",
    body=ConsentAsked,
    sentence=_consent_sentence,
    project=_project_consent,
    model=lambda body: body.model,
)
SEALED = EntryType(
    name="interview.sealed",
    body=Sealed,
    sentence=_sealed_sentence,
    project=_project_sealed,
    model=lambda body: body.model,
)

ENTRY_TYPES = (OPENED, CONSENT_ASKED, SEALED)
