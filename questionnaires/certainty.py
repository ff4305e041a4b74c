"""What we are not sure of: assumptions, estimates and what is not known yet, now and over time.

Nothing is copied. The lists are the entries themselves; since when, by whom and the course over time are in the events.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection

from accounts.models import User
from questionnaires import reading
from questionnaires.access import Viewpoint
from questionnaires.calendar import Calendar, calendar_of
from questionnaires.document import Item
from questionnaires.models import Entry
from questionnaires.reading import ItemView

UNSURE = (Entry.Certainty.ASSUMPTION, Entry.Certainty.ESTIMATE)
# An assumption counts while something stands that was assumed.
SAID = (Entry.State.DRAFT, Entry.State.ANSWERED, Entry.State.CONFIRMED)
FOLLOWED = ("state", "certainty", "shown")
MOST_POINTS = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One event's change of one followed field of one entry."""

    entry_id: int
    at: datetime
    by_id: int | None
    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Life:
    """An entry as it is now, and the time in which it was that of its step's latest round."""

    entry_id: int
    began: datetime
    ended: datetime | None
    state: str
    certainty: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many of each there were at the end of a day."""

    day: date
    unknowns: int
    assumptions: int


@dataclass(slots=True)
class Line:
    """One assumption, estimate or unknown, with what stands around it."""

    view: ItemView
    item: Item
    since: datetime
    by: User | None
    days: int
    rests: Sequence[Item]
    until: date | None
    # Working days that its date lies back; 0 while it lies ahead.
    past: int

    @property
    def entry(self) -> Entry:
        """The entry itself."""
        return self.view.entry


@dataclass(slots=True)
class Certainty:
    """An engagement's page of what is not sure, as one side sees it."""

    assumptions: list[Line] = field(default_factory=list)
    unknowns: list[Line] = field(default_factory=list)
    course: list[Count] = field(default_factory=list)


def read(view: Viewpoint, now: datetime) -> Certainty:
    """Return assumptions, unknowns and their course, in five queries whatever their number."""
    calendar = calendar_of(view.engagement)
    keys = [item.key for item in view.framework.items if view.may_see(item)]
    open_ones = Entry.objects.filter(
        engagement=view.engagement, round__is_latest=True, shown=True, item_key__in=keys
    )
    unsure = open_ones.filter(state=Entry.State.UNKNOWN) | open_ones.filter(
        certainty__in=UNSURE, state__in=SAID
    )
    views = reading.item_views(view, reading.entries_for(view, unsure), rows=False)
    lives = lives_of(view, keys)
    changes = changes_of(view, [life.entry_id for life in lives])
    people = User.objects.in_bulk({change.by_id for change in changes if change.by_id})
    last = {(change.entry_id, change.name): change for change in changes}
    found = Certainty(course=course(lives, changes, calendar, now))
    for item_view in views.values():
        entry, item = item_view.entry, view.framework.item(item_view.key)
        is_unknown = entry.state == Entry.State.UNKNOWN
        change = last.get((entry.pk, "state" if is_unknown else "certainty"))
        since = change.at if change else entry.answered_at or entry.held_since
        until = entry.find_by if is_unknown else entry.check_by
        line = Line(
            view=item_view,
            item=item,
            since=since,
            by=people.get(change.by_id) if change and change.by_id else entry.answered_by,
            days=calendar.since(since, now),
            rests=[other for other in view.framework.dependents(item.key) if view.may_see(other)],
            until=until,
            past=calendar.between(until, calendar.day(now)) if until else 0,
        )
        (found.unknowns if is_unknown else found.assumptions).append(line)
    # What has a date comes by its date, the rest by its age.
    for lines in (found.assumptions, found.unknowns):
        lines.sort(key=lambda line: (line.until is None, line.until or date.max, line.since))
    return found


def lives_of(view: Viewpoint, keys: Iterable[str]) -> list[Life]:
    """Return every entry the items ever had, in one query; earlier rounds ended when the next began."""
    rows = Entry.objects.filter(engagement=view.engagement, item_key__in=list(keys)).values_list(
        "pk", "round__started_at", "round__ended_at", "state", "certainty", "shown"
    )
    return [Life(*row) for row in rows]


def changes_of(view: Viewpoint, entry_ids: Iterable[int]) -> list[Change]:
    """Return what the events say about the followed fields of entries, in order, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, [view.engagement.pk, [*FOLLOWED], view.engagement.pk, [*FOLLOWED]])
        wanted = set(entry_ids)
        return [Change(*row) for row in cursor.fetchall() if row[0] in wanted]


CHANGES = """
    SELECT entry_id, at, by_id, name, value ->> 0, value ->> 1 FROM (
        SELECT ev.number, ev.at, ev.by_id, one.key::bigint AS entry_id, pair.key AS name, pair.value
        FROM engagements_event ev
        CROSS JOIN LATERAL jsonb_each(ev.data -> 'entries') AS one
        CROSS JOIN LATERAL jsonb_each(one.value) AS pair
        WHERE ev.engagement_id = %s AND pair.key = ANY(%s)
        UNION ALL
        SELECT ev.number, ev.at, ev.by_id, id.value::bigint, pair.key, pair.value
        FROM engagements_event ev
        CROSS JOIN LATERAL jsonb_array_elements(ev.data -> 'together') AS alike
        CROSS JOIN LATERAL jsonb_each(alike -> 0) AS pair
        CROSS JOIN LATERAL jsonb_array_elements_text(alike -> 1) AS id
        WHERE ev.engagement_id = %s AND pair.key = ANY(%s)
    ) AS told ORDER BY number
"""


def course(
    lives: Sequence[Life], changes: Sequence[Change], calendar: Calendar, now: datetime
) -> list[Count]:
    """Return how many unknowns and assumptions there were on up to MOST_POINTS days, the last one today.

    Pure: an entry begins as its first change found it, and is what its changes made of it until its round ends.
    """
    if not lives:
        return []
    first, today = min(calendar.day(life.began) for life in lives), calendar.day(now)
    step = max(1, -(-(today - first).days // (MOST_POINTS - 1)))
    days = sorted({today - timedelta(days=back) for back in range(0, (today - first).days + 1, step)})
    ends = [_end_of(day, calendar) for day in days]
    by_entry: dict[int, list[Change]] = {}
    for change in changes:
        by_entry.setdefault(change.entry_id, []).append(change)
    totals = {name: [0] * (len(days) + 1) for name in ("unknowns", "assumptions")}
    for life in lives:
        for name, since, until in _spans(life, by_entry.get(life.entry_id, [])):
            totals[name][bisect_right(ends, since)] += 1
            if until is not None:
                totals[name][bisect_right(ends, until)] -= 1
    found, unknowns, assumptions = [], 0, 0
    for place, day in enumerate(days):
        unknowns += totals["unknowns"][place]
        assumptions += totals["assumptions"][place]
        found.append(Count(day, unknowns, assumptions))
    return found


def _end_of(day: date, calendar: Calendar) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=calendar.zone)


def _spans(life: Life, changes: Sequence[Change]) -> Iterable[tuple[str, datetime, datetime | None]]:
    """Give (which count, from, to) for the times in which an entry was one of them."""
    now = {"state": life.state, "certainty": life.certainty, "shown": str(life.shown).lower()}
    known = dict(now)
    for change in reversed(changes):
        known[change.name] = change.old or ""
    open_since: dict[str, datetime] = {}
    steps: list[tuple[datetime, dict[str, str]]] = [(life.began, dict(known))]
    for change in changes:
        known[change.name] = change.new or ""
        steps.append((change.at, dict(known)))
    for at, facts in steps:
        is_in = {
            "unknowns": facts["shown"] == "true" and facts["state"] == Entry.State.UNKNOWN,
            "assumptions": facts["shown"] == "true"
            and facts["certainty"] in UNSURE
            and facts["state"] in SAID,
        }
        for name, holds in is_in.items():
            if holds:
                open_since.setdefault(name, at)
            elif name in open_since:
                yield name, open_since.pop(name), at
    for name, since in open_since.items():
        yield name, since, life.ended
