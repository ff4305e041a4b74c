"""What people of the client side want: the list, and the forms."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access, reading
from questionnaires.access import Desk
from questionnaires.actions import requests as actions
from questionnaires.actions.recommendations import NotPossible
from questionnaires.advice_forms import CloseRequestForm, RequestForm
from questionnaires.models import Request
from questionnaires.models.request import Level, Weight
from questionnaires.views.shell import shell

RANK = {
    "value": {name: place for place, name in enumerate(reversed(Level.values))},
    "effort": {name: place for place, name in enumerate(Level.values)},
    "moscow": {name: place for place, name in enumerate(Weight.values)},
}


@require_safe
def requests(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List requests; `?state=`, `?moscow=`, `?author=` narrow it and `?by=` orders it."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    every = list(
        Request.objects.filter(engagement=desk.engagement)
        .select_related("author__user")
        .prefetch_related("sides__clash")
        .order_by("number")
    )
    wanted = {name: request.GET.get(name, "") for name in ("state", "moscow", "author", "by")}
    shown = [one for one in every if _matches(one, wanted)]
    if wanted["by"] in RANK:
        shown.sort(key=lambda one: (RANK[wanted["by"]][getattr(one, wanted["by"])], one.number))
    context = shell(
        desk,
        "conflicts",
        tab="requests",
        lines=[
            {
                "request": one,
                "items": [desk.framework.item(key) for key in one.item_keys if desk.framework.has_item(key)],
                "clashes": [side.clash for side in one.sides.all()],
            }
            for one in shown
        ],
        wanted=wanted,
        is_narrowed=any(wanted[name] for name in ("state", "moscow", "author")),
        total=len(every),
        states=Request.State.choices,
        weights=Weight.choices,
        authors=sorted({(one.author_id, one.author.user.display_name) for one in every}, key=lambda a: a[1]),
        orders=[("value", _("Value")), ("effort", _("Effort")), ("moscow", _("How much it matters"))],
    )
    return page(request, desk, "requests", context)


def _matches(one: Request, wanted: dict[str, str]) -> bool:
    return (
        wanted["state"] in ("", one.state)
        and wanted["moscow"] in ("", one.moscow)
        and wanted["author"] in ("", str(one.author_id))
    )


def page(
    request: SignedInRequest, desk: Desk, name: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page with the engagement's times."""
    with timezone.override(desk.engagement.zone):
        return render(request, f"questionnaires/{name}.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def new_request(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Write down what somebody wants."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ANSWER)
    item = request.GET.get("item", "")
    mine = None if desk.membership.is_firm else desk.membership.pk
    form = _form(request, desk, {"author": mine, "keys": [item]})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.record(
                desk=desk,
                author=data["author"],
                title=data["title"],
                need=data["need"],
                value=data["value"],
                effort=data["effort"],
                moscow=data["moscow"],
                item_keys=data["items"],
            )
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:request", engagement_id, made.number)
    return form_page(request, desk, form, _("Write down a request"))


def _form(request: SignedInRequest, desk: Desk, start: dict[str, Any]) -> RequestForm:
    people = [member for member in reading.people(desk.view) if member.ended_at is None]
    return RequestForm(
        request.POST if request.method == "POST" else None, view=desk.view, people=people, start=start
    )


def form_page(
    request: SignedInRequest, desk: Desk, form: Any, title: str, *, back: str = "", **more: Any
) -> HttpResponse:
    """Show a form of requests or conflicts as a page; *back* is where to go without it."""
    back = back or reverse("questionnaires:requests", args=[desk.engagement.pk])
    context = shell(desk, "conflicts", form=form, title=title, back=back, **more)
    return page(request, desk, "record_form", context, status=422 if form.errors else 200)


@require_safe
def one_request(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Show one request."""
    desk, found = access.get_request(request.user, engagement_id, number, can=Permission.SEE)
    context = shell(
        desk,
        "conflicts",
        tab="requests",
        request_shown=found,
        items=[desk.framework.item(key) for key in found.item_keys if desk.framework.has_item(key)],
        clashes=[side.clash for side in found.sides.select_related("clash").order_by("clash__number")],
        changed=found.changed_at != found.made_at,
    )
    return page(request, desk, "request", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_request(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Change a request's words or weights."""
    desk, found = access.get_request(request.user, engagement_id, number, can=Permission.ANSWER)
    start = {name: getattr(found, name) for name in ("title", "need", "value", "effort", "moscow")} | {
        "author": found.author_id,
        "keys": found.item_keys,
        "seen": found.changed_at.isoformat(),
    }
    form = _form(request, desk, start)
    del form.fields["author"]
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.change(
                desk=desk,
                request=found,
                seen=_seen(data["seen"], found),
                title=data["title"],
                need=data["need"],
                value=data["value"],
                effort=data["effort"],
                moscow=data["moscow"],
                item_keys=data["items"],
            )
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:request", engagement_id, number)
    return form_page(request, desk, form, _("Change request %(number)d") % {"number": number})


def _seen(text: str, found: Request) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return found.made_at


def _may_close(desk: Desk, state: str) -> bool:
    if state == Request.State.WITHDRAWN:
        return not desk.membership.is_firm
    return desk.membership.may(Permission.DECIDE)


@require_http_methods(["GET", "HEAD", "POST"])
def close_request(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Say what came of a request."""
    desk, found = access.get_request(request.user, engagement_id, number, can=Permission.ANSWER)
    choices = [
        (value, label)
        for value, label in Request.State.choices
        if value != found.state and _may_close(desk, value)
    ]
    form = CloseRequestForm(
        request.POST if request.method == "POST" else None, choices=choices, start={"words": found.answer}
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.close(desk=desk, request=found, **form.cleaned_data)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:request", engagement_id, number)
    return form_page(request, desk, form, _("What came of request %(number)d") % {"number": number})
