"""The questionnaire as a spreadsheet: take it along, fill it in, bring it back, look at every difference."""

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, attachment, posted
from engagements.policy import Permission
from questionnaires import access, spreadsheet
from questionnaires.actions import importing
from questionnaires.models import Entry, WorkbookImport
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.reading import entries_for, item_views
from questionnaires.reading import people as people_of
from questionnaires.values import as_text
from questionnaires.views.shell import shell
from questionnaires.workbook.reading import BadWorkbook
from questionnaires.workbook.writing import write

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OUTCOMES = {
    "saved": gettext_lazy("Taken over"),
    "same": gettext_lazy("It says so already"),
    "replayed": gettext_lazy("Taken over"),
    "merged": gettext_lazy("Merged with what others wrote"),
    "conflict": gettext_lazy("Kept beside what others wrote; it waits for a choice"),
}


class BringForm(forms.Form):
    """One filled-in workbook."""

    file = forms.FileField(
        label=gettext_lazy("Filled-in workbook"),
        help_text=gettext_lazy("The .xlsx file that came from this page. Nothing counts before you have seen every difference."),
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def workbook(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Offer the steps as workbooks; take a filled-in one."""
    can = Permission.ANSWER if request.method == "POST" else Permission.EXPORT
    desk = access.get_desk(request.user, engagement_id, can=can)
    form = BringForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            found = importing.keep(desk=desk, name=upload.name, upload=upload)
        except BadWorkbook as error:
            form.add_error("file", str(error))
        else:
            return redirect("questionnaires:workbook-import", engagement_id, found.pk)
    context = shell(desk, "steps", form=form, steps=desk.framework.steps, brought=_of(desk)[:10])
    return render(request, "questionnaires/workbook.html", context, status=422 if form.errors else 200)


def _of(desk: access.Desk) -> QuerySet[WorkbookImport]:
    """Return the workbooks that were brought here; the client side sees its own, since the firm's hold internal items."""
    found = WorkbookImport.objects.filter(engagement=desk.engagement).select_related("by")
    if not desk.membership.is_firm:
        found = found.exclude(by__client=None)
    return found.order_by("-at", "-id")


@require_safe
def workbook_file(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Send a step, or with no `?step=` all of them, as a workbook."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.EXPORT)
    wanted = request.GET.get("step", "")
    steps = [step for step in desk.framework.steps if wanted in ("", step.number)]
    if not steps:
        raise Http404
    name = f"{slugify(desk.engagement.code)}-{slugify(steps[0].title) if wanted else _('questions')}.xlsx"
    return attachment(write(desk.view, steps), name, XLSX)


@require_http_methods(["GET", "HEAD", "POST"])
def workbook_import(request: SignedInRequest, engagement_id: int, import_id: int) -> HttpResponse:
    """Show every difference of a brought workbook, and take over the chosen ones."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ANSWER)
    found = _of(desk).filter(pk=import_id).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        chosen = {int(number) for number in request.POST.getlist("change") if number.isdigit()}
        importing.take_over(desk=desk, found=found, chosen=chosen)
        return redirect("questionnaires:workbook-import", engagement_id, import_id)
    became = {number: OUTCOMES.get(outcome, outcome) for number, outcome in found.outcomes}
    changes = [{**change, "index": index, "became": became.get(index)} for index, change in enumerate(found.changes)]  # fmt: skip
    context = shell(desk, "steps", found=found, changes=changes)
    context["possible"] = sum(not change["problem"] for change in found.changes)
    return render(request, "questionnaires/workbook_import.html", context)


@require_safe
def register_csv(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Send a register as CSV that runs nothing."""
    desk, register = access.get_register(request.user, engagement_id, key, can=Permission.EXPORT)
    entries = Entry.objects.filter(engagement=desk.engagement, item_key=f"{REGISTER_PREFIX}{key}")
    view = next(iter(item_views(desk.view, entries_for(desk.view, entries)).values()))
    names = {member.pk: member.user.display_name for member in people_of(desk.view)}
    known = {"person": names, "file": {file["id"]: file["name"] for file in view.files}}
    lines = [[column.label for column in register.columns]]
    for row in view.rows:
        lines.append(
            [as_text(cell.column, cell.value, lambda kind, pk: known[kind].get(pk, ""), translate=_) for cell in row.cells]
        )  # fmt: skip
    return attachment(spreadsheet.as_csv(lines), f"{slugify(desk.engagement.code)}-{key}.csv", "text/csv; charset=utf-8")  # fmt: skip
