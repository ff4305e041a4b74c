"""The request as views behind the sign-in see it."""

from django.http import HttpRequest, QueryDict
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in, with what htmx says about it."""

    user: User
    htmx: HtmxDetails


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, None where nothing was: a form that was sent empty is bound, and says what it lacks."""
    return request.POST if request.method == "POST" else None
