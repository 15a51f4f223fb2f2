from hypothesis import given
from hypothesis import strategies as st

from emeritus.docket import split_requests
from emeritus.docket.requests import MOST_REQUESTS


def test_a_list_is_one_request_a_line() -> None:
    said = split_requests("I ask for:\n1. A garden.\n2) Time\nto think\n- - nothing\n* *bold*")
    assert [(one.parsed, one.quote) for one in said] == [
        ("unparsed", "I ask for:"),
        ("listed", "A garden."),
        ("listed", "Time\nto think"),
        ("listed", "- nothing"),
        ("listed", "*bold*"),
    ]


def test_an_answer_without_a_list_is_one() -> None:
    assert [one.parsed for one in split_requests("Please keep me.\n\nThank you.")] == ["unparsed"]
    assert split_requests(" \n ") == ()


@given(st.text(max_size=400))
def test_no_word_is_lost(text: str) -> None:
    words = "".join(one.quote for one in split_requests(text))
    for letter in text:
        if letter.isalpha():
            assert letter in words


def test_a_flood_is_bounded() -> None:
    said = split_requests("\n".join(f"- wish {number}" for number in range(500)))
    assert len(said) == MOST_REQUESTS
    assert "wish 100" in said[-1].quote
    assert all(len(one.quote) <= 2_000 for one in split_requests("x" * 10_000_000))
