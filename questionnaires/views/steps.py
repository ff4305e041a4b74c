"""The step page, and one item by itself."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.policy import Permission
from questionnaires import access, pictures, reading, worklists
from questionnaires.access import Viewpoint
from questionnaires.document import Step
from questionnaires.fragments import Drawing, rail
from questionnaires.marks import here
from questionnaires.models import Entry, Round
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.reading import ItemView, SectionView
from questionnaires.views import past
from questionnaires.views.shell import shell


@require_safe
def steps(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Go on at the step where the engagement mainly is."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    counted = reading.progress_by_section(desk.view)
    step = desk.framework.steps[here(desk.framework, counted) or 0]
    return redirect("questionnaires:step", engagement_id, step.number)


@require_safe
def step(request: SignedInRequest, engagement_id: int, number: str) -> HttpResponse:
    """Show a step: its sections, every item in its state, and the line beside it."""
    desk, step = access.get_step(request.user, engagement_id, number, can=Permission.SEE)
    view = viewpoint(request, desk)
    if "at" in request.GET:
        return past.step(request, desk, view, step)
    earlier = earlier_round(request, desk, step)
    counted = reading.progress_by_section(view, earlier)
    sections = reading.step_sections(view, step, counted, round_number=earlier.number if earlier else None)
    drawing = Drawing(view, token=get_token(request))
    context = shell(
        desk,
        "steps",
        step=step,
        phase=next(phase for phase in desk.framework.phases if phase.key == step.phase_key),
        sections=sections,
        progress=reading.progress_of_step(step, counted),
        **rail(view, step, reading.progress_by_section(view) if earlier else counted),
        earlier=earlier,
        round=round_of(sections),
        filters=filters(sections, desk.membership.user_id),
        viewing_as=view.side if view.side != desk.membership.side else "",
    )
    if context["viewing_as"] or earlier:
        context["may"] = ""
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/step.html", drawing.context(**context))


@require_safe
def step_map(request: SignedInRequest, engagement_id: int, number: str) -> HttpResponse:
    """Show what rests on what within a step."""
    desk, step = access.get_step(request.user, engagement_id, number, can=Permission.SEE)
    entries = Entry.objects.filter(
        engagement=desk.engagement, round__step_key=step.key, round__is_latest=True
    ).select_related("round")
    context = shell(desk, "steps", step=step, picture=pictures.of_step(desk.view, step, entries))
    return render(request, "questionnaires/step_map.html", context)


def earlier_round(request: SignedInRequest, desk: access.Desk, step: Step) -> Round | None:
    """Return the earlier round that `?round=` names; the latest one is the page itself."""
    if not (wanted := request.GET.get("round")):
        return None
    if not wanted.isdigit():
        raise Http404
    rounds = Round.objects.filter(engagement=desk.engagement, step_key=step.key, item_key="")
    found = rounds.filter(number=min(int(wanted), 10**6)).first()
    if found is None:
        raise Http404
    return None if found.is_latest else found


def round_of(sections: list[SectionView]) -> Round | None:
    """Return the round that a step's items are of, without asking the database again."""
    return next((item.entry.round for section in sections for item in section.items), None)


def viewpoint(request: SignedInRequest, desk: access.Desk) -> Viewpoint:
    """Return the member's own view, or for the firm the client's where `?as=client` asks for it."""
    if desk.membership.is_firm and request.GET.get("as") == Side.CLIENT:
        return Viewpoint(desk.questionnaire, Side.CLIENT)
    return desk.view


def filters(sections: list[SectionView], person: int) -> list[dict[str, object]]:
    """Return the step's filters with their counts; the page applies them by itself."""
    items = [item for section in sections for item in section.items if item.entry.shown]
    kinds: list[tuple[str, str, str, Callable[[ItemView], bool]]] = [
        ("all", _("All"), "", lambda item: True),
        (
            "mine",
            _("Mine"),
            "",
            lambda item: item.entry.owner is not None and item.entry.owner.user_id == person,
        ),
        (
            "open",
            _("Open"),
            "open",
            lambda item: not item.entry.is_settled and item.entry.state != "not_applicable",
        ),
        (
            "client",
            _("With the client"),
            "wait",
            lambda item: not item.entry.is_settled and item.entry.held_by == Side.CLIENT,
        ),
        ("revisit", _("Revisit"), "revisit", lambda item: item.entry.revisit),
        ("conflict", _("Conflict"), "clash", lambda item: item.entry.conflict),
        ("unknown", _("Unknown"), "dunno", lambda item: item.entry.state == "unknown"),
    ]
    return [
        {"key": key, "label": label, "icon": icon, "count": sum(1 for item in items if test(item))}
        for key, label, icon, test in kinds
    ]


@require_safe
def item(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show one item: as a fragment to htmx, else as a page of its own, which is what a client lands on."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.SEE)
    if "at" in request.GET:
        return past.item(request, desk, key)
    view = desk.view
    if request.htmx and not request.htmx.history_restore_request:
        return HttpResponse(Drawing(view).entry(entry.pk))
    with timezone.override(desk.engagement.zone):
        found = reading.one_item(view, entry.pk)
        if found.item is None:
            return redirect("questionnaires:register", engagement_id, key.removeprefix(REGISTER_PREFIX))
        template = (
            "questionnaires/item_detail.html" if desk.membership.is_firm else "questionnaires/item_ask.html"
        )
        context = shell(
            desk, "steps", item=found, step=desk.framework.step(found.item.step_key), **queue(desk, key)
        )
        return render(request, template, Drawing(view, token=get_token(request)).context(**context))


def queue(desk: access.Desk, key: str) -> dict[str, Any]:
    """Return where an item stands among what this person is asked here: its place, and what comes next."""
    keys = [task.item.key for task in worklists.tasks(desk.membership.user, [desk.membership])]
    place = keys.index(key) if key in keys else None
    following = [other for other in (keys[place + 1 :] if place is not None else keys) if other != key]
    return {
        "queue": keys,
        "place": None if place is None else place + 1,
        "next_key": following[0] if following else None,
    }
