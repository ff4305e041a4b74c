"""Reports on screen: the list, one report and how far it is, its file."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, attachment, stored_attachment
from accounts.models import Side
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import reading, talk
from questionnaires.access import Desk, get_desk
from questionnaires.views.shell import shell
from reports import access
from reports.actions import editing, sharing, writing
from reports.actions import release as releasing
from reports.actions.setting import frame_of
from reports.content import deliverables
from reports.content.edits import Edits, Part, document_of, parts
from reports.content.offers import offers
from reports.leaks import Leak
from reports.models import Report, Schedule
from reports.render.document import breakable
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
        .select_related("requested_by", "superseded_by")
        .defer("superseded_by__snapshot")
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
        plans=plans_of(desk) if desk.membership.is_firm else [],
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/reports.html", context)


def plans_of(desk: Desk) -> list[Schedule]:
    """Return what is written by itself, each with its title."""
    titles = deliverables.titles(desk.framework)
    going = Schedule.objects.filter(engagement=desk.engagement, ended_at=None).order_by("next_on", "pk")
    found = list(going.prefetch_related("people__user"))
    for plan in found:
        plan.title = titles.get(plan.kind, plan.kind)  # type: ignore[attr-defined]
    return found


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
    """Show one report: what it is, how far its file is, what is said about it, what can be done with it."""
    if request.htmx and not request.htmx.history_restore_request:
        membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.SEE)
        return fragment(request, membership, found)
    desk, found = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.SEE)
    return whole(request, desk, found)


def whole(
    request: SignedInRequest,
    desk: Desk,
    report: Report,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Render a report's page."""
    edits = Edits.read(report.edits)
    is_firm = desk.membership.is_firm
    context = shell(
        desk,
        "reports",
        report=report,
        document=document_of(report),
        edits=edits,
        parts=parts(report.snapshot, edits) if is_firm and not report.is_fixed else [],
        threads=talk.all_threads(desk.view, report.key) if is_firm else [],
        form_key=uuid.uuid4(),
        links=sharing.links_of(report) if desk.membership.may(Permission.RELEASE) else [],
        **more,
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/report.html", context, status=status)


def fragment(request: SignedInRequest, membership: Membership, report: Report) -> HttpResponse:
    """Render the part of a report's page that moves while it is being made."""
    with timezone.override(membership.engagement.zone):
        return render(
            request,
            "reports/_report.html",
            {"report": report, "engagement": membership.engagement, "membership": membership},
        )


@require_safe
def read(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Show the document itself as a page: word for word what its file says, and what the client reads."""
    desk, found = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.SEE)
    document = document_of(found)
    context = shell(
        desk,
        "reports",
        report=found,
        document=breakable(document),
        leaks=releasing.leaks_of(found) if is_to_be_released(desk.membership, found) else [],
    )
    with translation.override(document["language"]), timezone.override(desk.engagement.zone):
        context["body"] = get_template("reports/_document.html").render(
            {"document": context["document"], "frame": {"base": ""}}
        )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/read.html", context)


def is_to_be_released(membership: Membership, report: Report) -> bool:
    """Say whether the report may still be released by somebody of this side."""
    return membership.is_firm and report.edition == Side.CLIENT and not report.is_fixed


@require_POST
def edit(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Store the foreword, the texts and the choice of parts of a draft."""
    desk, found = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.WRITE_REPORT)
    known = parts(found.snapshot, Edits())
    kept = request.POST.getlist("part")
    edits = Edits(
        request.POST.get("foreword", ""),
        {part.key: text for part in known if (text := request.POST.get(f"text-{part.key}", ""))},
        [part.key for part in known if part.key not in kept],
    )
    seen = request.POST.get("seen", "")
    try:
        editing.edit(report=found, edits=edits, seen=int(seen) if seen.isdecimal() else -1, by=request.user)
    except editing.EditedMeanwhile as error:
        # What was typed stays in the form; sent once more, it replaces knowingly what stands beside it.
        return whole(
            request, desk, found, status=409, problem=str(error), typed=shown(known, edits), typing=edits
        )
    except editing.NotEditable as error:
        return whole(
            request, desk, found, status=422, problem=str(error), typed=shown(known, edits), typing=edits
        )
    return redirect("reports:report", engagement_id, report_id)


def shown(known: list[Part], edits: Edits) -> list[Part]:
    """Return parts with what somebody typed for them."""
    for part in known:
        part.text = edits.texts.get(part.key, "")
        part.is_left_out = part.key in edits.left_out
    return known


@require_POST
def review(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Give a draft to be read, or with ``back`` take it out of review."""
    membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.WRITE_REPORT)
    try:
        if request.POST.get("back"):
            releasing.take_back(report=found, by=request.user)
        else:
            releasing.send_to_review(report=found, by=request.user)
    except releasing.NotADraft as error:
        return problem(request, 409, str(error))
    return redirect("reports:report", membership.engagement_id, found.pk)


@require_POST
def write_anew(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Write a deliverable again, with the words that were added to this one."""
    desk, found = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.WRITE_REPORT)
    if found.needs_no_release:
        return problem(request, 409, _("Receipts and certificates are written once and stay as they are."))
    try:
        fresh = writing.write_anew(desk=desk, report=found)
    except deliverables.NoSuchDeliverable:
        return problem(request, 409, _("The framework has no such deliverable any more."))
    except writing.TooManyWaiting as error:
        return problem(request, 429, str(error))
    return redirect("reports:report", engagement_id, fresh.pk)


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


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Say what releasing a report does and what stands in its way, and release it."""
    desk, found = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.RELEASE)
    status = 200
    leaks: list[Leak] = []
    if request.method == "POST":
        try:
            releasing.release(report=found, by=request.user)
        except releasing.NotReleasable as error:
            status, leaks = 409, getattr(error, "found", [])
        else:
            messages.success(
                request,
                _("%(report)s is released. %(client)s can read it now.")
                % {"report": found.name, "client": desk.engagement.client.short_name},
            )
            return redirect("reports:report", engagement_id, found.pk)
    obstacles = releasing.obstacles(found)
    context = shell(
        desk,
        "reports",
        report=found,
        obstacles=obstacles,
        leaks=leaks if status != 200 or obstacles else releasing.leaks_of(found),
        before=releasing.current(found),
        readers=[member for member in reading.people(desk.view) if is_reader(member)],
        mailed=releasing.mailed(found),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/release.html", context, status=status)


def is_reader(member: Membership) -> bool:
    """Say whether somebody reads what is released."""
    return member.side == Side.CLIENT and member.ended_at is None and member.user.is_active


@require_safe
def download(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Send a report's file, as an attachment under a name that says what it is."""
    _membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.SEE)
    if found.state != Report.State.DONE or not default_storage.exists(found.storage_name):
        raise Http404
    return file_of(found)


def file_of(report: Report) -> HttpResponse:
    """Return a report's file as an attachment that no browser runs anything in."""
    return stored_attachment(report.storage_name, report.filename, "application/pdf")


@require_safe
def word(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Send the same content as a Word document."""
    _membership, found = access.get_report(request.user, engagement_id, report_id, can=Permission.SEE)
    name = found.filename.removesuffix(".pdf") + ".docx"
    return attachment(write_word(document_of(found), frame_of(found)), name, DOCX)


def back(request: SignedInRequest, membership: Membership, report: Report) -> HttpResponse:
    """Show the report as it is now."""
    if request.htmx:
        return fragment(request, membership, report)
    return redirect("reports:report", membership.engagement_id, report.pk)


def problem(request: SignedInRequest, status: int, message: str) -> HttpResponse:
    """Say what happened."""
    template = "_refusal.html" if request.htmx else "problem.html"
    return render(request, template, {"message": message, "status": status}, status=status)
