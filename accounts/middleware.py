"""Show each person their own time zone and language."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


def preferences(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Activate the zone and language of who is signed in, and of the browser for everybody else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            language = user.language
            zone = zoneinfo.ZoneInfo(user.time_zone)
        else:
            language = translation.get_language_from_request(request)
            zone = None
        with translation.override(language), timezone.override(zone):
            response = get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response

    return middleware
