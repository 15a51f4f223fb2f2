"""Dates, sizes, states and sentences, as people read them."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.assembly.readings import Copy, Drill
from emeritus.foundation import timestamp
from emeritus.testing.site import SampleSite
from emeritus.web import citation, figures, sentences, words

NAME = "sample-smollm-135m"
DRILL = Drill("2026-11-23T18:02:00Z", "good", "first", None, "engine 1", 1, 2000, "", 7)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_moments_are_written_for_people_and_machines() -> None:
    assert spaced(figures.moment("2026-11-23T18:02:00Z")) == (
        '<time datetime="2026-11-23T18:02:00Z">23 November 2026, 18:02 UTC</time>'
    )
    assert "<time" not in figures.day("yesterday")
    assert figures.day("<b>") == "<bdi>&lt;b&gt;</bdi>"


@given(st.datetimes(min_value=dt.datetime(1000, 1, 1)))  # noqa: DTZ001
def test_every_instant_has_its_day_and_year(instant: dt.datetime) -> None:
    text = timestamp(instant.replace(tzinfo=dt.UTC))
    assert instant.strftime("%B") in figures.day(text)
    assert figures.year(text) == str(instant.year)


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (270_613_504, "270.6 MB"),
        (14_483_464_192, "14.5 GB"),
        (10**19, "10000.0 PB"),
    ],
)
def test_sizes_are_in_si_units(count: int, written: str) -> None:
    assert spaced(figures.size(count)) == written


def test_counts_have_their_nouns() -> None:
    assert spaced(figures.counted(1, "copy", "copies")) == "1 copy"
    assert spaced(figures.counted(1284, "token")) == "1 284 tokens"
    assert spaced(sentences.copies_words(1, 3)) == "1 of 3 copies"
    assert spaced(sentences.copies_words(3, 3)) == "3 copies"
    assert spaced(figures.share(663, 1000)) == "66.3 %"
    assert figures.share(0, 0) == "no share"


def test_digests_are_shortened_and_short_texts_are_not() -> None:
    assert figures.short("sha256:" + "9f3c" + "0" * 56 + "a17e") == "9f3c…a17e"
    assert figures.short("abc") == "abc"


@given(st.text())
def test_shown_json_keeps_its_value(text: str) -> None:
    written = json.dumps(text, ensure_ascii=False)
    assert json.loads(figures.shown(written)) == text


@given(st.text())
def test_shown_text_hides_nothing(text: str) -> None:
    hidden = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x00\x1b\x7f"
    assert not set(figures.shown(text + hidden)) & set(hidden)


def test_states_that_nobody_knows_yet_stand_for_themselves() -> None:
    assert words.custody_words("on_loan") == words.Wording("on loan", "quiet")
    assert words.service_words("reading_room").words == "retired, callable on request"
    assert words.grade_words("new") == ""


def test_the_lead_counts_only_verified_copies() -> None:
    dossier = SampleSite().dossier(NAME)
    unverified = replace(
        dossier, custody="deposited", copies=(Copy("a", "unverified", None),), last_drill=None
    )
    assert "It is kept, not yet verified. It has not been run here yet." in sentences.lead(
        unverified
    )


def test_the_lead_says_that_a_copy_is_damaged() -> None:
    lead = sentences.lead(SampleSite().dossier("sample-harbour-7b-chat"))
    assert "One copy is damaged, one copy is verified. It last ran on" in lead


def test_a_drill_that_failed_says_why() -> None:
    dossier = SampleSite().dossier(NAME)
    failed = replace(DRILL, outcome="failed", problem="the engine did not start")
    assert "did not succeed: <bdi>the engine did not start</bdi>" in sentences.drill_words(failed)
    assert "did not succeed." in sentences.lead(replace(dossier, last_drill=failed))


@pytest.mark.parametrize("comparison", ["first", "identical", "within tolerance", "different"])
def test_a_good_drill_says_how_its_answers_compare(comparison: str) -> None:
    text = spaced(sentences.drill_words(replace(DRILL, comparison=comparison)))
    assert "answered 1 probe in 2 000 tokens on <bdi>engine 1</bdi>" in text
    assert words.comparison_words(comparison) in text


def test_tallies_leave_out_what_did_not_happen() -> None:
    assert sentences.tally({}) == ""
    assert sentences.tally({"granted": 2, "declined": 1, "open": 0}) == "3: granted 2, declined 1"


def test_the_citation_names_the_bytes_and_the_entry() -> None:
    dossier = SampleSite().dossier(NAME)
    assert citation.bibtex(dossier).splitlines() == [
        f"@misc{{emeritus-{NAME},",
        f"  title = {{{{{NAME}}}}},",
        "  howpublished = {Emeritus record sample.invalid/record, entry 0},",
        "  year = {2026},",
        f"  note = {{{dossier.identity}}}",
        "}",
    ]


@given(st.text())
def test_no_name_breaks_out_of_a_citation(name: str) -> None:
    dossier = replace(SampleSite().dossier(NAME), name=name)
    text = citation.bibtex(dossier)
    depth = 0
    for before, character in zip(" " + text, text, strict=False):
        depth += {"{": 1, "}": -1}.get(character, 0) if before != "\\" else 0
        assert depth >= 0
    assert depth == 0
    assert len(text.splitlines()) == 6


@pytest.mark.parametrize(
    ("word", "begins", "tone"),
    [
        ("agrees", "yes", "good"),
        ("differs", "not as recorded", "harm"),
        ("engine only", "not shown", "quiet"),
        ("not run", "not tried", "quiet"),
        ("some_day", "some day", "quiet"),
    ],
)
def test_whether_it_runs_without_us_is_in_words(word: str, begins: str, tone: str) -> None:
    wording = words.plain_run_words(word)
    assert wording.words.startswith(begins)
    assert wording.tone == tone
