"""Ask for a report, stop it, try it again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements import doorbell, history
from engagements.models import Engagement, Event
from questionnaires.access import Desk, Viewpoint
from questionnaires.models import Questionnaire
from reports.content import deliverables
from reports.content.edits import Edits, edited, parts
from reports.content.record import day, record_of
from reports.models import KEY, Report, Schedule

WAITING_PER_PERSON = 10


class TooManyWaiting(Exception):
    """Somebody has more reports waiting than are made in a reasonable time."""


class NotStoppable(Exception):
    """The report is not being made any more."""


def write_report(*, desk: Desk, kind: str, edition: str, at: datetime | None = None) -> tuple[Report, bool]:
    """Write a deliverable's snapshot and have it set; says whether a new report was needed.

    When nothing it says has changed since the last one of its kind that is there or on its way, that one is
    returned: one rendering for a snapshot, however often it is asked for.
    """
    require_turn(desk.membership.user)
    view = Viewpoint(desk.questionnaire, Side(edition))
    return create(view=view, questionnaire=desk.questionnaire, kind=kind, by=desk.membership.user, at=at)


def require_turn(user: User) -> None:
    """Raise TooManyWaiting when somebody has asked for enough already."""
    waiting = Report.objects.filter(requested_by=user, state__in=[Report.State.QUEUED, Report.State.RUNNING])
    if waiting.count() >= WAITING_PER_PERSON:
        raise TooManyWaiting(
            _("You have ten reports waiting. They are made one after another; come back when some are ready.")
        )


def write_anew(*, desk: Desk, report: Report, at: datetime | None = None) -> Report:
    """Write a deliverable once more although a version of it was released, with the words that were added to that one.

    Raises TooManyWaiting.
    """
    require_turn(desk.membership.user)
    view = Viewpoint(desk.questionnaire, Side(report.edition))
    user = desk.membership.user
    return create(view=view, questionnaire=desk.questionnaire, kind=report.kind, by=user, at=at, like=report)[
        0
    ]


def create(
    *,
    view: Viewpoint,
    questionnaire: Questionnaire,
    kind: str,
    by: User | None,
    at: datetime | None = None,
    like: Report | None = None,
    schedule: Schedule | None = None,
) -> tuple[Report, bool]:
    """Store the snapshot of a deliverable as a report that waits for its file.

    The snapshot is read as of one moment and without a lock, so that nobody who writes meanwhile has to wait for it.
    *like* is a report whose words are taken over, and which does not stand for this one even if it says the same.
    *schedule* is the plan on which it is written.
    """
    at = at or timezone.now()
    if like is None and (known := unchanged(view, kind, at)) is not None:
        return known, False
    while True:
        with one_moment():
            released = released_before(view, kind)
            data = snapshot_of(view, kind, at, released)
        with transaction.atomic():
            # One after another for an engagement: the number and the comparison with the last one belong together.
            Engagement.objects.select_for_update(no_key=True).only("pk").get(pk=view.engagement.pk)
            if released_before(view, kind) == released:
                return store(view, questionnaire, kind, data, by, at, released, like, schedule)


@contextmanager
def one_moment() -> Iterator[None]:
    """Read everything as of one moment; within a transaction that has begun, as of that transaction."""
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def same_kind(view: Viewpoint, kind: str) -> "QuerySet[Report]":
    """Return the reports of a kind and edition."""
    return Report.objects.filter(engagement=view.engagement, kind=kind, edition=view.side)


def released_before(view: Viewpoint, kind: str) -> Report | None:
    """Return the report that a new one is compared with, and replaces when it is released."""
    released = same_kind(view, kind).filter(stage=Report.Stage.RELEASED)
    return released.defer("snapshot").order_by("-number").first()


def unchanged(view: Viewpoint, kind: str, at: datetime) -> Report | None:
    """Return the newest report of a kind when nothing has happened since that it could tell, in three queries.

    Texts tell days and never hours, so it holds until midnight. Whatever a snapshot is made from has an event,
    except the look of the firm's and the client's documents, which is compared.
    """
    newest = (
        same_kind(view, kind)
        .exclude(state__in=[Report.State.FAILED, Report.State.CANCELLED])
        .defer("snapshot")
        .annotate(look=F("snapshot__house"))
        .order_by("-number")
        .first()
    )
    engagement = view.engagement
    if newest is None or engagement.today(newest.requested_at) != engagement.today(at):
        return None
    later = Event.objects.filter(engagement=engagement, number__gt=newest.event)
    # That a report was written or talked about is not told in reports; that one was released is.
    about_reports = Q(kind__startswith="report.") | Q(item_key__startswith=KEY)
    if later.exclude(about_reports & ~Q(kind="report.released")).exists():
        return None
    look = json.loads(json.dumps(record_of(view, at).house.plain(), default=str))
    return newest if newest.look == look else None


def snapshot_of(view: Viewpoint, kind: str, at: datetime, released: Report | None) -> dict[str, Any]:
    """Return what a new report of a kind says, with the number of the newest event it knows."""
    engagement = view.engagement
    event = Engagement.objects.values_list("last_event", flat=True).get(pk=engagement.pk)
    record = record_of(view, at)
    replaces = ""
    if released is not None and released.released_at is not None:
        with translation.override(record.house.language):
            replaces = _("%(title)s %(number)d of %(day)s") % {
                "title": released.title,
                "number": released.number,
                "day": day(engagement.today(released.released_at), record.today),
            }
    data = deliverables.snapshot(
        record, kind, number=0, since=released.event if released else 0, replaces=replaces
    )
    return {**data, "event": event}


def store(
    view: Viewpoint,
    questionnaire: Questionnaire,
    kind: str,
    data: dict[str, Any],
    by: User | None,
    at: datetime,
    released: Report | None = None,
    like: Report | None = None,
    schedule: Schedule | None = None,
) -> tuple[Report, bool]:
    """Store a snapshot, or return the report that says the same; under the engagement's lock."""
    engagement = view.engagement
    mark = deliverables.fingerprint({**data, "event": 0})
    same = same_kind(view, kind).filter(written=mark)
    if like is not None:
        same = same.exclude(stage__in=[Report.Stage.RELEASED, Report.Stage.SUPERSEDED])
    known = same.exclude(state__in=[Report.State.FAILED, Report.State.CANCELLED]).order_by("-number").first()
    if known is not None:
        return known, False
    number = (same_kind(view, kind).aggregate(newest=Max("number"))["newest"] or 0) + 1
    data["number"] = number
    edits = _fitting(like, data) if like else Edits()
    report = Report.objects.create(
        engagement=engagement,
        kind=kind,
        number=number,
        edition=view.side,
        title=data["title"],
        framework_version_id=questionnaire.version_id,
        snapshot=data,
        edits=edits.plain(),
        written=mark,
        fingerprint=deliverables.fingerprint({**edited(data, edits), "event": 0, "number": 0}),
        replaces=released,
        schedule=schedule,
        due_on=schedule.next_on if schedule else None,
        then=schedule.then if schedule else Report.Then.STAY,
        event=data["event"],
        requested_by=by,
        requested_at=at,
    )
    event = history.lock(engagement)
    history.record(
        "report.written",
        engagement=engagement,
        number=event,
        by=by,
        at=at,
        firm_only=True,
        data={"report": report.pk, "title": data["title"], "number": number, "edition": str(view.side)},
    )
    doorbell.ring_on_commit()
    return report, True


def _fitting(like: Report, data: dict[str, Any]) -> Edits:
    """Return the words of another report as far as this one has the parts that they belong to."""
    words, known = Edits.read(like.edits), parts(data, Edits())
    keys = {part.key for part in known}
    left_out = [key for key in words.left_out if key in keys]
    return Edits(
        words.foreword,
        {key: text for key, text in words.texts.items() if key in keys},
        left_out if len(left_out) < len(known) else [],
    )


@transaction.atomic
def retry(*, report: Report) -> Report:
    """Let a report that failed or was stopped be made again, from the same snapshot."""
    changed = Report.objects.filter(
        pk=report.pk, state__in=[Report.State.FAILED, Report.State.CANCELLED]
    ).update(state=Report.State.QUEUED, attempts=0, error="", percent=0, doing="", lease_until=None)
    if changed:
        doorbell.ring_on_commit()
    report.refresh_from_db()
    return report


def stop(*, report: Report) -> Report:
    """Stop a report that waits or is being made. Raises NotStoppable when it is neither."""
    changed = Report.objects.filter(
        pk=report.pk, state__in=[Report.State.QUEUED, Report.State.RUNNING]
    ).update(state=Report.State.CANCELLED, lease_until=None, doing="")
    if not changed:
        raise NotStoppable(_("This report is not being made any more."))
    report.refresh_from_db()
    return report
