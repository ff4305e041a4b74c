"""What drawings are made of: shapes by kind, which classes paint on screen and literal light colours paint on paper.

Series differ by their stroke and carry their name, so that nothing is lost in black and white.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from questionnaires.throughline_paint import FONT, PAINT

SHAPES = {
    "grid": 'fill="none" stroke="{--rule}" stroke-width="1"',
    "axis": 'fill="none" stroke="{--rule-strong}" stroke-width="1"',
    "first": 'fill="none" stroke="{--ink}" stroke-width="2.5" stroke-linejoin="round"',
    "second": 'fill="none" stroke="{--accent}" stroke-width="2" stroke-dasharray="6 4" stroke-linejoin="round"',
    "third": 'fill="none" stroke="{--rule-strong}" stroke-width="1.5" stroke-dasharray="1.5 3" stroke-linejoin="round"',
    "dot-first": 'fill="{--ink}"',
    "dot-second": 'fill="{--sheet}" stroke="{--accent}" stroke-width="2"',
    "range": 'fill="{--rule}"',
    "plan": 'fill="none" stroke="{--warn}" stroke-width="1.5" stroke-dasharray="5 3"',
    "cell": 'fill="{--sheet}" stroke="{--rule-strong}" stroke-width="1"',
    "cell-mid": 'fill="{--sunken}" stroke="{--rule-strong}" stroke-width="1"',
    "cell-high": 'fill="{--rule}" stroke="{--ink}" stroke-width="2"',
    "node": 'fill="{--sheet}" stroke="{--ink}" stroke-width="1.5"',
    "node-done": 'fill="{--ink}" stroke="{--ink}" stroke-width="1.5"',
    "node-look": 'fill="{--sheet}" stroke="{--warn}" stroke-width="2" stroke-dasharray="3 2"',
    "link": 'fill="none" stroke="{--ink-3}" stroke-width="1.1"',
    "tip": 'fill="{--ink-3}"',
}
LETTERS = {
    "words": 'fill="{--ink-3}" font-size="12"',
    "name": 'fill="{--ink}" font-size="13"',
    "strong": 'fill="{--ink}" font-size="13" font-weight="600"',
    "name-first": 'fill="{--ink}" font-size="12" font-weight="600"',
    "name-second": 'fill="{--accent}" font-size="12" font-weight="600"',
    "name-plan": 'fill="{--warn}" font-size="12" font-weight="600"',
}
KINDS = {**SHAPES, **LETTERS}


# Millimetres on paper: the letters of a drawing are then as high as those of a table's head.
UNIT = 0.2


@dataclass(frozen=True)
class Picture:
    """A drawing for screens and for paper, what it shows in a sentence, and the same figures as a table."""

    screen: SafeString
    paper: SafeString
    said: str
    # (label, "r" for figures), and rows of texts.
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Say whether there is anything to see."""
        return bool(self.screen)

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """The table's rows, each cell with how its column is aligned."""
        aligned = [align for _label, align in self.columns]
        return [list(zip(row, aligned, strict=True)) for row in self.rows]


NOTHING = Picture(mark_safe(""), mark_safe(""), "")


class Canvas:
    """A drawing in whole units of its own box, which no locale writes in another way."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.parts: list[str] = []

    def path(self, kind: str, d: str) -> None:
        """Add a line or an area."""
        self.parts.append(f'<path class="{kind}" d="{d}"/>')

    def circle(self, kind: str, x: int, y: int, r: int) -> None:
        """Add a dot."""
        self.parts.append(f'<circle class="{kind}" cx="{x}" cy="{y}" r="{r}"/>')

    def box(self, kind: str, x: int, y: int, width: int, height: int) -> None:
        """Add a rectangle."""
        self.parts.append(f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>')

    def text(self, kind: str, x: int, y: int, words: object, *, anchor: str = "start") -> None:
        """Add words; they are escaped here."""
        self.parts.append(
            f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(str(words))}</text>'
        )

    def picture(
        self, said: str, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[object]]
    ) -> Picture:
        """Return the drawing, which *said* describes."""
        inner = "".join(self.parts)
        box = f'viewBox="0 0 {self.width} {self.height}" role="img" aria-label="{escape(said)}"'
        screen = f'<svg class="pic" {box}>{inner}</svg>'
        paper = f'<svg width="{self.width * UNIT:g}mm" {box}>{_literally(inner)}</svg>'
        return Picture(
            mark_safe(screen),  # noqa: S308 - drawn from numbers and escaped texts
            mark_safe(paper),  # noqa: S308 - drawn from numbers and escaped texts
            said,
            list(columns),
            [[str(cell) for cell in row] for row in rows],
        )


def _literally(svg: str) -> str:
    """Replace every class of a drawing by what it paints in light."""
    return re.sub(r'class="([\w-]+)"', lambda found: _painted(found[1]), svg)


def _painted(kind: str) -> str:
    shape = re.sub(r"\{(--[\w-]+)\}", lambda found: PAINT[found[1]], KINDS[kind])
    return f"{FONT} {shape}" if kind in LETTERS else shape


def cut(words: str, most: int) -> str:
    """Shorten words to about *most* letters, at a space where there is one near."""
    if len(words) <= most:
        return words
    short = words[: most - 1]
    head, _space, _tail = short.rpartition(" ")
    return f"{head if len(head) > most * 0.6 else short}…"


def round_up(count: int) -> int:
    """Return a number at the top of the scale that halves without a rest."""
    for top in (2, 4, 6, 8, 10, 20, 30, 40, 60, 80, 100, 140, 200, 240, 300):
        if count <= top:
            return top
    return -(-count // 100) * 100
