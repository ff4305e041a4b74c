"""Signing in and out, where they differ from the library's."""

from typing import Any

from allauth.account.views import LoginView, LogoutView
from django.http import HttpResponse

from accounts.models import User


class SignIn(LoginView):  # type: ignore[misc]  # allauth ships no types
    """The door; on an installation without anybody it says how the first administrator comes in."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say whether there is anybody yet."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"nobody_yet": not User.objects.exists()}


class SignOut(LogoutView):  # type: ignore[misc]
    """Sign out, and let the browser forget what it kept of this person."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session; drafts and cached pages of this browser go with it."""
        response: HttpResponse = super().post(*args, **kwargs)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
