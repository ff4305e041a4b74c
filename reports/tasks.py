"""What the worker does for reports."""

from celery import shared_task

from reports.actions import keeping, scheduling, setting


@shared_task(name="reports.set_report", ignore_result=True)  # type: ignore[untyped-decorator]  # celery ships no types
def set_report(report_id: int) -> None:
    """Make the file of a report whose turn it is."""
    setting.set_report(report_id)


@shared_task(name="reports.write_as_planned", ignore_result=True, time_limit=120)  # type: ignore[untyped-decorator]
def write_as_planned(schedule_id: int) -> None:
    """Write the report of a plan whose time has come."""
    scheduling.write_as_planned(schedule_id)


@shared_task(name="reports.follow_up", ignore_result=True, time_limit=120)  # type: ignore[untyped-decorator]
def follow_up(report_id: int) -> None:
    """Do with a finished report what its plan says."""
    scheduling.follow_up(report_id)


@shared_task(name="reports.tidy_up", ignore_result=True, time_limit=600)  # type: ignore[untyped-decorator]
def tidy_up() -> None:
    """Remove files and lines that nobody needs any more; doing it twice does nothing more."""
    keeping.tidy_up()
