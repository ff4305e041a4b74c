"""What a meeting could talk about: the open things of those who come, with a time for each, as many as fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engagements.models import Membership
from questionnaires.models import AgendaPoint, Meeting
from questionnaires.waiting import Kind, Thing
from questionnaires.waiting.thing import WORDS

# Minutes that a point of each kind is given at first.
MINUTES = {
    Kind.CONFLICT: 10,
    Kind.DECISION: 10,
    Kind.REVISIT: 4,
    Kind.SIGN_OFF: 3,
    Kind.UNKNOWN: 4,
    Kind.REQUEST: 5,
    Kind.ACCESS: 3,
    Kind.THREAD: 4,
    Kind.QUESTION: 4,
}
# What only a meeting settles comes first.
ORDER = (
    Kind.CONFLICT,
    Kind.DECISION,
    Kind.REVISIT,
    Kind.UNKNOWN,
    Kind.SIGN_OFF,
    Kind.ACCESS,
    Kind.REQUEST,
    Kind.THREAD,
    Kind.QUESTION,
)
KINDS = {
    Kind.CONFLICT: AgendaPoint.Kind.CONFLICT,
    Kind.DECISION: AgendaPoint.Kind.DECISION,
    Kind.REVISIT: AgendaPoint.Kind.REVISIT,
    Kind.UNKNOWN: AgendaPoint.Kind.UNKNOWN,
    Kind.SIGN_OFF: AgendaPoint.Kind.SIGN_OFF,
}
# What a point is about where its kind says no more than that somebody waits.
WAITING = {"request": Kind.REQUEST, "access": Kind.ACCESS, "thread": Kind.THREAD}
# Kept free for the end: what was agreed, and what goes into the parking lot.
CLOSING = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing to talk about, with the minutes it is given."""

    thing: Thing
    minutes: int


def proposals(things: Iterable[Thing], people: Iterable[Membership], *, firm_only: bool) -> list[Proposal]:
    """Return the open things that concern *people*, what only a meeting settles first, the oldest of each first.

    What the client side never sees is left out unless nobody of it comes. Pure.
    """
    coming = {member.pk for member in people}
    found = [
        Proposal(thing, MINUTES[thing.kind])
        for thing in things
        if (firm_only or not thing.firm_only)
        and (any(person.pk in coming for person in thing.people) or _is_everybodys(thing))
    ]
    found.sort(key=lambda one: (ORDER.index(one.thing.kind), one.thing.since, one.thing.key))
    return found


def _is_everybodys(thing: Thing) -> bool:
    return thing.kind in (Kind.CONFLICT, Kind.DECISION) and not thing.people


def fitting(found: Sequence[Proposal], minutes: int) -> list[Proposal]:
    """Return those that fit into a meeting of *minutes*, in their order, with time left for closing. Pure."""
    left = minutes - CLOSING
    chosen = []
    for one in found:
        if one.minutes <= left:
            chosen.append(one)
            left -= one.minutes
    return chosen


def point_of(thing: Thing) -> dict[str, object]:
    """Return the fields of the agenda point that a thing becomes."""
    return {
        "kind": KINDS.get(thing.kind, AgendaPoint.Kind.WAITING),
        "thing": thing.key,
        "entry": thing.entry,
        "title": f"{thing.number} {thing.title}".strip()[:200],
        "url": thing.url[:300],
        "firm_only": thing.firm_only,
    }


def word_of(point: AgendaPoint) -> str:
    """Return in a word what a point is about, as the ledger of open things calls it; "" for a point in words."""
    if not point.thing:
        return ""
    found = next((kind for kind, name in KINDS.items() if name == point.kind), None)
    return str(WORDS[found or WAITING.get(point.thing.partition(":")[0], Kind.QUESTION)])


def in_time(meeting: Meeting, points: Sequence[AgendaPoint]) -> None:
    """Give each point its word, and the time at which its turn comes when every one before keeps to its minutes."""
    at = meeting.started_at or meeting.starts_at
    for point in points:
        point.word, point.begins = word_of(point), at  # type: ignore[attr-defined]
        at += timedelta(minutes=point.minutes)


def points_of(meeting: Meeting, *, is_firm: bool) -> list[AgendaPoint]:
    """Return a meeting's points in order, the parking lot last, as a side may see them, in one query."""
    points = meeting.points.select_related("noted_by", "done_by").order_by("position", "id")
    return list(points if is_firm else points.filter(firm_only=False))


def planned(points: Iterable[AgendaPoint]) -> int:
    """Return how many minutes points take together."""
    return sum(point.minutes for point in points)
