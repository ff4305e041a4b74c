"""What is kept of reports and for how long."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from engagements.models import Engagement
from reports.models import Opening, Report

FOLDER = "reports"
# How long it is kept who opened a link, after the link has ended.
OPENINGS = timedelta(days=365)
# A file may be there a moment before its row says so, and a moment after.
YOUNG = timedelta(days=1)


def tidy_up(*, now: datetime | None = None) -> int:
    """Remove files that belong to no report, the files of purged engagements, and old lines of who opened what.

    Returns how many files went. Rows of reports stay: what was released is on record.
    """
    now = now or timezone.now()
    Opening.objects.filter(link__expires_at__lt=now - OPENINGS).delete()
    purged = Report.objects.filter(engagement__status=Engagement.Status.PURGED).exclude(storage_name="")
    names = list(purged.values_list("storage_name", flat=True))
    gone = [name for name in names if default_storage.exists(name)]
    gone += [name for name in orphans() if default_storage.get_modified_time(name) < now - YOUNG]
    for name in gone:
        default_storage.delete(name)
    return len(gone)


def orphans() -> Iterator[str]:
    """Give the stored files that belong to no report."""
    if not default_storage.exists(FOLDER):
        return
    known = set(Report.objects.exclude(storage_name="").values_list("storage_name", flat=True))
    for name in default_storage.listdir(FOLDER)[1]:
        if f"{FOLDER}/{name}" not in known:
            yield f"{FOLDER}/{name}"
