"""Mail as an outbox: a row is written with what causes it, and sent afterwards, at most three times."""

import os
import smtplib
import tempfile
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from accounts.models import User
from engagements import doorbell, subscriptions
from engagements.models import Engagement, Mail, Membership

ATTEMPTS = 3
PAUSES = (timedelta(seconds=30), timedelta(minutes=5))
# Longer than a mail server may take; whoever holds a row longer has died.
LEASE = timedelta(seconds=60)
# How long the lookout leaves a row alone that is due again at the same turn.
WORK = doorbell.Work(
    task="engagements.send_mail",
    due="""
        SELECT id, COALESCE(lease_until, send_after)::text FROM engagements_mail
        WHERE (state = 'queued' AND send_after <= now()) OR (state = 'sending' AND lease_until < now())
        ORDER BY id LIMIT 100
    """,
)


def link(path: str) -> str:
    """Return the full address of a page; the only way an address comes into a mail, whatever a Host header says."""
    return settings.BASE_URL + path


def queue(
    kind: str,
    *,
    once: str,
    template: str,
    context: dict[str, Any],
    to: str = "",
    user: User | None = None,
    engagement: Engagement | None = None,
    attachment: tuple[str, str] = ("", ""),
) -> Mail:
    """Write a mail to *user*, or to the address *to*, in this transaction, and ring for the worker on commit.

    *template* names `mail/NAME.txt`, whose first line is the subject, and `mail/NAME.html`. *once* is unique:
    a second mail with it is not written. *attachment* is the storage name of a PDF and what it is called. A mail about an *engagement* to a *user* who left it meanwhile is dropped.
    """
    with translation.override(user.language) if user else nullcontext():
        subject, _line, text = render_to_string(f"mail/{template}.txt", context).strip().partition("\n")
        html = render_to_string(f"mail/{template}.html", context)
    mail, _new = Mail.objects.get_or_create(
        once=once,
        defaults={
            "kind": kind,
            "to": user.email if user else to,
            "user": user,
            "engagement": engagement,
            "subject": one_line(subject),
            "text": text.strip() + "\n",
            "html": html,
            "attachment": attachment[0],
            "attachment_name": attachment[1],
        },
    )
    doorbell.ring_on_commit()
    return mail


def one_line(subject: str) -> str:
    """Return a subject that cannot begin another header."""
    return " ".join(subject.split())[:200]


def drop(*, once_begins: str) -> None:
    """Take back mails that were not sent yet."""
    Mail.objects.filter(once__startswith=once_begins, state=Mail.State.QUEUED).update(
        state=Mail.State.DROPPED, text="", html=""
    )


def send(mail_id: int) -> None:
    """Send one mail if its time has come and nobody else is sending it. Never raises for what a mail server does."""
    mail = claim(mail_id)
    if mail is None:
        return
    if not _may_still_read(mail):
        _settle(mail, state=Mail.State.DROPPED, text="", html="")
        return
    try:
        deliver(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        _put_off(mail, reason_of(error))
    else:
        # The words go: they may carry a way in, which is stored nowhere but as a hash.
        _settle(mail, state=Mail.State.SENT, sent_at=timezone.now(), error="", text="", html="")


@transaction.atomic
def claim(mail_id: int) -> Mail | None:
    """Take the lease of a mail that is due, or return None. After the third attempt it has failed."""
    now = timezone.now()
    mail = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail_id).first()
    if mail is None:
        return None
    waits = mail.state == Mail.State.QUEUED and mail.send_after <= now
    orphaned = mail.state == Mail.State.SENDING and mail.lease_until is not None and mail.lease_until < now
    if not (waits or orphaned):
        return None
    if mail.attempts >= ATTEMPTS:
        mail.state, mail.lease_until, mail.error = (
            Mail.State.FAILED,
            None,
            "The worker ended while sending it.",
        )
        mail.save(update_fields=["state", "lease_until", "error"])
        return None
    mail.state, mail.attempts, mail.lease_until = Mail.State.SENDING, mail.attempts + 1, now + LEASE
    mail.save(update_fields=["state", "attempts", "lease_until"])
    return mail


def deliver(mail: Mail) -> None:
    """Hand a mail to the mail server, or write it as a file where there is none."""
    message = _message(mail)
    if settings.MAIL_DELIVERY:
        with get_connection(settings.MAIL_DELIVERY) as connection:
            connection.send_messages([message])
    else:
        _write_file(mail, message.message().as_bytes())


def rewrite_file(mail: Mail) -> None:
    """Write the file of a delivered mail again from its row, where there is one."""
    if (settings.MAIL_FOLDER / f"{mail.pk}.eml").exists():
        _write_file(mail, _message(mail).message().as_bytes())


def _message(mail: Mail) -> EmailMultiAlternatives:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        to=[mail.to],
        headers={
            # The same at every attempt, so that mail programs show a repeated one once.
            "Message-ID": f"<{mail.pk}.{mail.created_at:%Y%m%d%H%M%S%f}@{host}>",
            "Auto-Submitted": "auto-generated",
            **_stop_headers(mail),
        },
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    if mail.attachment:
        with default_storage.open(mail.attachment) as stored:
            message.attach(mail.attachment_name, stored.read(), "application/pdf")
    return message


def _stop_headers(mail: Mail) -> dict[str, str]:
    """Return what lets a mail program offer to stop this kind of mail with one click (RFC 8058)."""
    if mail.user_id is None or not subscriptions.is_chosen_by_kind(mail.kind):
        return {}
    return {
        "List-Unsubscribe": f"<{link(subscriptions.stop_path(mail.user_id, mail.kind))}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read_file(mail: Mail) -> str | None:
    """Return the words of a mail that was delivered as a file, or None when there is no such file."""
    try:
        stored = (settings.MAIL_FOLDER / f"{mail.pk}.eml").read_bytes()
    except OSError:
        return None
    body = message_from_bytes(stored, policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""


@transaction.atomic
def send_again(*, mail: Mail) -> None:
    """Queue a mail that failed once more, with all its attempts."""
    if Mail.objects.filter(pk=mail.pk, state=Mail.State.FAILED).update(
        state=Mail.State.QUEUED, attempts=0, send_after=timezone.now(), error=""
    ):
        doorbell.ring_on_commit()


class Outbox(BaseEmailBackend):
    """Where Django and its libraries send mail to: rows that the worker sends."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write a row for every recipient of every message."""
        count = 0
        for message in email_messages:
            alternatives = getattr(message, "alternatives", [])
            html = next((str(part.content) for part in alternatives if part.mimetype == "text/html"), "")
            for to in message.recipients():
                Mail.objects.create(
                    kind="account",
                    once=f"account:{uuid.uuid4()}",
                    to=to,
                    subject=one_line(str(message.subject)),
                    text=str(message.body),
                    html=html,
                )
                count += 1
        doorbell.ring_on_commit()
        return count


def reason_of(error: Exception) -> str:
    """Say why sending failed, without addresses or words of the mail."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((answer[0] for answer in error.recipients.values()), None)
    return f"{type(error).__name__} {code}" if code else f"{type(error).__name__}"


def _may_still_read(mail: Mail) -> bool:
    if mail.user_id is None:
        return True
    if subscriptions.is_chosen_by_kind(mail.kind):
        # Everything it tells must still be there and still be theirs to see.
        told, readable = mail.notices.count(), mail.notices.readable().count()
        if not 0 < told == readable:
            # What may still be told goes into the next daily mail.
            mail.notices.update(mail=None)
            return False
    if mail.engagement_id is None:
        return User.objects.filter(pk=mail.user_id, is_active=True).exists()
    return (
        Membership.objects.current().filter(engagement_id=mail.engagement_id, user_id=mail.user_id).exists()
    )


def _put_off(mail: Mail, reason: str) -> None:
    if mail.attempts >= ATTEMPTS:
        _settle(mail, state=Mail.State.FAILED, error=reason)
    else:
        later = timezone.now() + PAUSES[mail.attempts - 1]
        _settle(mail, state=Mail.State.QUEUED, error=reason, send_after=later)


def _settle(mail: Mail, **fields: Any) -> None:
    """Write how it went, unless the lease has passed to somebody else meanwhile."""
    Mail.objects.filter(pk=mail.pk, state=Mail.State.SENDING, lease_until=mail.lease_until).update(
        lease_until=None, **fields
    )


def _write_file(mail: Mail, content: bytes) -> None:
    settings.MAIL_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(dir=settings.MAIL_FOLDER)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(path, settings.MAIL_FOLDER / f"{mail.pk}.eml")
    except BaseException:
        os.unlink(path)
        raise
