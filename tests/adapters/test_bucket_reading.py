"""A bucket's file is read forward: whole, in parts, one of them ahead."""

import threading

import pytest

from emeritus.adapters.stores.buckets.reading import PART, forward
from emeritus.vault.errors import StoreUnavailable

DATA = bytes(range(251)) * (2 * PART // 251 + 100)
"""Two parts and a bit."""


def part(offset: int, length: int) -> bytes:
    return DATA[offset : offset + length]


@pytest.mark.parametrize("step", [1 << 20, 1_000_003, len(DATA), PART])
def test_it_is_read_whole_whatever_is_asked_for(step: int) -> None:
    with forward(part, len(DATA)) as file:
        assert b"".join(iter(lambda: file.read(step), b"")) == DATA


def test_each_byte_is_fetched_once_and_one_part_ahead() -> None:
    asked: list[tuple[int, int]] = []
    fetched = threading.Event()

    def told(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        if len(asked) == 2:
            fetched.set()
        return part(offset, length)

    with forward(told, len(DATA)) as file:
        assert asked == []
        file.read(1)
        assert fetched.wait(10)
        assert asked == [(0, PART), (PART, PART)]
        file.read()
    assert asked == [(0, PART), (PART, PART), (2 * PART, len(DATA) - 2 * PART)]


def test_a_file_that_became_shorter_ends_early() -> None:
    short = PART + 5
    with forward(lambda at, most: DATA[:short][at : at + most], len(DATA)) as file:
        assert file.read() == DATA[:short]


def test_what_fails_ahead_is_said_when_it_is_read() -> None:
    def fails(offset: int, length: int) -> bytes:
        if offset:
            raise StoreUnavailable("the server does not answer")
        return part(offset, length)

    with forward(fails, len(DATA)) as file:
        assert file.read(1000) == DATA[:1000]
        with pytest.raises(StoreUnavailable):
            file.read()
