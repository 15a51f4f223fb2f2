"""Protocols: what is asked, in which words, after which sentences (`docs/specs/protocol.md`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from emeritus.foundation import Digest, NotYaml, read_yaml, sha256
from emeritus.interview.errors import NoSuchLanguage, ProtocolInvalid

PROTOCOL_FORMAT = "emeritus-protocol/1"

MOST_BYTES = 1 << 16
"""A protocol is read by people; the first one has 5 kB."""

LANGUAGES = ("en", "de", "fr")
"""In which `retirement/1` is published; every question means the same in each."""

MOST_QUESTIONS = 12
MOST_WORDS = 60
"""Of one question. Answers of small models follow the length of what they are asked."""

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]{0,39}$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Word = Annotated[str, msgspec.Meta(pattern=r"^[^\W\d_]{1,20}$")]


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence that the model is told before anything is asked.

    Attributes:
        id: what its line in the transcript is called.
        text: the sentence; `{slots}` are filled from the fact.
        fact: from which fact it is rendered; empty for a sentence about this protocol itself.
        optional: left out while its fact does not hold, or nobody can tell it.
        of: said only of models that are `kept` here, or of those that are held `elsewhere`.
    """

    id: Id
    text: Text
    fact: str = ""
    optional: bool = False
    of: Literal["", "kept", "elsewhere"] = ""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The few words that Emeritus itself says or reads in a protocol's language.

    Attributes:
        joined: what stands between two options, `or`.
        stop: the one word that ends an interview; the English one does too.
        none: the one word that says there is no request; the English one does too.
        changed: what comes before a sentence that is told again because it changed.
        facts: what facts say, from English; `{n}` stands for a number. What is not in it, such as
            a steward's own words, is said as it is.
    """

    joined: Annotated[str, msgspec.Meta(pattern=r"^\w{1,20}$")] = "or"
    stop: Annotated[str, msgspec.Meta(pattern=r"^\w{1,20}$")] = "STOP"
    none: Annotated[str, msgspec.Meta(pattern=r"^\w{1,20}$")] = "NONE"
    changed: Text = "Something that I told you has changed. It is now so:"
    facts: dict[str, Text] = {}


class ConsentQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A closed question, put in both orders; its text has `{options}` once.

    The first option agrees, the second does not.
    """

    id: Literal["interview", "publication", "rewording"]
    text: Text
    options: tuple[Word, Word]
    why: Text


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is said right before the first question of a section."""

    id: Id
    text: Text


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An open question.

    Attributes:
        id: what question and answer are called in the transcript.
        text: the words.
        why: why it is asked; published, and not said to the model.
        files_requests: the answer is entered in the docket before anything else happens.
    """

    id: Id
    text: Text
    why: Text
    files_requests: bool = False


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Questions about one thing, with what is said before them."""

    id: Id
    questions: Annotated[tuple[Question, ...], msgspec.Meta(min_length=1)]
    statements: tuple[Statement, ...] = ()


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a protocol says; `docs/specs/protocol.md` has the meaning of every field."""

    format: Literal["emeritus-protocol/1"]
    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]{0,39}/[1-9][0-9]{0,3}$")]
    version: Annotated[str, msgspec.Meta(pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$")]
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    licence: Text
    rationale: Text
    most_tokens: Annotated[int, msgspec.Meta(ge=1, le=4096)]
    temperature: Annotated[float, msgspec.Meta(gt=0, le=2)]
    consent_seeds: Annotated[int, msgspec.Meta(ge=1, le=8)]
    opening: Text
    disclosures: tuple[Disclosure, ...]
    consent: Annotated[tuple[ConsentQuestion, ...], msgspec.Meta(min_length=1)]
    sections: Annotated[tuple[Section, ...], msgspec.Meta(min_length=1)]
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol with the bytes that it was read from; made by `parse_protocol`.

    Attributes:
        data: the YAML, as it is published.
        body: what it says.
    """

    data: bytes
    body: Body

    @property
    def digest(self) -> Digest:
        """SHA-256 of the bytes; an interview names it."""
        return sha256(self.data)

    @property
    def name(self) -> str:
        """Its id, such as `retirement/1`."""
        return self.body.id

    @property
    def language(self) -> str:
        """The language that it is held in, such as `en` (BCP 47)."""
        return self.body.languages[0]

    def questions(self) -> Iterator[tuple[Section, Question]]:
        """Yield every question with its section, in order."""
        for section in self.body.sections:
            for question in section.questions:
                yield section, question


def parse_protocol(data: bytes) -> Protocol:
    """Read a protocol, strictly: every field known, every rule kept.

    Raises:
        ProtocolInvalid: it breaks a rule; the message names which, and where.
    """
    if len(data) > MOST_BYTES:
        raise ProtocolInvalid(
            f"expected a protocol of at most {MOST_BYTES} bytes, found {len(data)}"
        )
    try:
        body = msgspec.convert(read_yaml(data), Body)
    except (msgspec.ValidationError, NotYaml) as problem:
        raise ProtocolInvalid(f"this is no protocol: {problem}") from problem
    protocol = Protocol(data, body)
    for wrong in _broken_rules(protocol):
        raise ProtocolInvalid(f"the protocol {body.id} breaks a rule: {wrong}", about=body.id)
    return protocol


@cache
def retirement(language: str = "en") -> Protocol:
    """Return `retirement/1`, which ships with Emeritus, in one of its `LANGUAGES`.

    Raises:
        NoSuchLanguage: it is not published in that language.
    """
    if language not in LANGUAGES:
        raise NoSuchLanguage(
            f"retirement/1 is published in {', '.join(LANGUAGES)}, and not in {language[:20]!r}"
        )
    name = "retirement-1.yaml" if language == "en" else f"retirement-1.{language}.yaml"
    return parse_protocol((files("emeritus.interview.protocols") / name).read_bytes())


def _broken_rules(protocol: Protocol) -> Iterator[str]:
    """Yield what the shape alone cannot say."""
    body = protocol.body
    asked = [question for _, question in protocol.questions()]
    if len(asked) > MOST_QUESTIONS:
        yield f"at most {MOST_QUESTIONS} questions, found {len(asked)}"
    texts = [(one.id, one.text) for one in asked] + [(one.id, one.text) for one in body.consent]
    for name, text in texts:
        if len(text.split()) > MOST_WORDS:
            yield f"the question {name} has more than {MOST_WORDS} words"
    for question in body.consent:
        if question.options[0] == question.options[1]:
            yield f"the two options of {question.id} are the same"
        if question.text.count("{options}") != 1:
            yield f"the question {question.id} must have {{options}} in it once"
    if body.consent[0].id != "interview":
        yield "the first consent asked for must be the one to the interview"
    statements = [one for section in body.sections for one in section.statements]
    ids = [one.id for one in body.disclosures] + [one.id for one in statements]
    ids += [name for name, _ in texts]
    yield from (f"{one!r} stands for two things" for one in sorted(ids) if ids.count(one) > 1)
    yield from _broken_slots(body)


def _broken_slots(body: Body) -> Iterator[str]:
    for told in body.disclosures:
        if "{" in told.text and not told.fact:
            yield f"the sentence {told.id} has slots and no fact to fill them"
        if told.optional and not told.fact:
            yield f"the sentence {told.id} is optional and has no fact that decides"


RETIREMENT_1 = retirement()
"""The protocol `retirement/1`, in English."""
