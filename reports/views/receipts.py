"""The receipt of a meeting as a document."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.policy import Permission
from questionnaires.access import get_meeting
from reports.actions import receipts, writing
from reports.views.reports import problem


@require_POST
def receipt(request: SignedInRequest, engagement_id: int, meeting_id: int) -> HttpResponse:
    """Have a meeting's receipt set as a document and lead to it; the firm may have what the client's says as well."""
    desk, meeting = get_meeting(request.user, engagement_id, meeting_id, can=Permission.EXPORT)
    edition = desk.membership.side
    if request.POST.get("edition") == Side.CLIENT and not meeting.firm_only:
        edition = Side.CLIENT
    try:
        report = receipts.write_receipt(desk=desk, meeting=meeting, edition=edition)
    except receipts.NotOver:
        return problem(request, 409, _("This meeting is not over. Its receipt is written when it ends."))
    except writing.TooManyWaiting as error:
        return problem(request, 429, str(error))
    return redirect("reports:report", engagement_id, report.pk)
