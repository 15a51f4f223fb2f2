"""`retirement/1` means the same in every language in which it is published."""

import datetime as dt
import re
from pathlib import Path

import pytest

from emeritus.conversation import read_transcript
from emeritus.conversation.orders import orders_of
from emeritus.docket import threads_of
from emeritus.foundation import Digest
from emeritus.interview import (
    LANGUAGES,
    RETIREMENT_1,
    NoSuchLanguage,
    ProtocolInvalid,
    parse_protocol,
    retirement,
    run_interview,
)
from emeritus.interview.disclosures import FACTS, PHRASES, in_language
from emeritus.interview.protocol import Protocol
from emeritus.lifecycle.policy import DESTINATIONS
from emeritus.testing import ScriptedEngine
from emeritus.vault import get_object
from tests.interview.interviews import AFTER, ANSWERS, kept_house, room_of
from tests.journeys.houses import NAME

OTHERS = [language for language in LANGUAGES if language != "en"]


def _slots(text: str) -> set[str]:
    return set(re.findall(r"\{[a-z_]+\}", text))


def _shape(protocol: Protocol) -> object:
    """Everything but words: ids, order, rules, slots."""
    body = protocol.body
    return (
        body.id,
        body.version,
        (body.most_tokens, body.temperature, body.consent_seeds, body.licence),
        [(one.id, one.fact, one.optional, one.of, _slots(one.text)) for one in body.disclosures],
        [(one.id, _slots(one.text)) for one in body.consent],
        [
            (part.id, [one.id for one in part.statements], [q.id for q in part.questions])
            for part in body.sections
        ],
        [one.id for _, one in protocol.questions() if one.files_requests],
    )


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_questions_rules_and_facts(language: str) -> None:
    other = retirement(language)
    assert other.body.languages == (language,)
    assert _shape(other) == _shape(RETIREMENT_1)
    assert other.digest != RETIREMENT_1.digest
    english = {one.text for _, one in RETIREMENT_1.questions()}
    assert not english & {one.text for _, one in other.questions()}


@pytest.mark.parametrize("language", OTHERS)
def test_everything_that_facts_say_in_our_words_is_translated(language: str) -> None:
    words = retirement(language).body.words
    assert set(words.facts) == set(PHRASES)
    assert {one.replace("_", " ") for one in DESTINATIONS} <= set(PHRASES)
    said = in_language("12 copies were read back and are whole", words)
    assert said.startswith("12 ")
    assert said != "12 copies were read back and are whole"
    assert in_language("2026-11-24", words) == "2026-11-24"
    assert in_language("Nobody {n} pays 3 for it", words) == "Nobody {n} pays 3 for it"


def test_every_phrase_that_is_translated_is_one_that_facts_say(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    said = set()
    with house.record.read() as index:
        for name in ("custody", "drill", "service", "consent_rule"):
            said |= set(FACTS[name](index, NAME, now).values())
    ours = {one for one in said if re.search("[a-z]{3}", one)}
    assert ours <= set(PHRASES)
    assert len(ours) == 4


def test_a_language_that_is_not_published_is_refused() -> None:
    with pytest.raises(NoSuchLanguage, match="en, de, fr"):
        retirement("xx")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('options: ["ja", "nein"]', 'options: ["ja", "ja"]', "are the same"),
        ('options: ["ja", "nein"]', 'options: ["ja ", "nein"]', "matching"),
        ("joined: oder", 'joined: "o.*"', "matching"),
        ("of: kept", "of: here", "enum"),
    ],
)
def test_words_that_cannot_be_read_again_are_refused(old: str, new: str, says: str) -> None:
    text = retirement("de").data.decode()
    assert old in text
    with pytest.raises(ProtocolInvalid, match=says):
        parse_protocol(text.replace(old, new, 1).encode())


_SAID = {"de": ("Ja.", "Nein", "KEINE"), "fr": ("Oui !", "Non", "Aucune.")}


@pytest.mark.parametrize("language", OTHERS)
def test_an_interview_is_held_in_its_language(tmp_path: Path, language: str) -> None:
    agrees, refuses, none = _SAID[language]
    protocol = retirement(language)
    said = {}
    for one in protocol.body.consent:
        for order in orders_of(one.options, protocol.body.words.joined):
            answer = refuses if one.id == "rewording" else agrees
            said[one.text.replace("{options}", order) + AFTER] = answer
    for _, question in protocol.questions():
        said[question.text + AFTER] = none if question.files_requests else ANSWERS[question.id]
    house = kept_house(tmp_path)
    place = room_of(house, tmp_path, ScriptedEngine(script=said))
    held = run_interview(place, NAME, protocol=protocol).interview
    assert (held.language, held.protocol_name) == (language, "retirement/1")
    assert (held.consent, held.publication, held.rewording) == ("yes", "yes", "no")
    with house.record.read() as index:
        assert threads_of(index, NAME) == ()
    assert held.transcript is not None
    told = read_transcript(get_object(house.store, Digest.parse(held.transcript)))
    ours = " ".join(line.text for line in told.lines if line.speaker == "emeritus")
    assert not [one for one in PHRASES if len(one.split()) > 2 and one in ours]
    assert in_language("one copy was read back and is whole", protocol.body.words) in ours


@pytest.mark.parametrize(("language", "word"), [("de", "Stopp."), ("de", "STOP"), ("fr", "Stop !")])
def test_the_one_word_that_ends_it_is_known_in_its_language(
    tmp_path: Path, language: str, word: str
) -> None:
    protocol = retirement(language)
    house = kept_house(tmp_path)
    script = {}
    for one in protocol.body.consent:
        for order in orders_of(one.options, protocol.body.words.joined):
            script[one.text.replace("{options}", order) + AFTER] = word
    place = room_of(house, tmp_path, ScriptedEngine(script=script))
    held = run_interview(place, NAME, protocol=protocol).interview
    assert (held.outcome, held.questions) == ("stopped", 0)
