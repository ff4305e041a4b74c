"""What the worker does for engagements; each task is called with the id of a row that says what to do."""

from celery import shared_task

from engagements import mail


@shared_task(name="engagements.send_mail", ignore_result=True, time_limit=50)  # type: ignore[untyped-decorator]  # celery ships no types
def send_mail(mail_id: int) -> None:
    """Send a mail whose time has come."""
    mail.send(mail_id)
