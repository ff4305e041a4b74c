"""How counts went over the days: progress, what is left with its forecast, and what is not known."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TypeVar

from django.utils.translation import gettext as _

from engagements.templatetags.interface import day as in_words
from questionnaires.certainty import Count
from questionnaires.course import Day
from questionnaires.health.forecast import Forecast
from questionnaires.pictures.canvas import NOTHING, Canvas, Picture, round_up

T = TypeVar("T")
WIDTH, HEIGHT = 720, 210
LEFT, RIGHT, TOP, BOTTOM = 36, 190, 16, 30
# About how wide a letter is.
LETTER = 7
# Rows of the table beside a drawing: the whole course is in it, thinned out evenly.
MOST_ROWS = 6


class _Plot:
    """The box that counts are drawn into: days across, counts up."""

    def __init__(self, first: date, last: date, top: int, *, small: bool = False) -> None:
        self.width, self.height, self.right = (430, 190, 132) if small else (WIDTH, HEIGHT, RIGHT)
        self.canvas = Canvas(self.width, self.height)
        self.first, self.last, self.top = first, last, round_up(top)
        for level in dict.fromkeys((0, self.top // 2, self.top)):
            y = self.up(level)
            self.canvas.path("grid" if level else "axis", f"M{LEFT} {y}H{self.width - self.right}")
            self.canvas.text("words", LEFT - 8, y + 4, level, anchor="end")

    def across(self, day: date) -> int:
        """Return where a day stands."""
        return round(
            LEFT
            + (self.width - LEFT - self.right)
            * (day - self.first).days
            / max(1, (self.last - self.first).days)
        )

    def up(self, value: float) -> int:
        """Return where a count stands."""
        return round(self.height - BOTTOM - (self.height - TOP - BOTTOM) * value / self.top)

    def line(self, kind: str, points: Sequence[tuple[date, int]]) -> None:
        """Draw counts as steps, as counts are."""
        parts: list[str] = []
        before = None
        for day, value in points:
            x, y = self.across(day), self.up(value)
            if before is None:
                parts.append(f"M{x} {y}")
            else:
                parts.append(f"H{x}")
                if before != y:
                    parts.append(f"V{y}")
            before = y
        self.canvas.path(kind, "".join(parts))

    def days(self, *days: date) -> None:
        """Write days under the drawing, leaving out those for which there is no room."""
        taken: list[tuple[int, int]] = []
        for day in days:
            x, words = self.across(day), in_words(day)
            width = LETTER * len(words)
            if x < LEFT + 20:
                anchor, begins = "start", x
            elif x > self.width - self.right - 30:
                anchor, begins = "end", x - width
            else:
                anchor, begins = "middle", x - width // 2
            if all(begins + width + LETTER <= first or begins >= last + LETTER for first, last in taken):
                taken.append((begins, begins + width))
                self.canvas.text("words", x, self.height - 8, words, anchor=anchor)

    def names(self, *lines: tuple[str, str, int]) -> None:
        """Name the lines at their ends: kind of letters, words, and the count; kept apart where ends lie close."""
        ends = sorted(((self.up(value), kind, words) for kind, words, value in lines), key=lambda end: end[0])
        places = []
        y = TOP - 8
        for at, _kind, _words in ends:
            y = max(y + 15, at + 4)
            places.append(y)
        # What was pushed below the floor pushes back what stands above it.
        lowest = self.height - 8
        for place in range(len(places) - 1, -1, -1):
            places[place] = min(places[place], lowest)
            lowest = places[place] - 15
        for (_at, kind, words), place in zip(ends, places, strict=True):
            self.canvas.text(kind, self.width - self.right + 12, place, words)


def progress(course: Sequence[Day]) -> Picture:
    """Return how many questions were asked, settled and unknown day by day; nothing before there are two days."""
    if len(course) < 2 or not any(one.asked for one in course):
        return NOTHING
    first, last = course[0], course[-1]
    plot = _Plot(first.day, last.day, max(one.asked for one in course))
    plot.line("third", [(one.day, one.asked) for one in course])
    plot.line("second", [(one.day, one.unknown) for one in course])
    plot.line("first", [(one.day, one.settled) for one in course])
    plot.canvas.circle("dot-first", plot.across(last.day), plot.up(last.settled), 4)
    plot.canvas.circle("dot-second", plot.across(last.day), plot.up(last.unknown), 4)
    plot.days(first.day, last.day, course[len(course) // 2].day)
    plot.names(
        ("words", _("%(count)d asked") % {"count": last.asked}, last.asked),
        ("name-first", _("%(count)d settled") % {"count": last.settled}, last.settled),
        ("name-second", _("%(count)d not known yet") % {"count": last.unknown}, last.unknown),
    )
    said = _(
        "From %(first)s to %(last)s: settled went from %(was)d to %(now)d of %(asked)d questions, "
        "not known from %(unknown_was)d to %(unknown_now)d."
    ) % {
        "first": in_words(first.day),
        "last": in_words(last.day),
        "was": first.settled,
        "now": last.settled,
        "asked": last.asked,
        "unknown_was": first.unknown,
        "unknown_now": last.unknown,
    }
    return plot.canvas.picture(said, *_table(course))


def burn_down(
    course: Sequence[Day], forecast: Forecast | None, planned: date | None, *, small: bool = False
) -> Picture:
    """Return how many questions are left day by day, the range in which they end at this pace, and the planned end.

    A *small* one is for half a page's width: the same letters, fewer of them.
    """
    if len(course) < 2 or not any(one.asked for one in course):
        return NOTHING
    first, today = course[0].day, course[-1].day
    left = course[-1].open
    ahead = forecast if forecast and forecast.first and forecast.remaining else None
    end = max(day for day in (today, planned, ahead and ahead.first, ahead and ahead.last) if day)
    # A far end would squeeze what happened into nothing.
    end = min(end, today + max(timedelta(days=60), (today - first) * 2))
    plot = _Plot(first, end, max(one.open for one in course), small=small)
    if ahead and ahead.first:
        _fan(plot, today, left, ahead.first, ahead.last)
    plot.line("first", [(one.day, one.open) for one in course])
    plot.canvas.circle("dot-first", plot.across(today), plot.up(left), 4)
    if planned and first <= planned <= end:
        x = plot.across(planned)
        plot.canvas.path("plan", f"M{x} {TOP}V{plot.up(0)}")
    plot.days(first, today, *([planned] if planned and planned <= end else []), end)
    names = [("name-first", _("%(count)d left") % {"count": left}, left)]
    if planned and planned <= end:
        words = (
            [_("planned:"), in_words(planned)]
            if small
            else [_("planned: %(day)s") % {"day": in_words(planned)}]
        )
        names += [("name-plan", word, plot.top) for word in words]
    if ahead:
        names += [("words", words, left) for words in (_("at this pace:"), *_broken(ahead, small=small))]
    plot.names(*names)
    said = _("%(left)d questions are left of %(asked)d.") % {"left": left, "asked": course[-1].asked}
    if forecast and forecast.remaining:
        said += " " + _("Forecast end: %(words)s.") % {"words": forecast.words}
    if planned:
        said += " " + _("Planned end: %(day)s.") % {"day": in_words(planned)}
    return plot.canvas.picture(said, *_table(course))


def _broken(ahead: Forecast, *, small: bool) -> list[str]:
    """Return the forecast's range in lines that fit beside the drawing."""
    if not small or ahead.first is None or ahead.last in (None, ahead.first):
        return [ahead.words]
    return [in_words(ahead.first), _("to %(day)s") % {"day": in_words(ahead.last)}]


def _fan(plot: _Plot, today: date, left: int, first: date, last: date | None) -> None:
    """Draw the area between the fast and the slow end."""
    x, y, floor = plot.across(today), plot.up(left), plot.up(0)
    fast, slow = (_on_the_way(plot, today, left, day) for day in (first, last or plot.last))
    if last is None:
        slow = (plot.across(plot.last), round(y + (floor - y) * 0.35))
    edge = f"L{slow[0]} {slow[1]}L{slow[0]} {floor}" if slow[1] < floor else f"L{slow[0]} {floor}"
    reach = f"L{fast[0]} {fast[1]}" if fast[1] < floor else f"L{fast[0]} {floor}"
    plot.canvas.path("range", f"M{x} {y}{edge}{reach}Z")


def _on_the_way(plot: _Plot, today: date, left: int, end: date) -> tuple[int, int]:
    """Return where the straight way to *end* leaves the drawing, or its end."""
    if end <= plot.last:
        return plot.across(end), plot.up(0)
    share = (plot.last - today).days / max(1, (end - today).days)
    return plot.across(plot.last), plot.up(left * (1 - share))


def unknowns(course: Sequence[Count]) -> Picture:
    """Return how many things were unknown, and how many assumed or estimated, day by day."""
    if len(course) < 2 or not any(one.unknowns or one.assumptions for one in course):
        return NOTHING
    first, last = course[0], course[-1]
    plot = _Plot(first.day, last.day, max(max(one.unknowns, one.assumptions) for one in course))
    plot.line("second", [(one.day, one.assumptions) for one in course])
    plot.line("first", [(one.day, one.unknowns) for one in course])
    plot.canvas.circle("dot-second", plot.across(last.day), plot.up(last.assumptions), 4)
    plot.canvas.circle("dot-first", plot.across(last.day), plot.up(last.unknowns), 4)
    plot.days(first.day, last.day, course[len(course) // 2].day)
    plot.names(
        ("name-first", _("%(count)d not known yet") % {"count": last.unknowns}, last.unknowns),
        ("name-second", _("%(count)d assumed") % {"count": last.assumptions}, last.assumptions),
    )
    said = _(
        "From %(day)s to today: not known went from %(unknowns)d to %(now_unknowns)d, "
        "assumed or estimated from %(assumptions)d to %(now_assumptions)d."
    ) % {
        "day": in_words(first.day),
        "unknowns": first.unknowns,
        "now_unknowns": last.unknowns,
        "assumptions": first.assumptions,
        "now_assumptions": last.assumptions,
    }
    columns = [(_("Day"), ""), (_("Not known yet"), "r"), (_("Assumed or estimated"), "r")]
    rows = thinned(course, lambda one: (one.unknowns, one.assumptions))
    return plot.canvas.picture(
        said, columns, [[in_words(one.day), one.unknowns, one.assumptions] for one in rows]
    )


def _table(course: Sequence[Day]) -> tuple[list[tuple[str, str]], list[list[object]]]:
    columns = [
        (_("Day"), ""),
        (_("Asked"), "r"),
        (_("Settled"), "r"),
        (_("Left"), "r"),
        (_("Not known yet"), "r"),
    ]
    rows = thinned(course, lambda one: (one.asked, one.settled, one.unknown))
    return columns, [[in_words(one.day), one.asked, one.settled, one.open, one.unknown] for one in rows]


def thinned(course: Sequence[T], said: Callable[[T], object]) -> list[T]:
    """Return at most MOST_ROWS days, newest first: those on which something moved, evenly spaced where there are more."""
    moved = [one for place, one in enumerate(course) if place == 0 or said(one) != said(course[place - 1])]
    if moved[-1] is not course[-1]:
        moved.append(course[-1])
    if len(moved) > MOST_ROWS:
        last = len(moved) - 1
        moved = [moved[round(last * place / (MOST_ROWS - 1))] for place in range(MOST_ROWS)]
    return moved[::-1]
