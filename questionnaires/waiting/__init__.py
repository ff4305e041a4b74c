"""What is open, with whom and since when: the one list that the ledger, health, agendas and reminders read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import Side
from engagements.models import Membership
from questionnaires import gates, reading, worklists
from questionnaires.access import Viewpoint
from questionnaires.calendar import calendar_of
from questionnaires.models import Entry
from questionnaires.waiting.entries import of_entries, open_entries
from questionnaires.waiting.nudges import mail_time, next_nudge, with_nudges
from questionnaires.waiting.records import covered_by, of_records, open_clashes
from questionnaires.waiting.signatures import of_gates
from questionnaires.waiting.thing import Kind, Thing

__all__ = [
    "Kind",
    "Ledger",
    "Thing",
    "ledger",
    "mail_time",
    "next_nudge",
    "not_asked",
    "open_entries",
    "put_together",
    "things",
    "with_nudges",
]


@dataclass(slots=True)
class Ledger:
    """Both columns, oldest first, and how many questions nobody was asked yet."""

    with_client: list[Thing] = field(default_factory=list)
    with_firm: list[Thing] = field(default_factory=list)
    not_asked: dict[str, int] = field(default_factory=dict)


def things(view: Viewpoint, now: datetime, people: Sequence[Membership] | None = None) -> list[Thing]:
    """Return everything open that *view*'s side sees, oldest first, in a fixed number of queries.

    A question counts once it was given to somebody, has a date, or was begun; a signature once it was asked for, can
    be given, or somebody else gave theirs.
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
    """Return the things that are open, from what was read before and seven queries more."""
    for member in here:
        member.engagement = view.engagement
    calendar = calendar_of(view.engagement)
    clashes = open_clashes(view)
    records = list(of_records(view, here, clashes))
    offered = {thing.item.key for thing in records if thing.kind == Kind.DECISION and thing.item}
    side_by_side = covered_by(clashes)
    questions = [
        thing
        for thing in of_entries(view, entries, here)
        if not (thing.kind == Kind.QUESTION and thing.item and thing.item.key in offered)
        and not (thing.kind == Kind.CONFLICT and thing.item and thing.item.key in side_by_side)
    ]
    found = [*questions, *of_gates(view, standings, here), *records]
    for thing in found:
        thing.days = calendar.since(thing.since, now)
    found.sort(key=lambda thing: (thing.since, thing.key))
    return found


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
