"""Put two values side by side."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from questionnaires import merge
from questionnaires.models import Answer
from questionnaires.reading import ConflictView, ItemView
from questionnaires.templatetags.answers import value_text

register = template.Library()


@register.simple_tag(takes_context=True)
def conflict_sides(context: template.Context, item: ItemView, conflict: ConflictView) -> dict[str, Any]:
    """Return both values of a conflict as they are shown: texts with the differing words marked, others in words."""
    answer, place, spec = _place(item, conflict.answer_id)
    current = answer.value if answer else None
    if isinstance(conflict.value or "", str) and isinstance(current or "", str) and _is_text(answer, spec):
        changes = merge.word_diff(conflict.value or "", current or "")
        kept: str = marked(changes, "removed")
        now: str = marked(changes, "added")
        both = "\n\n".join(text for text in (current, conflict.value) if text)
    else:
        names, engagement = context["names"], context["engagement"]
        kept, now = (
            value_text(spec, value, names, engagement, item.files) for value in (conflict.value, current)
        )
        both = current or ""
    return {
        "kept": kept,
        "current": now,
        "both": both,
        "place": place,
        "version": answer.version if answer else 0,
        "by": answer.updated_by if answer else None,
        "at": answer.updated_at if answer else None,
    }


def marked(changes: list[merge.Change], own: str) -> SafeString:
    """Show one side of a comparison: what both have, and what only this side has, marked."""
    tag = {"removed": "del", "added": "ins"}[own]
    parts = [
        format_html("<{}>{}</{}>", tag, change.text, tag) if change.op == own else change.text
        for change in changes
        if change.op in ("same", own)
    ]
    return format_html('<p class="pre">{}</p>', format_html_join("", "{}", ((part,) for part in parts)))


def _is_text(answer: Answer | None, spec: Any) -> bool:
    return answer is not None and (
        answer.part != Answer.Part.VALUE or spec is None or spec.type in ("text", "long_text")
    )


def _place(item: ItemView, answer_id: int) -> tuple[Answer | None, str, Any]:
    for answer in (item.answer, item.words, item.note):
        if answer is not None and answer.pk == answer_id:
            return answer, "", item.item
    for number, row in enumerate(item.rows, start=1):
        for cell in row.cells:
            if cell.answer.pk == answer_id:
                return cell.answer, f"{cell.column.label} ({number})", cell.column
    return None, "", item.item
