"""Let people into an engagement, change their part, and let them go."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements import history
from engagements.actions import inbox
from engagements.models import Engagement, Event, Membership
from engagements.policy import ROLES_OF_SIDE, Role


class WrongSide(Exception):
    """The role belongs to the other side, or the person to another client."""


class LastManager(Exception):
    """An engagement keeps at least one project manager."""


class HasLeft(Exception):
    """The person is not in the engagement any more."""


def check_side(engagement: Engagement, user: User, role: str) -> None:
    """Raise WrongSide unless *user* may have *role* in *engagement*."""
    if Role(role) not in ROLES_OF_SIDE[user.side]:
        raise WrongSide(_("This role is for the other side. Choose one that fits the person's organisation."))
    if not user.is_firm and user.client_id != engagement.client_id:
        raise WrongSide(_("This person belongs to another client, so they cannot be in this engagement."))


@transaction.atomic
def join(
    *,
    engagement: Engagement,
    user: User,
    role: str,
    by: User,
    functions: list[str] | None = None,
    may_sign: bool = False,
    at: datetime | None = None,
) -> Membership:
    """Make *user* a member, or bring a former member back. An administrator who joins is recorded like anybody else."""
    check_side(engagement, user, role)
    at = at or timezone.now()
    number = history.lock(engagement)
    membership, _new = Membership.objects.update_or_create(
        engagement=engagement,
        user=user,
        defaults={"role": role, "functions": functions or [], "may_sign": may_sign, "ended_at": None},
        create_defaults={
            "role": role,
            "functions": functions or [],
            "may_sign": may_sign,
            "joined_at": at,
            "seen_event": number,
        },
    )
    history.record(
        "member.joined",
        engagement=engagement,
        number=number,
        by=by,
        at=at,
        data={"person": user.pk, "role": str(role)},
    )
    return membership


@transaction.atomic
def change_part(
    *,
    membership: Membership,
    role: str,
    functions: list[str],
    may_sign: bool,
    by: User,
    at: datetime | None = None,
) -> Event | None:
    """Change somebody's role, functions and right to sign."""
    engagement = membership.engagement
    check_side(engagement, membership.user, role)
    number = history.lock(engagement)
    membership.refresh_from_db(fields=["role", "functions", "may_sign", "ended_at"])
    if membership.ended_at is not None:
        raise HasLeft(_("They have left meanwhile. Nothing was changed."))
    if role != Role.PROJECT_MANAGER:
        _keep_a_manager(membership)
    was = {"role": membership.role, "functions": membership.functions, "may_sign": membership.may_sign}
    now = {"role": str(role), "functions": functions, "may_sign": may_sign}
    if was == now:
        transaction.set_rollback(True)
        return None
    membership.role, membership.functions, membership.may_sign = role, functions, may_sign
    membership.save(update_fields=["role", "functions", "may_sign"])
    return history.record(
        "member.changed",
        engagement=engagement,
        number=number,
        by=by,
        at=at,
        data={
            "person": membership.user_id,
            "member": {name: [was[name], now[name]] for name in now if was[name] != now[name]},
        },
    )


def end_locked(*, membership: Membership, at: datetime) -> None:
    """End a membership. The caller holds the engagement's lock and writes the event."""
    membership.refresh_from_db(fields=["role", "ended_at"])
    _keep_a_manager(membership)
    membership.ended_at = at
    membership.save(update_fields=["ended_at"])
    # They cannot open it any more, so it must not count as unread for ever.
    inbox.mark_read(user=membership.user, engagement=membership.engagement_id)


def _keep_a_manager(membership: Membership) -> None:
    if membership.role != Role.PROJECT_MANAGER or membership.ended_at is not None:
        return
    others = Membership.objects.current().filter(
        engagement_id=membership.engagement_id, role=Role.PROJECT_MANAGER
    )
    if not others.exclude(pk=membership.pk).exists():
        raise LastManager(
            _("This is the only project manager here. Make somebody else project manager first.")
        )
