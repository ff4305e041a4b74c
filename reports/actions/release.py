"""Release a report to the client: it stands from then on, and replaces the one before."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements import history
from reports.models import Report


class NotReleasable(Exception):
    """The report is not ready, is the firm's own edition, or was released before."""


@transaction.atomic
def release(*, report: Report, by: User, at: datetime | None = None) -> Report:
    """Release a finished client edition; the released one before it becomes superseded."""
    at = at or timezone.now()
    number = history.lock(report.engagement)
    report.refresh_from_db(fields=["state", "stage", "storage_name"])
    if report.edition != Side.CLIENT:
        raise NotReleasable(_("This is the firm's own edition. Write the client's edition to release it."))
    if report.is_receipt:
        raise NotReleasable(_("Nobody has to release what came of a meeting: both sides read it already."))
    if report.state != Report.State.DONE:
        raise NotReleasable(_("The file is not ready yet."))
    if report.in_parts:
        raise NotReleasable(
            _("This is a quick draft. The file to be released is being set; try again in a moment.")
        )
    if report.stage in (Report.Stage.RELEASED, Report.Stage.SUPERSEDED):
        raise NotReleasable(_("This report has been released already."))
    Report.objects.filter(
        engagement=report.engagement, kind=report.kind, edition=report.edition, stage=Report.Stage.RELEASED
    ).update(stage=Report.Stage.SUPERSEDED)
    report.stage, report.released_by, report.released_at = Report.Stage.RELEASED, by, at
    report.save(update_fields=["stage", "released_by", "released_at"])
    history.record(
        "report.released",
        engagement=report.engagement,
        number=number,
        by=by,
        at=at,
        data={"report": report.pk, "title": report.title, "number": report.number},
    )
    return report
