"""Take over what a filled-in workbook brings, difference by difference, by the same write path as every page."""

import uuid
from collections.abc import Collection
from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from questionnaires import values
from questionnaires.access import Desk
from questionnaires.actions import answers, rows
from questionnaires.models import Entry, Row, WorkbookImport
from questionnaires.places import Base, Place
from questionnaires.workbook import reading

KEYS = uuid.UUID("5f2d7a0e-6c1b-4a39-9e0e-3a1f6f4f9b52")


def keep(*, desk: Desk, name: str, upload: "IO[bytes]") -> WorkbookImport:
    """Keep the differences of a workbook, to be looked through. Raises `reading.BadWorkbook`; nothing counts yet."""
    changes = [change.plain() for change in reading.read(desk, upload)]
    return WorkbookImport.objects.create(
        engagement=desk.engagement, name=name[:200], changes=changes, by=desk.membership.user
    )


def take_over(*, desk: Desk, found: WorkbookImport, chosen: Collection[int]) -> WorkbookImport:
    """Save the chosen differences, each based on the version its author saw, and keep what became of each.

    Every save has its own transaction and a key of its own: pressed twice, or broken off and begun again, each is
    stored once. Where somebody else changed the same meanwhile, texts are merged and other values kept beside each
    other, as with any save.
    """
    if found.taken_at is not None:
        return found
    outcomes = [
        [number, _one(desk, found, number, change)]
        for number, change in enumerate(found.changes)
        if number in chosen and not change["problem"]
    ]
    WorkbookImport.objects.filter(pk=found.pk, taken_at=None).update(
        taken_at=timezone.now(), outcomes=outcomes
    )
    found.refresh_from_db()
    return found


def _one(desk: Desk, found: WorkbookImport, number: int, change: dict[str, Any]) -> str:
    key = uuid.uuid5(KEYS, f"{found.pk}/{number}")
    try:
        if change["cells"]:
            return _new_row(desk, change, key)
        place = Place(change["key"], row_id=change["row"], column=change["column"], part=change["part"])
        saved = answers.save(
            desk=desk, place=place, raw=change["value"], base=Base(change["base"]), key=key, settle=True
        )
    except (values.BadValue, answers.NotAnswerable, rows.TooManyRows, rows.BadCells) as error:
        return str(error)
    except (answers.PlaceGone, Entry.DoesNotExist):
        return _("This is not asked any more.")
    return saved.outcome


@transaction.atomic
def _new_row(desk: Desk, change: dict[str, Any], key: uuid.UUID) -> str:
    entry = (
        Entry.objects.of_latest_rounds()
        .select_for_update(of=("self",))
        .get(engagement=desk.engagement, item_key=change["key"])
    )
    if Row.objects.filter(entry=entry, key=key).exists():
        return "replayed"
    rows.add_rows(desk=desk, entry=entry, rows=[change["cells"]], keys=[key], settle=True)
    return "saved"
