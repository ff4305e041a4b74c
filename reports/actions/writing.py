"""Ask for a report, stop it, try it again."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements import doorbell, history
from engagements.models import Engagement
from questionnaires.access import Desk, Viewpoint
from questionnaires.models import Questionnaire
from reports.content import deliverables
from reports.content.record import day, record_of
from reports.models import Report

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
    waiting = Report.objects.filter(
        requested_by=desk.membership.user, state__in=[Report.State.QUEUED, Report.State.RUNNING]
    )
    if waiting.count() >= WAITING_PER_PERSON:
        raise TooManyWaiting(
            _("You have ten reports waiting. They are made one after another; come back when some are ready.")
        )
    view = Viewpoint(desk.questionnaire, Side(edition))
    return create(view=view, questionnaire=desk.questionnaire, kind=kind, by=desk.membership.user, at=at)


@transaction.atomic
def create(
    *, view: Viewpoint, questionnaire: Questionnaire, kind: str, by: User | None, at: datetime | None = None
) -> tuple[Report, bool]:
    """Store the snapshot of a deliverable as a report that waits for its file."""
    engagement = view.engagement
    at = at or timezone.now()
    # One after another for an engagement: the number and the comparison with the last one belong together.
    Engagement.objects.select_for_update(no_key=True).only("pk").get(pk=engagement.pk)
    same_kind = Report.objects.filter(engagement=engagement, kind=kind, edition=view.side)
    released = same_kind.filter(stage=Report.Stage.RELEASED).order_by("-number").first()
    record = record_of(view, at)
    number = (same_kind.aggregate(newest=Max("number"))["newest"] or 0) + 1
    replaces = ""
    if released is not None and released.released_at is not None:
        replaces = _("%(title)s %(number)d of %(day)s") % {
            "title": released.title,
            "number": released.number,
            "day": day(engagement.today(released.released_at), record.today),
        }
    data = deliverables.snapshot(
        record, kind, number=0, since=released.event if released else 0, replaces=replaces
    )
    data["event"] = engagement.last_event
    mark = deliverables.fingerprint({**data, "event": 0})
    known = (
        same_kind.filter(fingerprint=mark)
        .exclude(state__in=[Report.State.FAILED, Report.State.CANCELLED])
        .order_by("-number")
        .first()
    )
    if known is not None:
        return known, False
    data["number"] = number
    report = Report.objects.create(
        engagement=engagement,
        kind=kind,
        number=number,
        edition=view.side,
        title=data["title"],
        framework_version_id=questionnaire.version_id,
        snapshot=data,
        fingerprint=mark,
        event=engagement.last_event,
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
