"""The certificate of a gate as a document."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.policy import Permission
from questionnaires.access import get_gate
from reports.actions import certificates, writing
from reports.views.reports import problem


@require_POST
def certificate(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Have a gate's certificate set as a document and lead to it; the firm may have what the client's says as well."""
    desk, gate, _entry = get_gate(request.user, engagement_id, key, can=Permission.EXPORT)
    edition = Side.CLIENT if request.POST.get("edition") == Side.CLIENT else desk.membership.side
    try:
        report = certificates.write_certificate(desk=desk, gate=gate, edition=edition)
    except certificates.NothingSigned as error:
        return problem(request, 409, str(error))
    except writing.TooManyWaiting as error:
        return problem(request, 429, str(error))
    return redirect("reports:report", engagement_id, report.pk)
