"""Ask people to sign in, and show each their own time zone and language."""

import zoneinfo
from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _


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


class SignInRequired(LoginRequiredMiddleware):
    """Lead strangers to the door; where only a part of a page asked, say so instead of putting the door into it."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> Any:
        """Refuse what a page sends that was drawn for somebody else than who is signed in by now.

        A page says whose it is in a header. Two people may share a browser: what one of them typed is never stored
        as the other's.
        """
        whose = request.headers.get("X-Person", "")
        if whose and request.user.is_authenticated and whose != str(request.user.pk):
            message = _("Somebody else is signed in here now. What you typed is kept for you on this device.")
            return render(request, "_refusal.html", {"message": message}, status=401)
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        """Return the way to the door, or 401 with a sentence."""
        if getattr(request, "htmx", False) or request.headers.get("X-Fragment") == "1":
            message = _("You are signed out here. Sign in again in another window; what you typed is kept.")
            return render(request, "_refusal.html", {"message": message}, status=401)
        return super().handle_no_permission(request, view_func)
