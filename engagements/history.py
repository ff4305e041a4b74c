"""Write events: the engagement's lock, its next number, and the announcement on commit."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from engagements.models import Engagement, Event
from live import publish

# The name under which `live` knows engagements.
TOPICS = "engagement"


def lock(engagement: Engagement) -> int:
    """Take the engagement's lock and return the number of the event about to be written.

    It must be the last lock of a transaction: answers first, by id, then this. The row stays locked until
    commit, so a lower number never becomes visible after a higher one. Entries, rows, flags and progress
    are only changed under this lock. When the number is exactly one more than the one read before, nothing
    in the engagement has changed since that read.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An event belongs to a transaction.")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE engagements_engagement SET last_event = last_event + 1 WHERE id = %s RETURNING last_event",
            [engagement.pk],
        )
        (number,) = cursor.fetchone()
    return int(number)


def record(
    kind: str,
    *,
    engagement: Engagement,
    number: int,
    by: User | None,
    at: datetime | None = None,
    firm_only: bool = False,
    item_key: str = "",
    round_number: int = 1,
    data: dict[str, Any] | None = None,
) -> Event:
    """Write the event *number* that `lock` gave, and announce it when the transaction commits."""
    event = Event.objects.create(
        engagement=engagement,
        number=number,
        kind=kind,
        by=by,
        at=at or timezone.now(),
        firm_only=firm_only,
        item_key=item_key,
        round_number=round_number,
        data=data or {},
    )
    engagement_id = engagement.pk
    transaction.on_commit(lambda: publish.announce(TOPICS, engagement_id, number), robust=True)
    return event
