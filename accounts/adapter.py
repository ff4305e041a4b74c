"""How sign-in differs from allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts.actions import people
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Let nobody sign up by themselves, and put only our own address into mails."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: people come in by invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links start with the configured address, whatever the Host header said."""
        request = context.get("request") or self.request
        for name, value in list(context.items()):
            if isinstance(value, str) and request is not None:
                context[name] = value.replace(request.build_absolute_uri("/").rstrip("/"), settings.BASE_URL)
        super().send_mail(template_prefix, email, context)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count wrong passwords by address and by where they come from.

        Counted by address alone, as the library does, anybody could keep somebody else out.
        """
        return f"{credentials.get('email', '').lower()}:{self.get_client_ip(request)}"

    def logout(self, request: HttpRequest) -> None:
        """End the session, and let the person's open streams ask anew."""
        if isinstance(request.user, User):
            people.end_streams(person=request.user)
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """Set a password. Sessions elsewhere end by their hash, and their streams with them."""
        super().set_password(user, password)
        people.end_streams(person=user)
