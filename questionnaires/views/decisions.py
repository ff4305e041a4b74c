"""The decision log, one decision, and the way from a register's line to what keeps it."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access, advice, footing
from questionnaires.access import Desk
from questionnaires.document import Item
from questionnaires.fragments import Drawing
from questionnaires.models import Decision
from questionnaires.views.shell import shell

SHOWN = {
    "all": None,
    "standing": Decision.State.STANDING,
    "reopened": Decision.State.REOPENED,
    "superseded": Decision.State.SUPERSEDED,
}


@require_safe
def decisions(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List the decisions, newest first, with whose they are and whether what they rest on has changed."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    wanted = request.GET.get("show", "all")
    if wanted not in (*SHOWN, "look"):
        wanted = "all"
    every = [found for found in of_engagement(desk) if desk.may_see(item_of(desk, found))]
    lines = [
        {"decision": found, "item": item_of(desk, found), "changed": changed(desk, found)} for found in every
    ]
    counts = {
        **{
            name: sum(state is None or line["decision"].state == state for line in lines)
            for name, state in SHOWN.items()
        },
        "look": sum(bool(line["changed"]) for line in lines),
    }
    labels = [
        ("all", _("All")),
        ("standing", _("Standing")),
        ("look", _("To look at again")),
        ("reopened", _("Reopened")),
        ("superseded", _("Superseded")),
    ]
    shown = [
        line
        for line in lines
        if (wanted == "look" and line["changed"])
        or (wanted != "look" and SHOWN[wanted] in (None, line["decision"].state))
    ]
    context = shell(
        desk,
        "decisions",
        lines=shown,
        show=wanted,
        filters=[(name, label, counts[name]) for name, label in labels],
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/decisions.html", Drawing(desk.view).context(**context))


def of_engagement(desk: Desk) -> Any:
    """Return an engagement's decisions with everything a list names, in one query."""
    return (
        Decision.objects.filter(engagement=desk.engagement)
        .select_related(
            "entry", "version", "client__user", "firm__user", "footing", "replaces", "replaced_by"
        )
        .order_by("-number")
    )


def item_of(desk: Desk, decision: Decision) -> Item:
    """Return what the decision is about."""
    return desk.framework.item(decision.entry.item_key)


def changed(desk: Desk, decision: Decision) -> list[tuple[Item | None, Any]]:
    """Return what a standing decision rests on that has changed since."""
    if decision.state != Decision.State.STANDING:
        return []
    return footing.visible(desk.view, decision.footing.changed)


@require_safe
def decision(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Show one decision: all options it was made between, under whose names, why, and what it rests on."""
    desk, found = access.get_decision(request.user, engagement_id, number, can=Permission.SEE)
    version = found.version
    context = shell(
        desk,
        "decisions",
        decision=found,
        item=item_of(desk, found),
        options=advice.options_of(version.options, version.pick, found.option),
        basis=footing.visible(desk.view, found.footing.basis),
        changed=changed(desk, found),
        reactions=version.recommendation.reactions.filter(version=version.number)
        .select_related("by__user")
        .order_by("id"),
        is_current=found.entry.round is None or found.entry.round.is_latest,
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/decision.html", Drawing(desk.view).context(**context))


@require_safe
def home(request: SignedInRequest, engagement_id: int, row_id: int) -> HttpResponse:
    """Go from a register's line to the decision, conflict or attempt that keeps it."""
    desk, row = access.get_row(request.user, engagement_id, row_id, can=Permission.SEE)
    for keeper in ("decision", "clash", "attempt"):
        kept = getattr(row, keeper, None) if row.kept_by == keeper else None
        if kept is not None:
            return redirect(f"questionnaires:{keeper}", desk.engagement.pk, kept.number)
    raise Http404
