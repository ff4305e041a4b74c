"""Mark what a person was told as read. The count of what is unread is kept with the person."""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from engagements.models import InboxItem

COUNT = """
    UPDATE accounts_user
    SET unread = (SELECT count(*) FROM engagements_inboxitem WHERE user_id = %s AND read_at IS NULL)
    WHERE id = %s RETURNING unread
"""


@transaction.atomic
def mark_read(*, user: User, items: Iterable[int] | None = None, engagement: int | None = None) -> int:
    """Mark some of *user*'s items, those of one engagement or all as read; return how many are unread now."""
    return _mark(user, _chosen(user, items, engagement).filter(read_at=None), read=True)


@transaction.atomic
def mark_unread(*, user: User, items: Iterable[int]) -> int:
    """Mark items as not read, to come back to them; return how many are unread now."""
    return _mark(user, _chosen(user, items, None).exclude(read_at=None), read=False)


def _chosen(user: User, items: Iterable[int] | None, engagement: int | None) -> QuerySet[InboxItem]:
    chosen = InboxItem.objects.filter(user=user)
    if items is not None:
        chosen = chosen.filter(pk__in=list(items))
    if engagement is not None:
        chosen = chosen.filter(engagement=engagement)
    return chosen


def _mark(user: User, items: QuerySet[InboxItem], *, read: bool) -> int:
    # The person's row first: whoever tells them something at this moment has it, and is then counted.
    User.objects.select_for_update().only("pk").get(pk=user.pk)
    if items.update(read_at=timezone.now() if read else None):
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [user.pk, user.pk])
            (user.unread,) = cursor.fetchone()
    else:
        user.refresh_from_db(fields=["unread"])
    return user.unread
