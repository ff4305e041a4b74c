"""Talk: open a thread, reply, say it better, give it to somebody, settle it and open it again."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements import history, mentions
from engagements.models import Comment, Event, InboxItem, Membership, Thread, Wording
from engagements.notify import Subject, notify

LONGEST = 10_000


class NothingSaid(Exception):
    """The text is empty or too long; the message says which."""


class NotTheirs(Exception):
    """Only whoever wrote a comment can change it."""


class SaidBetterMeanwhile(Exception):
    """The comment was changed in another window after its author opened this form. Nothing was changed."""


class CannotSee(Exception):
    """The person is not in the engagement, or does not see the thread."""


@transaction.atomic
def open_thread(
    *,
    membership: Membership,
    subject: Subject,
    text: str,
    key: uuid.UUID,
    firm_only: bool = False,
    at: datetime | None = None,
) -> Comment:
    """Begin a thread about *subject* with a first comment; a *key* seen before with this text returns what it made.

    What only the firm sees is talked about by the firm only. Raises NothingSaid.
    """
    text = clean(text)
    if known := _said_with(membership.user, key):
        if known.wordings.filter(version=1, text=text).exists():
            return known
        key = uuid.uuid4()
    number = history.lock(membership.engagement)
    at = at or timezone.now()
    thread = Thread.objects.create(
        engagement=membership.engagement,
        item_key=subject.key,
        firm_only=firm_only or subject.firm_only,
        created_by=membership.user,
        created_at=at,
        event=number,
    )
    return _say("thread.opened", thread, membership, subject, text, key, number, at)


@transaction.atomic
def reply(
    *,
    membership: Membership,
    thread: Thread,
    subject: Subject,
    text: str,
    key: uuid.UUID,
    at: datetime | None = None,
) -> Comment:
    """Add a comment to a thread; one that was settled is open again. A repeated one, by its *key*, adds nothing."""
    text = clean(text)
    if known := _said_with(membership.user, key):
        if known.wordings.filter(version=1, text=text).exists():
            return known
        key = uuid.uuid4()
    number = history.lock(membership.engagement)
    thread.refresh_from_db(fields=["settled_at", "settled_by"])
    if reopens := thread.settled_at is not None:
        thread.settled_at = thread.settled_by = None
        thread.save(update_fields=["settled_at", "settled_by"])
    at = at or timezone.now()
    return _say(
        "comment.added",
        thread,
        membership,
        subject,
        text,
        key,
        number,
        at,
        {"reopens": True} if reopens else {},
    )


def _said_with(by: User, key: uuid.UUID) -> Comment | None:
    """Return what was said with a one-time key; a page left open may send another text with the same one."""
    return Comment.objects.filter(by=by, key=key).select_related("thread").first()


def clean(text: str) -> str:
    """Return a comment's text as it is stored, or raise NothingSaid."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text:
        raise NothingSaid(_("Write a word or two first."))
    if len(text) > LONGEST:
        raise NothingSaid(
            _("A comment holds up to %(count)d characters. Attach a longer text as a file.")
            % {"count": LONGEST}
        )
    return text


def _say(
    kind: str,
    thread: Thread,
    membership: Membership,
    subject: Subject,
    text: str,
    key: uuid.UUID,
    number: int,
    at: datetime,
    more: dict[str, Any] | None = None,
) -> Comment:
    readers = readers_of(thread)
    comment = Comment.objects.create(
        thread=thread,
        by=membership.user,
        at=at,
        event=number,
        key=key,
        text=text,
        mentions=mentions.find(text, readers),
    )
    Wording.objects.create(comment=comment, version=1, text=text, at=at, event=number)
    event = _record(kind, thread, membership.user, number, at, {"comment": comment.pk, **(more or {})})
    _tell(event, comment, subject, comment.mentions.values())
    involved = Comment.objects.filter(thread=thread).values_list("by", flat=True).distinct()
    holder = [thread.assigned_to.user_id] if thread.assigned_to else []
    notify(
        event,
        [*involved, *holder],
        InboxItem.Kind.REPLY,
        subject_in(thread, subject),
        words=text,
        anchor=anchor_of(comment),
    )
    return comment


def _tell(event: Event, comment: Comment, subject: Subject, people: Iterable[int]) -> None:
    notify(
        event,
        people,
        InboxItem.Kind.MENTION,
        subject_in(comment.thread, subject),
        words=comment.text,
        anchor=anchor_of(comment),
    )


def _record(kind: str, thread: Thread, by: User, number: int, at: datetime, data: dict[str, Any]) -> Event:
    return history.record(
        kind,
        engagement=thread.engagement,
        number=number,
        by=by,
        at=at,
        firm_only=thread.firm_only,
        item_key=thread.item_key,
        data={"thread": thread.pk, **data},
    )


def readers_of(thread: Thread) -> list[User]:
    """Return who may see a thread today, in one query."""
    return [member.user for member in members_who_read(thread.engagement_id, firm_only=thread.firm_only)]


def members_who_read(engagement_id: int, *, firm_only: bool) -> list[Membership]:
    """Return the members who may see what is shared, or what is the firm's, in one query."""
    members = Membership.objects.current().filter(engagement_id=engagement_id).select_related("user")
    return [
        member for member in members.order_by("user__display_name", "pk") if member.is_firm or not firm_only
    ]


def subject_in(thread: Thread, subject: Subject) -> Subject:
    """Return the subject as secret as the thread is."""
    return Subject(subject.key, subject.title, subject.firm_only or thread.firm_only)


def anchor_of(comment: Comment) -> str:
    """Return the id of a comment's element on its page."""
    return f"comment-{comment.pk}"


@transaction.atomic
def edit_comment(
    *,
    membership: Membership,
    comment: Comment,
    subject: Subject,
    text: str,
    seen: int,
    at: datetime | None = None,
) -> Event | None:
    """Say a comment better; every earlier wording stays readable. People named anew are told.

    *seen* is the version the author's form was opened with. Raises NotTheirs, NothingSaid, SaidBetterMeanwhile;
    returns None when the text is the same.
    """
    if comment.by_id != membership.user_id:
        raise NotTheirs(_("Only whoever wrote a comment can change it. You can reply."))
    text = clean(text)
    thread = comment.thread
    number = history.lock(membership.engagement)
    comment.refresh_from_db(fields=["text", "version", "mentions"])
    if text == comment.text:
        transaction.set_rollback(True)
        return None
    if comment.version != seen:
        raise SaidBetterMeanwhile(
            _("You changed this comment in another window. Both wordings are below; nothing was stored yet.")
        )
    at = at or timezone.now()
    named_before = set(comment.mentions.values())
    comment.text, comment.version, comment.edited_at = text, comment.version + 1, at
    comment.mentions = mentions.find(text, readers_of(thread))
    comment.save(update_fields=["text", "version", "edited_at", "mentions"])
    Wording.objects.create(comment=comment, version=comment.version, text=text, at=at, event=number)
    event = _record(
        "comment.edited",
        thread,
        membership.user,
        number,
        at,
        {"comment": comment.pk, "version": comment.version},
    )
    _tell(event, comment, subject, set(comment.mentions.values()) - named_before)
    return event


@transaction.atomic
def assign_thread(
    *,
    membership: Membership,
    thread: Thread,
    subject: Subject,
    to: Membership | None,
    at: datetime | None = None,
) -> Event | None:
    """Give a thread to somebody who sees it, or to nobody. Raises CannotSee; returns None when nothing changes."""
    if to is not None and (
        to.engagement_id != thread.engagement_id
        or to.ended_at is not None
        or (thread.firm_only and not to.is_firm)
    ):
        raise CannotSee(_("That person does not see this thread. Choose somebody else."))
    number = history.lock(membership.engagement)
    thread.refresh_from_db(fields=["assigned_to"])
    was, thread.assigned_to = thread.assigned_to_id, to
    if was == thread.assigned_to_id:
        transaction.set_rollback(True)
        return None
    thread.save(update_fields=["assigned_to"])
    event = _record(
        "thread.assigned",
        thread,
        membership.user,
        number,
        at or timezone.now(),
        {"assigned": [was, thread.assigned_to_id]},
    )
    if to is not None:
        first = thread.comments.order_by("pk").first()
        notify(
            event,
            [to.user_id],
            InboxItem.Kind.ASSIGNED,
            subject_in(thread, subject),
            words=first.text if first else "",
            anchor=anchor_of(first) if first else "",
        )
    return event


@transaction.atomic
def settle_thread(*, membership: Membership, thread: Thread, at: datetime | None = None) -> Event | None:
    """Say that nothing more is to be said. Returns None when it was settled already."""
    number = history.lock(membership.engagement)
    thread.refresh_from_db(fields=["settled_at", "settled_by"])
    if thread.settled_at is not None:
        transaction.set_rollback(True)
        return None
    at = at or timezone.now()
    thread.settled_at, thread.settled_by = at, membership.user
    thread.save(update_fields=["settled_at", "settled_by"])
    return _record("thread.settled", thread, membership.user, number, at, {})


@transaction.atomic
def reopen_thread(*, membership: Membership, thread: Thread, at: datetime | None = None) -> Event | None:
    """Take a settled thread up again. Returns None when it is open."""
    number = history.lock(membership.engagement)
    thread.refresh_from_db(fields=["settled_at", "settled_by"])
    if thread.settled_at is None:
        transaction.set_rollback(True)
        return None
    thread.settled_at = thread.settled_by = None
    thread.save(update_fields=["settled_at", "settled_by"])
    return _record("thread.reopened", thread, membership.user, number, at or timezone.now(), {})
