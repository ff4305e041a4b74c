"""Why an item carries a flag, as one side may know it: what changed, what it was and is now, and the way from there.

What is internal is never named to the client side: neither as the source nor on the way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from questionnaires.access import Viewpoint
from questionnaires.document import Column, Contradiction, Item, Step
from questionnaires.models import Cause, Entry, Flag
from questionnaires.values import as_text

# How much of a text is shown as was and now, and how much stands before the first difference.
LONGEST = 400
BEFORE = 80
MOST_TOLD = 3


@dataclass(slots=True)
class Told:
    """One value that changed: where, what it was and what it is now, as shown with *spec*; None is a text."""

    label: str
    spec: Item | Column | None
    was: Any
    now: Any


@dataclass(slots=True)
class Reason:
    """One open reason for a flag. `source` is None where this side may not know it, or where it is not an item."""

    kind: str
    is_conflict: bool
    at: datetime
    by: str
    source: Item | None = None
    is_hidden: bool = False
    step: Step | None = None
    rule: Contradiction | None = None
    told: list[Told] = field(default_factory=list)
    more: int = 0
    # Items between the source and here; None for one that this side may not know, and for a part left out.
    way: list[Item | None] = field(default_factory=list)


def open_reasons() -> ArraySubquery:
    """Return what to annotate entries with, so that their open flags come with the same query."""
    return ArraySubquery(
        Flag.objects.open()
        .filter(entry=OuterRef("pk"))
        .order_by("id")
        .values(
            json=JSONObject(
                kind=F("last__kind"),
                flag=F("kind"),
                key=F("last__key"),
                path=F("path"),
                was=F("first__data__told"),
                now=F("last__data__told"),
                more=F("last__data__untold"),
                rows=F("last__data__rows"),
                rows_before=F("first__data__rows"),
                at=F("last__at"),
                by=F("last__by__display_name"),
            )
        )
    )


def reasons(view: Viewpoint, found: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Return open flags, as `open_reasons` gives them, as *view*'s side may know them."""
    return [_reason(view, one) for one in found]


def _reason(view: Viewpoint, one: Mapping[str, Any]) -> Reason:
    framework = view.framework
    reason = Reason(
        one["kind"],
        one["flag"] == Flag.Kind.CONFLICT,
        datetime.fromisoformat(one["at"]),
        one["by"] or "",
    )
    if reason.kind == Cause.Kind.RULE:
        reason.rule = next((rule for rule in framework.contradictions if rule.key == one["key"]), None)
        return reason
    if reason.kind == Cause.Kind.ROUND and any(step.key == one["key"] for step in framework.steps):
        reason.step = framework.step(one["key"])
        return reason
    item = framework.item(one["key"]) if framework.has_item(one["key"]) else None
    if item is None or not view.may_see(item):
        reason.is_hidden, reason.by = item is not None, ""
    else:
        reason.source = item
        reason.told = told(
            item,
            one["was"] or (),
            one["now"] or (),
            (one["rows_before"] or {}) | (one["rows"] or {}),
        )
        reason.more = one["more"] or 0
    for key in one["path"][1:-1]:
        between = framework.item(key) if framework.has_item(key) else None
        reason.way.append(between if between is not None and view.may_see(between) else None)
    return reason


def told(
    item: Item,
    first: Iterable[list[Any]],
    last: Iterable[list[Any]],
    rows: Mapping[str, str] | None = None,
) -> list[Told]:
    """Return what a source's values were before its first change, and are after its last one.

    *rows* says by what the rows of a table go, by their ids as texts.
    """
    was = {(row, column, part): before for row, column, part, before, _after in first}
    now = {(row, column, part): (before, after) for row, column, part, before, after in last}
    lines = []
    for row, column, part in dict.fromkeys([*was, *now]):
        before = was[row, column, part] if (row, column, part) in was else now[row, column, part][0]
        after = now[row, column, part][1] if (row, column, part) in now else None
        if (row, column, part) not in now:
            # It changed earlier and not again; what it is now stands with that change.
            after = next(one[4] for one in first if tuple(one[:3]) == (row, column, part))
        if before == after:
            continue
        spec: Item | Column | None = item
        label = ""
        if column and part == "value":
            spec = next((one for one in item.columns if one.key == column), None)
            label = spec.label if spec else column
            head = item.columns[0]
            if (name := (rows or {}).get(str(row))) and column != head.key:
                label = f"{as_text(head, name, lambda _kind, _pk: '')}, {label}"
        elif part in ("state", "signature"):
            spec, before, after = None, said(before), said(after)
        elif part == "words":
            spec, label = None, _("In words")
        elif part.startswith("file"):
            spec, label = None, _("File, version")
            before, after = str(before), str(after)
        lines.append(Told(label, spec, before, after))
    return lines[:MOST_TOLD]


def said(state: Any) -> str:
    """Name a state, or a signature, in a comparison."""
    if state == "signed":
        return _("signed")
    return str(Entry.State(state).label) if state in Entry.State.values else ""


def to_tell(changes: Iterable[Iterable[Any]]) -> list[list[Any]]:
    """Return the first few changes of a cause, with long texts cut to where they differ."""
    found = []
    for change in list(changes)[:MOST_TOLD]:
        row, column, part, before, after = change
        found.append([row, column, part, *_cut(before, after)])
    return found


def _cut(before: Any, after: Any) -> tuple[Any, Any]:
    texts = [text for text in (before, after) if isinstance(text, str)]
    if not texts or max(map(len, texts)) <= LONGEST:
        return before, after
    start = 0
    if len(texts) == 2:
        shortest = min(map(len, texts))
        start = next((i for i in range(shortest) if texts[0][i] != texts[1][i]), shortest)
        start = max(0, start - BEFORE)
    return _excerpt(before, start), _excerpt(after, start)


def _excerpt(text: Any, start: int) -> Any:
    if not isinstance(text, str):
        return text
    part = text[start : start + LONGEST]
    return f"{'… ' if start else ''}{part}{' …' if start + LONGEST < len(text) else ''}"
