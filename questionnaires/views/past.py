"""Pages of an engagement as it stood at an event: to read, never to change."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from engagements.models import Milestone
from engagements.policy import Permission
from questionnaires import access, reading
from questionnaires.access import Desk, Viewpoint
from questionnaires.document import Step
from questionnaires.fragments import Drawing
from questionnaires.marks import here, marks
from questionnaires.past import Past, at_moment
from questionnaires.places import subject_of
from questionnaires.views.places import url_of
from questionnaires.views.shell import shell


def step(request: SignedInRequest, desk: Desk, view: Viewpoint, step: Step) -> HttpResponse:
    """Show a step as it was at the event that `?at=` names."""
    past = Past(view, number_of(desk, request.GET.get("at", "")))
    steps = view.framework.steps
    index = steps.index(step)
    drawn = [
        replace(mark, url=f"{mark.url}?at={past.number}") for mark in marks(view, past.progress, past.line)
    ]
    context = shell(
        desk,
        "steps",
        step=step,
        phase=next(phase for phase in desk.framework.phases if phase.key == step.phase_key),
        sections=past.sections(step),
        progress=reading.progress_of_step(step, past.progress),
        marks=drawn,
        loops=past.line.loops,
        index=index,
        previous=steps[index - 1] if index else None,
        next=steps[index + 1] if index + 1 < len(steps) else None,
        **surroundings(desk, past),
        today_url=request.path,
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/past_step.html", Drawing(view).context(**context))


def item(request: SignedInRequest, desk: Desk, key: str) -> HttpResponse:
    """Show one item or register as it was at the event that `?at=` names."""
    past = Past(desk.view, number_of(desk, request.GET.get("at", "")))
    found = past.items([entry for entry in past.entries if entry.item_key == key])
    if not found:
        raise Http404
    context = shell(
        desk,
        "registers" if found[0].register else "steps",
        item=found[0],
        subject=subject_of(desk.framework, key),
        **surroundings(desk, past),
        today_url=url_of(desk, key),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/past_item.html", Drawing(desk.view).context(**context))


def registers(request: SignedInRequest, desk: Desk) -> HttpResponse:
    """List the registers, each to be opened as it was at the event that `?at=` names."""
    past = Past(desk.view, number_of(desk, request.GET.get("at", "")))
    context = shell(
        desk,
        "registers",
        registers=desk.framework.registers,
        **surroundings(desk, past),
        today_url=request.path,
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/past_registers.html", context)


def surroundings(desk: Desk, past: Past) -> dict[str, Any]:
    """Return what every page of the past says about its moment; nothing can be done on it."""
    named = Milestone.objects.filter(engagement=desk.engagement, event=past.number).first()
    return {
        "past": past,
        "milestone": named,
        "may": " ".join(one for one in (Permission.ANSWER, Permission.MANAGE) if desk.membership.may(one)),
    }


def number_of(desk: Desk, text: str) -> int:
    """Return the number of the event that an address names, by itself or as the last of a day. Raises Http404."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= desk.engagement.last_event:
        return int(text)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Http404 from error
    return at_moment(desk.view, end_of(desk, day))


def end_of(desk: Desk, day: date) -> datetime:
    """Return the end of a day by the engagement's clock."""
    return datetime.combine(day + timedelta(days=1), time(), desk.engagement.zone) - timedelta(microseconds=1)


@require_safe
def as_of(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Lead to the engagement as it was at an event or on a day: to a step where one is named, else to the main one."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    number = number_of(desk, request.GET.get("at", ""))
    steps = desk.framework.steps
    wanted = next((step for step in steps if step.number == request.GET.get("step")), None)
    if wanted is None:
        wanted = steps[here(desk.framework, Past(desk.view, number).progress) or 0]
    response = redirect("questionnaires:step", engagement_id, wanted.number)
    response["Location"] += f"?at={number}"
    return response
