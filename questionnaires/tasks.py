"""What the worker does for questionnaires; each task is called with the id of a row that says what to do."""

from celery import shared_task
from django.utils import timezone

from questionnaires import reminders
from questionnaires.actions import rounds, waiving
from questionnaires.health import summaries


@shared_task(name="questionnaires.send_reminders", ignore_result=True, time_limit=60)  # type: ignore[untyped-decorator]  # celery ships no types
def send_reminders(nudge_id: int) -> None:
    """Send a person the reminders that wait for them."""
    reminders.send(nudge_id)


@shared_task(name="questionnaires.sum_up_health", ignore_result=True, time_limit=60)  # type: ignore[untyped-decorator]
def sum_up_health(engagement_id: int) -> None:
    """Work out again how an engagement does, for the lists."""
    summaries.sum_up(engagement_id)


@shared_task(name="questionnaires.look_at_the_calendar", ignore_result=True, time_limit=600)  # type: ignore[untyped-decorator]
def look_at_the_calendar() -> None:
    """Ask again what comes round today, and note which waivers have run out; doing it twice does nothing more."""
    now = timezone.now()
    rounds.ask_what_is_due(now)
    waiving.note_expired(now)
