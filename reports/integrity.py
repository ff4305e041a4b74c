"""Prove that what is stored about reports agrees with itself."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from engagements.models import Engagement, Event, Thread
from reports.actions import keeping
from reports.actions.editing import fingerprint
from reports.content.edits import document_of
from reports.models import KEY, Report, Schedule


def problems(engagement: Engagement | None = None, *, files: bool = False) -> Iterator[str]:
    """Give a sentence for each contradiction; nothing means sound. *files* also reads every stored byte."""
    reports = Report.objects.exclude(engagement__status=Engagement.Status.PURGED)
    if engagement:
        reports = reports.filter(engagement=engagement)
    yield from _files(reports, read=files)
    yield from _documents(reports)
    yield from _life(reports)
    yield from _jobs(reports)
    yield from _talk(engagement)
    if engagement is None:
        for name in keeping.orphans():
            if default_storage.get_modified_time(name) < timezone.now() - timedelta(hours=1):
                yield f"{name}: a file that belongs to no report"


def _files(reports: "QuerySet[Report]", *, read: bool) -> Iterator[str]:
    done = reports.filter(state=Report.State.DONE).only("pk", "storage_name", "sha256", "size")
    for report in done.order_by("pk").iterator(chunk_size=500):
        if not default_storage.exists(report.storage_name):
            yield f"report {report.pk}: its file is missing"
        elif read:
            with default_storage.open(report.storage_name) as stored:
                digest = hashlib.file_digest(stored, "sha256").hexdigest()
            if digest != report.sha256:
                yield f"report {report.pk}: its file is not the one that was made"


def _documents(reports: "QuerySet[Report]") -> Iterator[str]:
    # Taking words out leaves the fingerprint as it was: it says what was released.
    for report in reports.filter(redaction=None).order_by("pk").iterator(chunk_size=50):
        if fingerprint(document_of(report)) != report.fingerprint:
            yield f"report {report.pk}: it does not say what its fingerprint was taken of"


def _life(reports: "QuerySet[Report]") -> Iterator[str]:
    released = Event.objects.filter(kind="report.released").values_list("data__report", flat=True)
    told = {number for number in released if number is not None}
    stages = [Report.Stage.RELEASED, Report.Stage.SUPERSEDED]
    for report in reports.filter(stage__in=stages).only("pk"):
        if report.pk not in told:
            yield f"report {report.pk}: no event says that it was released"
    wrong = Q(superseded_by__isnull=False) & (
        ~Q(superseded_by__engagement=F("engagement"))
        | ~Q(superseded_by__kind=F("kind"))
        | ~Q(superseded_by__edition=F("edition"))
    )
    for report in reports.filter(wrong).only("pk", "superseded_by"):
        yield f"report {report.pk}: superseded by report {report.superseded_by_id}, which is of another kind"


def _jobs(reports: "QuerySet[Report]") -> Iterator[str]:
    stuck = reports.filter(state=Report.State.QUEUED, attempts__gte=3)
    for report in stuck.only("pk"):
        yield f"report {report.pk}: it waits and has had its attempts"
    for schedule in Schedule.objects.filter(ended_at=None, attempts__gt=10):
        yield f"schedule {schedule.pk}: it was tried {schedule.attempts} times"


def _talk(engagement: Engagement | None) -> Iterator[str]:
    threads = Thread.objects.filter(item_key__startswith=KEY)
    if engagement:
        threads = threads.filter(engagement=engagement)
    for thread in threads.filter(firm_only=False):
        yield f"thread {thread.pk}: it is about a report, and the client side reads it"
