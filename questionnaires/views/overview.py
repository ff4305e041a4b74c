"""The engagement's overview, and its registers."""

from datetime import datetime

from django.http import Http404, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.policy import Permission
from questionnaires import access, health, pictures, reading
from questionnaires.course import course
from questionnaires.fragments import Drawing
from questionnaires.line import line
from questionnaires.marks import here, marks
from questionnaires.models import Entry, Meeting
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.since import last_look
from questionnaires.views import past
from questionnaires.views.shell import shell
from questionnaires.waiting import Kind


@require_safe
def overview(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show where the engagement is on its line, what happened, and who holds what."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    now = timezone.now()
    found = health.gather(desk.view, now)
    drawn = line(desk.view)
    context = shell(
        desk,
        "overview",
        marks=marks(desk.view, found.counted, drawn),
        loops=drawn.loops,
        here=here(desk.framework, found.counted),
        health=found.whole,
        picture=pictures.progress(course(desk.view, now)),
        news=last_look(desk),
        conflicts=[thing for thing in found.things if thing.kind == Kind.CONFLICT],
        with_client=[thing for thing in found.things if thing.side == Side.CLIENT],
        with_firm=[thing for thing in found.things if thing.side == Side.FIRM],
        people=[member for member in found.people if member.ended_at is None],
        week=week(desk, now),
        meeting=Meeting.objects.for_side(desk.membership.side)
        .filter(engagement=desk.engagement)
        .to_come()
        .first(),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/overview.html", context)


def week(desk: access.Desk, now: datetime) -> tuple[int, int] | None:
    """Return (this week, all weeks) of the planned time, or None without dates."""
    engagement = desk.engagement
    if not (engagement.start_date and engagement.end_date):
        return None
    today = engagement.today(now)
    total = max(1, ((engagement.end_date - engagement.start_date).days + 6) // 7)
    return max(1, (today - engagement.start_date).days // 7 + 1), total


@require_safe
def registers(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List the registers with how many rows each holds."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    if "at" in request.GET:
        return past.registers(request, desk)
    counts = reading.register_counts(desk.view)
    rows = [(register, counts.get(register.key, 0)) for register in desk.framework.registers]
    return render(request, "questionnaires/registers.html", shell(desk, "registers", registers=rows))


@require_safe
def register(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show one register: a table like any other."""
    desk, register = access.get_register(request.user, engagement_id, key, can=Permission.SEE)
    if "at" in request.GET:
        return past.item(request, desk, REGISTER_PREFIX + key)
    entries = Entry.objects.filter(engagement=desk.engagement, item_key=REGISTER_PREFIX + key)
    view = desk.view
    entry = reading.entries_for(view, entries).get()
    item = reading.item_views(view, [entry])[entry.pk]
    drawing = Drawing(view, token=get_token(request))
    has_picture = register.key == pictures.RISKS
    with timezone.override(desk.engagement.zone):
        return render(
            request,
            "questionnaires/register.html",
            drawing.context(
                **shell(desk, "registers", register=register, item=item, has_picture=has_picture)
            ),
        )


@require_safe
def register_picture(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show the register of risks as a picture; the others have none."""
    desk, register = access.get_register(request.user, engagement_id, key, can=Permission.SEE)
    if register.key != pictures.RISKS:
        raise Http404
    entries = Entry.objects.filter(engagement=desk.engagement, item_key=REGISTER_PREFIX + key)
    entry = reading.entries_for(desk.view, entries).get()
    picture = pictures.of_risks(register, reading.item_views(desk.view, [entry])[entry.pk])
    context = shell(desk, "registers", register=register, picture=picture)
    return render(request, "questionnaires/register_picture.html", context)
