"""What the throughline shows beside progress: signed and stale steps, and arcs for what is to be looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from questionnaires.access import Viewpoint
from questionnaires.document import DEPTHS
from questionnaires.throughline import Loop, Sign

# How long a settled revisit is still drawn.
PERIOD = timedelta(days=28)

# Signatures of gates, and revisits by the step they come from and the step they are in.
SQL = """
    SELECT 'sign', e.engagement_id, e.item_key, s.function, s.is_stale, 0
    FROM questionnaires_signoff s
    JOIN questionnaires_entry e ON e.id = s.entry_id AND e.shown
    JOIN questionnaires_round r ON r.id = e.round_id AND r.is_latest
    WHERE e.engagement_id = ANY(%(ids)s) AND s.withdrawn_at IS NULL
    UNION ALL
    SELECT 'loop', e.engagement_id, c.step_key, r.step_key, f.cleared_event IS NULL, count(DISTINCT e.id)
    FROM questionnaires_flag f
    JOIN questionnaires_cause c ON c.id = f.last_id AND c.step_key <> ''
    JOIN questionnaires_entry e ON e.id = f.entry_id AND e.shown
    JOIN questionnaires_round r ON r.id = e.round_id AND r.is_latest
    WHERE e.engagement_id = ANY(%(ids)s) AND f.kind = 'revisit'
      AND (f.cleared_event IS NULL OR (f.cleared_at > %(since)s AND f.cleared_how IN ('holds', 'updated')))
      AND NOT EXISTS (
          SELECT 1 FROM unnest(%(hidden_in)s::bigint[], %(hidden)s::text[]) AS secret (engagement_id, item_key)
          WHERE secret.engagement_id = e.engagement_id AND secret.item_key = e.item_key
      )
    GROUP BY 2, 3, 4, 5
"""


@dataclass
class Line:
    """One engagement's line as one side sees it."""

    signs: dict[str, Sign] = field(default_factory=dict)
    loops: list[Loop] = field(default_factory=list)


def line(view: Viewpoint, *, now: datetime | None = None) -> Line:
    """Return one engagement's line, in one statement."""
    return lines([view], now=now)[view.engagement.pk]


def lines(views: Sequence[Viewpoint], *, now: datetime | None = None) -> dict[int, Line]:
    """Return the lines of several engagements by id, in one statement."""
    by_id = {view.engagement.pk: view for view in views}
    found = {pk: Line() for pk in by_id}
    if not by_id:
        return found
    secrets = [
        (pk, item.key)
        for pk, view in by_id.items()
        if not view.is_firm
        for item in view.framework.items
        if item.internal
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            SQL,
            {
                "ids": list(by_id),
                "since": (now or timezone.now()) - PERIOD,
                "hidden_in": [pk for pk, _key in secrets],
                "hidden": [key for _pk, key in secrets],
            },
        )
        rows = cursor.fetchall()
    signed: dict[int, dict[str, dict[str, bool]]] = {}
    for what, pk, one, other, flag, count in rows:
        if what == "sign":
            signed.setdefault(pk, {}).setdefault(one, {})[other] = flag
        else:
            _draw(found[pk], by_id[pk], one, other, int(count), is_open=flag)
    for pk, by_item in signed.items():
        found[pk].signs = signs(by_id[pk], by_item)
    return found


def _draw(line: Line, view: Viewpoint, start: str, end: str, count: int, *, is_open: bool) -> None:
    places: dict[str, int] = {step.key: index for index, step in enumerate(view.framework.steps)}
    if start in places and end in places:
        line.loops.append(Loop(places[start], places[end], count, open=is_open))


def signs(view: Viewpoint, by_item: dict[str, dict[str, bool]]) -> dict[str, Sign]:
    """Return by step whether its gates are signed. A stale one makes the step stale, an open one leaves it open."""
    depths = DEPTHS[: DEPTHS.index(view.engagement.depth) + 1]
    found: dict[str, Sign] = {}
    unsigned = set()
    for gate in view.framework.gates:
        if view.framework.item(gate.item_key).depth not in depths:
            continue
        functions = by_item.get(gate.item_key, {})
        if any(functions.values()):
            found[gate.step_key] = "stale"
        elif gate.functions and functions.keys() >= set(gate.functions):
            found.setdefault(gate.step_key, "signed")
        else:
            unsigned.add(gate.step_key)
    return {key: sign for key, sign in found.items() if sign == "stale" or key not in unsigned}
