"""The settled answers that advice, decisions and attempts rest on, read so that then and now can be compared.

As kept in `Footing.basis` and `Footing.changed`, by item key:

    None                                  no answer
    {"value": ...}                        the canonical value
    {"words": ..., "rows": 3, "cells"}    a table: its words, how many rows, and [row, column, value] of every cell;
                                          a large one has a "digest" over them instead
    {"state": "unknown"}                  we don't know yet; likewise "not_applicable"
    {"state": "answered"}                 a sign-off with a signature; "confirmed" with all of them
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, JSONField, OuterRef, Subquery, When
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires import values
from questionnaires.access import Viewpoint
from questionnaires.document import Column, Framework, Item
from questionnaires.models import Answer, Entry, Revision

Settled = dict[str, Any] | None
TextOf = Callable[[Item | Column, Any], str]
# A table of more cells is compared by a digest: what changed in it is then told by its number of rows alone.
MOST_CELLS = 1000
MOST_TOLD = 5


def settled(framework: Framework, engagement_id: int, keys: Collection[str]) -> dict[str, Settled]:
    """Return what stands at items of the latest rounds, in one query; items that the framework lacks are left out."""
    wanted = {key for key in keys if framework.has_item(key)}
    if not wanted:
        return {}
    last = Revision.objects.filter(answer=OuterRef("pk"), version=OuterRef("settled_version"))
    answers = (
        Answer.objects.filter(entry=OuterRef("pk"), settled_version__gt=0, row__deleted_at=None)
        .exclude(part=Answer.Part.NOTE)
        .order_by("row__rank", "row_id", "column", "id")
        .annotate(
            settled=Case(
                When(settled_version=F("version"), then=F("value")),
                default=Subquery(last.values("value"), output_field=JSONField()),
            )
        )
        .values(json=JSONObject(row=F("row_id"), column=F("column"), part=F("part"), value=F("settled")))
    )
    entries = (
        Entry.objects.of_latest_rounds()
        .filter(engagement_id=engagement_id, item_key__in=wanted)
        .annotate(settled_json=ArraySubquery(answers))
    )
    found: dict[str, Settled] = dict.fromkeys(wanted)
    for key, state, answers_of in entries.values_list("item_key", "state", "settled_json"):
        found[key] = _told(framework.item(key), state, answers_of)
    return found


def _told(item: Item, state: str, answers: list[dict[str, Any]]) -> Settled:
    if state in (Entry.State.UNKNOWN, Entry.State.NOT_APPLICABLE):
        return {"state": state}
    if item.type == "sign_off":
        return {"state": state} if state in (Entry.State.ANSWERED, Entry.State.CONFIRMED) else None
    given = [answer for answer in answers if not values.is_empty(answer["value"])]
    if not given:
        return None
    if item.type != "table":
        return {"value": given[0]["value"]}
    cells = [[answer["row"], answer["column"], answer["value"]] for answer in given if answer["row"]]
    words = next((answer["value"] for answer in given if answer["part"] == Answer.Part.WORDS), "")
    told = {"words": words, "rows": len({row for row, _column, _value in cells})}
    if len(cells) <= MOST_CELLS:
        return told | {"cells": cells}
    text = json.dumps(cells, ensure_ascii=False, sort_keys=True)
    return told | {"digest": hashlib.sha256(text.encode()).hexdigest()[:16]}


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that is not what it was, in words: where in a table, else nothing; empty for what is not there."""

    where: str
    was: str
    now: str


def differences(item: Item, then: Settled, now: Settled, text_of: TextOf) -> list[Moved]:
    """Say what changed at an item between *then* and *now*: of a table each cell, the first few of them."""
    if not (then and now and "cells" in then and "cells" in now):
        return [Moved("", in_words(item, then, text_of), in_words(item, now, text_of))]
    found = []
    if then["words"] != now["words"]:
        found.append(Moved(_("In words"), then["words"], now["words"]))
    before, after = _by_row(item, then["cells"], text_of), _by_row(item, now["cells"], text_of)
    for row in dict.fromkeys([*before, *after]):
        name = next(iter((after.get(row) or before[row]).values()))
        if row not in before:
            found.append(Moved(_("Row added"), "", name))
        elif row not in after:
            found.append(Moved(_("Row removed"), name, ""))
        else:
            was, is_now = before[row], after[row]
            found += [
                Moved(f"{name}, {column.label}", was.get(column.key, ""), is_now.get(column.key, ""))
                for column in item.columns
                if was.get(column.key, "") != is_now.get(column.key, "")
            ]
    if len(found) > MOST_TOLD:
        more = len(found) - MOST_TOLD
        found[MOST_TOLD:] = [Moved(_("and %(count)d more") % {"count": more}, "", "")]
    # Only the order of the rows changed.
    return found or [Moved("", in_words(item, then, text_of), in_words(item, now, text_of))]


def _by_row(item: Item, cells: list[list[Any]], text_of: TextOf) -> dict[int, dict[str, str]]:
    """Return the cells of every row in words, in the order of the columns."""
    columns = {column.key: column for column in item.columns}
    given: dict[int, dict[str, str]] = {}
    for row, key, value in cells:
        if key in columns:
            given.setdefault(row, {})[key] = text_of(columns[key], value)
    return {row: {key: held[key] for key in columns if key in held} for row, held in given.items()}


def in_words(item: Item, told: Settled, text_of: TextOf) -> str:
    """Say what stood at an item; *text_of* gives a canonical value as people read it."""
    if told is None:
        return _("no answer")
    if "value" in told:
        return text_of(item, told["value"])
    if "rows" in told:
        rows = ngettext("%(count)d row", "%(count)d rows", told["rows"]) % {"count": told["rows"]}
        return f"{told['words']} ({rows})" if told["words"] else rows
    return str(Entry.State(told["state"]).label)


def visible(view: Viewpoint, keyed: Mapping[str, Any]) -> list[tuple[Item | None, Any]]:
    """Return what is kept by item key as this side may know it, in document order; a hidden item stands as None."""
    framework = view.framework
    found: list[tuple[Item | None, Any]] = []
    for key in sorted(keyed, key=lambda key: framework.item(key).position if framework.has_item(key) else -1):
        if not framework.has_item(key):
            continue
        item = framework.item(key)
        found.append((item, keyed[key]) if view.may_see(item) else (None, None))
    return found
