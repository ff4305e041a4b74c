"""The request as views behind the sign-in see it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in, with what htmx says about it."""

    user: User
    htmx: HtmxDetails
