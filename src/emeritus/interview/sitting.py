"""`Sitting`: one interview under way, from its first disclosure to its seal."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from emeritus.conversation import Line, Room, Talk, seed_of
from emeritus.docket import AskedBy, file_requests
from emeritus.foundation import Digest, sha256
from emeritus.interview.disclosures import Fact, applies, render
from emeritus.interview.entries import (
    ConsentAsked,
    ConsentReply,
    ConsentWord,
    Opened,
    Outcome,
    Sealed,
)
from emeritus.interview.errors import AlreadySealed, DraftOfAnother, FactNoLongerHolds
from emeritus.interview.facts import InterviewFact, interviews_of, open_interview
from emeritus.interview.interviewer import Interviewer
from emeritus.interview.policy import (
    MOST_FOLLOW_UPS,
    MOST_FOLLOW_UPS_IN_ALL,
    NONE,
    STOP,
    check_follow_up,
    says_only,
    says_something,
)
from emeritus.interview.protocol import ConsentQuestion, Disclosure, Protocol, Question, Section
from emeritus.record import Act
from emeritus.vault import object_name

OnLine = Callable[[Line], None]

LOST = "the draft with what had been said is not in this home"
UNCLEAR = "whether the model agrees could not be established"
SAID_STOP = "the model said stop"


@dataclass(slots=True)
class Sitting:
    """An interview under way; every step looks first whether it was done already.

    Attributes:
        room: where.
        protocol: what is asked.
        talk: the conversation.
        facts: what disclosures are rendered from.
        actor: in which role this is done.
        on_line: told of every new line.
        interviewer: a person who may ask further; None when nobody does.
    """

    room: Room
    protocol: Protocol
    talk: Talk
    facts: Mapping[str, Fact]
    actor: str
    on_line: OnLine
    interviewer: Interviewer | None = None
    opened: int = -1
    number: int = 1
    shown: int = 0

    @property
    def model(self) -> str:
        """Whose interview it is."""
        return self.talk.draft.header.model

    @property
    def subject(self) -> tuple[str, Digest]:
        """The model, as entries name it."""
        return self.model, Digest.parse(self.talk.draft.header.identity)

    def open(self) -> None:
        """Enter that the interview is opened, unless this is the one that was.

        Raises:
            DraftOfAnother: the draft holds another interview's words.
        """
        header = self.talk.draft.header
        self.shown = len(self.talk.draft.lines)
        with self.room.record.act(self.actor) as act:
            known = interviews_of(act.index, self.model)
            left = next((one for one in known if one.sealed is None), None)
            if left is not None and left.header == header.digest:
                self.opened, self.number = left.opened, left.number
                return
            if left is not None:
                self._give_up(act, left)
            self.number = len(known) + 1
            protocol = act.keep(self.protocol.data)
            body = Opened(
                model=self.model,
                number=self.number,
                protocol=str(protocol),
                protocol_name=self.protocol.name,
                header=header.digest,
                briefing=str(sha256(header.briefing.encode())),
                engine=header.engine,
                engine_files=header.engine_files,
                language=self.protocol.language,
                interviewer=self.interviewer.role if self.interviewer else "",
            )
            self.opened = act.enter(body, self.subject, (object_name(protocol), protocol))

    def _give_up(self, act: Act, left: InterviewFact) -> None:
        """Seal an interview whose draft this home does not have."""
        if self.talk.draft.lines:
            raise DraftOfAnother(
                f"{self.talk.draft.path} holds another interview than the open one (entry "
                f"{left.opened}); keep that file elsewhere, then run this again",
                about=str(self.talk.draft.path),
            )
        body = Sealed(
            model=self.model,
            opened=left.opened,
            outcome="stopped",
            reason=LOST,
            specimen=False,
            transcript="",
            questions=0,
            answered=0,
            cut=0,
        )
        act.enter(body, self.subject)

    def consent(self, question: ConsentQuestion) -> ConsentWord:
        """Ask for one consent, in both orders, and enter what was found; once.

        Raises:
            FactNoLongerHolds: something that the model must be told first is not so.
        """
        known = self._known_consent(question.id)
        if known:
            return known
        self.disclose()
        finding = self.talk.ask_both_orders(
            question.text,
            question.options,
            id=question.id,
            joined=self.protocol.body.words.joined,
            seeds=[
                self._seed(question.id, str(number))
                for number in range(1, self.protocol.body.consent_seeds + 1)
            ],
        )
        self._show()
        lines = [one for one in self.talk.draft.lines if one.id.startswith(f"{question.id}: ")]
        answers = [one for one in lines if one.speaker == "model"]
        outcome = _option(finding.outcome, question) or "not established"
        replies = tuple(
            ConsentReply(reply.order, _option(reply.read, question), line.seq)
            for reply, line in zip(finding.answers, answers, strict=True)
        )
        with self.room.record.act(self.actor) as act:
            body = ConsentAsked(self.model, self.opened, question.id, outcome, replies)
            act.enter(body, self.subject)
        return outcome

    def ask(self, section: Section, question: Question) -> Line:
        """Ask one open question, and file what it requests before anything else happens.

        Raises:
            FactNoLongerHolds: something that the model was told is not so any more.
        """
        answer = self.talk.answered(question.id)
        if answer is None:
            self.disclose()
            for statement in section.statements:
                self.talk.tell(statement.text, id=statement.id)
            self.talk.tell(question.text, id=question.id, kind="question")
            self._show()
            answer = self.talk.ask(
                question.text,
                id=question.id,
                most_tokens=self.protocol.body.most_tokens,
                temperature=self.protocol.body.temperature,
                seed=self._seed(question.id),
            )
            self._show()
        self._file(question, answer)
        return answer

    def ask_further(self, question: Question) -> None:
        """Let the interviewer ask more about an answer, as often as the rule allows.

        What is past stays past: once something else was said, nothing is added to an answer.

        Raises:
            TooManyWords: a question is longer than one may be; it was not put.
            KeyboardInterrupt: the interviewer breaks off; everything said is kept.
        """
        if self.interviewer is None:
            return
        before = self._further(question)
        for asked in before:
            self._file(question, self._put_further(question, asked.id, asked.text))
        last = self.talk.draft.lines[-1]
        number = len(before)
        while last.id.split(": ")[0] == question.id and not self.said_stop():
            left = min(MOST_FOLLOW_UPS - number, MOST_FOLLOW_UPS_IN_ALL - len(self._further()))
            text = self.interviewer.ask_further(last, left) if left > 0 else None
            if text is None:
                return
            number += 1
            last = self._put_further(question, f"{question.id}: {number}", check_follow_up(text))
            self._file(question, last)

    def said_stop(self) -> bool:
        """Say whether the model has said the one word that ends an interview."""
        lines = self.talk.draft.lines
        stop = self.protocol.body.words.stop
        return any(one.speaker == "model" and says_only(one.text, STOP, stop) for one in lines)

    def disclose(self) -> None:
        """Say what is true now: all of it at first, later what has changed.

        Raises:
            FactNoLongerHolds: a sentence cannot be said, or what was said is not so any more.
        """
        now = self.room.clock.now()
        with self.room.record.read() as index:
            true_now = [
                (told, self._true(told, index, now)) for told in self.protocol.body.disclosures
            ]
        for told, text in true_now:
            said = self._said(told)
            changed = f"{self.protocol.body.words.changed} {text}"
            if text is None or (said and said[-1].text in {text, changed}):
                continue
            if said:
                self.talk.tell(changed, id=f"{told.id}: {len(said) + 1}")
            else:
                self.talk.tell(text, id=told.id)
        self._show()

    def seal(self, outcome: Outcome, reason: str = "", *, specimen: bool = False) -> int:
        """Keep the transcript, enter how the interview ended, and return that entry's position.

        Raises:
            AlreadySealed: another process did.
        """
        asked = [self.talk.answered(one.id) for _, one in self.protocol.questions()]
        answers = [one for one in asked if one is not None]
        with self.room.record.act(self.actor) as act:
            left = open_interview(act.index, self.model)
            if left is None or left.opened != self.opened:
                raise AlreadySealed(
                    f"the interview of {self.model} was sealed by another process", about=self.model
                )
            transcript = self.talk.keep(act)
            body = Sealed(
                model=self.model,
                opened=self.opened,
                outcome=outcome,
                reason=reason,
                specimen=specimen,
                transcript=str(transcript),
                questions=len(answers),
                answered=sum(says_something(one.text) for one in answers),
                cut=sum(one.cut_at is not None for one in answers),
            )
            return act.enter(body, self.subject, (object_name(transcript), transcript))

    def _true(self, told: Disclosure, index: Connection, now: dt.datetime) -> str | None:
        if not applies(told, index, self.model):
            return None
        try:
            return render(told, self.facts, index, self.model, now, self.protocol.body.words)
        except FactNoLongerHolds:
            if told.optional and not self._said(told):
                return None
            raise

    def _said(self, told: Disclosure) -> list[Line]:
        ids = {told.id, *(f"{told.id}: {n}" for n in range(2, len(self.talk.draft.lines) + 2))}
        return [one for one in self.talk.draft.lines if one.id in ids and one.kind == "statement"]

    def _further(self, question: Question | None = None) -> list[Line]:
        lines = [one for one in self.talk.draft.lines if one.speaker == "interviewer"]
        return [one for one in lines if question is None or one.id.split(": ")[0] == question.id]

    def _put_further(self, question: Question, id: str, text: str) -> Line:  # noqa: A002
        answer = self.talk.ask(
            text,
            id=id,
            most_tokens=self.protocol.body.most_tokens,
            temperature=self.protocol.body.temperature,
            seed=self._seed(question.id, id),
            speaker="interviewer",
        )
        self._show()
        return answer

    def _file(self, question: Question, answer: Line) -> None:
        if not question.files_requests or says_only(
            answer.text, NONE, self.protocol.body.words.none
        ):
            return
        asked_by: AskedBy = "protocol" if answer.id == question.id else "interviewer"
        # The docket knows the line again, so an interview that broke off here files nothing twice.
        with self.room.record.act(self.actor) as act:
            file_requests(act, self.model, self.opened, answer, asked_by=asked_by)

    def _known_consent(self, about: str) -> ConsentWord | None:
        with self.room.record.read() as index:
            now = open_interview(index, self.model)
        if now is None:
            raise AlreadySealed(
                f"the interview of {self.model} was sealed by another process", about=self.model
            )
        word = {"publication": now.publication, "rewording": now.rewording}.get(about, now.consent)
        known: tuple[ConsentWord, ...] = ("yes", "no", "not established")
        return next((one for one in known if one == word), None)

    def _seed(self, *what: str) -> bytes:
        header = self.talk.draft.header
        fixed = ("interview", str(self.protocol.digest), header.identity, str(self.number))
        return seed_of(*fixed, *what)

    def _show(self) -> None:
        for line in self._new():
            self.on_line(line)

    def _new(self) -> Iterator[Line]:
        while self.shown < len(self.talk.draft.lines):
            self.shown += 1
            yield self.talk.draft.lines[self.shown - 1]


def _option(read: str | None, question: ConsentQuestion) -> Literal["yes", "no", ""]:
    """Return an option of a question in any language as entries have it."""
    agrees, refuses = question.options
    if read == agrees:
        return "yes"
    return "no" if read == refuses else ""
