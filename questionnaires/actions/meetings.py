"""Plan meetings, change their agendas, hold them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.models import Event, Membership
from questionnaires import agenda, calls, receipts, waiting
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.actions.entries import NotPossible
from questionnaires.models import AgendaPoint, Meeting
from questionnaires.waiting import Thing

SHORTEST, LONGEST = 5, 480
LONGEST_POINT = 240


class TooLong(NotPossible):
    """The points take longer than the meeting."""


@transaction.atomic
def plan(
    *,
    desk: Desk,
    title: str,
    starts_at: datetime,
    minutes: int,
    people: Sequence[Membership],
    at: datetime | None = None,
) -> Meeting:
    """Plan a meeting and put on its agenda what concerns those who come, as much as fits. Raises NotPossible."""
    _check(desk, title, minutes, people)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    meeting = Meeting.objects.create(
        engagement=desk.engagement,
        title=title.strip()[:120],
        starts_at=starts_at,
        minutes=minutes,
        made_by=desk.membership,
        made_at=act.at,
        firm_only=all(member.is_firm for member in people),
    )
    meeting.people.set(people)
    found = agenda.proposals(waiting.things(desk.view, act.at), people, firm_only=meeting.firm_only)
    chosen = agenda.fitting(found, minutes)
    points = [
        AgendaPoint(meeting=meeting, position=position, minutes=one.minutes, **agenda.point_of(one.thing))
        for position, one in enumerate(chosen, start=1)
    ]
    points.append(
        AgendaPoint(
            meeting=meeting,
            position=len(chosen) + 1,
            kind=AgendaPoint.Kind.PARKING,
            title=_("Parking lot"),
            minutes=0,
        )
    )
    AgendaPoint.objects.bulk_create(points)
    event = _finish(act, meeting, "meeting.planned", people=[member.pk for member in people])
    calls.call(meeting, event)
    return meeting


def _check(desk: Desk, title: str, minutes: int, people: Sequence[Membership]) -> None:
    if not title.strip():
        raise NotPossible(_("Give the meeting a name."))
    if not SHORTEST <= minutes <= LONGEST:
        raise NotPossible(_("A meeting takes between 5 minutes and 8 hours."))
    if not people:
        raise NotPossible(_("Choose who comes."))
    if any(member.engagement_id != desk.engagement.pk or member.ended_at for member in people):
        raise NotPossible(_("Somebody you chose is not in this engagement any more."))
    if not desk.membership.is_firm and not any(not member.is_firm for member in people):
        raise NotPossible(_("Somebody of your own side has to come."))


@transaction.atomic
def change(
    *,
    desk: Desk,
    meeting: Meeting,
    title: str,
    starts_at: datetime,
    minutes: int,
    people: Sequence[Membership],
    at: datetime | None = None,
) -> Event:
    """Change name, time, length and people. A meeting of the firm alone stays its own, one of both sides stays both's.

    Raises NotPossible, and TooLong when the agenda no longer fits.
    """
    _check(desk, title, minutes, people)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    meeting = _current(meeting)
    _require(meeting, "planned", "running")
    if meeting.firm_only != all(member.is_firm for member in people):
        raise NotPossible(
            _(
                "This meeting is the firm's own, and what was said in it stays there. Plan another one for both sides."
            )
            if meeting.firm_only
            else _(
                "Somebody of the client side has to come: they know of this meeting. You can call it off instead."
            )
        )
    _require_fits(meeting, minutes)
    before = {"title": meeting.title, "starts_at": meeting.starts_at.isoformat(), "minutes": meeting.minutes}
    meeting.title, meeting.starts_at, meeting.minutes = title.strip()[:120], starts_at, minutes
    meeting.save(update_fields=["title", "starts_at", "minutes"])
    meeting.people.set(people)
    event = _finish(act, meeting, "meeting.changed", before=before, people=[member.pk for member in people])
    calls.call(meeting, event)
    return event


@transaction.atomic
def cancel(*, desk: Desk, meeting: Meeting, at: datetime | None = None) -> Event:
    """Call a planned meeting off. Raises NotPossible."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    meeting = _current(meeting)
    _require(meeting, "planned")
    meeting.cancelled_at = act.at
    meeting.save(update_fields=["cancelled_at"])
    event = _finish(act, meeting, "meeting.cancelled")
    calls.call(meeting, event)
    return event


@transaction.atomic
def start(*, desk: Desk, meeting: Meeting, at: datetime | None = None) -> Event:
    """Begin a meeting: from now on its receipt gathers what happens. Raises NotPossible."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    meeting = _current(meeting)
    _require(meeting, "planned")
    meeting.started_at, meeting.started_event = act.at, act.number
    meeting.save(update_fields=["started_at", "started_event"])
    return _finish(act, meeting, "meeting.started")


@transaction.atomic
def end(*, desk: Desk, meeting: Meeting, at: datetime | None = None) -> Event:
    """End a meeting and send its receipt to everybody who came. Raises NotPossible."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    meeting = _current(meeting)
    _require(meeting, "running")
    meeting.ended_at, meeting.ended_event = act.at, act.number
    meeting.save(update_fields=["ended_at", "ended_event"])
    event = _finish(act, meeting, "meeting.ended")
    receipts.send(desk.questionnaire, meeting)
    return event


@transaction.atomic
def add(
    *,
    desk: Desk,
    meeting: Meeting,
    thing: Thing | None = None,
    words: str = "",
    minutes: int = 5,
    at: datetime | None = None,
) -> AgendaPoint:
    """Put an open thing, or a point in words, at the end of the agenda. Raises NotPossible and TooLong."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    meeting = _current(meeting)
    _require(meeting, "planned", "running")
    fields: dict[str, object] = {"kind": AgendaPoint.Kind.WORDS, "title": words.strip()[:200]}
    if thing is not None:
        if thing.firm_only and not meeting.firm_only:
            raise NotPossible(_("The client side never sees this, so it is not for a meeting with them."))
        if meeting.points.filter(thing=thing.key).exists():
            raise NotPossible(_("This is on the agenda already."))
        fields, minutes = agenda.point_of(thing), agenda.MINUTES[thing.kind]
    elif not words.strip():
        raise NotPossible(_("Say in a few words what it is about."))
    if not 1 <= minutes <= LONGEST_POINT:
        raise NotPossible(_("A point takes between 1 minute and 4 hours."))
    # Whoever adds something during the meeting has seen the clock.
    if meeting.state == "planned":
        _require_fits(meeting, meeting.minutes, more=minutes)
    last = meeting.points.exclude(kind=AgendaPoint.Kind.PARKING).aggregate(last=Max("position"))["last"] or 0
    meeting.points.filter(kind=AgendaPoint.Kind.PARKING).update(position=last + 2)
    point = AgendaPoint.objects.create(meeting=meeting, position=last + 1, minutes=minutes, **fields)
    _finish(act, meeting, "agenda.changed", added=point.pk, title=point.title)
    return point


@transaction.atomic
def set_minutes(*, desk: Desk, point: AgendaPoint, minutes: int, at: datetime | None = None) -> Event | None:
    """Give a point another time. Raises NotPossible and TooLong; returns None when nothing changes."""
    if not 1 <= minutes <= LONGEST_POINT:
        raise NotPossible(_("A point takes between 1 minute and 4 hours."))
    act, meeting, point = _begin_on(desk, point, at)
    if point.minutes == minutes:
        transaction.set_rollback(True)
        return None
    before, point.minutes = point.minutes, minutes
    if meeting.state == "planned":
        _require_fits(meeting, meeting.minutes, more=minutes - before)
    point.save(update_fields=["minutes"])
    return _finish(act, meeting, "agenda.changed", point=point.pk, minutes=[before, minutes])


@transaction.atomic
def move(*, desk: Desk, point: AgendaPoint, up: bool, at: datetime | None = None) -> Event | None:
    """Let a point change places with its neighbour; returns None at the end of the list."""
    act, meeting, point = _begin_on(desk, point, at)
    others = meeting.points.exclude(kind=AgendaPoint.Kind.PARKING)
    neighbour = (
        others.filter(position__lt=point.position).order_by("-position").first()
        if up
        else others.filter(position__gt=point.position).order_by("position").first()
    )
    if neighbour is None:
        transaction.set_rollback(True)
        return None
    point.position, neighbour.position = neighbour.position, point.position
    AgendaPoint.objects.bulk_update([point, neighbour], ["position"])
    return _finish(act, meeting, "agenda.changed", point=point.pk, moved="up" if up else "down")


@transaction.atomic
def remove(*, desk: Desk, point: AgendaPoint, at: datetime | None = None) -> Event:
    """Take a point off the agenda, unless something was noted under it. Raises NotPossible."""
    act, meeting, point = _begin_on(desk, point, at)
    if point.note_version:
        raise NotPossible(_("Something was noted here, so it stays on the record."))
    told = {"id": point.pk, "title": point.title, "minutes": point.minutes, "thing": point.thing}
    point.delete()
    return _finish(act, meeting, "agenda.changed", removed=told)


@transaction.atomic
def tick(*, desk: Desk, point: AgendaPoint, done: bool, at: datetime | None = None) -> Event | None:
    """Say that a point is done, or that it is not; returns None when that is said already."""
    act, meeting, point = _begin_on(desk, point, at)
    if done == (point.done_at is not None):
        transaction.set_rollback(True)
        return None
    point.done_at, point.done_by = (act.at, desk.membership.user) if done else (None, None)
    point.save(update_fields=["done_at", "done_by"])
    return _finish(act, meeting, "agenda.ticked", firm_only=point.firm_only, point=point.pk, done=done)


def _begin_on(desk: Desk, point: AgendaPoint, at: datetime | None) -> tuple[Act, Meeting, AgendaPoint]:
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    found = (
        AgendaPoint.objects.select_related("meeting")
        .exclude(kind=AgendaPoint.Kind.PARKING)
        .filter(pk=point.pk)
        .first()
    )
    if found is None:
        raise NotPossible(_("This point was taken off the agenda meanwhile."))
    _require(found.meeting, "planned", "running")
    return act, found.meeting, found


def _current(meeting: Meeting) -> Meeting:
    """Return a meeting as it is now, under the engagement's lock."""
    return Meeting.objects.get(pk=meeting.pk)


def _require(meeting: Meeting, *states: str) -> None:
    if meeting.state in states:
        return
    raise NotPossible(
        {
            "planned": _("This meeting has not begun yet."),
            "running": _("This meeting has begun already."),
            "ended": _("This meeting is over. Its receipt stays as it is."),
        }.get(meeting.state, _("This meeting was called off."))
    )


def _require_fits(meeting: Meeting, minutes: int, *, more: int = 0) -> None:
    over = agenda.planned(meeting.points.all()) + more - minutes
    if over > 0:
        raise TooLong(
            ngettext(
                "That is %(count)d minute more than there is. Shorten a point, or make the meeting longer.",
                "That is %(count)d minutes more than there is. Shorten a point, or make the meeting longer.",
                over,
            )
            % {"count": over}
        )


def _finish(act: Act, meeting: Meeting, kind: str, *, firm_only: bool = False, **data: object) -> Event:
    return act.finish(
        kind,
        firm_only=firm_only or meeting.firm_only,
        data={"meeting": meeting.pk, "name": meeting.title, **data},
    )


def people_of(meeting: Meeting) -> Iterable[Membership]:
    """Return who comes, those of the client side first."""
    people = meeting.people.select_related("user").order_by("user__display_name")
    return sorted(people, key=lambda member: member.is_firm)
