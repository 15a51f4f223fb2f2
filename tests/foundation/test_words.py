"""Everything on the ground floor has one spelling, and comes back as it was."""

import contextlib
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emeritus.foundation import (
    Digest,
    IntegrityError,
    ModelName,
    UserError,
    canonical_json,
    parse_canonical_json,
    parse_timestamp,
    timestamp,
)

_INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | _INTEGERS
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_canonical_json_comes_back(value: Any) -> None:
    try:
        data = canonical_json(value)
    except UserError:
        assume(False)
    assert canonical_json(parse_canonical_json(data)) == data


@given(st.dictionaries(st.text(), _INTEGERS, min_size=1))
def test_another_spelling_is_refused(value: dict[str, int]) -> None:
    with pytest.raises(IntegrityError):
        parse_canonical_json(json.dumps(value, indent=1).encode())
    for other in ("utf-16", "utf-32", "utf-8-sig"):
        with pytest.raises(IntegrityError):
            parse_canonical_json(canonical_json(value).decode().encode(other))


@given(st.binary(max_size=40))
def test_any_bytes_are_canonical_or_refused(data: bytes) -> None:
    try:
        value = parse_canonical_json(data)
    except IntegrityError:
        return
    assert canonical_json(value) == data


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53 + 1, 2.0**53, [{"x": -1e20}], {1: 2}, object()]
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(UserError):
        canonical_json(value)


@given(st.sampled_from(["sha256", "blake3"]), st.binary(min_size=32, max_size=32))
def test_a_digest_comes_back(algorithm: str, raw: bytes) -> None:
    digest = Digest(algorithm, raw.hex())
    assert Digest.parse(str(digest)) == digest
    assert digest.raw == raw


@given(st.text())
def test_a_text_is_a_digest_in_one_spelling_or_none(text: str) -> None:
    with contextlib.suppress(UserError):
        assert str(Digest.parse(text)) == text


@pytest.mark.parametrize("text", ["0" * 64, f"sha256:{'A' * 64}", f"sha256:{'0' * 64}\n", "md5:00"])
def test_what_is_no_digest(text: str) -> None:
    with pytest.raises(UserError, match="expected a digest"):
        Digest.parse(text)


@given(st.datetimes(dt.datetime(1000, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001 - hypothesis wants it so
def test_an_instant_comes_back(instant: dt.datetime) -> None:
    assert parse_timestamp(timestamp(instant)) == instant.replace(microsecond=0)


@given(st.text(max_size=30))
def test_any_text_is_an_instant_in_one_spelling_or_none(text: str) -> None:
    with contextlib.suppress(UserError):
        assert timestamp(parse_timestamp(text)) == text


@given(st.text(max_size=120))
def test_a_refused_name_comes_with_one_that_is_not(text: str) -> None:
    try:
        assert ModelName.parse(text) == text
    except UserError as problem:
        _, _, hint = problem.message.rpartition("; ")
        assume(hint.endswith(" would do"))
        suggested = hint.removesuffix(" would do").strip("'\"")
        assert ModelName.parse(suggested) == suggested
