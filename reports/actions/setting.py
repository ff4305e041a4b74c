"""Set a report's file: claim the row, keep the lease, write the file, finish the row. A row can be rung for twice."""

import hashlib
import logging
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from engagements import doorbell
from reports.models import ATTEMPTS, Report
from reports.render.document import Frame
from reports.render.process import Stopped
from reports.render.work import CannotSet, render

log = logging.getLogger("throughline.reports")
# Whoever holds a row longer without a sign has died.
LEASE = timedelta(seconds=20)
RENEW = 5.0
WORK = doorbell.Work(
    task="reports.set_report",
    due="""
        SELECT id, COALESCE(lease_until, requested_at)::text FROM (
            SELECT id, lease_until, requested_at, row_number() OVER (PARTITION BY requested_by_id ORDER BY id) AS turn
            FROM reports_report
            WHERE state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp())
        ) waiting
        ORDER BY turn, id LIMIT 20
    """,
)

CLAIM = """
    UPDATE reports_report SET state = 'running', attempts = attempts + 1, lease_until = %(until)s,
        percent = 0, doing = '', error = ''
    WHERE id = %(id)s AND attempts < %(most)s
      AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()))
    RETURNING attempts
"""
GIVE_UP = """
    UPDATE reports_report SET state = 'failed', lease_until = NULL, error = %(error)s
    WHERE id = %(id)s AND attempts >= %(most)s AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()))
"""


def set_report(report_id: int) -> None:
    """Make the file of a report whose turn it is; does nothing for one that somebody else has.

    A row is tried three times: a worker that died with it is found by its lease.
    """
    attempt = claim(report_id)
    if attempt is None:
        return
    report = Report.objects.select_related("engagement").get(pk=report_id)
    with translation.override(report.snapshot.get("language", "en")):
        try:
            finish(report, attempt)
        except Stopped:
            log.info("report stopped", extra={"fields": {"report": report_id}})
        except CannotSet as error:
            fail(report, attempt, str(error))
        except OSError as error:
            log.exception("report failed", extra={"fields": {"report": report_id}})
            fail(
                report,
                attempt,
                _("The file could not be written: %(reason)s. The last good version is kept.")
                % {"reason": error.strerror or ""},
            )
        except Exception:
            log.exception("report failed", extra={"fields": {"report": report_id}})
            again(report, attempt)


def claim(report_id: int) -> int | None:
    """Take a report whose turn it is; returns which attempt this is, or None."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"id": report_id, "until": timezone.now() + LEASE, "most": ATTEMPTS})
        row = cursor.fetchone()
        if row is None:
            words = _("Making it broke off three times. Try again, or tell whoever looks after this machine.")
            cursor.execute(GIVE_UP, {"id": report_id, "most": ATTEMPTS, "error": words})
            return None
    return int(row[0])


def held(report: Report, attempt: int) -> "QuerySet[Report]":
    """Return the row as long as this attempt still holds it, and no words were taken out of what it sets."""
    return Report.objects.filter(
        pk=report.pk, state=Report.State.RUNNING, attempts=attempt, redaction=report.redaction_id
    )


def finish(report: Report, attempt: int) -> None:
    """Render into a temporary file, keep it under a name that says nothing, and mark the row done."""
    last = [0.0, -1]

    def progress(percent: int, doing: str) -> None:
        now = time.monotonic()
        if now - last[0] < 0.4 and percent <= last[1] + 10:
            return
        changes: dict[str, Any] = {"lease_until": timezone.now() + LEASE}
        if percent >= 0:
            changes |= {"percent": min(percent, 99), "doing": doing[:200]}
        elif now - last[0] < RENEW:
            return
        last[:] = [now, max(percent, last[1])]
        if not held(report, attempt).update(**changes):
            raise Stopped

    folder = settings.DATA / "rendering"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        target = Path(place) / "report.pdf"
        frame = Frame(report.code, f"{settings.BASE_URL}/check/{report.code}/", settings.BASE_URL)
        rendered = render(report.snapshot, frame, target, progress=progress)
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        name = f"reports/{uuid.uuid4().hex}.pdf"
        with target.open("rb") as stream:
            stored = default_storage.save(name, File(stream))
    done = held(report, attempt).update(
        state=Report.State.DONE,
        lease_until=None,
        percent=100,
        doing="",
        error="",
        degraded=rendered.degraded,
        storage_name=stored,
        sha256=digest,
        size=rendered.size,
        pages=rendered.pages,
        done_at=timezone.now(),
    )
    if not done:
        default_storage.delete(stored)


def fail(report: Report, attempt: int, message: str) -> None:
    """Record why a report cannot be made; the person may try again."""
    held(report, attempt).update(state=Report.State.FAILED, lease_until=None, error=message[:500], doing="")


def again(report: Report, attempt: int) -> None:
    """Give a report back after something unforeseen, or give it up when it has had its attempts."""
    if attempt >= ATTEMPTS:
        fail(
            report,
            attempt,
            _("Making it failed three times. Try again, or tell whoever looks after this machine."),
        )
        return
    with transaction.atomic():
        if held(report, attempt).update(state=Report.State.QUEUED, lease_until=None, doing=""):
            doorbell.ring_on_commit()
