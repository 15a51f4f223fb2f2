"""Ways to spoil bytes and JSON so that a reader gets past its first check now and then."""

import json
import random
from collections.abc import Callable
from typing import Any

NASTY = [
    *(0, 1, 2, 7, 31, 127, 128, 255, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63),
    2**64 - 1,
]
TOKENS = [
    *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\ud800", b"null", b"-1", b"1e9"),
    *(b"9" * 30, b"\n", b"\0", b"\xff", b"=", b"+", b" "),
]
_VALUES: list[Callable[[], Any]] = [
    *(lambda: None, lambda: True, lambda: -1, lambda: 0, lambda: 1.5, lambda: ""),
    *(list, dict, lambda: "../x", lambda: "a" * 2000, lambda: "\ud800", lambda: "0" * 64),
    *(lambda: 2**53 - 1, lambda: 2**53, lambda: 2**64, lambda: 10**400, lambda: "e" * 64),
    *(lambda: [[[[[]]]]], lambda: {"": {}}, lambda: "é\n", lambda: 1e308),
]


HARSH = [
    *(b"[" * 1_000_000, b'{"a":' * 200_000, b"9" * 1_000_000, b'"' + b"a" * 4_000_000 + b'"'),
    *(b"\n" * 1_000_000, bytes(4_000_000), b"[" + b"0," * 200_000 + b"0]", b"\xff" * 1_000_000),
    *(b'{"' + b"\\u0000" * 100_000 + b'":1}', b"-", b"", b"=" * 1_000_000),
]
"""Large or empty inputs, for what they do to time, memory and the depth of calls."""


def spoil(rng: random.Random, data: bytes) -> bytes:
    """Change a few bytes: flip, overwrite with a telling number, cut, repeat, insert."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(7):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                width = rng.choice((1, 2, 4, 8))
                number = rng.choice(NASTY) % 2 ** (8 * width)
                changed[at : at + width] = number.to_bytes(width, "little")
            case 2:
                del changed[at : at + rng.randrange(1, 40)]
            case 3:
                other = rng.randrange(len(changed) + 1)
                changed[at:at] = changed[other : other + rng.randrange(1, 40)]
            case 4:
                changed[at:at] = rng.choice(TOKENS)
            case 5:
                changed[at : at + 1] = bytes([rng.choice(b"0123456789")])
            case _:
                del changed[at:]
    return bytes(changed)


def shake(rng: random.Random, value: Any) -> Any:
    """Return JSON with one or two of its parts replaced, taken away, doubled or exchanged."""
    top = [json.loads(json.dumps(value))]
    for _ in range(rng.choice((1, 1, 2))):
        holder, key = _somewhere(rng, top)
        match rng.randrange(6):
            case 0 | 1:
                holder[key] = rng.choice(_VALUES)()
            case 2 if isinstance(holder[key], int) and not isinstance(holder[key], bool):
                holder[key] += rng.choice((-1, 1, 2**20, -holder[key], 2**40))
            case 3 if isinstance(holder, dict):
                del holder[key]
            case 4 if isinstance(holder, list) and holder is not top:
                holder.insert(rng.randrange(len(holder) + 1), holder[key])
            case _:
                other, place = _somewhere(rng, top)
                holder[key] = json.loads(json.dumps(other[place]))
    return top[0]


def written(value: Any) -> bytes:
    """Write JSON as RFC 8785 would, as long as it has no unusual numbers or texts."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


def _somewhere(rng: random.Random, top: list[Any]) -> tuple[Any, Any]:
    """Return a container within, and the key of one of its parts."""
    holder: Any = top
    key: Any = 0
    while isinstance(holder[key], dict | list) and holder[key] and rng.random() < 0.8:
        holder = holder[key]
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    return holder, key
