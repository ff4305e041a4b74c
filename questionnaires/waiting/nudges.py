"""When somebody may be reminded, and when the mail goes out."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.db.models import Max

from questionnaires.access import Viewpoint
from questionnaires.calendar import Calendar, calendar_of
from questionnaires.models import Nudge
from questionnaires.waiting.thing import Thing

# One reminder about one thing in this many working days.
REST = 3
# Reminders pressed within this time of each other go in one mail.
GATHER = timedelta(minutes=10)
# Mails about reminders go out between these hours, where the work is done.
OPENS, CLOSES = time(8), time(18)


def with_nudges(view: Viewpoint, found: list[Thing], now: datetime) -> list[Thing]:
    """Add to each thing when somebody was reminded of it and when that is possible again, in one query."""
    calendar = calendar_of(view.engagement)
    rows = (
        Nudge.objects.filter(engagement=view.engagement, thing__in=[thing.key for thing in found])
        .values_list("thing")
        .annotate(Max("day"))
        .order_by()
    )
    last: Mapping[str, date] = dict(rows)
    today = calendar.day(now)
    for thing in found:
        thing.nudged = last.get(thing.key)
        again = next_nudge(calendar, thing.nudged, today)
        thing.nudge_from = again if again > today else None
    return found


def next_nudge(calendar: Calendar, last: date | None, today: date) -> date:
    """Return the first day on which a reminder is possible, *today* or later."""
    return max(today, calendar.add(last, REST)) if last else today


def mail_time(calendar: Calendar, now: datetime, last: date | None) -> datetime:
    """Return when a reminder pressed *now* goes out: gathered for a while, in working hours, once a day.

    *last* is the day of the newest mail of reminders to that person, if any.
    """
    soon = (now + GATHER).astimezone(calendar.zone)
    day = soon.date()
    if soon.time() >= CLOSES:
        day += timedelta(days=1)
    elif calendar.is_working(day) and (last is None or last < day):
        return max(soon, datetime.combine(day, OPENS, tzinfo=calendar.zone))
    if last is not None and last >= day:
        day = last + timedelta(days=1)
    return datetime.combine(calendar.add(day, 0), OPENS, tzinfo=calendar.zone)
