"""What surrounds every request: an id for the logs, and words for what goes wrong."""

import logging
import re
import uuid
from collections.abc import Callable

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from config.logs import request_id as current_id

Handler = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("throughline.requests")


def request_id(get_response: Handler) -> Handler:
    """Give the request an id, or keep a proxy's, and say it in the answer and in every log line."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        value = given if re.fullmatch(r"[A-Za-z0-9-]{8,64}", given) else uuid.uuid4().hex
        request.id = value  # type: ignore[attr-defined]  # said on error pages, for whoever helps
        token = current_id.set(value)
        try:
            response = get_response(request)
        finally:
            current_id.reset(token)
        response.headers["X-Request-ID"] = value
        return response

    return middleware


class errors_for_people:
    """Answer refusals with a page, or with a short fragment where only a part of the page asked."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; what is personal never stays in a cache."""
        response = self.get_response(request)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a refusal into words; anything unforeseen is left to Django's own handler."""
        if isinstance(error, PermissionDenied):
            who = getattr(request.user, "pk", None)
            log.info("refused", extra={"fields": {"path": request.path, "person": who}})
            return refusal(request, 403, str(error) or _("Your role here does not include this."))
        if isinstance(error, (RequestDataTooBig, TooManyFieldsSent)):
            return refusal(
                request,
                413,
                _("That is more than fits into one go. Nothing was stored; send it in smaller parts."),
            )
        return None


def refusal(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Return *message* as a fragment for a part of a page, else as a page."""
    partial = bool(getattr(request, "htmx", False)) or request.headers.get("X-Fragment") == "1"
    template = "_refusal.html" if partial else f"{status}.html"
    return render(request, template, {"message": message}, status=status)
