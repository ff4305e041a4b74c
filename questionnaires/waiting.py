"""What is open, with whom and since when: the one list that the ledger, health, agendas and reminders read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Side
from engagements.models import Membership
from questionnaires import gates, reading, worklists
from questionnaires.access import Viewpoint
from questionnaires.calendar import Calendar, calendar_of
from questionnaires.document import Item
from questionnaires.models import Entry, Nudge

# One reminder about one thing in this many working days.
REST = 3
# Reminders pressed within this time of each other go in one mail.
GATHER = timedelta(minutes=10)
# Mails about reminders go out between these hours, where the work is done.
OPENS, CLOSES = time(8), time(18)


class Kind(StrEnum):
    """What sort of open thing it is, strongest first."""

    CONFLICT = "conflict"
    DECISION = "decision"
    SIGN_OFF = "sign_off"
    REVISIT = "revisit"
    UNKNOWN = "unknown"
    QUESTION = "question"


WORDS = {
    Kind.CONFLICT: gettext_lazy("Two answers"),
    Kind.DECISION: gettext_lazy("To decide"),
    Kind.SIGN_OFF: gettext_lazy("Signature"),
    Kind.REVISIT: gettext_lazy("To look at again"),
    Kind.UNKNOWN: gettext_lazy("Not known yet"),
    Kind.QUESTION: gettext_lazy("Question"),
}
ICONS = {
    Kind.CONFLICT: "clash",
    Kind.DECISION: "branch",
    Kind.SIGN_OFF: "sign",
    Kind.REVISIT: "revisit",
    Kind.UNKNOWN: "dunno",
    Kind.QUESTION: "open",
}


@dataclass(slots=True)
class Thing:
    """One open thing with its holder. `people` is empty where a side holds it and nobody in particular."""

    key: str
    kind: Kind
    title: str
    number: str
    url: str
    side: Side
    people: list[Membership]
    since: datetime
    days: int
    step_key: str
    due: date | None = None
    unblocks: tuple[Item, ...] = ()
    entry: Entry | None = None
    item: Item | None = None
    # The day of the newest reminder, and the first day on which the next one is possible.
    nudged: date | None = None
    nudge_from: date | None = None
    # Whether there is somebody else than the viewer to remind.
    may_nudge: bool = False

    @property
    def word(self) -> str:
        """What sort of thing it is, in words."""
        return str(WORDS[self.kind])

    @property
    def icon(self) -> str:
        """What sort of thing it is, as a drawing."""
        return ICONS[self.kind]

    @property
    def is_internal(self) -> bool:
        """Say whether the client side never sees it."""
        return self.item is not None and self.item.internal

    def is_held_by(self, membership: Membership) -> bool:
        """Say whether it is with that person."""
        return any(person.pk == membership.pk for person in self.people)


@dataclass(slots=True)
class Ledger:
    """Both columns, oldest first, and how many questions nobody was asked yet."""

    with_client: list[Thing] = field(default_factory=list)
    with_firm: list[Thing] = field(default_factory=list)
    not_asked: dict[str, int] = field(default_factory=dict)


def things(view: Viewpoint, now: datetime, people: Sequence[Membership] | None = None) -> list[Thing]:
    """Return everything open that *view*'s side sees, oldest first, in six queries whatever their number.

    A question counts once it was given to somebody, has a date, or was begun; a signature once it can be given or
    somebody else gave theirs.
    """
    here = [member for member in people or reading.people(view) if member.ended_at is None]
    return put_together(view, now, here, open_entries(view), gates.standings(view, now=now))


def put_together(
    view: Viewpoint,
    now: datetime,
    here: Sequence[Membership],
    entries: Iterable[Entry],
    standings: Iterable[gates.Standing],
) -> list[Thing]:
    """Return the things that are open, from what was read before."""
    calendar = calendar_of(view.engagement)
    found = [*of_entries(view, entries, here), *of_gates(view, standings, here)]
    for thing in found:
        thing.days = calendar.since(thing.since, now)
    found.sort(key=lambda thing: (thing.since, thing.key))
    return found


def open_entries(view: Viewpoint) -> list[Entry]:
    """Return the entries that do not stand yet, as this side sees them, in one query."""
    entries = worklists.unsettled([view.engagement.pk]).select_related("round", "answered_by")
    found = []
    for entry in entries:
        entry.engagement = view.engagement
        if view.may_see(view.framework.item(entry.item_key)):
            found.append(entry)
    return found


def is_asked(entry: Entry) -> bool:
    """Say whether somebody was asked, or there is a date or a beginning."""
    return bool(entry.owner_id or entry.finder_id or entry.due_date or entry.state != Entry.State.OPEN)


def of_entries(view: Viewpoint, entries: Iterable[Entry], here: Sequence[Membership]) -> Iterator[Thing]:
    """Give the open things that entries are."""
    by_id = {member.pk: member for member in here}
    by_user = {member.user_id: member for member in here}
    for entry in entries:
        item = view.framework.item(entry.item_key)
        if not is_asked(entry) or (item.type == "sign_off" and not entry.conflict):
            continue
        kind = kind_of(entry)
        holder = by_id.get((entry.finder_id if kind == Kind.UNKNOWN else None) or entry.owner_id or 0)
        if holder is None and kind in (Kind.CONFLICT, Kind.REVISIT, Kind.QUESTION) and entry.answered_by_id:
            holder = by_user.get(entry.answered_by_id)
        side = Side(holder.side if holder else entry.held_by)
        yield Thing(
            key=f"item:{item.key}",
            kind=kind,
            title=item.title,
            number=item.number,
            url=reverse("questionnaires:item", args=[view.engagement.pk, item.key]),
            side=side,
            people=[holder] if holder else in_function(here, side, item.roles),
            since=entry.held_since,
            days=0,
            step_key=item.step_key,
            due=entry.find_by if kind == Kind.UNKNOWN else entry.due_date,
            unblocks=tuple(other for other in view.framework.dependents(item.key) if view.may_see(other)),
            entry=entry,
            item=item,
        )


def kind_of(entry: Entry) -> Kind:
    """Return what an open entry is, its flags first."""
    if entry.conflict:
        return Kind.CONFLICT
    if entry.revisit:
        return Kind.REVISIT
    return Kind.UNKNOWN if entry.state == Entry.State.UNKNOWN else Kind.QUESTION


def in_function(here: Sequence[Membership], side: Side, functions: Iterable[str]) -> list[Membership]:
    """Return the people of a side who have one of the functions."""
    wanted = set(functions)
    return [member for member in here if member.side == side and wanted.intersection(member.functions)]


def of_gates(
    view: Viewpoint, standings: Iterable[gates.Standing], here: Sequence[Membership]
) -> Iterator[Thing]:
    """Give the signatures that are waited for: those that were asked for, follow another one, or lack nothing else."""
    by_id = {member.pk: member for member in here}
    for standing in standings:
        unsigned = standing.unsigned
        given = [line.sign_off for line in standing.lines if line.sign_off is not None]
        entry = standing.entry
        if not unsigned or not (given or entry.owner_id or entry.due_date or not standing.unmet):
            continue
        dates = [sign_off.signed_at for sign_off in given if not sign_off.is_stale]
        met = [other.confirmed_at or other.answered_at for _item, other in standing.covered]
        since = min(dates) if dates else max([entry.held_since, *(moment for moment in met if moment)])
        if standing.state == "stale" or entry.owner_id or entry.due_date:
            since = entry.held_since
        for line in unsigned:
            side = Side(line.function.side)
            yield Thing(
                key=f"sign:{standing.gate.key}:{line.function.key}",
                kind=Kind.SIGN_OFF,
                title=_("%(gate)s: signature as %(function)s")
                % {"gate": standing.gate.title, "function": line.function.title},
                number=standing.item.number,
                url=reverse("questionnaires:item", args=[view.engagement.pk, standing.item.key]),
                side=side,
                people=[by_id[member.pk] for member in line.holders if member.pk in by_id],
                since=since,
                days=0,
                step_key=standing.gate.step_key,
                due=entry.due_date,
                entry=entry,
                item=standing.item,
            )


def ledger(view: Viewpoint, now: datetime) -> Ledger:
    """Return the two columns with the newest reminder of each thing, in seven queries whatever their number."""
    found = Ledger()
    for thing in with_nudges(view, things(view, now), now):
        (found.with_firm if thing.side == Side.FIRM else found.with_client).append(thing)
    return found


def not_asked(view: Viewpoint) -> dict[str, int]:
    """Return by side how many questions nobody was asked yet, in one query."""
    keys = [item.key for item in view.framework.items if view.may_see(item) and item.type != "sign_off"]
    rows = (
        worklists.unsettled([view.engagement.pk])
        .filter(item_key__in=keys, state=Entry.State.OPEN, owner=None, finder=None, due_date=None)
        .values_list("held_by", flat=True)
    )
    sides = list(rows)
    return {side: sides.count(side) for side in Side.values}


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
