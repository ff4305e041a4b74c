"""Names of people in what somebody writes: found when it is stored, marked when it is shown."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from engagements import markdown

TITLES = ("dr", "prof")


def find(text: str, people: Iterable[User]) -> dict[str, int]:
    """Return the names after an @ in *text* that are those of one of *people*: {as written: id of the person}.

    The whole name counts, and the first or last word of it where only one of *people* is called so.
    """
    names = _names(people)
    if not names or "@" not in text:
        return {}
    wanted = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    found = re.findall(rf"(?<![\w@.])@({wanted})(?!\w)", text, re.IGNORECASE)
    return {name: names[name.casefold()] for name in found}


def _names(people: Iterable[User]) -> dict[str, int]:
    whole: dict[str, int] = {}
    parts: Counter[str] = Counter()
    whose: dict[str, int] = {}
    for person in people:
        name = person.display_name.casefold()
        whole[name] = person.pk
        words = [word for word in name.split() if word.rstrip(".") not in TITLES]
        for part in {" ".join(words), words[0], words[-1], person.first_name.casefold()} if words else ():
            parts[part] += 1
            whose[part] = person.pk
    alone = {part: whose[part] for part, count in parts.items() if count == 1}
    return {**alone, **whole}


def to_html(text: str, mentions: Mapping[str, int], heading: int = markdown.HEADING) -> SafeString:
    """Return *text* as safe HTML with the names in *mentions* marked; whose they are is in `data-person`."""
    html = markdown.to_html(text, heading)
    if not mentions:
        return html
    names = {str(escape(name)): person for name, person in mentions.items()}
    wanted = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    mention = re.compile(rf"(?<![\w@.])@({wanted})(?!\w)")

    def marked(found: re.Match[str]) -> str:
        name = mark_safe(found[1])  # noqa: S308 - a part of the safe HTML
        return format_html('<span class="at" data-person="{}">@{}</span>', names[found[1]], name)

    # Tags stay as they are: an @ in the address of a link is no name.
    parts = re.split(r"(<[^>]*>)", html)
    return mark_safe("".join(part if part.startswith("<") else mention.sub(marked, part) for part in parts))  # noqa: S308 - as above
