"""What every page's shell needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the values that `base.html` reads on every page."""
    user = getattr(request, "user", None)
    return {
        "base_url": settings.BASE_URL,
        "theme": getattr(user, "theme", ""),
        "unread": getattr(user, "unread", 0),
        "request_id": getattr(request, "id", ""),
    }
