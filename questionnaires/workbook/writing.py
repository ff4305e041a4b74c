"""Write a step, or everything a side sees, as a workbook."""

import io
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from questionnaires import reading, values
from questionnaires.access import Viewpoint
from questionnaires.document import Column, Item, Step
from questionnaires.models import Answer
from questionnaires.reading import ItemView
from questionnaires.workbook import FORMAT, INDEX, MOST_IN_A_CELL

HEAD = Font(bold=True)
QUIET = Font(color="5D646B")
OURS = PatternFill("solid", fgColor="EDEFEA")
TOP = Alignment(vertical="top", wrap_text=True)


def write(view: Viewpoint, steps: Iterable[Step]) -> bytes:
    """Return a workbook of *steps* as *view*'s side sees them: what is asked now, with what is answered."""
    book = Workbook()
    guide = book.active
    guide.title = _("Read me")
    index = book.create_sheet(INDEX)
    index.sheet_state = "veryHidden"
    index.append([FORMAT, view.engagement.pk, view.engagement.code, view.side])
    names = {member.pk: member.user.display_name for member in reading.people(view)}
    taken = {guide.title, INDEX}
    for step in steps:
        items = [
            item
            for section in reading.step_sections(view, step, {})
            for item in section.items
            if item.entry.shown
        ]
        name = _free(taken, f"{step.number} {step.title}")
        index.append([name, "step", step.key])
        _step(book.create_sheet(name), items, names)
        for item in items:
            if item.type == "table":
                name = _free(taken, f"{item.number} {item.title}")
                index.append([name, "table", item.key, *(column.key for column in item.columns)])
                _table(book.create_sheet(name), item, names)
    _guide(guide, view)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _free(taken: set[str], title: str) -> str:
    """Return a name that a sheet may have: 31 characters, a few of them forbidden, each name once."""
    plain = re.sub(r"[\[\]:*?/\\']", " ", title)[:31].strip()
    name, number = plain, 2
    while name.casefold() in {one.casefold() for one in taken}:
        name, number = f"{plain[:27]} {number}", number + 1
    taken.add(name)
    return name


def _guide(sheet: Worksheet, view: Viewpoint) -> None:
    lines = [
        view.engagement.name,
        _("Write in the white cells of the column “Answer” and in the tables’ own sheets. Leave the rest as it is."),
        _("Several choices go into one cell with semicolons between them. People are named as in the list of people."),
        _("A new line at the end of a table becomes a new row. Lines that you delete here stay online."),
        _("Then read the file in again, on the page it came from. Every difference is shown before anything is kept."),
        _("What others changed meanwhile is not lost: texts are merged, and where both changed the same, both are kept."),
    ]  # fmt: skip
    for line in lines:
        sheet.append([_plain(line)])
    sheet.column_dimensions["A"].width = 100
    for row in sheet.iter_rows():
        row[0].alignment = TOP
    sheet["A1"].font = HEAD


def _step(sheet: Worksheet, items: list[ItemView], names: dict[int, str]) -> None:
    heads = [_("Number"), _("Question"), _("Answer"), _("How to answer"), _("State"), "key", "base"]
    _heads(sheet, heads, widths=[9, 48, 60, 34, 16, 5, 5], hidden=(6, 7))
    for item in items:
        spec = item.item
        assert spec is not None  # noqa: S101 - registers are in no step
        answer = item.words if item.type == "table" else item.answer
        value, base = _shown(spec, answer, names, {file["id"]: file["name"] for file in item.files})
        if item.type in ("file", "sign_off"):
            base = "-"
        line = [item.number, spec.prompt, value, _how(spec), item.entry.get_state_display(), item.key, base]
        _append(sheet, line, ours=(1, 2, 4, 5), locked=base == "-")
        _offer(sheet, f"C{sheet.max_row}", spec)


def _table(sheet: Worksheet, item: ItemView, names: dict[int, str]) -> None:
    heads = [column.label for column in item.columns]
    width = len(heads)
    _heads(sheet, [*heads, "row", "bases"], widths=[22] * width + [5, 5], hidden=(width + 1, width + 2))
    files = {file["id"]: file["name"] for file in item.files}
    for row in item.rows:
        shown = [_shown(cell.column, cell.answer, names, files) for cell in row.cells]
        bases = [
            "-" if cell.column.type == "file" else base
            for cell, (_v, base) in zip(row.cells, shown, strict=True)
        ]
        _append(sheet, [*(value for value, _base in shown), row.row.pk, " ".join(bases)])
    for number, column in enumerate(item.columns, start=1):
        letter = get_column_letter(number)
        _offer(sheet, f"{letter}2:{letter}1000", column)


def _shown(
    spec: Item | Column, answer: Answer | None, names: dict[int, str], files: dict[int, str]
) -> tuple[Any, str]:
    """Return what stands in the cell, and the version it shows; "-" where it cannot be read back."""
    if answer is None or answer.value is None:
        return None, str(answer.version if answer else 0)
    if spec.type in ("number", "money") and not (isinstance(answer.value, str) and "/" in answer.value):
        number = Decimal(str(answer.value))
        return (int(number) if number == number.to_integral() else float(number)), str(answer.version)
    if spec.type == "date":
        return date.fromisoformat(str(answer.value)), str(answer.version)
    known = {"person": names, "file": files}
    text = values.as_text(spec, answer.value, lambda kind, pk: known[kind].get(pk, ""), translate=_)
    if answer.part == Answer.Part.WORDS or spec.type in ("long_text", "text"):
        text = str(answer.value)
    if len(text) > MOST_IN_A_CELL:
        return text[:300] + " […] " + _("This text is too long for a cell; it stays as it is online."), "-"
    return text, str(answer.version)


def _how(item: Item) -> str:
    """Say in a few words what fits."""
    match item.type:
        case "single_choice":
            return _("one of: %(choices)s") % {"choices": "; ".join(one.label for one in item.options)}
        case "multi_choice":
            return _("any of: %(choices)s") % {"choices": "; ".join(one.label for one in item.options)}
        case "yes_no":
            return _("yes, no or unsure")
        case "number":
            return _("a number in %(unit)s") % {"unit": item.unit} if item.unit else _("a number")
        case "money":
            return _("an amount, such as 1200 or 300/month")
        case "date":
            return _("a date")
        case "person":
            return _("the name of somebody in the engagement")
        case "table":
            return _("in words here, or row by row on its own sheet")
        case "file":
            return _("files are attached online")
        case "sign_off":
            return _("signed online")
    return _("text")


def _offer(sheet: Worksheet, cells: str, spec: Item | Column) -> None:
    """Let the spreadsheet offer the choices, where its list can hold them."""
    labels = [option.label for option in spec.options] if spec.type in ("single_choice", "choice") else []
    if spec.type == "yes_no":
        labels = ["yes", "no", "unsure"]
    listed = ",".join(labels)
    if not labels or len(listed) > 250 or any("," in label or '"' in label for label in labels):
        return
    offer = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=False)
    sheet.add_data_validation(offer)
    offer.add(cells)


def _heads(sheet: Worksheet, heads: list[str], *, widths: list[int], hidden: tuple[int, ...]) -> None:
    sheet.append([_plain(head) for head in heads])
    for number, width in enumerate(widths, start=1):
        column = sheet.column_dimensions[get_column_letter(number)]
        column.width, column.hidden = width, number in hidden
        sheet.cell(1, number).font = HEAD
    sheet.freeze_panes = "A2"


def _append(sheet: Worksheet, line: list[Any], *, ours: tuple[int, ...] = (), locked: bool = False) -> None:
    row = sheet.max_row + 1
    for number, value in enumerate(line, start=1):
        cell = sheet.cell(row, number)
        if isinstance(value, str):
            # Set as text, or what begins with = would be a formula.
            cell.value, cell.data_type = _plain(value), "s"
        else:
            cell.value = value
        cell.alignment = TOP
        if number in ours or locked:
            cell.fill, cell.font = OURS, QUIET


def _plain(text: str) -> str:
    return str(ILLEGAL_CHARACTERS_RE.sub("", text))
