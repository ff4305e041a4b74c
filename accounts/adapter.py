"""How sign-in differs from allauth's defaults."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Let nobody sign up by themselves, and put only our own address into mails."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: people come in by invitation."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links start with the configured address, whatever the Host header said."""
        request = context.get("request")
        for name, value in list(context.items()):
            if isinstance(value, str) and request is not None:
                context[name] = value.replace(request.build_absolute_uri("/").rstrip("/"), settings.BASE_URL)
        super().send_mail(template_prefix, email, context)
