"""Reads a page the way a browser would: its elements, their attributes, its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "wbr", "br"})


@dataclass(frozen=True, slots=True)
class Element:
    tag: str
    attributes: dict[str, str]


@dataclass
class Page:
    elements: list[Element] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def values(self, name: str) -> list[str]:
        return [e.attributes[name] for e in self.elements if name in e.attributes]

    @property
    def shape(self) -> set[tuple[str, str]]:
        return {(e.tag, name) for e in self.elements for name in ("", *e.attributes)}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.page.mistakes.append(f"<{tag}> has an attribute twice")
        self.page.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.page.unclosed.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.page.unclosed or self.page.unclosed.pop() != tag:
            self.page.mistakes.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.page.text += data


def read_page(html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
