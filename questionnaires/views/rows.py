"""Rows of tables and registers: add, move, delete, bring back, paste."""

import csv
import io
import uuid
from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access
from questionnaires.actions import rows as actions
from questionnaires.actions.lines import KeptElsewhere
from questionnaires.document import Column
from questionnaires.fragments import Drawing
from questionnaires.models import Row
from questionnaires.places import Place
from questionnaires.views.answers import fragment, item_response, problem

MAX_PASTE_CHARACTERS = 4_000_000


@require_POST
def add(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Add an empty row at the end, or after another."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    if not Place(key).columns(desk.framework):
        return problem(request, 422, _("This item is not a table."))
    try:
        row_key = uuid.UUID(request.POST["key"]) if request.POST.get("key") else uuid.uuid4()
    except ValueError:
        return problem(request, 400, _("This page sent something we do not know. Reload it and try again."))
    after = None
    if (after_id := request.POST.get("after", "")).isdigit():
        after = Row.objects.filter(pk=after_id, entry=entry).first()
    try:
        row = actions.add_row(desk=desk, entry=entry, key=row_key, after=after)
    except actions.TooManyRows as error:
        return problem(request, 422, str(error))
    return rows_response(request, desk, entry.pk, key, [row])


@require_POST
def delete(request: SignedInRequest, engagement_id: int, key: str, row_id: int) -> HttpResponse:
    """Delete a row; it can be brought back from where it was."""
    desk, row = access.get_row(request.user, engagement_id, row_id, can=Permission.ANSWER)
    try:
        actions.delete_row(desk=desk, row=row)
    except KeptElsewhere as error:
        return problem(request, 422, str(error))
    return rows_response(request, desk, row.entry_id, row.entry.item_key, [row])


@require_POST
def bring_back(request: SignedInRequest, engagement_id: int, key: str, row_id: int) -> HttpResponse:
    """Bring a deleted row back."""
    desk, row = access.get_row(request.user, engagement_id, row_id, can=Permission.ANSWER)
    actions.restore_row(desk=desk, row=row)
    return rows_response(request, desk, row.entry_id, row.entry.item_key, [row])


@require_POST
def keep(request: SignedInRequest, engagement_id: int, key: str, row_id: int) -> HttpResponse:
    """Decide that a row stays that was deleted while somebody wrote in it."""
    desk, row = access.get_row(request.user, engagement_id, row_id, can=Permission.ANSWER)
    actions.keep_row(desk=desk, row=row)
    return rows_response(request, desk, row.entry_id, row.entry.item_key, [row])


@require_POST
def move(request: SignedInRequest, engagement_id: int, key: str, row_id: int) -> HttpResponse:
    """Move a row up or down by one."""
    desk, row = access.get_row(request.user, engagement_id, row_id, can=Permission.ANSWER)
    actions.move_row(desk=desk, row=row, up=request.POST.get("to") == "up")
    return rows_response(request, desk, row.entry_id, row.entry.item_key, [row])


@require_POST
def paste(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Add the rows of a pasted part of a spreadsheet. Either all of them fit, or nothing is stored and each problem is named."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    columns = Place(key).columns(desk.framework)
    text = request.POST.get("text", "")
    if not columns:
        return problem(request, 422, _("This item is not a table."))
    if len(text) > MAX_PASTE_CHARACTERS:
        return problem(
            request,
            413,
            _("That is more than fits into one go. Nothing was stored; paste it in smaller parts."),
        )
    rows = parse_table(text, columns)
    if not rows:
        return problem(request, 422, _("There are no rows in what was pasted."))
    try:
        made = actions.paste(desk=desk, entry=entry, rows=rows)
    except actions.TooManyRows as error:
        return problem(request, 422, str(error))
    except actions.BadCells as error:
        return problem(request, 422, bad_cells(error))
    return rows_response(request, desk, entry.pk, key, made)


def rows_response(
    request: SignedInRequest, desk: access.Desk, entry_id: int, key: str, rows: Sequence[Row]
) -> HttpResponse:
    """Answer our script with what changed on its page only, so that a long table costs no more than a short one."""
    if request.headers.get("X-Fragment") != "1":
        return item_response(request, desk, entry_id, key)
    return fragment(desk, Drawing(desk.view).changed_rows(entry_id, [row.pk for row in rows]))


def parse_table(text: str, columns: tuple[Column, ...]) -> list[dict[str, str]]:
    """Read tab- or comma-separated rows, as spreadsheets put them on the clipboard.

    A first line that repeats the column labels names the columns; without one they are taken in order.
    """
    text = text.replace("\0", "").strip("\r\n")
    if not text.strip():
        return []
    delimiter = (
        "\t"
        if "\t" in text
        else ";"
        if ";" in text.splitlines()[0] and "," not in text.splitlines()[0]
        else "\t"
    )
    csv.field_size_limit(MAX_PASTE_CHARACTERS)
    lines = [
        line
        for line in csv.reader(io.StringIO(text), delimiter=delimiter)
        if any(cell.strip() for cell in line)
    ]
    if not lines:
        return []
    by_label = {column.label.casefold(): column.key for column in columns}
    head = [cell.strip().casefold() for cell in lines[0]]
    if sum(cell in by_label for cell in head) > len(head) / 2:
        keys = [by_label.get(cell, "") for cell in head]
        lines = lines[1:]
    else:
        keys = [column.key for column in columns]
    rows = []
    for line in lines:
        row = {key: cell for key, cell in zip(keys, line, strict=False) if key}
        for extra in line[len(keys) :]:
            if extra.strip():
                row[""] = extra
        rows.append(row)
    return rows


def bad_cells(error: actions.BadCells) -> str:
    """Say which pasted cells do not fit, the first few by name."""
    count = len(error.problems)
    shown = "; ".join(
        _("row %(row)d, %(column)s: %(message)s")
        % {"row": row, "column": column or _("beyond the last column"), "message": message}
        for row, column, message in error.problems[:5]
    )
    head = ngettext(
        "One cell does not fit, so nothing was stored",
        "%(count)d cells do not fit, so nothing was stored",
        count,
    ) % {"count": count}
    return f"{head}: {shown}{' …' if count > 5 else ''}"
