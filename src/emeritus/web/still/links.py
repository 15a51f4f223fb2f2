"""The links of a page: found, and made to lead from file to file.

A page is read by an HTML parser and written again as it stands, but for the tags that carry a link.
What is text stays the same bytes.
"""

from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

Resolve = Callable[[str], str | None]
"""Returns what a link of ours becomes, None when it leads to what is not in the copy."""

_NOT_HERE = "This is not in the copy; it is where the record is served"
_CARRIERS = ("href", "src", "action")
_STYLE_LINK = 'url("/static/'

_POLICY = (
    "default-src 'none'; style-src 'self' file:; img-src 'self' file:; font-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
"""What the served pages say in a header; `file:` since there `'self'` is nobody."""

_META = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'


def links_of(page: str) -> list[str]:
    """Return the addresses on this site that a page links to, without fragments, in order."""
    found: dict[str, None] = {}

    def note(link: str) -> str:
        found[link] = None
        return link

    rewrite(page, note)
    return list(found)


def rewrite(page: str, resolve: Resolve) -> str:
    """Return the page with every link of ours resolved, and a policy for what it may load.

    A link to what is not in the copy becomes plain text that says so.
    """
    writer = _Writer(resolve)
    writer.feed(page)
    writer.close()
    return "".join(writer.written)


def restyle(style: str) -> str:
    """Return a style sheet whose fonts are found beside it."""
    return style.replace(_STYLE_LINK, 'url("')


class _Writer(HTMLParser):
    def __init__(self, resolve: Resolve) -> None:
        super().__init__(convert_charrefs=False)
        self._resolve = resolve
        self.written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw = self.get_starttag_text() or ""
        if tag == "link" and ("rel", "preload") in attrs:
            return  # A browser may not preload a font from a file.
        changed = self._changed(tag, attrs)
        self.written.append(raw if changed is None else _tag(tag, changed))
        if tag == "head":
            self.written.append(f"\n{_META}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs
        self.written.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.written.append(data)

    def handle_entityref(self, name: str) -> None:
        self.written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.written.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.written.append(f"<!{decl}>")

    def handle_comment(self, data: str) -> None:
        self.written.append(f"<!--{data}-->")

    def _changed(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> list[tuple[str, str | None]] | None:
        """Return the attributes with their links resolved, None when none is ours."""
        ours = [name for name, value in attrs if name in _CARRIERS and _is_ours(value)]
        if not ours:
            return None
        changed: list[tuple[str, str | None]] = []
        for name, value in attrs:
            if name not in ours:
                changed.append((name, value))
                continue
            address, mark, fragment = str(value).partition("#")
            found = self._resolve(address)
            if found is not None:
                changed.append((name, f"{found}{mark}{fragment}"))
            elif tag == "a":
                changed.append(("title", _NOT_HERE))
        return changed


def _is_ours(value: str | None) -> bool:
    return value is not None and value.startswith("/") and not value.startswith("//")


def _tag(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    said = "".join(
        f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attrs
    )
    return f"<{tag}{said}>"
