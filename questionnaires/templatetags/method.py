"""Small things that the pages of requests, conflicts and attempts need."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template

from questionnaires import charts

register = template.Library()


@register.filter
def item_of(found: Mapping[Any, Any], key: Any) -> Any:
    """Return what stands under a key, or nothing."""
    return found.get(key, "")


@register.filter
def figure(value: Decimal) -> str:
    """Write a figure as people read it."""
    return charts.shown(value)


@register.filter
def reaches(value: Decimal, criterion: charts.Criterion) -> bool:
    """Say whether a figure reaches the agreed one."""
    return charts.reaches(value, criterion)
