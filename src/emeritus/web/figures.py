"""Dates, sizes, counts and digests, written for people."""

import datetime as dt
from typing import Any

from markupsafe import Markup

from emeritus.foundation import UserError, parse_timestamp

NO_BREAK = "\u00a0"
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_STEP = 1000
_UNITS = ("kB", "MB", "GB", "TB", "PB")
_SHORT = 16

# Characters that change how the text around them is read or drawn: controls, and the
# bidirectional controls of UAX #9 (see "Trojan Source", Boucher and Anderson, 2021).
_HIDDEN = [
    *(code for code in range(0x20) if chr(code) not in "\n\t"),
    *range(0x7F, 0xA0),
    *(0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
]
_SHOWN = {code: f"\\u{code:04x}" for code in _HIDDEN}


def shown(value: Any) -> Any:
    r"""Make characters visible that hide or reorder text; others than strings pass unchanged.

    They are written as JSON writes them (`\u202e`), so JSON keeps its value.
    """
    return value.translate(_SHOWN) if isinstance(value, str) else value


def day_words(instant: dt.datetime) -> str:
    """Write a date: `23 November 2026`, the spaces unbroken."""
    return NO_BREAK.join((str(instant.day), _MONTHS[instant.month - 1], str(instant.year)))


def day(text: str) -> Markup:
    """Write the day of an RFC 3339 instant as `<time>`; any other text stands for itself."""
    return _time(text, with_clock=False)


def moment(text: str) -> Markup:
    """Write an RFC 3339 instant, `23 November 2026, 18:02 UTC`, as `<time>`; else as it is."""
    return _time(text, with_clock=True)


def _time(text: str, *, with_clock: bool) -> Markup:
    try:
        instant = parse_timestamp(text)
    except UserError:
        return Markup("<bdi>{}</bdi>").format(shown(text))
    words = day_words(instant) + (f", {instant:%H:%M}{NO_BREAK}UTC" if with_clock else "")
    return Markup('<time datetime="{}">{}</time>').format(text, words)


def year(text: str) -> str:
    """Return the year of an RFC 3339 instant; `n.d.` (no date) for any other text."""
    try:
        return str(parse_timestamp(text).year)
    except UserError:
        return "n.d."


def size(count: int) -> str:
    """Write a number of bytes in SI units (1 MB is 1,000,000 bytes): `270.6 MB`."""
    amount, unit = float(count), ""
    for larger in _UNITS:
        if round(amount, 1) < _STEP:
            break
        amount, unit = amount / _STEP, larger
    return f"{amount:.1f}{NO_BREAK}{unit}" if unit else counted(count, "byte")


def number(count: int) -> str:
    """Write an integer with its thousands apart: `1 284`."""
    return f"{count:,}".replace(",", NO_BREAK)


def counted(count: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun: `1 copy`, `3 copies`."""
    return f"{number(count)}{NO_BREAK}{noun if count == 1 else plural or noun + 's'}"


def share(part: int, whole: int) -> str:
    """Write a part of a whole in per cent with one decimal; `no share` of nothing."""
    return f"{100 * part / whole:.1f}{NO_BREAK}%" if whole > 0 else "no share"


def short(digest: str) -> str:
    """Return a digest shortened for people, `9f3c…a17e`; never for comparing."""
    digits = digest.partition(":")[2] or digest
    return f"{digits[:4]}…{digits[-4:]}" if len(digits) > _SHORT else digits
