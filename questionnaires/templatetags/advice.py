"""Show what rests on what."""

from typing import Any

from django import template

from questionnaires import footing
from questionnaires.document import Item
from questionnaires.templatetags.answers import value_text

register = template.Library()


@register.simple_tag(takes_context=True)
def told(context: template.Context, item: Item, value: Any) -> str:
    """Say in words what stood at an item, as `questionnaires.footing` keeps it."""
    return footing.in_words(
        item, value, lambda spec, given: value_text(spec, given, context["names"], context["engagement"])
    )
