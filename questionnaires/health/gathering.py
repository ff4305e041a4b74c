"""Read what the rules look at, for an engagement and all its steps at once, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from engagements.models import Engagement, Event, Membership
from engagements.policy import Permission
from questionnaires import gates, reading, waiting
from questionnaires.access import Viewpoint
from questionnaires.calendar import Calendar, calendar_of
from questionnaires.document import Item, Step
from questionnaires.health.facts import Facts
from questionnaires.health.forecast import Forecast, forecast
from questionnaires.health.rules import Health, Level, Reason, put_together
from questionnaires.models import Entry, HealthOverride
from questionnaires.progress import Progress
from questionnaires.waiting import Thing


@dataclass(frozen=True)
class Found:
    """The health of an engagement and of each step that has begun, with what they were worked out from."""

    whole: Health
    steps: dict[str, Health]
    things: list[Thing]
    gates: list[gates.Standing]
    people: Sequence[Membership]
    counted: dict[str, Progress]


@dataclass(frozen=True, slots=True)
class _Settled:
    """One settled answer: where it is, and when it was given and last confirmed."""

    step_key: str
    answered: date
    moved: datetime


def health(view: Viewpoint, *, now: datetime | None = None) -> Health:
    """Return how an engagement does as *view*'s side sees it, in seventeen queries."""
    return gather(view, now or timezone.now()).whole


def gather(view: Viewpoint, now: datetime) -> Found:
    """Return the health of the engagement and its steps as *view*'s side sees them, in seventeen queries."""
    engagement = view.engagement
    calendar = calendar_of(engagement)
    today = calendar.day(now)
    people = reading.people(view)
    here = [member for member in people if member.ended_at is None]
    entries = waiting.open_entries(view)
    standings = gates.standings(view, now=now)
    things = waiting.put_together(view, now, here, entries, standings)
    counted = reading.progress_by_section(view)
    settled = _settled(view, calendar)
    overrides = {
        override.step_key: override
        for override in HealthOverride.objects.filter(engagement=engagement)
        .standing(today)
        .select_related("by__user")
    }
    progress = {step.key: reading.progress_of_step(step, counted) for step in view.framework.steps}
    begun = {key for key, counts in progress.items() if is_begun(counts)}
    unowned = [item for item in _unowned(view, entries, here) if item.step_key in begun]
    total = Progress()
    for counts in progress.values():
        total.add(counts)

    def facts(step: Step | None, counts: Progress) -> Facts:
        mine = [one for one in settled if step is None or one.step_key == step.key]
        of_step = [one for one in standings if step is None or one.gate.step_key == step.key]
        return Facts(
            engagement=engagement,
            calendar=calendar,
            today=today,
            things=[thing for thing in things if step is None or thing.step_key == step.key],
            step=step,
            stale=[one for one in of_step if one.state == "stale"],
            waivers=[(p.waiver.until, one, p.item) for one in of_step for p in one.waived if p.waiver],
            unowned=[item for item in unowned if step is None or item.step_key == step.key],
            forecast=_forecast(counts.open, mine, today, calendar),
            is_firm=view.is_firm,
        )

    whole = facts(None, total)
    last = _last_event(view, engagement)
    if total.open and begun:
        whole.quiet = calendar.since(last, now)
    steps = {}
    for step in view.framework.steps:
        if step.key not in begun and step.key not in overrides:
            continue
        found = facts(step, progress[step.key])
        if progress[step.key].open and step.key in begun:
            moves = [one.moved for one in settled if one.step_key == step.key]
            moves += [moment for entry in entries if _is_in(view, entry, step) for moment in _moments(entry)]
            found.quiet = calendar.since(max(moves), now) if moves else None
        steps[step.key] = put_together(found, overrides.get(step.key), resting(engagement))
    return Found(
        whole=put_together(whole, overrides.get(""), resting(engagement)),
        steps=steps,
        things=things,
        gates=standings,
        people=people,
        counted=counted,
    )


def resting(engagement: Engagement) -> tuple[Reason, ...] | None:
    """Return the one reason of an engagement in which no work goes on, or None where the rules hold."""
    if engagement.status == Engagement.Status.ACTIVE:
        return None
    return (Reason("resting", str(Level.ON_TRACK), {"status": engagement.status}),)


def is_begun(counts: Progress) -> bool:
    """Say whether anybody did anything in a step."""
    return bool(counts.settled or counts.begun or counts.unknown or counts.revisit or counts.conflict)


def _settled(view: Viewpoint, calendar: Calendar) -> list[_Settled]:
    rows = Entry.objects.filter(
        engagement=view.engagement,
        round__is_latest=True,
        shown=True,
        state__in=[Entry.State.ANSWERED, Entry.State.CONFIRMED],
        revisit=False,
        conflict=False,
        answered_at__isnull=False,
    ).values_list("item_key", "answered_at", "confirmed_at")
    found = []
    for key, answered_at, confirmed_at in rows:
        item = view.framework.item(key)
        if view.may_see(item) and answered_at is not None:
            moved = max(answered_at, confirmed_at or answered_at)
            found.append(_Settled(item.step_key, calendar.day(answered_at), moved))
    return found


def _unowned(view: Viewpoint, entries: Iterable[Entry], here: Sequence[Membership]) -> list[Item]:
    """Return the open questions that were given to nobody and that nobody here has the function for."""
    answering = [member for member in here if member.may(Permission.ANSWER)]
    found = []
    for entry in entries:
        item = view.framework.item(entry.item_key)
        if entry.owner_id or entry.finder_id or entry.answered_by_id or item.type == "sign_off":
            continue
        of_side = [member for member in answering if member.side == entry.held_by]
        if not any(not item.roles or set(item.roles) & set(member.functions) for member in of_side):
            found.append(item)
    return found


def _forecast(left: int, settled: Sequence[_Settled], today: date, calendar: Calendar) -> Forecast:
    days = [one.answered for one in settled]
    return forecast(left, days, began=min(days, default=today), today=today, calendar=calendar)


def _last_event(view: Viewpoint, engagement: Engagement) -> datetime:
    events = Event.objects.filter(engagement=engagement, by__isnull=False).for_side(view.side)
    # Whoever writes a report about work does not move it.
    events = events.exclude(kind__startswith="report.")
    newest: datetime | None = events.aggregate(newest=Max("at"))["newest"]
    return newest or engagement.created_at


def _is_in(view: Viewpoint, entry: Entry, step: Step) -> bool:
    return view.framework.item(entry.item_key).step_key == step.key


def _moments(entry: Entry) -> list[datetime]:
    return [moment for moment in (entry.answered_at, entry.held_since) if moment is not None]
