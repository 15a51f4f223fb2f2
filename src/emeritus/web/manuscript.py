"""A model's text becomes a page: Markdown without HTML, then an allowlist."""

from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
    ["table", "strikethrough"]
)


def _words_of_image(_: object, tokens: Sequence[Token], at: int, *__: object) -> str:
    return escapeHtml(tokens[at].content)


_MARKDOWN.add_render_rule("image", _words_of_image)
_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "a"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


def _only_outside(tag: str, name: str, value: str) -> str | None:
    """Drop addresses without a scheme: they would lead to pages of ours."""
    del tag
    is_outside = name != "href" or value.startswith(("http://", "https://", "mailto:"))
    return value if is_outside else None


def manuscript(text: str) -> Markup:
    """Render an untrusted author's Markdown.

    HTML in it is shown as text, images become nothing but their words, links lead nowhere but to
    http, https and mailto, and carry `rel="nofollow noopener ugc"`. Its headings are put a level
    lower, below the page's own.
    """
    html = _MARKDOWN.render(text)
    for level in range(5, 0, -1):
        html = html.replace(f"<h{level}>", f"<h{level + 1}>")
        html = html.replace(f"</h{level}>", f"</h{level + 1}>")
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        attribute_filter=_only_outside,
        link_rel="nofollow noopener ugc",
    )
    return Markup(clean)  # noqa: S704 - it has passed the allowlist
