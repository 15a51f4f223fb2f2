"""The links of feeds and of `model-eol.json`, made to lead to the files of a still copy."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from emeritus.web.feeds import ATOM

_ATOM = ATOM.partition(";")[0]
_LINK = "{http://www.w3.org/2005/Atom}link"
_ADDRESSES = {"url", "home_page_url", "feed_url", "page", "chat", "api", "feed"}

Resolve = Callable[[str], str | None]
"""Returns what a whole address becomes, None when it leads to what is not in the copy."""

KINDS = frozenset({_ATOM, "application/feed+json", "application/json"})
"""Media types of what `relink` takes."""


def relink(kind: str, body: bytes, resolve: Resolve) -> bytes:
    """Return a feed, or `model-eol.json`, with its links resolved; texts stay as they are.

    Args:
        kind: its media type, one of `KINDS`.
        body: its bytes.
        resolve: says what an address becomes; None is written for what is not in the copy.
    """
    if kind == _ATOM:
        root = ET.fromstring(body)  # noqa: S314 - written by these pages a moment ago
        for link in root.iter(_LINK):
            link.set("href", resolve(link.get("href", "")) or "")
        return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
    return msgspec.json.encode(_resolved(msgspec.json.decode(body), resolve))


def _resolved(value: Any, resolve: Resolve) -> Any:
    if isinstance(value, list):
        return [_resolved(one, resolve) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: resolve(one)
        if name in _ADDRESSES and isinstance(one, str)
        else _resolved(one, resolve)
        for name, one in value.items()
    }
