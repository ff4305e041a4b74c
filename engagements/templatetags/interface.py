"""How the interface draws and words the small things that every page repeats."""

import functools
from datetime import date, datetime
from typing import Any, NamedTuple

from django import template
from django.contrib.staticfiles import finders
from django.template import Context, Node
from django.template.base import FilterExpression, Parser, TextNode, Token
from django.templatetags.i18n import TranslateNode
from django.templatetags.i18n import do_translate as translate_tag
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from engagements import markdown as markdown_text
from engagements.icons import ICONS

register = template.Library()

MARK = "M1.5 15.5H17.5C22.5 15.5 24 12 24 9.2C24 6 21.6 4 19 4S14 6 14 9.2C14 12 16 15.5 21 15.5H28.5"


@functools.cache
def icon(name: str, extra: str = "") -> SafeString:
    """Draw an icon; it says nothing, so a word stands beside it. Raises KeyError for one we do not have."""
    drawing = mark_safe(ICONS[name])  # noqa: S308 - our own drawings
    kind = f"i {extra}" if extra else "i"
    return format_html('<svg class="{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', kind, drawing)


@register.tag("icon")
def do_icon(parser: Parser, token: Token) -> Node:
    """Draw `{% icon "name" "extra" %}`: once, when the template is read, where both are written out."""
    parts = [parser.compile_filter(part) for part in token.split_contents()[1:]]
    if all(_is_written_out(part) for part in parts):
        return TextNode(icon(*(part.resolve(Context()) for part in parts)))
    return _Icon(parts)


class _Icon(Node):
    def __init__(self, parts: list[FilterExpression]) -> None:
        self.parts = parts

    def render(self, context: Context) -> SafeString:
        return icon(*(part.resolve(context) for part in self.parts))


@register.tag("translate")
def do_translate(parser: Parser, token: Token) -> Node:
    """Translate as Django's own tag does, but look a sentence up once per language: a page has hundreds of them."""
    node = translate_tag(parser, token)
    is_plain = node.asvar is None and node.message_context is None and not node.noop
    return _Sentence(node) if is_plain and _is_written_out(node.filter_expression) else node


class _Sentence(Node):
    def __init__(self, node: TranslateNode) -> None:
        self.node = node
        self.translated: dict[str | None, str] = {}

    def render(self, context: Context) -> SafeString:
        language = get_language()
        if language not in self.translated:
            self.translated[language] = self.node.render(context)
        return mark_safe(self.translated[language])  # noqa: S308 - the node has escaped what needs it


def _is_written_out(expression: FilterExpression) -> bool:
    """Say whether an expression is a plain text in the template."""
    value = expression.var
    literal = value if isinstance(value, str) else value.literal
    return isinstance(literal, str) and not expression.filters


@register.simple_tag
def mark() -> SafeString:
    """Draw the line with its loop, our mark."""
    return format_html(
        '<svg viewBox="0 0 30 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2.2"'
        ' stroke-linecap="round"><path d="{}"/></svg>',
        MARK,
    )


@register.simple_tag
def face(person: Any, extra: str = "", *, named: bool = False) -> SafeString:
    """Draw a person's initials: firm people square and inked, client people round.

    *person* has `initials`, `display_name` and `is_firm`; nobody draws nothing. With *named* the drawing carries
    the name itself, for the places where no name stands beside it.
    """
    if not person:
        return mark_safe("")
    kind = "face-firm" if person.is_firm else "face-client"
    if named:
        return format_html(
            '<span class="face {} {}" role="img" aria-label="{}" title="{}">{}</span>',
            kind, extra, person.display_name, person.display_name, person.initials,
        )  # fmt: skip
    return format_html('<span class="face {} {}" aria-hidden="true">{}</span>', kind, extra, person.initials)


@register.simple_tag
def who(person: Any, extra: str = "") -> SafeString:
    """Draw a person's initials with the name beside them."""
    if not person:
        return mark_safe("")
    return format_html('<span class="who">{}{}</span>', face(person, extra), person.display_name)


@register.filter
def day(value: date | datetime | None) -> str:
    """Write a day as people say it: "Wed 2 Dec", with the year only where it is not this one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
    this_year = value.year == timezone.localdate().year
    # Translators: see Django's date format characters.
    shape = pgettext("day of this year", "D j M") if this_year else pgettext("day of another year", "D j M Y")
    return formats.date_format(value, shape)


@register.filter
def clock(value: datetime | None) -> str:
    """Write a time of day in the person's own zone: "09:38"."""
    if value is None:
        return ""
    return formats.date_format(timezone.localtime(value) if timezone.is_aware(value) else value, "H:i")


@register.filter
def moment(value: datetime | None) -> str:
    """Write a day and a time: "Thu 19 Nov, 15:04"."""
    if value is None:
        return ""
    return pgettext("day and time", "%(day)s, %(clock)s") % {"day": day(value), "clock": clock(value)}


@register.simple_tag
def when(value: datetime | None) -> SafeString:
    """Write a day and a time as a `<time>` element that programs can read too."""
    if value is None:
        return mark_safe("")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), moment(value))


@register.simple_tag
def age(days: int | None) -> SafeString:
    """Write how many working days something waits; from 4 and from 9 on it gains weight, for both sides alike."""
    if days is None:
        return mark_safe("")
    words = _("today") if days <= 0 else ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    tone = "age age-old" if days >= 9 else "age age-mid" if days >= 4 else ""
    return format_html('<span class="{}">{}</span>', tone, words)


class Look(NamedTuple):
    """How a state is drawn and named."""

    icon: str
    tone: str
    word: Any


STATES = {
    "conflict": Look("clash", "state-bad", gettext_lazy("Two answers")),
    "revisit": Look("revisit", "state-warn", gettext_lazy("Revisit")),
    "not_applicable": Look("na", "", gettext_lazy("Not applicable")),
    "unknown": Look("dunno", "", gettext_lazy("We don’t know yet")),
    "draft": Look("part", "", gettext_lazy("Begun")),
    "confirmed": Look("done", "state-ok", gettext_lazy("Confirmed")),
    "decided": Look("done", "state-ok", gettext_lazy("Decided")),
    "answered": Look("done", "state-ok", gettext_lazy("Answered")),
    "waiting": Look("wait", "", gettext_lazy("Waiting")),
    "open": Look("open", "", gettext_lazy("Open")),
}
HEALTH = {
    "on_track": Look("good", "state-ok", gettext_lazy("On track")),
    "watch": Look("watch", "state-warn", gettext_lazy("Watch")),
    "at_risk": Look("risk", "state-bad", gettext_lazy("At risk")),
}


def main_state(entry: Any) -> str:
    """Return the one state that an entry is shown in: flags are stronger than what is stored.

    *entry* has `state`, `revisit` and `conflict`, and may have `decided`.
    """
    if entry.conflict:
        return "conflict"
    if entry.revisit:
        return "revisit"
    if getattr(entry, "decided", False) and entry.state in ("answered", "confirmed"):
        return "decided"
    return str(entry.state)


@register.filter
def state_word(entry: Any) -> str:
    """Name the state an entry is shown in."""
    return str(STATES[main_state(entry)].word)


@register.filter
def state_key(entry: Any) -> str:
    """Return the state an entry is shown in, for `data-state`."""
    return main_state(entry)


@register.simple_tag
def state(entry: Any, word: str = "", *, waiting_on: str = "") -> SafeString:
    """Draw and name the state of an entry.

    *word* replaces the usual one ("Decision 9: option B"). *waiting_on* names who has the ball while it is open.
    """
    key = main_state(entry)
    if waiting_on and key in ("open", "draft"):
        key, word = "waiting", word or _("Waiting on %(name)s") % {"name": waiting_on}
    return _shown(STATES[key], word)


@register.simple_tag
def state_glyph(entry: Any) -> SafeString:
    """Draw the state of an entry for the gutter, with its word for those who listen."""
    look = STATES[main_state(entry)]
    return format_html(
        '<span class="{}">{}<span class="vh">{}</span></span>', look.tone, icon(look.icon), look.word
    )


@register.simple_tag
def health(value: str, word: str = "") -> SafeString:
    """Draw and name a health: on_track, watch or at_risk. Reasons belong beside it."""
    return _shown(HEALTH[value], word)


def _shown(look: Look, word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', look.tone, icon(look.icon), word or look.word)


@register.filter
def markdown(text: str | None, heading: int = markdown_text.HEADING) -> SafeString:
    """Show what somebody wrote, as safe HTML inside a `.prose`; its headings one below what they stand under."""
    html = markdown_text.to_html(text or "", heading)
    return format_html('<div class="prose">{}</div>', html)


@register.simple_tag(takes_context=True)
def current(context: template.Context, url: str, *, exact: bool = False) -> SafeString:
    """Mark a link of a navigation: `page` where it leads here, `true` where it leads to something above."""
    path = getattr(context.get("request"), "path", "")
    if not url or not path:
        return mark_safe("")
    if path == url:
        return mark_safe(' aria-current="page"')
    if not exact and path.startswith(url):
        return mark_safe(' aria-current="true"')
    return mark_safe("")


@register.simple_tag
def stylesheets() -> SafeString:
    """Link the style sheets, and that of the fonts where they were fetched."""
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((url,) for url in _stylesheets()))


@functools.cache
def _stylesheets() -> tuple[str, ...]:
    names = (
        "tokens",
        "app",
        "components",
        "forms",
        "floating",
        "checklist",
        "live",
        "pages",
        "method",
        "weighing",
        "documents",
    )
    return (*_fonts(), *(static(f"css/{name}.css") for name in names))


def _fonts() -> list[str]:
    if not finders.find("fonts/fonts.css"):
        return []
    try:
        return [static("fonts/fonts.css")]
    except (
        ValueError
    ):  # fetched after the static files were collected: the fallback families serve until then
        return []
