"""Let somebody leave an engagement: what they hold goes to somebody else in the same step."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements.actions import people
from engagements.models import Event, InboxItem, Membership, Thread
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.models import Entry


class CannotTakeOver(Exception):
    """Somebody has to take over, and the person named cannot; the message says who can."""


@dataclass(frozen=True)
class Holdings:
    """What is in somebody's hands: questions they own or find out, and threads that were given to them."""

    entries: list[Entry]
    threads: list[Thread]

    def __len__(self) -> int:
        return len(self.entries) + len(self.threads)


def holdings(membership: Membership) -> Holdings:
    """Return what somebody holds now, what has a date first; settled threads are over."""
    entries = (
        Entry.objects.filter(
            Q(owner=membership) | Q(finder=membership), engagement_id=membership.engagement_id
        )
        .of_latest_rounds()
        .select_related("round")
        .order_by("due_date", "find_by", "id")
    )
    threads = Thread.objects.filter(assigned_to=membership, settled_at=None).order_by("id")
    return Holdings(list(entries), list(threads))


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
    held = holdings(membership)
    taker = _taking_over(act, held, membership, to) if held else None
    people.end_locked(membership=membership, at=act.at)
    if taker is not None:
        for entry in held.entries:
            _give(act, act.adopt(entry), membership, taker)
        Thread.objects.filter(pk__in=[thread.pk for thread in held.threads]).update(assigned_to=taker)
        if held.entries:
            words = _("%(name)s left. %(count)d questions are with you now.")
            told = {"name": membership.user.display_name, "count": len(held.entries)}
            act.tell([taker.user_id], InboxItem.Kind.ASKED, held.entries[0], words % told)
    return act.finish(
        "member.left",
        data={
            "person": membership.user_id,
            "to": taker.user_id if taker else None,
            "member": {"ended_at": [None, act.at.isoformat()]},
            "threads": {str(thread.pk): [membership.pk, taker.pk] for thread in held.threads if taker},
        },
    )


def _give(act: Act, entry: Entry, membership: Membership, to: Membership) -> None:
    if entry.owner_id == membership.pk:
        act.change(entry, owner=to)
    if entry.finder_id == membership.pk:
        act.change(entry, finder=to)
    if entry.held_by != to.side and not entry.is_settled:
        act.change(entry, held_by=to.side, held_since=act.at)


def _taking_over(act: Act, held: Holdings, membership: Membership, to: Membership | None) -> Membership:
    if to is None:
        raise CannotTakeOver(_("Choose who takes over. Nothing was changed."))
    to = _as_it_is(to)
    if to.engagement_id != membership.engagement_id or to.ended_at or to.pk == membership.pk:
        raise CannotTakeOver(_("That person is not in this engagement any more. Choose somebody else."))
    if not to.is_firm and (
        any(act.is_internal(entry) for entry in held.entries)
        or any(thread.firm_only for thread in held.threads)
    ):
        raise CannotTakeOver(
            _("Some of this is internal, and the client side does not see it. Choose somebody of the firm.")
        )
    return to


def _as_it_is(membership: Membership) -> Membership:
    """Return a membership as it is now, under the engagement's lock."""
    return Membership.objects.select_related("user", "engagement").get(pk=membership.pk)
