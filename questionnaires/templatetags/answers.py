"""Show answers in templates."""

from typing import Any

from django import template
from django.utils.translation import gettext, gettext_lazy

from engagements.models import Engagement
from questionnaires import values
from questionnaires.document import Column, Item
from questionnaires.history import Change
from questionnaires.reading import ItemView

register = template.Library()


@register.simple_tag
def value_text(
    spec: Item | Column,
    value: Any,
    names: dict[int, str],
    engagement: Engagement,
    files: list[dict[str, Any]] | None = None,
) -> str:
    """Give a value in words: labels of choices, names of people and files, amounts with their currency."""
    file_names = {file["id"]: file["name"] for file in files or []}

    def lookup(kind: str, pk: int) -> str:
        return (
            names.get(pk, "") if kind == "person" else file_names.get(pk, gettext("a file that was removed"))
        )

    return values.as_text(spec, value, lookup, currency=engagement.currency, translate=gettext)


@register.simple_tag(takes_context=True)
def draw_item(context: template.Context, item: ItemView) -> str:
    """Draw an item or a register as live fragments are drawn: the page has the same bytes, and more than the page has them."""
    html: str = context["drawing"].item(item)
    return html


@register.filter
def field_id(place: str) -> str:
    """Give a place's address as an element id."""
    return "f-" + place.replace("/", "-").replace(":", "-").replace("#", "-")


@register.filter
def money_amount(value: Any) -> str:
    """Give the amount of a stored sum of money, without its period."""
    return str(value or "").partition("/")[0]


@register.filter
def money_period(value: Any) -> str:
    """Give the period of a stored sum of money, or nothing."""
    return str(value or "").partition("/")[2]


KINDS = {
    "merged": gettext_lazy("merged with somebody else’s words"),
    "chosen": gettext_lazy("chosen between two answers"),
    "restored": gettext_lazy("an earlier version, restored"),
    "carried": gettext_lazy("carried over from the round before"),
    "imported": gettext_lazy("imported"),
}


def _spec_of(item: ItemView, change: Change) -> Item | Column | None:
    if change.answer.column:
        return next((column for column in item.columns if column.key == change.answer.column), None)
    return item.item


@register.simple_tag
def history_label(item: ItemView, change: Change) -> str:
    """Say where in an item a change was made, and how it came about."""
    parts = []
    if change.answer.part == "note":
        parts.append(gettext("internal note"))
    elif change.answer.part == "words":
        parts.append(gettext("in words"))
    elif isinstance(spec := _spec_of(item, change), Column):
        parts.append(spec.label)
        if change.answer.row and change.answer.row.deleted_at:
            parts.append(gettext("row deleted since"))
    if change.kind in KINDS:
        parts.append(str(KINDS[change.kind]))
    return ", ".join(parts)


@register.simple_tag(takes_context=True)
def history_value(context: template.Context, item: ItemView, change: Change, value: Any) -> str:
    """Give a value of an item's history in words."""
    spec = _spec_of(item, change)
    if spec is None:
        return str(value)
    return value_text(spec, value, context["names"], context["engagement"], item.files)
