"""Reports on screen: the list, one report and how far it is, its file."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest, attachment
from accounts.models import Side
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires.access import get_desk
from questionnaires.views.shell import shell
from reports import access
from reports.actions import release as releasing
from reports.actions import writing
from reports.actions.setting import frame_of
from reports.content import deliverables
from reports.content.offers import offers
from reports.models import Report
from reports.render.word import write as write_word

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_safe
def reports(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List what was written, newest first, and what can be."""
    desk = get_desk(request.user, engagement_id, can=Permission.SEE)
    found = list(
        Report.objects.for_side(desk.membership.side)
        .filter(engagement=desk.engagement)
        .defer("snapshot")
        .select_related("requested_by")
        .order_by("-requested_at", "-id")[:200]
    )
    for report in found:
        report.engagement = desk.engagement
    context = shell(
        desk,
        "reports",
        moving=[report for report in found if report.is_moving],
        reports=[report for report in found if not report.is_moving],
        titles=deliverables.titles(desk.framework),
        offers=offers(desk.view, found) if desk.membership.may(Permission.WRITE_REPORT) else [],
        problem=request.GET.get("problem", ""),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/reports.html", context)


@require_POST
def write(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Write a report and lead to it, where its progress shows."""
    desk = get_desk(request.user, engagement_id, can=Permission.WRITE_REPORT)
    edition = request.POST.get("edition", Side.CLIENT)
    try:
        if edition not in Side.values:
            raise deliverables.NoSuchDeliverable(edition)
        report, _is_new = writing.write_report(desk=desk, kind=request.POST.get("kind", ""), edition=edition)
    except deliverables.NoSuchDeliverable:
        return problem(request, 422, _("There is no such deliverable. Choose one of the list."))
    except writing.TooManyWaiting as error:
        return problem(request, 429, str(error))
    return redirect("reports:report", engagement_id, report.pk)


@require_safe
def report(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Show one report: what it is, how far its file is, what can be done with it."""
    membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.SEE)
    if request.htmx and not request.htmx.history_restore_request:
        return fragment(request, membership, found)
    desk = get_desk(request.user, engagement_id, can=Permission.SEE)
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/report.html", shell(desk, "reports", report=found))


def fragment(request: SignedInRequest, membership: Membership, report: Report) -> HttpResponse:
    """Render the part of a report's page that moves while it is being made."""
    with timezone.override(membership.engagement.zone):
        return render(
            request,
            "reports/_report.html",
            {"report": report, "engagement": membership.engagement, "membership": membership},
        )


@require_POST
def stop(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Stop the making of a report."""
    membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.WRITE_REPORT)
    try:
        writing.stop(report=found)
    except writing.NotStoppable as error:
        return problem(request, 409, str(error))
    return back(request, membership, found)


@require_POST
def retry(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Let a report that could not be made be tried again."""
    membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.WRITE_REPORT)
    return back(request, membership, writing.retry(report=found))


@require_POST
def release(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Release a report to the client."""
    membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.RELEASE)
    try:
        releasing.release(report=found, by=request.user)
    except releasing.NotReleasable as error:
        return problem(request, 409, str(error))
    return back(request, membership, found)


@require_safe
def download(request: SignedInRequest, engagement_id: int, report_id: int) -> FileResponse:
    """Send a report's file, as an attachment under a name that says what it is."""
    _membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.SEE)
    if found.state != Report.State.DONE or not default_storage.exists(found.storage_name):
        raise Http404
    response = FileResponse(
        default_storage.open(found.storage_name),
        as_attachment=True,
        filename=found.filename,
        content_type="application/pdf",
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@require_safe
def word(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Send the same content as a Word document."""
    _membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.SEE)
    name = found.filename.removesuffix(".pdf") + ".docx"
    return attachment(write_word(found.snapshot, frame_of(found)), name, DOCX)


def back(request: SignedInRequest, membership: Membership, report: Report) -> HttpResponse:
    """Show the report as it is now."""
    if request.htmx:
        return fragment(request, membership, report)
    return redirect("reports:report", membership.engagement_id, report.pk)


def problem(request: SignedInRequest, status: int, message: str) -> HttpResponse:
    """Say what happened."""
    template = "_refusal.html" if request.htmx else "problem.html"
    return render(request, template, {"message": message, "status": status}, status=status)
