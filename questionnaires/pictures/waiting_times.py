"""How long things wait, with the client and with the firm, by one ruler for both."""

from collections.abc import Sequence
from statistics import median

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires.pictures.canvas import NOTHING, Canvas, Picture

WIDTH, LEFT, RIGHT, TOP = 720, 150, 24, 12
# Working days: from here on "a while", from there on "long"; as everywhere in the product.
MID, OLD = 4, 9
DOT = 5
HIGHEST = 6


def waiting_times(with_client: Sequence[int], with_firm: Sequence[int], client: str, firm: str) -> Picture:
    """Return one dot for each open thing over the working days it waits, a lane for each side."""
    lanes = [(client, sorted(with_client)), (firm, sorted(with_firm))]
    every = [*with_client, *with_firm]
    if not every:
        return NOTHING
    last = max(12, *every)
    # Beyond this the few oldest would squeeze the many into nothing; they stand together at the end.
    end = min(last, 45)
    columns = {name: _stacked(days, end) for name, days in lanes}
    heights = {
        name: max(3, min(HIGHEST, max((len(stack) for stack in stacks.values()), default=0)))
        for name, stacks in columns.items()
    }
    height = TOP + sum((2 * DOT + 1) * rows + 26 for rows in heights.values()) + 30
    canvas = Canvas(WIDTH, height)

    def across(days: int) -> int:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * days / end)

    floor = TOP
    for name, days in lanes:
        floor += (2 * DOT + 1) * heights[name] + 26
        canvas.path("axis", f"M{LEFT - 8} {floor}H{WIDTH - RIGHT + 8}")
        canvas.text("strong", 0, floor - 20, name)
        canvas.text("words", 0, floor - 4, _count(days))
        for day, stack in columns[name].items():
            x = across(day)
            for place in range(min(len(stack), HIGHEST)):
                kind = "dot-first" if day >= OLD else "node"
                canvas.circle(kind, x, floor - DOT - 3 - place * (2 * DOT + 1), DOT - 1)
            if len(stack) > HIGHEST:
                canvas.text(
                    "words", x, floor - DOT - 3 - HIGHEST * (2 * DOT + 1), len(stack), anchor="middle"
                )
    for mark in (MID, OLD):
        canvas.path("grid", f"M{across(mark) - 7} {TOP}V{floor}")
    for mark in (0, MID, OLD, *range(20, end - 7, 10), end):
        words = _("%(days)d and more") % {"days": end} if mark == end < last else str(mark)
        canvas.text("words", across(mark), floor + 18, words, anchor="end" if mark == end else "middle")
    canvas.text("words", 0, floor + 18, _("working days"))
    rows = [
        (label, *(sum(1 for day in days if low <= day < high) for _name, days in lanes))
        for label, low, high in (
            (_("under %(days)d days") % {"days": MID}, 0, MID),
            (_("%(first)d to %(last)d days") % {"first": MID, "last": OLD - 1}, MID, OLD),
            (_("%(days)d days and more") % {"days": OLD}, OLD, 1_000_000),
        )
    ]
    rows.append((_("half of them at most"), *(_half(days) for _name, days in lanes)))
    rows.append((_("the longest"), *(max(days, default=0) for _name, days in lanes)))
    said = " ".join(
        _(
            "%(name)s: %(things)s, half of them for at most %(half)d working days, the longest for %(longest)d."
        )
        % {"name": name, "things": _count(days), "half": _half(days), "longest": max(days)}
        if days
        else _("%(name)s: nothing.") % {"name": name}
        for name, days in lanes
    )
    return canvas.picture(said, [(_("Waiting"), ""), (client, "r"), (firm, "r")], rows)


def _stacked(days: Sequence[int], end: int) -> dict[int, list[int]]:
    stacks: dict[int, list[int]] = {}
    for day in days:
        stacks.setdefault(min(day, end), []).append(day)
    return stacks


def _half(days: Sequence[int]) -> int:
    return int(median(days)) if days else 0


def _count(days: Sequence[int]) -> str:
    return ngettext("%(count)d thing", "%(count)d things", len(days)) % {"count": len(days)}
