"""The doors to reports; each goes through the engagement's own door first."""

from django.http import Http404

from accounts.models import User
from engagements.access import get_membership
from engagements.models import Membership
from engagements.policy import Permission
from reports.models import Report


def get_report(
    user: User, engagement_id: int, report_id: int, *, can: Permission
) -> tuple[Membership, Report]:
    """Return a report that *user*'s side may see: for the client what was released to it, in its own edition."""
    membership = get_membership(user, engagement_id, can=can)
    report = (
        Report.objects.for_side(membership.side)
        .filter(engagement_id=engagement_id, pk=report_id)
        .select_related("requested_by", "released_by")
        .first()
    )
    if report is None:
        raise Http404
    report.engagement = membership.engagement
    return membership, report
