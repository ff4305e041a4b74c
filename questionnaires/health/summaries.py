"""The health of engagements kept for lists: worked out again after an event or a midnight, by the worker."""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Side
from engagements import doorbell, history
from engagements.models import Membership
from engagements.policy import Role
from live import publish
from questionnaires.access import Viewpoint
from questionnaires.calendar import calendar_of
from questionnaires.gates import Standing
from questionnaires.health.forecast import Forecast
from questionnaires.health.gathering import Found, gather
from questionnaires.health.measures import shares_of
from questionnaires.health.rules import Health, Override, Reason
from questionnaires.models import HealthSummary, Questionnaire
from questionnaires.waiting import Thing

# Days ahead in which a sign-off counts as coming soon.
SOON = timedelta(days=14)
# Somebody who writes changes an engagement every second; its summary need not follow every word.
REST = "3 seconds"
WORK = doorbell.Work(
    task="questionnaires.sum_up_health",
    due=f"""
        SELECT e.id, e.last_event::text || '/' || COALESCE(s.again_at::text, '')
        FROM engagements_engagement e
        JOIN questionnaires_questionnaire q ON q.engagement_id = e.id
        LEFT JOIN questionnaires_healthsummary s ON s.engagement_id = e.id AND s.side = 'firm'
        WHERE e.status NOT IN ('archived', 'purged')
          AND (s.id IS NULL OR (s.again_at <= now() AND e.status <> 'closed') OR (s.event < e.last_event AND s.made_at < now() - interval '{REST}'))
        ORDER BY e.id LIMIT 100
    """,  # noqa: S608 - our own constant
)


def sum_up(engagement_id: int, *, now: datetime | None = None) -> None:
    """Work out the health of an engagement for both sides and keep it, in about 25 queries.

    Two workers at once keep the same or a newer one; nothing is locked, because it can always be worked out again.
    """
    now = now or timezone.now()
    questionnaire = Questionnaire.objects.select_related("engagement__client").get(pk=engagement_id)
    lead = lead_of(questionnaire)
    before = dict(HealthSummary.objects.filter(engagement=engagement_id).values_list("side", "data"))
    rows = [_row(Viewpoint(questionnaire, side), now, lead) for side in Side]
    HealthSummary.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["engagement", "side"],
        update_fields=[
            field.name
            for field in HealthSummary._meta.fields
            if field.name not in ("id", "engagement", "side")
        ],
    )
    if any(before.get(row.side, {}).get("steps") != row.data["steps"] for row in rows):
        # The head of a step's page shows its health, and this was no event.
        publish.nudge(history.TOPICS, engagement_id, "step:")


def lead_of(questionnaire: Questionnaire) -> dict[str, Any] | None:
    """Return who leads the engagement: the first project manager, as lists draw a face."""
    managers = (
        Membership.objects.current()
        .filter(engagement=questionnaire.pk, role=Role.PROJECT_MANAGER)
        .select_related("user")
    )
    first = managers.order_by("id").first()
    if first is None:
        return None
    return {"display_name": first.user.display_name, "initials": first.user.initials, "is_firm": True}


def _row(view: Viewpoint, now: datetime, lead: dict[str, Any] | None) -> HealthSummary:
    engagement = view.engagement
    found = gather(view, now)
    today = engagement.today(now)
    open_gates = [standing for standing in found.gates if standing.state != "signed"]
    soon = [one for one in open_gates if one.entry.due_date and one.entry.due_date <= today + SOON]
    with_client = [thing for thing in found.things if thing.side == Side.CLIENT]
    with_firm = [thing for thing in found.things if thing.side == Side.FIRM]
    return HealthSummary(
        engagement=engagement,
        side=view.side,
        event=engagement.last_event,
        made_at=now,
        again_at=_midnight(view, now),
        level=found.whole.level,
        with_client=len(with_client),
        with_firm=len(with_firm),
        client_days=max((thing.days for thing in with_client), default=None),
        firm_days=max((thing.days for thing in with_firm), default=None),
        revisits=sum(1 for thing in found.things if thing.entry is not None and thing.entry.revisit),
        sign_offs_soon=len(soon),
        sign_offs_again=sum(1 for one in soon if one.state == "stale"),
        data=plain(view, found, today, lead)
        | {"client_oldest": _oldest(with_client), "firm_oldest": _oldest(with_firm)},
    )


def _midnight(view: Viewpoint, now: datetime) -> datetime:
    day = calendar_of(view.engagement).day(now) + timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=view.engagement.zone)


def _oldest(things: list[Thing]) -> dict[str, Any] | None:
    if not things:
        return None
    oldest = max(things, key=lambda thing: thing.days)
    return {"title": oldest.title, "number": oldest.number, "url": oldest.url}


def plain(view: Viewpoint, found: Found, today: date, lead: dict[str, Any] | None) -> dict[str, Any]:
    """Return what lists show besides the columns, as plain values: reasons are put into words when they are read."""
    shares = shares_of(view.engagement, today) if view.is_firm else None
    return {
        "whole": _plain_health(found.whole),
        "steps": {key: _plain_health(step) for key, step in found.steps.items()},
        "next_sign_off": _next_sign_off(view, found.gates),
        "shares": list(shares) if shares else None,
        "lead": lead,
    }


def _next_sign_off(view: Viewpoint, standings: list[Standing]) -> dict[str, Any] | None:
    """Return the sign-off that comes next: by date where there is one, out of date before new."""
    waiting = [standing for standing in standings if standing.state != "signed"]
    if not waiting:
        return None
    first = min(
        waiting,
        key=lambda one: (one.entry.due_date or date.max, one.state != "stale", one.item.position),
    )
    return {
        "title": first.gate.title,
        "step": view.framework.step(first.gate.step_key).number,
        "again": first.state == "stale",
        "due": first.entry.due_date.isoformat() if first.entry.due_date else None,
    }


def _plain_health(health: Health) -> dict[str, Any]:
    forecast, override = health.forecast, health.override
    return {
        "level": str(health.level),
        "computed": str(health.computed),
        "reasons": [
            [reason.rule, reason.level, dict(reason.values), reason.url] for reason in health.reasons
        ],
        "override": {**asdict(override), "until": override.until.isoformat()} if override else None,
        "forecast": {
            **asdict(forecast),
            "first": forecast.first.isoformat() if forecast.first else None,
            "last": forecast.last.isoformat() if forecast.last else None,
        }
        if forecast
        else None,
    }


def as_health(told: dict[str, Any]) -> Health:
    """Return the health that a summary keeps."""
    override, forecast = told["override"], told["forecast"]
    return Health(
        told["level"],
        told["computed"],
        tuple(Reason(rule, level, values, url) for rule, level, values, url in told["reasons"]),
        Override(**{**override, "until": date.fromisoformat(override["until"])}) if override else None,
        Forecast(**{**forecast, "first": _day(forecast["first"]), "last": _day(forecast["last"])})
        if forecast
        else None,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def of_step(view: Viewpoint, step_key: str) -> Health | None:
    """Return the kept health of a step, or None before it has begun, in one query."""
    data = (
        HealthSummary.objects.filter(engagement=view.engagement, side=view.side)
        .values_list(f"data__steps__{step_key}", flat=True)
        .first()
    )
    return as_health(data) if data else None
