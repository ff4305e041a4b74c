"""Tell people what concerns them: one inbox item per event and person, and a mail where they want one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from engagements import mail, subscriptions
from engagements.models import Event, InboxItem, MailChoice, Membership
from engagements.models.inbox import BY_MAIL

# What happened longer ago than this, as in a story that is played in, is not worth a mail any more.
NEWS = timedelta(days=1)


@dataclass(frozen=True)
class Subject:
    """What a thread or a notice is about: its key, and its name as those may read it who see it."""

    key: str
    title: str
    firm_only: bool = False


# An event that tells somebody twice tells them once; the counter moves by what is new.
TELL = """
    WITH told AS (
        INSERT INTO engagements_inboxitem
            (user_id, by_mail, engagement_id, event, kind, by_id, at, item_key, title, anchor, firm_only, words)
        SELECT person, by_mail, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
        FROM unnest(%s::bigint[], %s::text[]) AS chosen (person, by_mail)
        ON CONFLICT (user_id, engagement_id, event) DO NOTHING
        RETURNING id, user_id
    ), counted AS (
        UPDATE accounts_user SET unread = unread + 1 WHERE id IN (SELECT user_id FROM told)
    )
    SELECT user_id, id FROM told
"""


def notify(
    event: Event,
    people: Iterable[int],
    kind: InboxItem.Kind,
    subject: Subject,
    *,
    words: str = "",
    anchor: str = "",
    mailed: Collection[int] = (),
) -> None:
    """Tell *people*, by their ids, in the transaction that wrote *event*; whoever did it is not told.

    Leaves out everybody who is not in the engagement now or whose side may not see the subject or the event, so
    that callers need not ask. *words* are a few of those that were said, *anchor* a place on the subject's page.
    Those *mailed*, by their ids, get another mail about it and none from here.
    """
    firm_only = event.firm_only or subject.firm_only
    chosen = {}
    for member in _members(event, people, kind):
        if member.is_firm or not firm_only:
            by_mail = member.chosen or BY_MAIL[kind]  # type: ignore[attr-defined]
            if event.at < timezone.now() - NEWS or member.user_id in mailed:
                by_mail = InboxItem.ByMail.NEVER
            chosen[member.user_id] = (member.user, str(by_mail))
    if not chosen:
        return
    shown = excerpt(words)
    with connection.cursor() as cursor:
        cursor.execute(
            TELL,
            [
                event.engagement_id, event.number, str(kind), event.by_id, event.at, subject.key,
                subject.title[:300], anchor, firm_only, shown, [*chosen], [way for _user, way in chosen.values()],
            ],
        )  # fmt: skip
        told = dict(cursor.fetchall())
    for person, item_id in told.items():
        user, by_mail = chosen[person]
        if by_mail == InboxItem.ByMail.NOW:
            _mail(event, user, item_id, kind, subject, shown)


def _members(event: Event, people: Iterable[int], kind: str) -> Iterable[Membership]:
    wanted = {person for person in people if person != event.by_id}
    if not wanted:
        return []
    choice = MailChoice.objects.filter(user=OuterRef("user"), kind=kind).values("by_mail")
    return (
        Membership.objects.current()
        .filter(engagement_id=event.engagement_id, user__in=wanted)
        .select_related("user")
        .annotate(chosen=Subquery(choice))
        .order_by("user_id")
    )


def _mail(event: Event, user: User, item_id: int, kind: str, subject: Subject, words: str) -> None:
    sent = mail.queue(
        str(kind),
        once=f"notice:{item_id}",
        template="notice",
        user=user,
        engagement=event.engagement,
        context={
            "kind": str(kind),
            "by": event.by,
            "title": subject.title,
            "words": words,
            "engagement": event.engagement,
            "act_url": mail.link(reverse("engagements:inbox-open", args=[item_id])),
            **links_of(user, kind),
        },
    )
    InboxItem.objects.filter(pk=item_id).update(mail=sent)


def links_of(user: User, kind: str) -> dict[str, Any]:
    """Return the addresses that stand at the foot of a mail: to stop this kind, and to choose for all."""
    return {
        "stop_url": mail.link(subscriptions.stop_path(user.pk, kind)),
        "choices_url": mail.link(reverse("engagements:mail-choices")),
    }


def excerpt(words: str, longest: int = 300) -> str:
    """Return the beginning of *words* in one line, cut between two words."""
    line = " ".join(words.split())
    if len(line) <= longest:
        return line
    cut = line[:longest].rsplit(" ", 1)[0]
    return f"{cut} …"
