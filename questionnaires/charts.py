"""Draw results against the criterion that was agreed, as SVG from plain data: one source for the page and the PDF.

On screen classes give the paint; `printed` carries it literally, because PDF renderers do not style inline SVG from
the page. The sentence says what the drawing shows, and the same figures stand in a table beside it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires import throughline_paint as paint

WIDTH, ROW, LEFT, RIGHT, TOP = 480, 40, 8, 56, 34
LONGEST_NAME = 46
# More lines than this are no picture any more; the table has them all.
MOST = 40


@dataclass(frozen=True)
class Point:
    """One result: its attempt's number and name, the figure, and whether it reached the criterion."""

    number: int
    name: str
    value: Decimal
    meets: bool | None = None
    superseded: bool = False


@dataclass(frozen=True)
class Criterion:
    """The agreed figure, and whether reaching it means being at or above it."""

    value: Decimal
    higher_is_better: bool = True


PAINT = {
    "axis": 'fill="none" stroke="{--rule-strong}" stroke-width="1"',
    "stem": 'fill="none" stroke="{--rule-strong}" stroke-width="2"',
    "dot": 'fill="{--sheet}" stroke="{--ink}" stroke-width="2"',
    "dot meets": 'fill="{--ink}" stroke="{--ink}" stroke-width="2"',
    "bar-line": 'fill="none" stroke="{--ink}" stroke-width="1.5" stroke-dasharray="5 4"',
    "bar-name": 'fill="{--ink}" font-size="12" font-weight="600"',
    "name": 'fill="{--ink}" font-size="13"',
    "figure": 'fill="{--ink}" font-size="12" font-weight="600"',
    "": 'fill="{--ink-3}" font-size="12"',
}


def results(points: Sequence[Point], criterion: Criterion | None, measure: str) -> SafeString:
    """Return the drawing for a page, or nothing without a figure. Points stand in the order given."""
    return _drawing(points[:MOST], criterion, measure)


def printed(points: Sequence[Point], criterion: Criterion | None, measure: str) -> SafeString:
    """Return the drawing with literal light paint, for the PDF."""

    def painted(found: re.Match[str]) -> str:
        words = found[1].removesuffix(" gone")
        shape = PAINT.get(words, PAINT[""])
        for name, value in paint.PAINT.items():
            shape = shape.replace(f"{{{name}}}", value)
        text = words in ("", "name", "figure", "bar-name", "note")
        return f"{paint.FONT} {shape}" if text else shape

    drawing = str(_drawing(points[:MOST], criterion, measure)).replace('class="results" ', "")
    return mark_safe(re.sub(r'class="([^"]*)"', painted, drawing))  # noqa: S308 - our own drawing, its texts escaped


def sentence(points: Sequence[Point], criterion: Criterion | None, measure: str) -> str:
    """Say what the drawing shows: how many results, from where to where, and how many reach the criterion."""
    if not points:
        return ""
    values = [point.value for point in points]
    said = ngettext(
        "%(count)d result for “%(measure)s”, from %(low)s to %(high)s.",
        "%(count)d results for “%(measure)s”, from %(low)s to %(high)s.",
        len(points),
    ) % {"count": len(points), "measure": measure, "low": shown(min(values)), "high": shown(max(values))}
    if criterion is None:
        return said
    reached = sum(reaches(point.value, criterion) for point in points)
    agreed = _("at least %(value)s") if criterion.higher_is_better else _("at most %(value)s")
    return said + " " + _("%(reached)d of them reach the agreed criterion, %(agreed)s.") % {
        "reached": reached,
        "agreed": agreed % {"value": shown(criterion.value)},
    }  # fmt: skip


def reaches(value: Decimal, criterion: Criterion) -> bool:
    """Say whether a figure reaches the criterion."""
    return value >= criterion.value if criterion.higher_is_better else value <= criterion.value


def shown(value: Decimal) -> str:
    """Write a figure as people read it: at most four decimals, no zeros at its end."""
    text = f"{value:.4f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _drawing(points: Sequence[Point], criterion: Criterion | None, measure: str) -> SafeString:
    if not points:
        return mark_safe("")
    place = _scale([point.value for point in points], criterion)
    height = TOP + ROW * len(points) + 8
    parts = [f'<path class="axis" d="M{LEFT} {TOP - 6}V{height - 4}"/>']
    for index, point in enumerate(points):
        y = TOP + ROW * index + 26
        x = place(point.value)
        gone = " gone" if point.superseded else ""
        reached = criterion is not None and reaches(point.value, criterion)
        name = f"{point.number}. {point.name}"
        if len(name) > LONGEST_NAME:
            name = f"{name[: LONGEST_NAME - 1]}…"
        parts.append(
            f'<text class="name{gone}" x="{LEFT + 8}" y="{y - 12}">{escape(name)}</text>'
            f'<path class="stem{gone}" d="M{LEFT} {y}H{x}"/>'
            f'<circle class="dot{" meets" if reached else ""}{gone}" cx="{x}" cy="{y}" r="5"/>'
            f'<text class="figure{gone}" x="{x + 10}" y="{y + 4}">{shown(point.value)}</text>'
        )
    if criterion is not None:
        x = place(criterion.value)
        word = _("agreed")
        sign = "≥" if criterion.higher_is_better else "≤"
        anchor = ' text-anchor="end"' if x > WIDTH / 2 else ""
        parts.append(
            f'<path class="bar-line" d="M{x} {TOP - 14}V{height - 4}"/>'
            f'<text class="bar-name" x="{x}" y="14"{anchor}>{escape(word)} {sign} {shown(criterion.value)}</text>'
        )
    said = escape(sentence(points, criterion, measure))
    return mark_safe(  # noqa: S308 - numbers, and texts that are escaped above
        f'<svg class="results" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{said}">{"".join(parts)}</svg>'
    )


def _scale(values: Sequence[Decimal], criterion: Criterion | None) -> "_Scale":
    every = [*values, *([criterion.value] if criterion else [])]
    low, high = min(every), max(every)
    # From nought where that does not squeeze the differences into nothing.
    if low >= 0 and (high == low or low < high * Decimal("0.6")):
        low = Decimal(0)
    elif high > low:
        low -= (high - low) / 4
    return _Scale(low, high if high > low else low + 1)


@dataclass(frozen=True)
class _Scale:
    low: Decimal
    high: Decimal

    def __call__(self, value: Decimal) -> int:
        share = (value - self.low) / (self.high - self.low)
        return LEFT + round(share * (WIDTH - LEFT - RIGHT))
