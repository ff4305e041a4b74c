"""The request as views behind the sign-in see it."""

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import content_disposition_header
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    """A request of somebody who is signed in, with what htmx says about it."""

    user: User
    htmx: HtmxDetails


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, None where nothing was: a form that was sent empty is bound, and says what it lacks."""
    return request.POST if request.method == "POST" else None


def attachment(content: bytes, name: str, media_type: str) -> HttpResponse:
    """Return *content* as a download that no browser runs."""
    response = HttpResponse(content, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def stored_attachment(storage_name: str, name: str, media_type: str) -> HttpResponse:
    """Return a file of the storage as a download that no browser runs.

    Not a FileResponse: an asynchronous server warns about its iterator and reads it whole anyway.
    """
    with default_storage.open(storage_name) as file:
        return attachment(file.read(), name, media_type)
