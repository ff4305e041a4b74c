"""Set a report's file: claim the row, keep the lease, write the file, finish the row. A row can be rung for twice."""

import contextlib
import hashlib
import logging
import shutil
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
from reports.content.edits import document_of
from reports.models import ATTEMPTS, PARTS, Report
from reports.render import parts
from reports.render.document import Frame
from reports.render.process import RenderFailed, Stopped
from reports.render.work import CannotSet, render

log = logging.getLogger("throughline.reports")
# Whoever holds a row longer without a sign has died.
LEASE = timedelta(seconds=20)
RENEW = 5.0
WORK = doorbell.Work(
    task="reports.set_report",
    due="""
        SELECT id, COALESCE(lease_until, requested_at)::text || state FROM (
            SELECT id, lease_until, requested_at, state,
                row_number() OVER (PARTITION BY state = 'done', requested_by_id ORDER BY id) AS turn
            FROM reports_report
            WHERE state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp())
               OR (state = 'done' AND storage_name LIKE 'reports/parts-%'
                   AND (lease_until IS NULL OR lease_until < clock_timestamp()))
        ) waiting
        ORDER BY state = 'done', turn, id LIMIT 20
    """,
)

CLAIM = """
    UPDATE reports_report SET state = 'running', attempts = attempts + 1, lease_until = %(until)s,
        percent = 0, doing = '', error = ''
    WHERE id = %(id)s AND attempts < %(most)s
      AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()))
    RETURNING attempts
"""
# A draft that was set in parts is there to be read; meanwhile it is set whole.
CLAIM_WHOLE = """
    UPDATE reports_report SET attempts = attempts + 1, lease_until = %(until)s
    WHERE id = %(id)s AND attempts < %(most)s AND state = 'done' AND storage_name LIKE 'reports/parts-%%'
      AND (lease_until IS NULL OR lease_until < clock_timestamp())
    RETURNING attempts
"""
GIVE_UP = """
    UPDATE reports_report SET state = 'failed', lease_until = NULL, error = %(error)s
    WHERE id = %(id)s AND attempts >= %(most)s
      AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp())
           OR (state = 'done' AND storage_name LIKE 'reports/parts-%%' AND (lease_until IS NULL OR lease_until < clock_timestamp())))
"""


def set_report(report_id: int) -> None:
    """Make the file of a report whose turn it is; does nothing for one that somebody else has.

    A row is tried three times: a worker that died with it is found by its lease. A long draft is first set in parts,
    so that it can be read soon, and then whole: only that one can be released.
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
    facts: dict[str, Any] = {"id": report_id, "until": timezone.now() + LEASE, "most": ATTEMPTS}
    with connection.cursor() as cursor:
        for statement in (CLAIM, CLAIM_WHOLE):
            cursor.execute(statement, facts)
            if row := cursor.fetchone():
                return int(row[0])
        words = _("Making it broke off three times. Try again, or tell whoever looks after this machine.")
        cursor.execute(GIVE_UP, {"id": report_id, "most": ATTEMPTS, "error": words})
    return None


def held(report: Report, attempt: int) -> "QuerySet[Report]":
    """Return the row as long as this attempt still holds it, and what it sets is still what the report says."""
    return Report.objects.filter(
        pk=report.pk,
        state=report.state,
        attempts=attempt,
        lease_until__isnull=False,
        redaction=report.redaction_id,
        edited=report.edited,
    )


def frame_of(report: Report) -> Frame:
    """Return what is printed on every page of a report beside its snapshot."""
    return Frame(report.code, f"{settings.BASE_URL}/check/{report.code}/", settings.BASE_URL)


def finish(report: Report, attempt: int) -> None:
    """Render into a temporary file, keep it under a name that says nothing, and mark the row done."""
    last = [0.0, -1]
    is_shown = report.state == Report.State.RUNNING

    def progress(percent: int, doing: str) -> None:
        now = time.monotonic()
        if now - last[0] < 0.4 and percent <= last[1] + 10:
            return
        changes: dict[str, Any] = {"lease_until": timezone.now() + LEASE}
        if percent >= 0 and is_shown:
            changes |= {"percent": min(percent, 99), "doing": doing[:200]}
        elif now - last[0] < RENEW:
            return
        last[:] = [now, max(percent, last[1])]
        if not held(report, attempt).update(**changes):
            raise Stopped

    document = document_of(report)
    in_parts = is_shown and parts.expected_pages(document) >= parts.LONG
    folder = settings.DATA / "rendering"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clear_away(folder)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        target = Path(place) / "report.pdf"
        frame = frame_of(report)
        if in_parts:
            try:
                rendered = parts.render_in_parts(document, frame, target, progress=progress)
            except RenderFailed:
                # The whole finds out which part it is, and delivers the rest.
                in_parts = False
        if not in_parts:
            rendered = render(document, frame, target, progress=progress)
        digest = hashlib.sha256(target.read_bytes()).hexdigest()
        before = report.storage_name
        name = named(report, attempt, in_parts=in_parts)
        with target.open("rb") as stream:
            stored = default_storage.save(name, File(stream))
    done = held(report, attempt).update(
        state=Report.State.DONE,
        # What was set in parts is set whole next, with three attempts of its own.
        attempts=0 if in_parts else attempt,
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
    elif before and before != stored:
        default_storage.delete(before)
    if done and (in_parts or report.then):
        doorbell.ring_on_commit()


def named(report: Report, attempt: int, *, in_parts: bool) -> str:
    """Return the name under which the file is kept, so that it is found again by whoever comes after a worker that died.

    A first file's name is written into the row before the file is; the whole's name follows from that of its draft.
    """
    if report.state == Report.State.DONE:
        name = report.storage_name.replace(PARTS, "reports/")
        default_storage.delete(name)
        return name
    name = f"{PARTS if in_parts else 'reports/'}{uuid.uuid4().hex}.pdf"
    if not held(report, attempt).update(storage_name=name):
        raise Stopped
    return name


def clear_away(folder: Path) -> None:
    """Remove what a worker that was killed left behind."""
    yesterday = time.time() - 86_400
    for place in folder.iterdir():
        with contextlib.suppress(OSError):
            if place.stat().st_mtime < yesterday:
                shutil.rmtree(place)


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
        # A draft in parts stays readable; it is only waiting to be set whole.
        state = Report.State.DONE if report.state == Report.State.DONE else Report.State.QUEUED
        if held(report, attempt).update(state=state, lease_until=None, doing=""):
            doorbell.ring_on_commit()
