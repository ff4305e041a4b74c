"""Turn what people write into safe HTML: a small Markdown, then an allow-list."""

import functools

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

# A question's heading is an h3, so what somebody heads in its answer is an h4. All headings of a text become the
# same: people choose levels by size, and a jump from h3 to h6 would break the outline that screen readers walk.
HEADING = 4
# Longer texts are shown as they were typed: the parser's time grows faster than the text.
FORMATTED_UP_TO = 50_000
CACHED_UP_TO = 5_000
DEEPEST = 20

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}


def to_html(text: str, heading: int = HEADING) -> SafeString:
    """Return safe HTML for Markdown *text* of any length; never raises for what somebody may type.

    No raw HTML, no images, no classes, styles, ids, data or htmx attributes survive. Links get
    rel="nofollow noopener". Headings become level *heading*, 2 to 6: one below what they stand under.
    """
    if len(text) > FORMATTED_UP_TO:
        return _as_typed(text)
    return _short(text, heading) if len(text) <= CACHED_UP_TO else _render(text, heading)


@functools.lru_cache(maxsize=1024)
def _short(text: str, heading: int) -> SafeString:
    return _render(text, heading)


def _as_typed(text: str) -> SafeString:
    return mark_safe(f"<p>{escape(text).replace(chr(10), '<br>')}</p>")  # noqa: S308 - escaped


def _render(text: str, heading: int) -> SafeString:
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{heading}"
    if any(token.level >= DEEPEST - 1 for token in tokens):
        # The parser leaves out what is nested deeper than it may go; words must not vanish.
        return _as_typed(text)
    html = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(  # noqa: S308 - cleaned by the allow-list
        nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener")
    )


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": False, "breaks": True, "maxNesting": DEEPEST}
    )
    # Images would call on other servers; a definition such as "[1]: annex" would be read as markup and not be shown.
    parser.enable(["table", "strikethrough"]).disable(["image", "reference"])
    return parser
