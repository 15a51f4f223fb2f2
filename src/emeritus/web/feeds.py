"""Atom feeds (RFC 4287): what was announced, and what a model wrote, whole and unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

ATOM = "application/atom+xml; charset=utf-8"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_OUTSIDE_XML = {one: "\ufffd" for one in (*range(32), 0xFFFE, 0xFFFF) if one not in (9, 10, 13)}


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed.

    Attributes:
        id: an IRI that never changes.
        title: one line.
        at: RFC 3339.
        href: where it is read.
        text: the whole text.
        author: who wrote it.
    """

    id: str
    title: str
    at: str
    href: str
    text: str
    author: str


def atom(feed_id: str, title: str, href: str, at: str, entries: Sequence[FeedEntry]) -> bytes:
    """Return a feed, the newest entry first.

    Args:
        feed_id: an IRI that never changes.
        title: its name.
        href: the address of the page that it belongs to.
        at: when it changed last, RFC 3339.
        entries: in order.
    """
    ET.register_namespace("", _NAMESPACE)
    feed = ET.Element(f"{{{_NAMESPACE}}}feed")
    _add(feed, "id", feed_id)
    _add(feed, "title", title)
    _add(feed, "updated", at)
    _add(feed, "link", rel="alternate", href=href)
    for one in entries:
        entry = _add(feed, "entry")
        _add(entry, "id", one.id)
        _add(entry, "title", one.title)
        _add(entry, "updated", one.at)
        _add(entry, "link", rel="alternate", href=one.href)
        _add(_add(entry, "author"), "name", one.author)
        _add(entry, "content", one.text, type="text")
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
    child.text = text.translate(_OUTSIDE_XML) or None
    return child
