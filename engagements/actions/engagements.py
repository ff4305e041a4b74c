"""Create engagements and change their frame."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements import history
from engagements.models import Engagement, Event, Membership
from engagements.policy import Role


class ReasonNeeded(Exception):
    """Reopening or pausing is recorded with a reason."""


FRAME = (
    "name",
    "aim",
    "code",
    "start_date",
    "end_date",
    "budget",
    "spent",
    "currency",
    "staffing",
    "time_zone",
)


@transaction.atomic
def create(*, by: User, manager: User | None = None, at: datetime | None = None, **fields: Any) -> Engagement:
    """Create an engagement's shell, with *manager* as its project manager when given."""
    at = at or timezone.now()
    engagement = Engagement.objects.create(created_by=by, created_at=at, **fields)
    number = history.lock(engagement)
    history.record("engagement.created", engagement=engagement, number=number, by=by, at=at)
    if manager is not None:
        Membership.objects.create(
            engagement=engagement, user=manager, role=Role.PROJECT_MANAGER, may_sign=True, joined_at=at
        )
        number = history.lock(engagement)
        history.record(
            "member.joined",
            engagement=engagement,
            number=number,
            by=by,
            at=at,
            data={"person": manager.pk, "role": Role.PROJECT_MANAGER},
        )
    engagement.refresh_from_db(fields=["last_event"])
    return engagement


@transaction.atomic
def set_frame(*, engagement: Engagement, by: User, at: datetime | None = None, **fields: Any) -> Event | None:
    """Change name, aim, dates, money and staffing; old and new go into the event."""
    number = history.lock(engagement)
    engagement.refresh_from_db()
    changes = {}
    for name, new in fields.items():
        if name not in FRAME:
            raise ValueError(name)
        old = getattr(engagement, name)
        if old != new:
            setattr(engagement, name, new)
            changes[name] = [str(old) if old is not None else None, str(new) if new is not None else None]
    if not changes:
        transaction.set_rollback(True)
        return None
    engagement.save(update_fields=[*changes])
    return history.record(
        "engagement.changed",
        engagement=engagement,
        number=number,
        by=by,
        at=at,
        data={"engagement": changes},
        firm_only=changes.keys() <= {"budget", "spent"},
    )


@transaction.atomic
def change_holidays(
    *,
    engagement: Engagement,
    by: User,
    add: Iterable[date] = (),
    remove: Iterable[date] = (),
    at: datetime | None = None,
) -> Event | None:
    """Add and remove days on which nobody is expected to work; what two people change at once adds up."""
    number = history.lock(engagement)
    engagement.refresh_from_db(fields=["holidays", "last_event"])
    before = set(engagement.holidays)
    after = (before | set(add)) - set(remove)
    if after == before:
        transaction.set_rollback(True)
        return None
    engagement.holidays = sorted(after)
    engagement.save(update_fields=["holidays"])
    return history.record(
        "engagement.holidays-changed",
        engagement=engagement,
        number=number,
        by=by,
        at=at,
        data={
            "added": [day.isoformat() for day in sorted(after - before)],
            "removed": [day.isoformat() for day in sorted(before - after)],
        },
    )


@transaction.atomic
def set_status(
    *, engagement: Engagement, status: str, by: User, reason: str = "", at: datetime | None = None
) -> Event | None:
    """Start, pause, close, reopen or archive. Opening what was closed needs a reason, which stays on the record."""
    number = history.lock(engagement)
    engagement.refresh_from_db()
    was = engagement.status
    if was == status:
        transaction.set_rollback(True)
        return None
    reopens = not engagement.is_open and status in (
        Engagement.Status.ACTIVE,
        Engagement.Status.PAUSED,
        Engagement.Status.DRAFT,
    )
    if reopens and not reason.strip():
        raise ReasonNeeded(_("Say in a few words why this engagement is opened again."))
    engagement.status, engagement.status_reason = status, reason.strip()[:300]
    engagement.save(update_fields=["status", "status_reason"])
    return history.record(
        "engagement.reopened" if reopens else "engagement.status-changed",
        engagement=engagement,
        number=number,
        by=by,
        at=at,
        data={"engagement": {"status": [was, status]}, "reason": reason.strip()[:300]},
    )
