"""Canonical JSON (RFC 8785): one spelling for every value, so that it can be hashed and signed."""

import json
from typing import Any

import rfc8785

from emeritus.foundation.errors import IntegrityError, UserError


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of `value`.

    Raises:
        UserError: the value has a part that JSON cannot carry (NaN, an integer beyond 2**53).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as problem:
        raise UserError(f"the value cannot be written as canonical JSON: {problem}") from problem


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
