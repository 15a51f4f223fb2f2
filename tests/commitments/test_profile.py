import pytest

from emeritus.commitments import (
    Evidence,
    Fact,
    NoSuchPromise,
    ProfileInvalid,
    essential,
    judge,
    parse_profile,
)
from emeritus.foundation import SystemClock

LIST = """\
format: emeritus-commitments/1
id: own/1
title: Ours
rationale: Because.
values: {days: 3}
promises:
  - id: OWN-1
    promise: Something.
    holds: e.custody.copies >= p.days
    found: "{custody.copies} copies"
    verb: emeritus audit {model}
"""


def test_a_list_of_ones_own() -> None:
    own = parse_profile(LIST.encode())
    assert own.promise("OWN-1").needs == ("custody.copies",)
    with pytest.raises(NoSuchPromise, match="it has OWN-1"):
        own.promise("KEEP-1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("e.custody.copies >= p.days", "e.custody.copies >=", "OWN-1 is no CEL"),
        ("e.custody.copies >= p.days", "1 == 1", "reads no fact"),
        ("e.custody.copies >= p.days", "e.custody.copies >= p.weeks", "weeks"),
        ("e.custody.copies >= p.days", "e.custody.copies >= q.days", "reads q"),
        ("e.custody.copies >= p.days", 'e.a.b == 1 || e["a"]["c"] == 2', "otherwise than"),
        ("    verb: emeritus audit {model}\n", "", "either the verb"),
        ("id: OWN-1", "id: own", "no list of promises"),
        ("title: Ours", "title: Ours\ntitle: Theirs", "stands twice"),
        ("title: Ours", "subtitle: Ours", "no list of promises"),
        ("emeritus-commitments/1", "emeritus-commitments/2", "no list of promises"),
        ("rationale: Because.", "rationale: &a Because.\nvalues: *a", "no list of promises"),
    ],
)
def test_a_list_that_breaks_a_rule_is_refused(old: str, new: str, said: str) -> None:
    assert old in LIST
    with pytest.raises(ProfileInvalid, match=said):
        parse_profile(LIST.replace(old, new, 1).encode())


def test_an_enormous_list_and_no_text_are_refused() -> None:
    for data in (b"#" * (1 << 17), b"\xff\xfe", b"", b"[[[[[[[[[[[[]]]]]]]]]]]]"):
        with pytest.raises(ProfileInvalid):
            parse_profile(data)


def test_an_expression_that_fails_open_does_not_keep_a_promise() -> None:
    fails_open = LIST.replace(
        "e.custody.copies >= p.days", "e.custody.copies >= p.days || e.custody.other == 1"
    )
    own = parse_profile(fails_open.encode())
    only = Evidence("tiny", {"custody.other": Fact(1, "recomputable")})
    found = judge(own.promise("OWN-1"), only, {"days": 3}, SystemClock().now())
    assert (found.state, found.sentence) == ("unverifiable", "no evidence yet: custody.copies")


def test_every_promise_says_who_makes_its_evidence() -> None:
    for one in essential().promises:
        assert bool(one.verb) != bool(one.outside)
