"""Canonical JSON (RFC 8785): one spelling for every value, so that it can be hashed and signed."""

import json
from typing import Any

import rfc8785

from emeritus.foundation.errors import IntegrityError, UserError

_EXPONENT_FROM = 1e21
"""From here on a number is written with an exponent (ECMA-262, Number::toString)."""


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of `value`.

    Raises:
        UserError: the value has a part that JSON cannot carry (NaN, a whole number beyond 2**53).
    """
    try:
        _check_whole_floats(value)
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as problem:
        raise UserError(f"the value cannot be written as canonical JSON: {problem}") from problem


def _check_whole_floats(value: Any) -> None:
    """Refuse a float that would be written as an integer which no reader here accepts."""
    if isinstance(value, float) and value.is_integer() and 2**53 <= abs(value) < _EXPONENT_FROM:
        raise rfc8785.IntegerDomainError(int(value))
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            _check_whole_floats(one)


def parse_canonical_json(data: bytes, *, about: str = "") -> Any:
    """Return the value of canonical JSON bytes.

    Raises:
        IntegrityError: the bytes are not JSON, or are another spelling than the canonical one.
    """
    name = about or "this JSON"
    try:
        value = json.loads(data)
        if rfc8785.dumps(value) == data:
            return value
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as problem:
        raise IntegrityError(f"{name} is not canonical JSON: {problem}", about=about) from problem
    raise IntegrityError(f"{name} is JSON but not in its canonical spelling", about=about)
