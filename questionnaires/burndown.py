"""The course of unknowns and assumptions as a drawing: two lines over the days, drawn with steps, as counts are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from questionnaires.certainty import Count

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 34, 12, 12, 26


@dataclass(frozen=True, slots=True)
class Mark:
    """A label on an axis, with where it stands in the drawing."""

    at: int
    words: object


@dataclass(frozen=True, slots=True)
class Chart:
    """Where everything stands, in whole units of the drawing's own box, which no locale writes in another way."""

    unknowns: str
    assumptions: str
    end_unknowns: tuple[int, int]
    end_assumptions: tuple[int, int]
    levels: list[Mark]
    days: list[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


def chart(course: Sequence[Count]) -> Chart | None:
    """Return the drawing of a course, or None while there is nothing to compare."""
    if len(course) < 2 or not any(count.unknowns or count.assumptions for count in course):
        return None
    first, last = course[0].day, course[-1].day
    top = _round_up(max(max(count.unknowns, count.assumptions) for count in course))

    def across(day: date) -> int:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / (last - first).days)

    def up(value: int) -> int:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top)

    def line(name: str) -> str:
        points: list[str] = []
        before = None
        for count in course:
            x, y = across(count.day), up(getattr(count, name))
            if before is not None and before != y:
                points.append(f"{x},{before}")
            points.append(f"{x},{y}")
            before = y
        return " ".join(points)

    middle = course[len(course) // 2].day
    return Chart(
        unknowns=line("unknowns"),
        assumptions=line("assumptions"),
        end_unknowns=(across(last), up(course[-1].unknowns)),
        end_assumptions=(across(last), up(course[-1].assumptions)),
        levels=[Mark(up(value), value) for value in dict.fromkeys((0, top // 2, top))],
        days=[Mark(across(day), day) for day in dict.fromkeys((first, middle, last))],
    )


def _round_up(count: int) -> int:
    """Return a number at the top of the scale that halves without a rest."""
    for top in (2, 4, 6, 8, 10, 20, 30, 40, 60, 80, 100):
        if count <= top:
            return top
    return -(-count // 100) * 100
