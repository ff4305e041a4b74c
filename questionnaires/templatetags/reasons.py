"""Show why an item carries a flag."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from questionnaires.reading import ItemView
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


@register.simple_tag(takes_context=True)
def asks_first(context: template.Context, item: ItemView) -> SafeString:
    """Mark a field whose change may touch many answers with where to ask which, before it is made."""
    return _marked(' data-consequences="{}"', context, item)


@register.simple_tag(takes_context=True)
def tells_beside(context: template.Context, item: ItemView) -> SafeString:
    """Mark a field, or a table, that is changed word by word: what rests on it is told beside it with the first word."""
    return _marked(' data-tells="{}"', context, item)


def _marked(attribute: str, context: template.Context, item: ItemView) -> SafeString:
    engagement = context["engagement"]
    if item.item is None or not context["view"].framework.carries_far(item.key):
        return mark_safe("")
    url = reverse("questionnaires:consequences", args=[engagement.pk, item.key])
    return format_html(attribute, url)
