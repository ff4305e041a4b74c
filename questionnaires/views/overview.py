"""The engagement's overview, and its registers."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.models import Event
from engagements.policy import Permission
from questionnaires import access, happenings, reading, worklists
from questionnaires.calendar import days_since
from questionnaires.fragments import Drawing
from questionnaires.line import line
from questionnaires.marks import here, marks
from questionnaires.models import Entry
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.views.shell import shell


@require_safe
def overview(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show where the engagement is on its line, what happened, and who holds what."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    counted = reading.progress_by_section(desk.view)
    now = timezone.now()
    waiting = waiting_lists(desk, now)
    events = (
        Event.objects.filter(engagement=desk.engagement)
        .for_side(desk.membership.side)
        .select_related("by")
        .order_by("-number")[:40]
    )
    drawn = line(desk.view)
    context = shell(
        desk,
        "overview",
        marks=marks(desk.view, counted, drawn),
        loops=drawn.loops,
        here=here(desk.framework, counted),
        happened=happenings.told(desk.view, list(events))[:8],
        conflicts=[entry for entry in waiting["all"] if entry.conflict],
        with_client=waiting["client"][:8],
        with_firm=waiting["firm"][:8],
        people=[member for member in reading.people(desk.view) if member.ended_at is None],
        week=week(desk, now),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/overview.html", context)


def waiting_lists(desk: access.Desk, now: object) -> dict[str, list[Entry]]:
    """Return who holds what, oldest first: things with a name, a date or a beginning."""
    entries = (
        worklists.unsettled([desk.engagement.pk])
        .select_related("round", "owner__user", "finder__user")
        .order_by("held_since", "id")
    )
    found: dict[str, list[Entry]] = {"all": [], "client": [], "firm": []}
    for entry in entries:
        item = desk.framework.item(entry.item_key)
        if not desk.may_see(item):
            continue
        entry.item = item  # type: ignore[attr-defined]
        entry.days = days_since(entry.held_since, desk.engagement, now)  # type: ignore[attr-defined, arg-type]
        found["all"].append(entry)
        if entry.owner_id or entry.finder_id or entry.state != Entry.State.OPEN:
            found["client" if entry.held_by == Side.CLIENT else "firm"].append(entry)
    return found


def week(desk: access.Desk, now: object) -> tuple[int, int] | None:
    """Return (this week, all weeks) of the planned time, or None without dates."""
    engagement = desk.engagement
    if not (engagement.start_date and engagement.end_date):
        return None
    today = engagement.today(now)  # type: ignore[arg-type]
    total = max(1, ((engagement.end_date - engagement.start_date).days + 6) // 7)
    return max(1, (today - engagement.start_date).days // 7 + 1), total


@require_safe
def registers(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List the registers with how many rows each holds."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    counts = reading.register_counts(desk.view)
    rows = [(register, counts.get(register.key, 0)) for register in desk.framework.registers]
    return render(request, "questionnaires/registers.html", shell(desk, "registers", registers=rows))


@require_safe
def register(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show one register: a table like any other."""
    desk, register = access.get_register(request.user, engagement_id, key, can=Permission.SEE)
    entries = Entry.objects.filter(engagement=desk.engagement, item_key=REGISTER_PREFIX + key)
    entry = reading.entries_for(desk.view, entries).get()
    item = reading.item_views(desk.view, [entry])[entry.pk]
    drawing = Drawing(desk.view)
    with timezone.override(desk.engagement.zone):
        return render(
            request,
            "questionnaires/register.html",
            drawing.context(**shell(desk, "registers", register=register, item=item)),
        )
