"""Let pages listen to their engagement or to their person's own work, and say who is where."""

import re

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Side, User
from engagements.listening import OwnWorkSource, proof_of, proof_of_member
from engagements.policy import Permission
from live import presence
from live.stream import open_stream
from questionnaires import access
from questionnaires.live import MEETING, SOURCE, Audience
from questionnaires.models import AgendaPoint
from questionnaires.models.entry import REGISTER_PREFIX

OWN_WORK = OwnWorkSource()


@login_not_required
@require_safe
def stream(request: HttpRequest, engagement_id: int) -> HttpResponse:
    """Tell a page of the engagement what changes on it, from the event number it was rendered at."""
    user = request.user
    if isinstance(user, AnonymousUser) or not _is_theirs(request, user):
        return _signed_out(request)
    desk = access.get_desk(user, engagement_id, can=Permission.SEE)
    side = desk.membership.side
    if desk.membership.is_firm and request.GET.get("as") == Side.CLIENT:
        side = Side.CLIENT
    audience = Audience(side, get_language() or "en", page_of(desk, request.GET.get("page", "")))
    return open_stream(
        request,
        SOURCE,
        engagement_id,
        audience=str(audience),
        person=user.pk,
        proof=proof_of_member(request, desk.membership),
    )


@login_not_required
@require_safe
def own_stream(request: HttpRequest) -> HttpResponse:
    """Tell a page over several engagements when anything in one of them changed, so that it fetches itself again."""
    user = request.user
    if isinstance(user, AnonymousUser) or not _is_theirs(request, user):
        return _signed_out(request)
    return open_stream(
        request,
        OWN_WORK,
        user.pk,
        audience="own",
        person=user.pk,
        proof=proof_of(request, user, user.side),
    )


@require_POST
def present(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Note that somebody has a page open, and which field they are in; with `gone` that they left it."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    user = request.user
    tab = request.POST.get("tab", "")
    if not re.fullmatch(r"[a-zA-Z0-9-]{8,40}", tab):
        return HttpResponse(status=400)
    if request.POST.get("gone"):
        presence.gone(SOURCE.name, engagement_id, person=user.pk, tab=tab)
        return HttpResponse(status=204)
    key, field = request.POST.get("item", ""), request.POST.get("field", "")
    point = _point(desk, key)
    if not (point or _may_see(desk, key)) or not re.fullmatch(r"[\w-]{0,140}", field, re.ASCII):
        raise Http404
    presence.here(
        SOURCE.name,
        engagement_id,
        person=user.pk,
        tab=tab,
        facts={
            "name": user.display_name,
            "first": user.first_name,
            "initials": user.initials,
            "firm": desk.membership.is_firm,
            "page": page_of(desk, request.POST.get("page", "")),
            "item": key,
            "field": field,
            # A note of the firm's is nobody else's business, not even that somebody writes it.
            "private": point.firm_only or point.meeting.firm_only
            if point
            else field.startswith("n-") or request.POST.get("part") == "note",
            "idle": bool(request.POST.get("idle")),
        },
    )
    return HttpResponse(status=204)


def page_of(desk: access.Desk, name: str) -> str:
    """Return the name of a page that this side has, such as ``step:data``; any other is ``other`` by that name."""
    kind, _colon, key = name.partition(":")
    framework = desk.framework
    if kind == "step" and any(step.key == key for step in framework.steps):
        return name
    if kind == "item" and key and _may_see(desk, key):
        return name
    if kind == "register" and any(register.key == key for register in framework.registers):
        return name
    if (
        kind == MEETING
        and re.fullmatch(r"[0-9]{1,18}", key, re.ASCII)
        and access.find_meeting(desk, int(key))
    ):
        return name
    return "other:" + re.sub(r"[^a-z-]", "", name)[:40]


def _point(desk: access.Desk, key: str) -> AgendaPoint | None:
    """Return the point of an agenda that a page calls by *key*, as in ``point-17``."""
    found = re.fullmatch(r"point-([0-9]{1,18})", key, re.ASCII)
    return access.find_point(desk, int(found[1])) if found else None


def _may_see(desk: access.Desk, key: str) -> bool:
    if not key:
        return True
    if key.startswith(REGISTER_PREFIX):
        return any(register.key == key.removeprefix(REGISTER_PREFIX) for register in desk.framework.registers)
    return desk.framework.has_item(key) and desk.may_see(desk.framework.item(key))


def _is_theirs(request: HttpRequest, user: User) -> bool:
    """Say whether the page that asks was drawn for who is signed in by now; an event source sends no header."""
    return request.GET.get("person", str(user.pk)) == str(user.pk)


def _signed_out(request: HttpRequest) -> HttpResponse:
    message = _("You are signed out. What you typed is kept on this device.")
    return render(request, "_refusal.html", {"message": message}, status=401)
