"""What the firm's people say about a draft: read on the report's page, answered and settled there."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest
from engagements.actions import threads
from engagements.policy import Permission
from questionnaires.views.threads import one_time_key
from reports import access
from reports.actions import release as releasing
from reports.content.edits import Edits, parts
from reports.models import Report
from reports.views.reports import problem


@require_POST
def comment(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Begin a thread about a report, or about one part of it; only the firm reads it."""
    desk, report = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.NOTE)
    text = request.POST.get("text", "")
    about = request.POST.get("about", "")
    titles = {part.key: part.title for part in parts(report.snapshot, Edits())}
    if about in titles and text.strip():
        text = f"**{titles[about]}:** {text}"
    try:
        said = threads.open_thread(
            membership=desk.membership,
            subject=releasing.subject_of(report),
            text=text,
            key=one_time_key(request),
            firm_only=True,
        )
    except threads.NothingSaid as error:
        return problem(request, 422, str(error))
    return to_talk(engagement_id, report, threads.anchor_of(said))


@require_POST
def reply(request: SignedInRequest, engagement_id: int, report_id: int, thread_id: int) -> HttpResponse:
    """Answer in a thread about a report."""
    desk, report, thread = access.get_talk(
        request.user, engagement_id, report_id, thread_id, can=Permission.NOTE
    )
    try:
        said = threads.reply(
            membership=desk.membership,
            thread=thread,
            subject=releasing.subject_of(report),
            text=request.POST.get("text", ""),
            key=one_time_key(request),
        )
    except threads.NothingSaid as error:
        return problem(request, 422, str(error))
    return to_talk(engagement_id, report, threads.anchor_of(said))


@require_POST
def settle(request: SignedInRequest, engagement_id: int, report_id: int, thread_id: int) -> HttpResponse:
    """Say that nothing more is to be said in a thread about a report."""
    desk, report, thread = access.get_talk(
        request.user, engagement_id, report_id, thread_id, can=Permission.NOTE
    )
    threads.settle_thread(membership=desk.membership, thread=thread)
    return to_talk(engagement_id, report, "talk")


@require_POST
def reopen(request: SignedInRequest, engagement_id: int, report_id: int, thread_id: int) -> HttpResponse:
    """Take a settled thread about a report up again."""
    desk, report, thread = access.get_talk(
        request.user, engagement_id, report_id, thread_id, can=Permission.NOTE
    )
    threads.reopen_thread(membership=desk.membership, thread=thread)
    return to_talk(engagement_id, report, f"thread-{thread.pk}")


def to_talk(engagement_id: int, report: Report, anchor: str) -> HttpResponse:
    """Lead to a place in the talk about a report."""
    return redirect(f"{reverse('reports:report', args=[engagement_id, report.pk])}#{anchor}")
