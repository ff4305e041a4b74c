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
    return footing.in_words(item, value, _text_of(context))


@register.simple_tag(takes_context=True)
def moved(context: template.Context, item: Item, pair: list[Any]) -> list[footing.Moved]:
    """Say what is different at an item between then and now."""
    then, now = pair
    return footing.differences(item, then, now, _text_of(context))


def _text_of(context: template.Context) -> footing.TextOf:
    return lambda spec, given: value_text(spec, given, context["names"], context["engagement"])
