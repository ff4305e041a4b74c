"""Have the receipt of a meeting set as a document."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Side
from engagements import doorbell, history
from engagements.models import Engagement
from questionnaires import receipts
from questionnaires.access import Desk, Viewpoint
from questionnaires.models import Meeting
from reports.actions import writing
from reports.actions.editing import fingerprint
from reports.content import deliverables
from reports.content.record import record_of
from reports.models import RECEIPT, Report


class NotOver(Exception):
    """The meeting has not ended, so there is no receipt of it."""


def write_receipt(*, desk: Desk, meeting: Meeting, edition: Side, at: datetime | None = None) -> Report:
    """Return the receipt of a meeting as a document of a side, written when it is first asked for.

    A meeting that ended changes no more, so one document a side is enough; one that could not be made is tried again.
    Nobody releases it: whoever sees it could read the same on the meeting's page. Raises NotOver and TooManyWaiting.
    """
    if meeting.ended_at is None:
        raise NotOver
    kind = f"{RECEIPT}{meeting.pk}"
    known = Report.objects.filter(engagement=desk.engagement, kind=kind, edition=edition)
    if (report := known.first()) is not None:
        return writing.retry(report=report)
    writing.require_turn(desk.membership.user)
    view = Viewpoint(desk.questionnaire, edition)
    with writing.one_moment():
        data = deliverables.snapshot_of_meeting(
            record_of(view, meeting.ended_at), kind, receipts.receipt(view, meeting)
        )
    with transaction.atomic():
        engagement = Engagement.objects.select_for_update(no_key=True).get(pk=desk.engagement.pk)
        if (report := known.first()) is not None:
            return report
        report = Report.objects.create(
            engagement=engagement,
            kind=kind,
            number=1,
            edition=edition,
            title=data["title"],
            framework_version_id=desk.questionnaire.version_id,
            snapshot=data,
            written=fingerprint(data),
            fingerprint=fingerprint(data),
            event=meeting.ended_event or 0,
            requested_by=desk.membership.user,
            requested_at=at or timezone.now(),
        )
        history.record(
            "report.written",
            engagement=engagement,
            number=history.lock(engagement),
            by=desk.membership.user,
            at=report.requested_at,
            firm_only=edition == Side.FIRM,
            data={"report": report.pk, "title": report.title, "number": 1, "edition": str(edition)},
        )
        doorbell.ring_on_commit()
    return report
