"""Read a workbook back as differences from what it was written with. Nothing in the file is trusted."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from questionnaires import reading as pages
from questionnaires import values
from questionnaires.access import Desk
from questionnaires.actions import answers
from questionnaires.document import Column, Item
from questionnaires.models import Answer, Entry, Revision
from questionnaires.places import Place
from questionnaires.reading import ItemView
from questionnaires.workbook import FORMAT, INDEX

MAX_UPLOAD: Final = 20 * 1024 * 1024
MAX_UNPACKED: Final = 120 * 1024 * 1024
MAX_PARTS: Final = 2_000
MAX_LINES: Final = 20_000
MAX_CHANGES: Final = 1_000


class BadWorkbook(Exception):
    """The file cannot be read as one of ours; the message says why and what would help."""


@dataclass
class Change:
    """One difference: a place and what would stand there, or a new row with its cells."""

    key: str
    number: str
    title: str
    where: str = ""  # the row and column, for people
    row: int | None = None
    column: str = ""
    part: str = Answer.Part.VALUE
    base: int = 0
    was: str = ""
    becomes: str = ""
    value: Any = None
    cells: dict[str, Any] = field(default_factory=dict)  # of a new row
    moved: bool = False  # somebody changed it meanwhile
    problem: str = ""  # why it cannot be taken over

    def plain(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return asdict(self)


def read(desk: Desk, upload: "IO[bytes]") -> list[Change]:
    """Return what somebody changed in a workbook since it was written, in its order. Raises BadWorkbook."""
    sheets = _sheets(upload.read(MAX_UPLOAD + 1))
    index = next(sheets.pop(INDEX, iter(())), ())
    if not index or index[0] != FORMAT:
        raise BadWorkbook(_("This file was not written here. Take a workbook from this page, fill it in and bring that one."))  # fmt: skip
    if index[1] != desk.engagement.pk:
        raise BadWorkbook(
            _("This workbook is of another engagement: %(code)s.") % {"code": str(index[2])[:40]}
        )
    kinds = {
        str(line[0]): [str(part) for part in line[1:] if part is not None] for line in sheets.pop("", ())
    }
    reader = _Reader(desk)
    found: list[Change] = []
    for name, lines in sheets.items():
        kind = kinds.get(name)
        if kind is None:
            continue
        for change in reader.step(lines) if kind[0] == "step" else reader.table(kind[1], kind[2:], lines):
            found.append(change)
            if len(found) > MAX_CHANGES:
                raise BadWorkbook(_("More than %(count)d differences are too many to look through at once. Bring them step by step.") % {"count": MAX_CHANGES})  # fmt: skip
    return found


def _sheets(content: bytes) -> dict[str, Iterator[tuple[Any, ...]]]:
    """Return the lines of each sheet by its name, the index's first line under INDEX and its others under ""."""
    if len(content) > MAX_UPLOAD:
        raise BadWorkbook(_("The file is larger than %(limit)d MB. Bring one step at a time.") % {"limit": MAX_UPLOAD // 1024**2})  # fmt: skip
    not_one = BadWorkbook(_("This is no spreadsheet that can be read. Save it as .xlsx and bring it again."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise BadWorkbook(
                _("This file unpacks to more than a filled-in workbook holds. Nothing was read.")
            )
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        if INDEX not in book.sheetnames:
            raise BadWorkbook(_("This file was not written here. Take a workbook from this page, fill it in and bring that one."))  # fmt: skip
        found: dict[str, Iterator[tuple[Any, ...]]] = {}
        for name in book.sheetnames:
            lines = []
            for number, line in enumerate(book[name].iter_rows(values_only=True)):
                if number > MAX_LINES:
                    raise BadWorkbook(_("The sheet “%(name)s” has more than %(count)d lines.") % {"name": name, "count": MAX_LINES})  # fmt: skip
                lines.append(tuple(line))
            if name == INDEX:
                found[INDEX], found[""] = iter(lines[:1]), iter(lines[1:])
            else:
                found[name] = iter(lines[1:])
        book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError, IndexError, TypeError, AttributeError) as error:  # fmt: skip
        raise not_one from error
    except SyntaxError as error:  # what the XML parser raises for broken or forbidden XML
        raise not_one from error
    return found


class _Reader:
    """Compares lines with the versions that they name."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        view = desk.view
        entries = Entry.objects.of_latest_rounds().filter(engagement=desk.engagement)
        self.items = {
            item.key: item
            for item in pages.item_views(view, pages.entries_for(view, entries)).values()
            if item.item is not None and view.may_see(item.item)
        }
        members = [member for member in pages.people(view) if member.ended_at is None]
        self.names = {member.pk: member.user.display_name for member in pages.people(view)}
        named: dict[str, list[int]] = {}
        for member in members:
            for name in (member.user.display_name, member.user.email):
                named.setdefault(name.casefold(), []).append(member.pk)
        self.people = named

    def step(self, lines: Iterator[tuple[Any, ...]]) -> Iterator[Change]:
        for line in lines:
            raw, key, base = (line + (None,) * 7)[2], *(line + (None,) * 7)[5:7]
            item = self.items.get(str(key))
            if item is None or item.item is None or not str(base).isdigit():
                continue
            part = Answer.Part.WORDS if item.type == "table" else Answer.Part.VALUE
            answer = item.words if item.type == "table" else item.answer
            change = Change(item.key, item.number, item.title, part=part, base=int(str(base)))
            spec = item.item if part == Answer.Part.VALUE else None
            if self._differs(change, spec, answer, raw):
                yield change

    def table(self, key: str, columns: list[str], lines: Iterator[tuple[Any, ...]]) -> Iterator[Change]:
        item = self.items.get(key)
        if item is None or item.type != "table":
            return
        known = {column.key: column for column in item.columns}
        specs = [known.get(column) for column in columns]
        rows = {row.row.pk: row for row in item.rows}
        for number, line in enumerate(lines, start=1):
            padded = line + (None,) * (len(columns) + 2 - len(line))
            cells, row_id, bases = padded[: len(columns)], padded[len(columns)], padded[len(columns) + 1]
            if row_id is None:
                yield from self._new_row(item, specs, cells, number)
                continue
            row = rows.get(row_id) if isinstance(row_id, int) else None
            versions = str(bases).split()
            if row is None or len(versions) != len(columns):
                continue
            by_column = {cell.column.key: cell.answer for cell in row.cells}
            first = next((str(cell.value) for cell in row.cells if cell.value), "")[:60]
            for spec, raw, base in zip(specs, cells, versions, strict=True):
                if spec is None or not base.isdigit():
                    continue
                where = f"{first}: {spec.label}" if first else spec.label
                change = Change(
                    item.key,
                    item.number,
                    item.title,
                    where,
                    row=row.row.pk,
                    column=spec.key,
                    base=int(base),
                )
                if self._differs(change, spec, by_column.get(spec.key), raw):
                    yield change

    def _new_row(
        self, item: ItemView, specs: list[Column | None], cells: tuple[Any, ...], number: int
    ) -> Iterator[Change]:
        change = Change(item.key, item.number, item.title, _("a new row"))
        shown = []
        for spec, raw in zip(specs, cells, strict=True):
            text = _text(raw)
            if spec is None or spec.type == "file" or text == "":
                continue
            place = Place(item.key, row_id=0, column=spec.key)
            try:
                change.cells[spec.key] = answers.clean(self.desk, place, self._named(spec, text))
            except (values.BadValue, answers.NotAnswerable) as error:
                change.problem = f"{spec.label}: {error}"
            shown.append(f"{spec.label}: {text[:200]}")
        if shown:
            change.where = _("a new row, line %(number)d") % {"number": number + 1}
            change.becomes = "; ".join(shown)
            yield change

    def _differs(self, change: Change, spec: Item | Column | None, answer: Answer | None, raw: Any) -> bool:
        """Fill in *change* and say whether the cell says something else than the version it was written with."""
        place = Place(change.key, row_id=change.row, column=change.column, part=change.part)
        current = answer.version if answer else 0
        if change.base > current:
            return False
        before = self._at(answer, change.base)
        text = _text(raw)
        change.was, change.becomes = self._said(spec, before), text
        change.moved = change.base < current
        try:
            change.value = answers.clean(self.desk, place, self._named(spec, text))
        except (values.BadValue, answers.NotAnswerable) as error:
            change.problem = str(error)
            return text != change.was
        if spec is None or spec.type in ("long_text", "text"):
            return (change.value or "").strip() != str(before or "").strip()
        change.becomes = self._said(spec, change.value)
        return not values.same(spec, change.value, before)

    @staticmethod
    def _at(answer: Answer | None, version: int) -> Any:
        if answer is None or version == 0:
            return None
        if answer.version == version:
            return answer.value
        found = Revision.objects.filter(answer=answer, version=version).first()
        return found.value if found else None

    def _said(self, spec: Item | Column | None, value: Any) -> str:
        if value is None:
            return ""
        if spec is None or spec.type in ("long_text", "text"):
            return str(value)

        def lookup(kind: str, pk: int) -> str:
            return self.names.get(pk, "") if kind == "person" else ""

        return values.as_text(spec, value, lookup, translate=_)

    def _named(self, spec: Item | Column | None, text: str) -> Any:
        """Return what `clean` takes: people are named in a spreadsheet and numbered here."""
        if spec is None or spec.type != "person" or not text:
            return text
        found = self.people.get(text.casefold(), [])
        if len(found) != 1:
            raise values.BadValue(_("“%(name)s” is nobody’s name here. Write it as in the list of people."), name=text[:80])  # fmt: skip
        return found[0]


def _text(raw: Any) -> str:
    """Return a cell as what somebody would type."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    return str(raw)
