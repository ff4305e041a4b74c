"""Show what stood at a past moment."""

from django import template

from questionnaires import merge
from questionnaires.models import Answer
from questionnaires.reading import ItemView

register = template.Library()


@register.filter
def restorable(item: ItemView) -> list[Answer]:
    """Return the answers of a past item that had a value then which is not the one of today."""
    answers = [answer for answer in (item.answer, item.words, item.note) if answer is not None]
    return [answer for answer in answers if answer.version and answer.value != answer.now]  # type: ignore[attr-defined]


# How much of an unchanged stretch is shown beside what changed.
AROUND = 90


@register.filter
def nearby(parts: list[merge.Change]) -> list[merge.Change]:
    """Shorten the unchanged stretches of a comparison to what stands around the changes."""
    shown = []
    for place, part in enumerate(parts):
        text = part.text
        if part.op == "same":
            first, last = place == 0, place == len(parts) - 1
            head = "" if first else text[:AROUND]
            tail = "" if last else text[-AROUND:]
            if len(text) > len(head) + len(tail) + 3:
                text = (
                    f"{head} … {tail}"
                    if head and tail
                    else f"{head} …"
                    if head
                    else f"… {tail}"
                    if tail
                    else "…"
                )
        shown.append(merge.Change(part.op, text))
    return shown
