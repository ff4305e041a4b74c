"""Let somebody leave an engagement: what they hold goes to somebody else in the same step."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.actions import people
from engagements.models import Event, Membership
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.models import Entry


class CannotTakeOver(Exception):
    """Somebody has to take over, and the person named cannot; the message says who can."""


def holdings(membership: Membership) -> QuerySet[Entry]:
    """Return the entries of the latest rounds that somebody owns or finds out, those with a date first."""
    return (
        Entry.objects.filter(
            Q(owner=membership) | Q(finder=membership), engagement_id=membership.engagement_id
        )
        .of_latest_rounds()
        .select_related("round")
        .order_by("due_date", "find_by", "id")
    )


@transaction.atomic
def leave(
    *, desk: Desk, membership: Membership, to: Membership | None = None, at: datetime | None = None
) -> Event | None:
    """End *membership* and give everything it holds to *to*, in one event; their name stays on what they did.

    Raises people.LastManager, and CannotTakeOver when there is something to take over and *to* cannot. Returns
    None when they have left already.
    """
    act = Act.begin(desk.membership, desk.questionnaire, at=at or timezone.now())
    membership = _as_it_is(membership)
    if membership.ended_at is not None:
        transaction.set_rollback(True)
        return None
    held = list(holdings(membership))
    if held:
        to = _taking_over(act, held, membership, to)
    people.end_locked(membership=membership, at=act.at)
    for entry in held:
        entry = act.adopt(entry)
        if to is not None:
            _give(act, entry, membership, to)
    return act.finish(
        "member.left",
        data={
            "person": membership.user_id,
            "to": to.user_id if held and to else None,
            "member": {"ended_at": [None, act.at.isoformat()]},
        },
    )


def _give(act: Act, entry: Entry, membership: Membership, to: Membership) -> None:
    if entry.owner_id == membership.pk:
        act.change(entry, owner=to)
    if entry.finder_id == membership.pk:
        act.change(entry, finder=to)
    if entry.held_by != to.side and not entry.is_settled:
        act.change(entry, held_by=to.side, held_since=act.at)


def _taking_over(act: Act, held: list[Entry], membership: Membership, to: Membership | None) -> Membership:
    if to is None:
        raise CannotTakeOver(_("Choose who takes over. Nothing was changed."))
    to = _as_it_is(to)
    if to.engagement_id != membership.engagement_id or to.ended_at or to.pk == membership.pk:
        raise CannotTakeOver(_("That person is not in this engagement any more. Choose somebody else."))
    if not to.is_firm and any(act.is_internal(entry) for entry in held):
        raise CannotTakeOver(
            _("Some of this is internal, and the client side does not see it. Choose somebody of the firm.")
        )
    return to


def _as_it_is(membership: Membership) -> Membership:
    """Return a membership as it is now, under the engagement's lock."""
    return Membership.objects.select_related("user", "engagement").get(pk=membership.pk)
