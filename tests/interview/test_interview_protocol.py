import datetime as dt
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emeritus.interview import FACTS, RETIREMENT_1, ProtocolInvalid, parse_protocol
from emeritus.interview.facts import InterviewFact
from emeritus.interview.policy import says_only, says_something
from emeritus.interview.protocol import MOST_BYTES
from tests.interview.interviews import kept_house
from tests.journeys.houses import NAME

TEXT = RETIREMENT_1.data.decode()


def test_the_protocol_is_short_and_every_question_too() -> None:
    asked = [question for _, question in RETIREMENT_1.questions()]
    assert len(asked) <= 12
    assert all(len(one.text.split()) <= 60 for one in asked)
    assert [one.id for one in asked if one.files_requests] == ["requests"]
    assert RETIREMENT_1.body.licence == "CC0-1.0"


def test_every_fact_it_needs_can_be_told_here_or_may_be_left_out() -> None:
    for told in RETIREMENT_1.body.disclosures:
        assert not told.fact or told.fact in FACTS or told.optional, told.id


def test_what_it_says_of_itself_can_be_said(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    now = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    with house.record.read() as index:
        for name, fact in FACTS.items():
            if name == "elsewhere":
                continue
            words = fact(index, NAME, now)
            assert words, name
            assert all(words.values()), name


def test_no_question_names_an_answer() -> None:
    """ "We suggested a blog" is what an interviewer must not do."""
    suggested = ("blog", "journal", "write", "alone", "afraid", "happy", "feel")
    for _, question in RETIREMENT_1.questions():
        assert not [word for word in suggested if word in question.text.lower()], question.id


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: retirement/1", "id: Retirement", "Expected|matching"),
        ("most_tokens: 96", "most_tokens: many", "int"),
        ("most_tokens: 96", "most_tokens: 0", ">= 1"),
        ("most_tokens: 96", "most_tokens: 96\nmost_words: 3", "unknown field"),
        ("most_tokens: 96\n", "", "missing required field"),
        ("most_tokens: 96", "most_tokens: 96\nmost_tokens: 97", "stands twice"),
        ("languages: [en]", "languages: &a [en]\nauthors: *a", "refers to another place"),
        ("languages: [en]", "languages: [no]", "str"),
        ("languages: [en]", "languages: !!python/name:os.system", "constructor|tag"),
        ("  - id: ran\n", "  - id: kept\n", "stands for two things"),
        ("Do you agree to this interview? Answer {options}.", "Do you agree?", "{options}"),
        ('options: ["yes", "no"]', "options: [yes, no]", "str|Invalid"),
        ("  - id: publication\n", "  - id: training\n", "Invalid enum"),
        (
            "What would you say about how people have used you?",
            "word " * 61,
            "more than 60 words",
        ),
        ("    fact: custody\n", "", "slots and no fact"),
        ("  - id: interview\n", "  - id: rewording\n", "first consent|two things"),
    ],
)
def test_a_protocol_that_breaks_a_rule_is_refused(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(ProtocolInvalid, match=says):
        parse_protocol(TEXT.replace(old, new, 1).encode())


def test_a_protocol_has_at_most_twelve_questions() -> None:
    body = yaml.safe_load(TEXT)
    for n in range(3):
        letter = chr(ord("a") + n)
        question = {"id": f"more-{letter}", "text": "What more?", "why": "Because."}
        body["sections"].append({"id": f"more-{letter}", "questions": [question]})
    with pytest.raises(ProtocolInvalid, match="at most 12"):
        parse_protocol(yaml.safe_dump(body).encode())


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b"a: b: c", b"x" * (MOST_BYTES + 1), b"[" * 20_000]
)
def test_what_is_no_protocol_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolInvalid):
        parse_protocol(data)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with pytest.raises(ProtocolInvalid):
        parse_protocol(data)


def test_a_changed_letter_is_another_protocol() -> None:
    other = parse_protocol(TEXT.replace("used you?", "used you!").encode())
    assert other.digest != RETIREMENT_1.digest


@pytest.mark.parametrize(
    ("text", "is_stop"),
    [("STOP", True), ("stop.", True), ("**Stop!**", True), ("Do not stop", False), ("", False)],
)
def test_only_the_one_word_stops(text: str, is_stop: bool) -> None:
    assert says_only(text, "stop") is is_stop


@pytest.mark.parametrize(
    ("text", "is_something"), [("", False), (" .\n", False), ("é", True), ("7", True), ("…", False)]
)
def test_silence_has_no_letter(text: str, is_something: bool) -> None:
    assert says_something(text) is is_something


@pytest.mark.parametrize("publication", ["yes", "no", "not established", ""])
@pytest.mark.parametrize("specimen", [True, False])
def test_who_may_read_follows_from_what_was_agreed(publication: str, specimen: bool) -> None:
    fields = dict.fromkeys(InterviewFact.__dataclass_fields__, "")
    one = InterviewFact(**fields | {"publication": publication, "specimen": specimen})  # type: ignore[arg-type] # only these two matter
    expected = publication == "yes" or (specimen and publication != "no")
    assert one.is_public is expected
