"""What the worker does for questionnaires; each task is called with the id of a row that says what to do."""

from celery import shared_task

from questionnaires import reminders


@shared_task(name="questionnaires.send_reminders", ignore_result=True, time_limit=60)  # type: ignore[untyped-decorator]  # celery ships no types
def send_reminders(nudge_id: int) -> None:
    """Send a person the reminders that wait for them."""
    reminders.send(nudge_id)
