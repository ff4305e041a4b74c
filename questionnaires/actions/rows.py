"""Add, move, delete and bring back rows of tables and registers."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event
from questionnaires import values
from questionnaires.access import Desk
from questionnaires.actions import lines
from questionnaires.actions.act import Act
from questionnaires.actions.answers import apply_settling, clean, come_back
from questionnaires.actions.conflicts import is_contested
from questionnaires.models import Answer, Entry, Revision, Row
from questionnaires.places import Place
from questionnaires.ranks import between, spread

MAX_ROWS = 10_000
BATCH = 200


class TooManyRows(Exception):
    """The table has no room for that many more rows."""


class BadCells(Exception):
    """Some pasted values do not fit their columns. Carries (row number from 1, column label, message)."""

    def __init__(self, problems: list[tuple[int, str, str]]) -> None:
        super().__init__(len(problems))
        self.problems = problems


@transaction.atomic
def add_row(
    *,
    desk: Desk,
    entry: Entry,
    key: uuid.UUID,
    cells: dict[str, Any] | None = None,
    after: Row | None = None,
    at: datetime | None = None,
) -> Row:
    """Add one row, at the end or after another; a *key* seen before returns the row it made."""
    if known := Row.objects.filter(entry=entry, key=key).first():
        return known
    return add_rows(desk=desk, entry=entry, rows=[cells or {}], keys=[key], after=after, at=at)[0]


@transaction.atomic
def add_rows(
    *,
    desk: Desk,
    entry: Entry,
    rows: Sequence[dict[str, Any]],
    keys: Sequence[uuid.UUID] | None = None,
    after: Row | None = None,
    settle: bool = False,
    at: datetime | None = None,
) -> list[Row]:
    """Add rows with their cells in one event. Raises BadCells, naming each, before anything is stored.

    Callers paste large tables in batches of BATCH rows, so that the engagement's lock is never held for long.
    """
    place = Place(entry.item_key)
    columns = place.columns(desk.framework)
    cleaned = _clean_rows(desk, entry.item_key, rows)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    existing = Row.objects.filter(entry=entry)
    if existing.filter(deleted_at=None).count() + len(rows) > MAX_ROWS:
        raise TooManyRows(_("A table holds up to %(count)d rows.") % {"count": MAX_ROWS})
    low = after.rank if after else (existing.order_by("-rank").values_list("rank", flat=True).first() or "")
    high = ""
    if after:
        high = (
            existing.filter(rank__gt=after.rank).order_by("rank").values_list("rank", flat=True).first() or ""
        )
    made = Row.objects.bulk_create(
        [
            Row(
                entry=entry,
                rank=rank,
                key=row_key,
                created_by=desk.membership.user,
                created_at=act.at,
                event=act.number,
            )
            for rank, row_key in zip(
                spread(len(rows), low, high), keys or [uuid.uuid4() for _row in rows], strict=True
            )
        ]
    )
    filled = Answer.objects.bulk_create(
        [
            Answer(
                entry=entry,
                row=row,
                column=column.key,
                value=cells.get(column.key),
                version=1 if cells.get(column.key) is not None else 0,
                settled_version=1 if settle and cells.get(column.key) is not None else 0,
                updated_by=desk.membership.user if cells.get(column.key) is not None else None,
                updated_at=act.at if cells.get(column.key) is not None else None,
            )
            for row, cells in zip(made, cleaned, strict=True)
            for column in columns
        ],
        batch_size=1000,
    )
    Revision.objects.bulk_create(
        [
            Revision(
                answer=answer,
                version=1,
                value=answer.value,
                by=desk.membership.user,
                at=act.at,
                key=uuid.uuid4(),
                base=0,
                kind=Revision.Kind.SAVED,
                event=act.number,
                framework_version_id=desk.questionnaire.version_id,
            )
            for answer in filled
            if answer.version
        ],
        batch_size=1000,
    )
    touch(act, entry)
    act.finish("row.added", entry=entry, data={"rows": [row.pk for row in made]})
    return made


def paste(
    *, desk: Desk, entry: Entry, rows: Sequence[dict[str, Any]], at: datetime | None = None
) -> list[Row]:
    """Add many rows, in batches of BATCH with an event each, so that nobody waits long for the engagement's lock.

    Everything is checked first: raises BadCells or TooManyRows before the first batch is stored.
    """
    cleaned = _clean_rows(desk, entry.item_key, rows)
    if Row.objects.filter(entry=entry, deleted_at=None).count() + len(rows) > MAX_ROWS:
        raise TooManyRows(_("A table holds up to %(count)d rows.") % {"count": MAX_ROWS})
    made: list[Row] = []
    for start in range(0, len(cleaned), BATCH):
        entry.refresh_from_db()
        made += add_rows(desk=desk, entry=entry, rows=cleaned[start : start + BATCH], at=at)
    return made


def _clean_rows(desk: Desk, item_key: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = {column.key: column for column in Place(item_key).columns(desk.framework)}
    problems: list[tuple[int, str, str]] = []
    cleaned = []
    for number, row in enumerate(rows, start=1):
        cells = {}
        for key, raw in row.items():
            if key not in columns:
                problems.append((number, key, _("There is no such column.")))
                continue
            try:
                cells[key] = clean(desk, Place(item_key, row_id=0, column=key), raw)
            except values.BadValue as error:
                problems.append((number, columns[key].label, str(error)))
        cleaned.append(cells)
    if problems:
        raise BadCells(problems)
    return cleaned


@transaction.atomic
def delete_row(*, desk: Desk, row: Row, at: datetime | None = None) -> Event | None:
    """Mark a row deleted. It stays in the history and can be brought back. Raises lines.KeptElsewhere."""
    lines.require_free(row)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(row.entry)
    row.refresh_from_db()
    if row.deleted_at:
        transaction.set_rollback(True)
        return None
    act.alter(row, deleted_at=act.at, deleted_by=desk.membership.user, contested_by=None)
    touch(act, entry)
    _resettle(act, entry, row, gone=True)
    if entry.conflict:
        act.change(entry, conflict=is_contested(entry))
    return act.finish("row.deleted", entry=entry, data={"row": row.pk})


@transaction.atomic
def restore_row(*, desk: Desk, row: Row, at: datetime | None = None) -> Event | None:
    """Bring a deleted row back to its place."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(row.entry)
    row.refresh_from_db()
    if not row.deleted_at:
        transaction.set_rollback(True)
        return None
    act.alter(row, deleted_at=None, deleted_by=None)
    touch(act, entry)
    _resettle(act, entry, row, gone=False)
    act.change(entry, conflict=is_contested(entry))
    return act.finish("row.restored", entry=entry, data={"row": row.pk})


@transaction.atomic
def keep_row(*, desk: Desk, row: Row, at: datetime | None = None) -> Event | None:
    """Decide that a row stays which one person deleted while another wrote in it; deleting it decides otherwise."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(row.entry)
    row.refresh_from_db()
    if row.contested_by_id is None:
        transaction.set_rollback(True)
        return None
    act.alter(row, contested_by=None)
    act.change(entry, conflict=is_contested(entry))
    return act.finish("row.kept", entry=entry, data={"row": row.pk})


@transaction.atomic
def move_row(*, desk: Desk, row: Row, up: bool, at: datetime | None = None) -> Event | None:
    """Move a row past its next live neighbour. Two people moving different rows never disturb each other."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(row.entry)
    row.refresh_from_db()
    live = Row.objects.filter(entry=entry, deleted_at=None)
    if up:
        near = list(live.filter(rank__lt=row.rank).order_by("-rank").values_list("rank", flat=True)[:2])
        low, high = (near[1] if len(near) > 1 else "", near[0]) if near else ("", "")
    else:
        near = list(live.filter(rank__gt=row.rank).order_by("rank").values_list("rank", flat=True)[:2])
        low, high = (near[0], near[1] if len(near) > 1 else "") if near else ("", "")
    if not near:
        transaction.set_rollback(True)
        return None
    act.alter(row, rank=between(low, high))
    return act.finish("row.moved", entry=entry, data={"row": row.pk})


def _resettle(act: Act, entry: Entry, row: Row, *, gone: bool) -> None:
    """Let what a row said go or come back at once: deleting it is as deliberate as a choice."""
    if entry.round_id is None:
        return
    changes = come_back(row)
    if gone:
        changes = [(answer, after, before) for answer, before, after in changes]
    if changes:
        apply_settling(act, entry, changes)


def touch(act: Act, entry: Entry) -> None:
    """Note that a table was worked on: from open to begun. Registers have no such state."""
    if entry.round_id is not None and entry.state in (
        Entry.State.OPEN,
        Entry.State.UNKNOWN,
        Entry.State.NOT_APPLICABLE,
    ):
        act.begin_work(entry)
