"""What each rule measures: a value to compare, what its sentence says, and the page it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engagements.models import Engagement
from questionnaires.health.facts import Facts
from questionnaires.waiting import Kind, Thing

# A date is near from this many working days before it.
NEAR = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule found: the value that is compared, and the values for its sentence."""

    value: int
    values: Mapping[str, Any]
    url: str = ""


Measure = Callable[[Facts], Measured | None]


def late(facts: Facts) -> Measured | None:
    """Measure the planned dates that have passed: of open things, and of the engagement itself."""
    past = sorted(
        (
            thing
            for thing in facts.things
            if thing.due and thing.due < facts.today and thing.kind != Kind.UNKNOWN
        ),
        key=lambda thing: thing.due or date.max,
    )
    end = facts.engagement.end_date if facts.step is None else None
    if end and end < facts.today and facts.things and (not past or end < (past[0].due or date.max)):
        return Measured(
            facts.between(end, facts.today), {"days": facts.between(end, facts.today), "end": end.isoformat()}
        )
    if not past or past[0].due is None:
        return None
    days = facts.between(past[0].due, facts.today)
    values = {"days": days, "count": len(past), "title": past[0].title, "number": past[0].number}
    return Measured(days, values, past[0].url)


def conflict(facts: Facts) -> Measured | None:
    """Measure the open conflicts."""
    return _oldest(facts, Kind.CONFLICT)


def _oldest(facts: Facts, kind: Kind) -> Measured | None:
    found = [thing for thing in facts.things if thing.kind == kind]
    if not found:
        return None
    oldest = max(found, key=lambda thing: thing.days)
    values = {"days": oldest.days, "count": len(found), "title": oldest.title, "number": oldest.number}
    return Measured(oldest.days, values, oldest.url)


def stale(facts: Facts) -> Measured | None:
    """Measure the gates whose signatures do not hold any more."""
    if not facts.stale:
        return None
    first = facts.stale[0]
    values = {"count": len(facts.stale), "title": first.gate.title}
    return Measured(len(facts.stale), values, facts.url("item", first.item.key))


def waiting(facts: Facts) -> Measured | None:
    """Measure the open thing that waits longest, whoever holds it."""
    if not facts.things:
        return None
    oldest = max(facts.things, key=lambda thing: thing.days)
    holder = oldest.people[0].user.display_name if len(oldest.people) == 1 else ""
    values = {
        "days": oldest.days,
        "title": oldest.title,
        "number": oldest.number,
        "who": holder,
        "side": str(oldest.side),
        "client": facts.engagement.client.short_name,
    }
    return Measured(oldest.days, values, oldest.url)


def unknown(facts: Facts) -> Measured | None:
    """Measure the unknowns that are near their date or past it; one without a date is at it."""
    worst: tuple[int, Thing] | None = None
    count = 0
    for thing in facts.things:
        if thing.kind != Kind.UNKNOWN:
            continue
        due = thing.due or facts.today
        value = facts.between(due, facts.today) if due < facts.today else -facts.between(facts.today, due)
        count += value >= -NEAR
        if worst is None or value > worst[0]:
            worst = value, thing
    if worst is None:
        return None
    value, thing = worst
    values = {
        "value": value,
        "count": count,
        "title": thing.title,
        "number": thing.number,
        "due": thing.due.isoformat() if thing.due else "",
    }
    return Measured(value, values, facts.url("unknowns"))


def no_owner(facts: Facts) -> Measured | None:
    """Measure the questions that nobody here can be asked."""
    if not facts.unowned:
        return None
    first = facts.unowned[0]
    values = {"count": len(facts.unowned), "title": first.title, "number": first.number}
    return Measured(len(facts.unowned), values, facts.url("item", first.key))


def revisit(facts: Facts) -> Measured | None:
    """Measure the answers that are to be looked at again."""
    found = [thing for thing in facts.things if thing.kind == Kind.REVISIT]
    if not found:
        return None
    values = {"count": len(found), "title": found[0].title, "number": found[0].number}
    return Measured(len(found), values, found[0].url)


def waiver(facts: Facts) -> Measured | None:
    """Measure the waiver that ends first."""
    if not facts.waivers:
        return None
    until, standing, item = min(facts.waivers, key=lambda found: found[0])
    value = -facts.between(facts.today, until) if until >= facts.today else facts.between(until, facts.today)
    values = {"until": until.isoformat(), "title": item.title, "gate": standing.gate.title}
    return Measured(value, values, facts.url("item", standing.item.key))


def quiet(facts: Facts) -> Measured | None:
    """Measure for how long nothing has moved although something is open."""
    return None if facts.quiet is None else Measured(facts.quiet, {"days": facts.quiet})


def forecast(facts: Facts) -> Measured | None:
    """Measure how far even the fast end of the forecast lies past the planned end."""
    planned, found = facts.engagement.end_date, facts.forecast
    if facts.step is not None or planned is None or found is None or found.first is None:
        return None
    if found.first <= planned:
        return None
    values = {
        "first": found.first.isoformat(),
        "last": found.last.isoformat() if found.last else "",
        "planned": planned.isoformat(),
    }
    return Measured(facts.between(planned, found.first), values)


def budget(facts: Facts) -> Measured | None:
    """Measure how many points the share of the budget is ahead of the share of the time."""
    shares = shares_of(facts.engagement, facts.today)
    if facts.step is not None or shares is None:
        return None
    spent, gone = shares
    return Measured(spent - gone, {"spent": spent, "gone": gone})


def shares_of(engagement: Engagement, today: date) -> tuple[int, int] | None:
    """Return how much of the budget is spent and of the time gone, in percent; None where one is not given."""
    if not (
        engagement.budget and engagement.spent is not None and engagement.start_date and engagement.end_date
    ):
        return None
    total = max(1, (engagement.end_date - engagement.start_date).days)
    gone = min(max(0, (today - engagement.start_date).days), total)
    return round(engagement.spent * 100 / engagement.budget), round(gone * 100 / total)


MEASURES: dict[str, Measure] = {
    "late": late,
    "conflict": conflict,
    "stale": stale,
    "waiting": waiting,
    "unknown": unknown,
    "no_owner": no_owner,
    "revisit": revisit,
    "waiver": waiver,
    "quiet": quiet,
    "forecast": forecast,
    "budget": budget,
}
