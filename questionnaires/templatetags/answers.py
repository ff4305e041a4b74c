"""Show answers in templates."""

from typing import Any

from django import template
from django.utils.translation import gettext

from engagements.models import Engagement
from questionnaires import values
from questionnaires.document import Column, Item

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
