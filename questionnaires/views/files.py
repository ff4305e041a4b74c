"""Evidence: attach it, list it, fetch it. Bytes leave only through the door, as attachments."""

from django import forms
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, posted, stored_attachment
from engagements.access import get_file
from engagements.actions.files import RefusedFile
from engagements.models import File, FileVersion
from engagements.policy import Permission
from questionnaires import access, reading
from questionnaires.actions import evidence
from questionnaires.places import Place
from questionnaires.views.answers import item_response
from questionnaires.views.shell import drawer_or_page, shell


class AttachForm(forms.Form):
    """One file, and for the firm whether the client sees it."""

    file = forms.FileField(
        label=_("File"), help_text=_("PDF, Office and text files, tables, pictures or a zip; up to 25 MB.")
    )
    firm_only = forms.BooleanField(label=_("Only the firm sees it"), required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Attach a file to an item, or to a cell that takes files."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    form = AttachForm(posted(request), request.FILES or None)
    if not desk.membership.is_firm:
        del form.fields["firm_only"]
    place = place_of(request, desk, key)
    if request.method == "POST" and form.is_valid():
        try:
            file = evidence.attach(
                desk=desk,
                entry=entry,
                upload=form.cleaned_data["file"],
                firm_only=form.cleaned_data.get("firm_only", False),
            )
        except RefusedFile as error:
            form.add_error("file", str(error))
        else:
            if place is not None:
                evidence.answer_with(desk=desk, place=place, file=file)
            return item_response(request, desk, entry.pk, key)
    title = _("Attach a file")
    item = None if Place(key).is_register else desk.framework.item(key)
    context = shell(desk, "files", form=form, title=title, entry=entry, item=item, dom=reading.dom_id(key))
    return drawer_or_page(request, "attach", context, refused=bool(form.errors))


def place_of(request: SignedInRequest, desk: access.Desk, key: str) -> Place | None:
    """Return where the file is the answer itself: a file item, or the cell that row and column name."""
    row, column = request.GET.get("row", ""), request.GET.get("column", "")
    if row.isdigit() and column:
        place = Place(key, row_id=int(row), column=column)
        found = place.column_of(desk.framework)
        if found is None or found.type != "file":
            raise Http404
        return place
    if not Place(key).is_register and desk.framework.item(key).type == "file":
        return Place(key)
    return None


@require_safe
def files(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List the engagement's files that this side sees, newest first."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    found = (
        File.objects.for_side(desk.membership.side)
        .filter(engagement=desk.engagement, removed_at=None)
        .select_related("created_by")
        .prefetch_related("versions__uploaded_by")
        .order_by("-created_at", "-id")
    )
    rows = []
    for file in found:
        item = desk.framework.item(file.item_key) if desk.framework.has_item(file.item_key) else None
        if item is None or desk.may_see(item):
            rows.append((file, sorted(file.versions.all(), key=lambda version: -version.number), item))
    return render(request, "questionnaires/files.html", shell(desk, "files", files=rows))


@require_safe
def file(
    request: SignedInRequest, engagement_id: int, file_id: int, number: int | None = None
) -> HttpResponse:
    """Send a file's newest version, or the one numbered, as an attachment that no browser runs."""
    _membership, found = get_file(request.user, engagement_id, file_id, can=Permission.SEE)
    versions = FileVersion.objects.filter(file=found).order_by("-number")
    version = (versions.filter(number=number) if number else versions).first()
    if version is None or not default_storage.exists(version.storage_name):
        raise Http404
    return stored_attachment(version.storage_name, found.name, "application/octet-stream")


@require_http_methods(["GET", "HEAD", "POST"])
def replace(request: SignedInRequest, engagement_id: int, file_id: int) -> HttpResponse:
    """Add a newer version of a file; the earlier ones stay."""
    _membership, found = get_file(request.user, engagement_id, file_id, can=Permission.ANSWER)
    desk, entry = access.get_entry(request.user, engagement_id, found.item_key, can=Permission.ANSWER)
    form = AttachForm(posted(request), request.FILES or None)
    del form.fields["firm_only"]
    if request.method == "POST" and form.is_valid():
        try:
            evidence.attach(desk=desk, entry=entry, upload=form.cleaned_data["file"], replaces=found)
        except RefusedFile as error:
            form.add_error("file", str(error))
        else:
            return redirect("questionnaires:files", engagement_id)
    context = shell(desk, "files", form=form, title=_("A newer version"), file=found)
    return render(request, "questionnaires/attach.html", context, status=422 if form.errors else 200)
