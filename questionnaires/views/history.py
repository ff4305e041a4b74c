"""The history of an engagement: read it, name points in it, compare two of them."""

from datetime import date, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.actions import milestones as actions
from engagements.models import Event, Milestone
from engagements.policy import Permission
from questionnaires import access, chronicle, reading
from questionnaires.access import Desk
from questionnaires.between import Between
from questionnaires.views.past import end_of, number_of
from questionnaires.views.shell import shell


@require_safe
def history(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show what happened, newest first, of what is wanted."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    given = request.GET
    step = next((step for step in desk.framework.steps if step.number == given.get("step")), None)
    item = given.get("item", "")
    wanted = chronicle.Wanted(
        by=int(given["by"]) if given.get("by", "").isdecimal() else None,
        kind=given.get("kind", ""),
        step=step.key if step else "",
        item=item if chronicle.is_place(desk.view, item) else "",
        since=day_of(desk, given.get("since", "")),
        until=day_of(desk, given.get("until", ""), end=True),
        before=int(given["before"]) if given.get("before", "").isdecimal() else None,
    )
    lines, older = chronicle.page(desk.view, wanted)
    context = shell(
        desk,
        "history",
        lines=lines,
        older=older,
        wanted=wanted,
        given=given,
        step=step,
        kinds=[(key, label) for key, (label, _starts) in chronicle.KINDS.items()],
        people=reading.people(desk.view),
        milestones=points(desk),
        today=desk.engagement.today(timezone.now()),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/chronicle.html", context)


def points(desk: Desk) -> list[Milestone]:
    """Return the named points of the engagement, newest first."""
    return list(
        Milestone.objects.filter(engagement=desk.engagement).select_related("by").order_by("-event", "-pk")
    )


def day_of(desk: Desk, text: str, *, end: bool = False) -> datetime | None:
    """Return the beginning or the end of a day by the engagement's clock, or None for what is no day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return end_of(desk, day) if end else datetime.combine(day, time(), desk.engagement.zone)


@require_POST
def seen(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Note that this person has seen everything up to the event their page was drawn at."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    number = request.POST.get("number", "")
    actions.look(
        membership=desk.membership,
        number=int(number) if number.isdecimal() and len(number) < 18 else desk.engagement.last_event,
    )
    return redirect("questionnaires:overview", engagement_id)


@require_POST
def milestone(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Name the point after everything that has happened, or after an event."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.MANAGE)
    number = request.POST.get("event", "")
    try:
        actions.name_point(
            membership=desk.membership,
            name=request.POST.get("name", ""),
            event=number_of(desk, number) if number else None,
        )
    except (actions.NoName, actions.NameTaken) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The point has a name. It can be opened and compared from here on."))
    return redirect("questionnaires:history", engagement_id)


@require_safe
def compare(request: SignedInRequest, engagement_id: int) -> HttpResponseBase:
    """Show what differs between two points, step by step, with the words that changed."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    last = desk.engagement.last_event
    given = request.GET
    first = number_of(desk, given.get("from_day") or given.get("from") or "1")
    second = number_of(desk, given.get("to_day") or given.get("to") or str(last))
    since, until = sorted((first, second))
    step = next((step for step in desk.framework.steps if step.number == given.get("step")), None)
    keys = [item.key for item in desk.framework.items if item.step_key == step.key] if step else None
    between = Between(desk.view, since, until, keys=keys)
    groups: dict[str, dict[str, Any]] = {}
    for changed in between.changes:
        of = desk.framework.step(changed.item.step_key) if changed.item else None
        title = f"{of.number} {of.title}" if of else _("Registers")
        group = groups.setdefault(
            title, {"title": title, "key": of.key if of else "registers", "changes": []}
        )
        group["changes"].append(changed)
    moments = dict(
        Event.objects.filter(engagement=desk.engagement, number__in=[since, until]).values_list(
            "number", "at"
        )
    )
    named = points(desk)
    context = shell(
        desk,
        "history",
        groups=list(groups.values()),
        more=between.more,
        since=since,
        until=until,
        since_at=moments.get(since),
        until_at=moments.get(until),
        is_today=until == last,
        step=step,
        steps=desk.framework.steps,
        milestones=named,
        since_name=next((point.name for point in named if point.event == since), ""),
        given=given,
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/compare.html", context)
