"""Show why an item carries a flag."""

from typing import Any

from django import template

from questionnaires.reasons import Told
from questionnaires.templatetags.answers import value_text

register = template.Library()


@register.simple_tag(takes_context=True)
def told_value(context: template.Context, told: Told, value: Any) -> str:
    """Give a value of a comparison in words; texts as they are."""
    if told.spec is None or (isinstance(value, str) and told.spec.type in ("text", "long_text")):
        return "" if value is None else str(value)
    files = context["item"].files if "item" in context else []
    return value_text(told.spec, value, context["names"], context["engagement"], files)
