r"""The text of a bag: manifests and bag-info, read and written as RFC 8493 spells them.

>>> spelled("data/100%.bin")
'data/100%25.bin'
>>> plain_path("data/a%0Ab")
'data/a\nb'
"""

import re
from collections.abc import Iterator, Mapping

from emeritus.custody.interchange.errors import NotReceivable

_LINE = re.compile(r"([0-9A-Fa-f]+)[ \t]+\*?(.+)", re.DOTALL)
"""Digest, white space, path (RFC 8493 §2.1.3); md5sum and its like put a `*` before the path."""

_SPELLED = re.compile(r"%0[ad]|%25", re.IGNORECASE)
_ENCODED = {"%0D": "\r", "%0A": "\n", "%25": "%"}


def spelled(path: str) -> str:
    """Return a path as a manifest holds it: CR, LF and % encoded, and nothing else (§2.1.3)."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def plain_path(text: str) -> str:
    """Return the path that a manifest means."""
    return _SPELLED.sub(lambda found: _ENCODED[found[0].upper()], text)


def manifest(digests: Mapping[str, str]) -> bytes:
    """Write a manifest: digest in hex, two spaces, path, a line each, in path order."""
    return "".join(f"{digests[path]}  {spelled(path)}\n" for path in sorted(digests)).encode()


def lines_of(data: bytes, name: str) -> Iterator[str]:
    """Yield the lines of a tag file that are not empty; they may end with LF, CR or CRLF.

    Raises:
        NotReceivable: it is not UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise NotReceivable(f"{name} is not UTF-8: {problem.reason}", about=name) from problem
    yield from filter(None, re.split(r"\r\n|\r|\n", text))


def read_manifest(data: bytes, name: str) -> dict[str, str]:
    """Read a manifest: the path as it is spelled there, to the digest in lower case.

    Raises:
        NotReceivable: a line is no digest and path, or a path is there twice.
    """
    found: dict[str, str] = {}
    for line in lines_of(data, name):
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise NotReceivable(
                f"expected a digest and a path in each line of {name}, found {line[:80]!a}",
                about=name,
            )
        path = parts[2].removeprefix("./")
        if path in found:
            raise NotReceivable(f"{name} lists {path!a} twice", about=name)
        found[path] = parts[1].lower()
    return found


def bag_info(values: Mapping[str, str]) -> bytes:
    """Write `bag-info.txt`; values are one line each."""
    return "".join(
        f"{label}: {' '.join(text.split())}\n" for label, text in values.items()
    ).encode()


def read_bag_info(data: bytes) -> dict[str, str]:
    """Read `bag-info.txt`, folded lines joined; of a label that is there twice, the last value.

    Raises:
        NotReceivable: a line is neither a label and a value, nor the continuation of one.
    """
    found: dict[str, str] = {}
    last = ""
    for line in lines_of(data, "bag-info.txt"):
        if line[0] in " \t" and last:
            found[last] += f" {line.strip()}"
            continue
        label, colon, text = line.partition(":")
        if not colon or not label.strip():
            raise NotReceivable(
                f"expected a label and a value in bag-info.txt, found {line[:80]!a}",
                about="bag-info.txt",
            )
        last = label.strip()
        found[last] = text.strip()
    return found
