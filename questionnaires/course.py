"""How many questions were asked, settled and unknown, day by day, from what the events say. Nothing is copied."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection

from questionnaires.access import Viewpoint
from questionnaires.calendar import Calendar, calendar_of
from questionnaires.certainty import CHANGES
from questionnaires.models import Entry

FOLLOWED = ("state", "shown", "revisit", "conflict")
SETTLED = (Entry.State.ANSWERED, Entry.State.CONFIRMED)
MOST_POINTS = 60


@dataclass(frozen=True, slots=True)
class Day:
    """The counts at the end of a day."""

    day: date
    asked: int
    settled: int
    unknown: int

    @property
    def open(self) -> int:
        """Asked and not settled."""
        return self.asked - self.settled


@dataclass(frozen=True, slots=True)
class Life:
    """An entry as it is now, and the time in which it was that of its step's latest round."""

    entry_id: int
    began: datetime
    ended: datetime | None
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One event's change of one followed field of one entry."""

    entry_id: int
    at: datetime
    name: str
    old: str
    new: str


def course(view: Viewpoint, now: datetime) -> list[Day]:
    """Return the counts on up to MOST_POINTS days, the last one today, as *view*'s side sees them, in two queries."""
    keys = [item.key for item in view.framework.items if view.may_see(item)]
    rows = Entry.objects.filter(engagement=view.engagement, item_key__in=keys).values_list(
        "pk", "round__started_at", "round__ended_at", *FOLLOWED
    )
    lives = [
        Life(pk, began, ended, dict(zip(FOLLOWED, map(_plain, facts), strict=True)))
        for pk, began, ended, *facts in rows
    ]
    wanted = {life.entry_id for life in lives}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, [view.engagement.pk, [*FOLLOWED], view.engagement.pk, [*FOLLOWED]])
        changes = [
            Change(entry_id, at, name, old or "", new or "")
            for entry_id, at, _by, name, old, new in cursor.fetchall()
            if entry_id in wanted
        ]
    return counted(lives, changes, calendar_of(view.engagement), now)


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def counted(lives: Sequence[Life], changes: Sequence[Change], calendar: Calendar, now: datetime) -> list[Day]:
    """Return the counts day by day. Pure: an entry begins as its first change found it and is what they made of it."""
    if not lives:
        return []
    first, today = min(calendar.day(life.began) for life in lives), calendar.day(now)
    step = max(1, -(-(today - first).days // (MOST_POINTS - 1)))
    days = sorted({today - timedelta(days=back) for back in range(0, (today - first).days + 1, step)})
    ends = [datetime.combine(day + timedelta(days=1), time(), tzinfo=calendar.zone) for day in days]
    by_entry: dict[int, list[Change]] = {}
    for change in changes:
        by_entry.setdefault(change.entry_id, []).append(change)
    totals = {name: [0] * (len(days) + 1) for name in ("asked", "settled", "unknown")}
    for life in lives:
        for names, since, until in spans(life, by_entry.get(life.entry_id, ())):
            begin = bisect_right(ends, since)
            end = len(days) if until is None else bisect_right(ends, until)
            for name in names:
                totals[name][begin] += 1
                totals[name][end] -= 1
    found = []
    sums = dict.fromkeys(totals, 0)
    for place, day in enumerate(days):
        for name, moves in totals.items():
            sums[name] += moves[place]
        found.append(Day(day, **sums))
    return found


def spans(
    life: Life, changes: Sequence[Change]
) -> Iterable[tuple[tuple[str, ...], datetime, datetime | None]]:
    """Give (which counts, from, to) for every stretch in which an entry counted as the same."""
    known = dict(life.facts)
    for change in reversed(changes):
        known[change.name] = change.old
    since, names = life.began, counts_as(known)
    for change in changes:
        known[change.name] = change.new
        now = counts_as(known)
        if now != names:
            yield names, since, change.at
            since, names = change.at, now
    yield names, since, life.ended


def counts_as(facts: dict[str, str]) -> tuple[str, ...]:
    """Return the counts that an entry with these facts is in, as `progress.counts_of` says for one as it is now."""
    if facts["shown"] != "true" or facts["state"] == Entry.State.NOT_APPLICABLE:
        return ()
    if facts["state"] == Entry.State.UNKNOWN:
        return ("asked", "unknown")
    if facts["state"] in SETTLED and facts["revisit"] != "true" and facts["conflict"] != "true":
        return ("asked", "settled")
    return ("asked",)
