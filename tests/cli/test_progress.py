"""How long work looks on a terminal and elsewhere."""

import io

import pytest

from emeritus.cli.progress import Bar, size


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    fake = Time()
    monkeypatch.setattr("emeritus.cli.progress.time", fake)
    monkeypatch.setenv("COLUMNS", "120")
    return fake


def test_a_terminal_sees_a_bar_that_is_drawn_over(time: Time) -> None:
    stream = io.StringIO()
    bar = Bar(stream, is_terminal=True)
    bar.begin("encoding", 4_000_000, "bytes")
    time.now += 2
    bar.advance(1_000_000)
    drawn = stream.getvalue()
    assert drawn.startswith("\r\x1b[K  encoding ")
    assert drawn.count("━") == 7
    assert drawn.count("─") == 21
    assert drawn.endswith(" 25%  1.0 MB of 4.0 MB, 6 s left")
    bar.advance(1_000_000)
    assert stream.getvalue() == drawn, "drawn at most ten times a second"
    time.now += 2
    bar.advance(2_000_000)
    bar.end()
    assert stream.getvalue().endswith("\r\x1b[K  encoding: 4.0 MB in 4.0 s, 1.0 MB/s\n")


def test_more_than_was_foretold_is_never_less_than_no_time(time: Time) -> None:
    stream = io.StringIO()
    bar = Bar(stream, is_terminal=True)
    bar.begin("encoding", 10, "tokens")
    time.now += 60
    bar.advance(20)
    assert stream.getvalue().endswith("100%  20 of 10 tokens, 0 s left")


def test_no_total_gives_no_bar(time: Time) -> None:
    stream = io.StringIO()
    bar = Bar(stream, is_terminal=True)
    bar.begin("fetching", None, "bytes")
    time.now += 1
    bar.advance(1500)
    assert stream.getvalue() == "\r\x1b[K  fetching: 1.5 kB"


def test_elsewhere_a_stage_is_one_plain_line(time: Time) -> None:
    stream = io.StringIO()
    bar = Bar(stream, is_terminal=False)
    bar.begin("asking", 12_345, "tokens")
    time.now += 0.5
    bar.advance(12_345)
    assert stream.getvalue() == ""
    bar.end()
    assert stream.getvalue() == "  asking: 12 345 tokens in 0.5 s\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (98_362_432, "98.4 MB"),
        (999_999, "1.0 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize("columns", [20, 40, 80, 200])
def test_a_bar_never_wraps(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = io.StringIO()
    bar = Bar(stream, is_terminal=True)
    bar.begin("fetching the model with pip", 1234, "entries")
    bar.advance(617)
    drawn = stream.getvalue().removeprefix("\r\x1b[K")
    assert len(drawn) < columns


def test_a_unit_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    stream = io.StringIO()
    bar = Bar(stream, is_terminal=True)
    bar.begin("checking", 4, "entries")
    bar.advance(2)
    assert "2 of 4 entries" in stream.getvalue()
