"""Small things that the pages of requests, conflicts and attempts need."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def item_of(found: Mapping[Any, Any], key: Any) -> Any:
    """Return what stands under a key, or nothing."""
    return found.get(key, "")
