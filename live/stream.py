"""How a view lets a page listen."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from live.asgi import SEAT
from live.source import Source, Ticket


def open_stream(
    request: HttpRequest, source: Source, topic: int, *, audience: str, person: int, proof: Sequence[object]
) -> HttpResponse:
    """Let the page of *request* listen to *topic*, or say that there is no room: 429 for this person, 503 at all.

    A HEAD request only asks whether it could. The number to go on from is ``Last-Event-ID`` or ``?after=``, the
    larger of the two.
    """
    seat = getattr(request, "scope", {}).get(SEAT)
    if seat is None:
        return HttpResponse(status=204)
    if refusal := seat.hub.refuses(person):
        return _no_room(request, refusal)
    if request.method != "HEAD":
        seat.ticket = Ticket(source, topic, audience, person, tuple(proof), number_of(request))
    return HttpResponse(status=204)


def number_of(request: HttpRequest) -> int | None:
    """Return the number a page has seen, or None when it names none that makes sense."""
    given = [request.headers.get("Last-Event-ID", ""), request.GET.get("after", "")]
    numbers = [int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 18]
    return max(numbers, default=None)


def _no_room(request: HttpRequest, status: int) -> HttpResponse:
    if status == 429:
        words = _("You have this open in many windows. This one shows what changed when you reload it.")
    else:
        words = _("Many people are here just now. This page shows what changed when you reload it.")
    response = render(request, "_refusal.html", {"message": words}, status=status)
    response["Retry-After"] = "20"
    return response
