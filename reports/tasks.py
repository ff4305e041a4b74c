"""What the worker does for reports."""

from celery import shared_task

from reports.actions import setting


@shared_task(name="reports.set_report", ignore_result=True)  # type: ignore[untyped-decorator]  # celery ships no types
def set_report(report_id: int) -> None:
    """Make the file of a report whose turn it is."""
    setting.set_report(report_id)
