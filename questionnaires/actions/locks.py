"""The query that locks the answer at a place: the one every save begins with."""

import functools
import uuid
from typing import Any

from django.db.models import BooleanField, JSONField, QuerySet
from django.db.models.expressions import RawSQL

from engagements.compiled import Compiled
from questionnaires.models import Answer
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.places import Place

REPLAYED = """(
    EXISTS (SELECT 1 FROM questionnaires_revision r WHERE r.answer_id = questionnaires_answer.id AND r.key = %s)
    OR EXISTS (SELECT 1 FROM questionnaires_conflict c WHERE c.answer_id = questionnaires_answer.id AND %s = ANY(c.keys))
)"""
SETTLED = """(
    SELECT r.value FROM questionnaires_revision r
    WHERE r.answer_id = questionnaires_answer.id AND r.version = questionnaires_answer.settled_version
      AND questionnaires_answer.settled_version < questionnaires_answer.version
)"""


def answer_at(engagement_id: int, place: Place, key: uuid.UUID) -> Answer | None:
    """Lock and return the answer at *place* with its entry, round and row; None where there is none yet.

    It also says whether *key* was stored before (`replayed`), and which value was settled last where that is not
    the current one (`settled_before`).
    """
    kind = place.is_register, bool(place.round_number), place.row_id is not None
    return next(iter(_locked(*kind)(*_values(engagement_id, place, key))), None)


def of_entry(place: Place, prefix: str = "") -> dict[str, Any]:
    """Return the conditions that, within an engagement, only the entry of *place* meets."""
    wanted: dict[str, Any] = {"item_key": place.item_key}
    if place.round_number:
        wanted |= {"round__number": place.round_number, "round__item_key": ""}
    elif not place.is_register:
        wanted["round__is_latest"] = True
    return {prefix + name: value for name, value in wanted.items()}


def _values(engagement_id: int, place: Place, key: uuid.UUID) -> list[object]:
    named = [engagement_id, place.item_key, place.column, place.part, key, place.row_id, place.round_number]
    return [value for value in named if value is not None]


@functools.cache
def _locked(is_register: bool, is_numbered: bool, is_cell: bool) -> Compiled[Answer]:
    place = Place(
        f"{REGISTER_PREFIX}one" if is_register else "an item",
        row_id=1_000_000_001 if is_cell else None,
        column="a column",
        part="a part",
        round_number=1_000_000_002 if is_numbered else None,
    )
    engagement_id, key = 1_000_000_003, uuid.UUID(int=1)

    def build(*_stand_ins: object) -> QuerySet[Answer]:
        return (
            Answer.objects.select_for_update(of=("self",))
            .select_related("entry__round", "row")
            .filter(entry__engagement=engagement_id, **of_entry(place, "entry__"))
            .filter(row=place.row_id, column=place.column, part=place.part)
            .annotate(
                replayed=RawSQL(REPLAYED, [key, key], BooleanField()),  # noqa: S611 - the keys are parameters
                settled_before=RawSQL(SETTLED, [], JSONField()),  # noqa: S611 - nothing comes from outside
            )
        )

    return Compiled(build, *_values(engagement_id, place, key))
