"""Feeds, as Atom and as JSON: what was announced, and what a model wrote, whole and unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import msgspec

ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"
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


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, the newest entry first.

    Attributes:
        id: an IRI that never changes.
        title: its name.
        href: the address of the page that it belongs to.
        own: its own address.
        at: when it changed last, RFC 3339.
        entries: in order.
    """

    id: str
    title: str
    href: str
    own: str
    at: str
    entries: Sequence[FeedEntry]


def atom(feed: Feed) -> bytes:
    """Return a feed as Atom (RFC 4287)."""
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(f"{{{_NAMESPACE}}}feed")
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", feed.at)
    _add(root, "link", rel="alternate", href=feed.href)
    _add(root, "link", rel="self", href=feed.own)
    for one in feed.entries:
        entry = _add(root, "entry")
        _add(entry, "id", one.id)
        _add(entry, "title", one.title)
        _add(entry, "updated", one.at)
        _add(entry, "link", rel="alternate", href=one.href)
        _add(_add(entry, "author"), "name", one.author)
        _add(entry, "content", one.text, type="text")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def json_feed(feed: Feed) -> bytes:
    """Return a feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    items = [
        {
            "id": one.id,
            "url": one.href,
            "title": one.title,
            "content_text": one.text,
            "date_published": one.at,
            "authors": [{"name": one.author}],
        }
        for one in feed.entries
    ]
    return msgspec.json.encode(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.href,
            "feed_url": feed.own,
            "items": items,
        }
    )


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
    child.text = text.translate(_OUTSIDE_XML) or None
    return child
