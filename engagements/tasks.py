"""What the worker does for engagements; each task is called with the id of a row that says what to do."""

from celery import shared_task
from django.utils import timezone

from engagements import digest, mail


@shared_task(name="engagements.send_mail", ignore_result=True, time_limit=50)  # type: ignore[untyped-decorator]  # celery ships no types
def send_mail(mail_id: int) -> None:
    """Send a mail whose time has come."""
    mail.send(mail_id)


@shared_task(name="engagements.write_digests", ignore_result=True, time_limit=300)  # type: ignore[untyped-decorator]
def write_digests() -> None:
    """Write the daily mail of everybody whose morning has come."""
    digest.write_digests(timezone.now())
