"""Meetings: planned with an agenda that fits, held with notes, ended with a receipt."""

import zoneinfo
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, agenda, reading, receipts, values, waiting
from questionnaires.access import Desk
from questionnaires.actions import meetings as actions
from questionnaires.actions import notes
from questionnaires.actions.entries import NotPossible
from questionnaires.calendar import calendar_of
from questionnaires.forms import DateInput
from questionnaires.models import AgendaPoint, Meeting
from questionnaires.views.answers import BadRequest, parse_save, problem
from questionnaires.views.shell import shell

# What can be done with a point of a planned agenda, with its drawing.
MOVES = (("up", "up"), ("down", "below"), ("remove", "x"))
LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240)


@require_safe
def meetings(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List the meetings to come, the one that goes on, and those that were."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    found = list(
        Meeting.objects.for_side(desk.membership.side)
        .filter(engagement=desk.engagement)
        .prefetch_related("people__user")
        .order_by("starts_at", "id")
    )
    to_come = [meeting for meeting in found if meeting.state in ("planned", "running")]
    past = [meeting for meeting in reversed(found) if meeting.state in ("ended", "cancelled")]
    with timezone.override(desk.engagement.zone):
        context = shell(desk, "meetings", to_come=to_come, past=past)
        return render(request, "questionnaires/meetings.html", context)


def _called(member: Membership) -> str:
    return ", ".join(filter(None, (member.user.display_name, member.user.job_title)))


class MeetingForm(forms.Form):
    """What it is called, when, how long, and who comes."""

    title = forms.CharField(label=gettext_lazy("What it is called"), max_length=120)
    day = forms.DateField(label=gettext_lazy("Day"), widget=DateInput())
    begins = forms.TimeField(
        label=gettext_lazy("Begins at"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("How long"), coerce=int, choices=[(length, "") for length in LENGTHS]
    )
    client = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who comes of the client side"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    firm = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who comes of the firm"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, data: Any, *, people: list[Membership], zone: zoneinfo.ZoneInfo, initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        self.people = {member.pk: member for member in people}
        self.zone = zone
        self._offer("client", [member for member in people if not member.is_firm])
        self._offer("firm", [member for member in people if member.is_firm])
        if all(member.is_firm for member in people):
            del self.fields["client"]
        length = self.fields["minutes"]
        if isinstance(length, forms.TypedChoiceField):
            known = sorted({*LENGTHS, initial.get("minutes", LENGTHS[0])})
            length.choices = [(each, _("%(count)d minutes") % {"count": each}) for each in known]

    def _offer(self, name: str, people: list[Membership]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.TypedMultipleChoiceField):
            field.choices = [(member.pk, _called(member)) for member in people]

    def asked(self) -> dict[str, Any]:
        """Return what the actions take."""
        data = self.cleaned_data
        begins = datetime.combine(data["day"], data["begins"], tzinfo=self.zone)
        return {
            "title": data["title"],
            "starts_at": begins,
            "minutes": data["minutes"],
            "people": [self.people[pk] for pk in (*data.get("client", ()), *data["firm"])],
        }


def _form(
    request: SignedInRequest, desk: Desk, initial: dict[str, Any], *, firm_only: bool = False
) -> MeetingForm:
    here = [
        member
        for member in reading.people(desk.view)
        if member.ended_at is None and member.user.is_active and (member.is_firm or not firm_only)
    ]
    return MeetingForm(
        request.POST if request.method == "POST" else None,
        people=here,
        zone=desk.engagement.zone,
        initial=initial,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Plan a meeting; its agenda is put together from what concerns those who come."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.DECIDE)
    own = {"client" if not desk.membership.is_firm else "firm": [desk.membership.pk]}
    form = _form(
        request,
        desk,
        {
            "minutes": 60,
            "title": _("Working meeting"),
            "day": calendar_of(desk.engagement).add(desk.engagement.today(timezone.now()), 1),
            "begins": time(10),
            **own,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.plan(desk=desk, **form.asked())
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:meeting", engagement_id, made.pk)
    return _form_page(request, desk, form, title=_("Plan a meeting"), act=_("Put the agenda together"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, engagement_id: int, meeting_id: int) -> HttpResponse:
    """Change a meeting's name, time, length and people."""
    desk, meeting = access.get_meeting(request.user, engagement_id, meeting_id, can=Permission.DECIDE)
    begins = meeting.starts_at.astimezone(desk.engagement.zone)
    coming = list(meeting.people.all())
    form = _form(
        request,
        desk,
        {
            "title": meeting.title,
            "day": begins.date(),
            "begins": begins.time(),
            "minutes": meeting.minutes,
            "client": [member.pk for member in coming if not member.is_firm],
            "firm": [member.pk for member in coming if member.is_firm],
        },
        firm_only=meeting.firm_only,
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(desk=desk, meeting=meeting, **form.asked())
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:meeting", engagement_id, meeting.pk)
    return _form_page(request, desk, form, title=_("Change the meeting"), act=_("Change it"), meeting=meeting)


def _form_page(
    request: SignedInRequest,
    desk: Desk,
    form: MeetingForm,
    *,
    title: str,
    act: str,
    meeting: Meeting | None = None,
) -> HttpResponse:
    context = shell(desk, "meetings", form=form, title=title, act=act, meeting=meeting)
    return render(request, "questionnaires/meeting_form.html", context, status=422 if form.errors else 200)


@require_safe
def meeting(request: SignedInRequest, engagement_id: int, meeting_id: int) -> HttpResponse:
    """Show a meeting: its agenda while it is planned, its notes while it goes on, its receipt in the end."""
    desk, found = access.get_meeting(request.user, engagement_id, meeting_id, can=Permission.SEE)
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/meeting.html", _context(desk, found))


def _context(desk: Desk, found: Meeting) -> dict[str, Any]:
    points = agenda.points_of(found, is_firm=desk.membership.is_firm)
    people = list(actions.people_of(found))
    agenda.in_time(found, points)
    more: dict[str, Any] = {}
    if found.state in ("planned", "running"):
        things = waiting.things(desk.view, timezone.now())
        there = {point.thing for point in points}
        still_open = {thing.key for thing in things}
        for point in points:
            point.is_settled = bool(point.thing) and point.thing not in still_open  # type: ignore[attr-defined]
        more["proposals"] = [
            one
            for one in agenda.proposals(things, people, firm_only=found.firm_only)
            if one.thing.key not in there
        ]
    if found.state == "ended":
        more["receipt"] = receipts.receipt(desk.view, found)
    return shell(
        desk,
        "meetings",
        meeting=found,
        points=[point for point in points if point.kind != AgendaPoint.Kind.PARKING],
        parking=next((point for point in points if point.kind == AgendaPoint.Kind.PARKING), None),
        people=people,
        planned=agenda.planned(points),
        moves=MOVES,
        **more,
    )


def _say(request: SignedInRequest, error: NotPossible) -> None:
    messages.info(request, str(error))


@require_POST
def turn(request: SignedInRequest, engagement_id: int, meeting_id: int, what: str) -> HttpResponse:
    """Begin a meeting, end it, or call it off."""
    desk, found = access.get_meeting(request.user, engagement_id, meeting_id, can=Permission.DECIDE)
    act = {"start": actions.start, "end": actions.end, "cancel": actions.cancel}.get(what)
    if act is None:
        raise Http404
    try:
        act(desk=desk, meeting=found)
    except NotPossible as error:
        _say(request, error)
    return redirect("questionnaires:meeting", engagement_id, found.pk)


@require_POST
def add(request: SignedInRequest, engagement_id: int, meeting_id: int) -> HttpResponse:
    """Put an open thing, or a point in words, on the agenda."""
    desk, found = access.get_meeting(request.user, engagement_id, meeting_id, can=Permission.DECIDE)
    key = request.POST.get("thing", "")
    thing = None
    if key:
        thing = next((one for one in waiting.things(desk.view, timezone.now()) if one.key == key), None)
        if thing is None:
            messages.info(request, _("This was settled meanwhile, so it needs no time."))
            return redirect("questionnaires:meeting", engagement_id, found.pk)
    try:
        actions.add(
            desk=desk,
            meeting=found,
            thing=thing,
            words=request.POST.get("words", ""),
            minutes=_minutes(request, 5),
        )
    except NotPossible as error:
        _say(request, error)
    return redirect("questionnaires:meeting", engagement_id, found.pk)


def _minutes(request: SignedInRequest, otherwise: int) -> int:
    text = request.POST.get("minutes", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else otherwise


@require_POST
def point(request: SignedInRequest, engagement_id: int, point_id: int, what: str) -> HttpResponse:
    """Change a point of an agenda: its minutes, its place, or take it off."""
    desk, found = access.get_point(request.user, engagement_id, point_id, can=Permission.DECIDE)
    try:
        if what == "minutes":
            actions.set_minutes(desk=desk, point=found, minutes=_minutes(request, 0))
        elif what in ("up", "down"):
            actions.move(desk=desk, point=found, up=what == "up")
        elif what == "remove":
            actions.remove(desk=desk, point=found)
        else:
            raise Http404
    except NotPossible as error:
        _say(request, error)
    return redirect("questionnaires:meeting", engagement_id, found.meeting_id)


@require_POST
def tick(request: SignedInRequest, engagement_id: int, point_id: int) -> HttpResponse:
    """Say that a point is done, or that it is not."""
    desk, found = access.get_point(request.user, engagement_id, point_id, can=Permission.ANSWER)
    message = ""
    try:
        actions.tick(desk=desk, point=found, done=request.POST.get("done") == "1")
    except NotPossible as error:
        message = str(error)
    return _point_response(request, desk, found.pk, message)


@require_POST
def note(request: SignedInRequest, engagement_id: int, point_id: int) -> HttpResponse:
    """Save the note of a point, as the page's fields do."""
    desk, found = access.get_point(request.user, engagement_id, point_id, can=Permission.ANSWER)
    try:
        base, key = parse_save(request)
        noted = notes.note(desk=desk, point=found, text=request.POST.get("value", ""), base=base, key=key)
    except BadRequest:
        return problem(
            request,
            400,
            _("This page is older than the last change to Throughline. Reload it; your text is kept here."),
        )
    except values.BadValue as error:
        return problem(request, 422, _(error.template) % error.params)
    except NotPossible as error:
        return problem(request, 422, str(error))
    message = (
        _("Somebody wrote in the same place. Both texts are kept, one below the other.")
        if noted.outcome == "both"
        else ""
    )
    response = _point_response(request, desk, found.pk, message)
    response["Save-Outcome"] = {"both": "merged"}.get(noted.outcome, noted.outcome)
    response["Save-Base"] = str(noted.base)
    return response


def _point_response(request: SignedInRequest, desk: Desk, point_id: int, message: str) -> HttpResponse:
    """Answer with the point as it is now; without a script, with the meeting's page."""
    found = AgendaPoint.objects.select_related("meeting").get(pk=point_id)
    meeting = found.meeting
    if not request.htmx and request.headers.get("X-Fragment") != "1":
        if message:
            messages.info(request, message)
        return redirect("questionnaires:meeting", desk.engagement.pk, found.meeting_id)
    points = agenda.points_of(meeting, is_firm=desk.membership.is_firm)
    agenda.in_time(meeting, points)
    number, found = next((place, one) for place, one in enumerate(points, start=1) if one.pk == found.pk)
    with timezone.override(desk.engagement.zone):
        return render(
            request,
            "questionnaires/_point.html",
            {
                "engagement": desk.engagement,
                "meeting": meeting,
                "point": found,
                "number": number,
                "moves": MOVES,
                "message": message,
            },
        )
