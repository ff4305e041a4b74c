"""Give a point in an engagement's time a name."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import history
from engagements.models import Membership, Milestone


class NameTaken(Exception):
    """Another point has this name; the message says so."""


class NoName(Exception):
    """A point needs a name of at most 120 characters."""


@transaction.atomic
def name_point(
    *, membership: Membership, name: str, event: int | None = None, at: datetime | None = None
) -> Milestone:
    """Name the point after *event*, or after everything that has happened. Raises NoName and NameTaken."""
    name = " ".join(name.split())
    if not name or len(name) > 120:
        raise NoName(_("Give the point a name of a few words."))
    engagement = membership.engagement
    number = history.lock(engagement)
    if Milestone.objects.filter(engagement=engagement, name__iexact=name).exists():
        raise NameTaken(_("There is a point of that name already. Choose another name."))
    at = at or timezone.now()
    made = Milestone.objects.create(
        engagement=engagement,
        name=name,
        event=min(event, number - 1) if event else number,
        at=at,
        by=membership.user,
    )
    history.record(
        "milestone.named",
        engagement=engagement,
        number=number,
        by=membership.user,
        at=at,
        data={"milestone": made.pk, "event": made.event},
    )
    return made


def look(*, membership: Membership, number: int, at: datetime | None = None) -> None:
    """Note that a member has seen everything up to event *number*; it never goes back."""
    Membership.objects.filter(pk=membership.pk, seen_event__lt=number).update(
        seen_event=min(number, membership.engagement.last_event), seen_at=at or timezone.now()
    )
