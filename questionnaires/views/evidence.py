"""What is on record for the items of public frameworks, with links to the answers, marks and an export."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.policy import Permission
from engagements.templatetags.interface import state_word
from questionnaires import access, coverage
from questionnaires.actions import coverage as actions
from questionnaires.actions.entries import ChangedMeanwhile, NotPossible
from questionnaires.coverage import Coverage, Row
from questionnaires.spreadsheet import as_csv
from questionnaires.views.shell import shell


@require_safe
def frameworks(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List the public frameworks with how much is on record for each."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    return render(
        request,
        "questionnaires/evidence_list.html",
        shell(desk, "evidence", coverages=coverage.coverages(desk.view)),
    )


@require_safe
def framework(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show one public framework item by item."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    with timezone.override(desk.engagement.zone):
        return render(
            request,
            "questionnaires/evidence.html",
            shell(desk, "evidence", coverage=_one(desk, key), is_firm=desk.membership.is_firm),
        )


def _one(desk: access.Desk, key: str) -> Coverage:
    found = coverage.coverages(desk.view, only=key) if key else []
    if not found:
        raise Http404
    return found[0]


@require_safe
def export(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Return one public framework as a table for spreadsheets."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.EXPORT)
    found = _one(desk, key)
    head = [_("Code"), _("What it asks"), _("Status"), _("Why"), _("Marked"), _("Questions"), _("Registers")]
    rows = [head, *(_cells(row) for row in found.rows)]
    if found.score is not None:
        rows.append([])
        rows += [[title, "", "", "", str(points)] for title, points, _rows in found.sections]
        rows.append([_("Score, the lowest section"), "", "", "", str(found.score)])
    response = HttpResponse(as_csv(rows), content_type="text/csv; charset=utf-8")
    name = f"evidence-{desk.engagement.code}-{key}.csv".lower()
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _cells(row: Row) -> list[str]:
    return [
        row.reference_item.code,
        row.reference_item.title,
        row.word,
        row.note,
        str(coverage_mark(row.mark)),
        "; ".join(f"{one.item.number} {one.item.title} ({state_word(one.entry)})" for one in row.mapped),
        "; ".join(f"{register.title} ({count})" for register, count in row.registers),
    ]


def coverage_mark(mark: str) -> str:
    """Say a mark in words."""
    return {"manual": _("by hand"), "automated": _("by a machine")}.get(mark, "")


@require_POST
def mark(request: SignedInRequest, engagement_id: int, key: str, code: str) -> HttpResponse:
    """Mark a row as done by hand or by a machine."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.RECOMMEND)
    if not _one(desk, key).is_scored:
        raise Http404
    try:
        actions.mark(
            desk=desk, code=code, mark=request.POST.get("mark", ""), seen=request.POST.get("seen", "")
        )
    except NotPossible:
        raise Http404 from None
    except ChangedMeanwhile:
        messages.info(
            request, _("Somebody marked this row while you had the page open. Nothing was changed.")
        )
    return redirect("questionnaires:evidence-framework", engagement_id, key)
