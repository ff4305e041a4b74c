"""The daily mail: what a person was told since the last one, sent in the morning of their own zone."""

import zoneinfo
from datetime import datetime, time, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import Min
from django.urls import reverse

from accounts.models import User
from engagements import mail
from engagements.models import InboxItem, Mail
from engagements.notify import links_of
from engagements.subscriptions import DIGEST

HOUR = time(7)
# The newest of these are listed; the mail says how many more there are.
LISTED = 50


def write_digests(now: datetime) -> int:
    """Write the daily mail of everybody whose morning has come and who has something unread; say how many."""
    oldest = (
        InboxItem.objects.filter(by_mail=InboxItem.ByMail.DIGEST, mail=None, read_at=None)
        .values_list("user")
        .annotate(Min("at"))
        .order_by("user")
    )
    waiting = dict(oldest)
    users = User.objects.filter(pk__in=waiting, is_active=True).order_by("pk")
    return sum(
        write_digest(user) is not None
        for user in users
        if waiting[user.pk] < last_morning(now, zoneinfo.ZoneInfo(user.time_zone))
    )


def last_morning(now: datetime, zone: zoneinfo.ZoneInfo) -> datetime:
    """Return the newest 07:00 in *zone* that is not after *now*, by the clock on the wall."""
    day = now.astimezone(zone).date()
    morning = datetime.combine(day, HOUR, zone)
    return morning if morning <= now else datetime.combine(day - timedelta(days=1), HOUR, zone)


@transaction.atomic
def write_digest(user: User) -> Mail | None:
    """Write one person's daily mail with everything that waits for it, or None when nothing does any more."""
    waiting = (
        InboxItem.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(user=user, by_mail=InboxItem.ByMail.DIGEST, mail=None, read_at=None)
        .order_by("pk")
    )
    keys = [item.pk for item in waiting]
    items = list(
        InboxItem.objects.filter(pk__in=keys)
        .readable()
        .select_related("engagement__client", "by")
        .order_by("engagement__client__name", "engagement__name", "engagement_id", "-pk")
    )
    if not items:
        return None
    shown = items[:LISTED]
    sent = mail.queue(
        DIGEST,
        # What was readable is part of the name: when some of it is not any more, the rest is a mail of its own.
        once=f"digest:{user.pk}:{max(item.pk for item in items)}:{len(items)}",
        template="digest",
        user=user,
        context={
            "count": len(items),
            "more": len(items) - len(shown),
            "groups": [
                (
                    engagement,
                    [(item, mail.link(reverse("engagements:inbox-open", args=[item.pk]))) for item in group],
                )
                for engagement, group in groupby(shown, key=lambda item: item.engagement)
            ],
            "act_url": mail.link(reverse("engagements:inbox")),
            **links_of(user, DIGEST),
        },
    )
    InboxItem.objects.filter(pk__in=[item.pk for item in items]).update(mail=sent)
    return sent
