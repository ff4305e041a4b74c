"""When something will be done, from the pace so far: a range, with what it rests on. Pure arithmetic."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.templatetags.interface import day as in_words
from questionnaires.calendar import Calendar

# The pace is that of the last three weeks; fewer answers, or fewer days, say too little.
WINDOW = timedelta(weeks=3)
FEWEST_ANSWERS = 5
FEWEST_DAYS = 5
# A range that reaches further than this many working days is not worth a date.
FURTHEST = 260


@dataclass(frozen=True, slots=True)
class Forecast:
    """A range of days, or none where there is too little to go by, with its basis."""

    first: date | None
    # None where the slow end lies further than a year ahead.
    last: date | None
    remaining: int
    settled: int
    # Working days in which those were settled.
    days: int

    @property
    def words(self) -> str:
        """The range in words."""
        if self.remaining == 0:
            return _("all settled")
        if self.first is None:
            return _("too early to say")
        if self.last is None:
            return _("not before %(day)s") % {"day": in_words(self.first)}
        if self.first == self.last:
            return in_words(self.first)
        return _("%(first)s to %(last)s") % {"first": in_words(self.first), "last": in_words(self.last)}

    @property
    def basis(self) -> str:
        """What the range rests on, in words."""
        if self.remaining == 0:
            return ""
        if self.first is None:
            return ngettext(
                "%(count)d answer was settled in the last 3 weeks; that is too little to go by",
                "%(count)d answers were settled in the last 3 weeks; that is too little to go by",
                self.settled,
            ) % {"count": self.settled}
        return ngettext(
            "at the pace of the last 3 weeks, from %(count)d settled answer; %(left)d to go",
            "at the pace of the last 3 weeks, from %(count)d settled answers; %(left)d to go",
            self.settled,
        ) % {"count": self.settled, "left": self.remaining}


def forecast(
    remaining: int, settled_on: Iterable[date], *, began: date, today: date, calendar: Calendar
) -> Forecast:
    """Return when *remaining* answers will be settled, from the days on which others were.

    The pace is uncertain by the square root of how many it was counted from, which gives the two ends.
    """
    start = max(today - WINDOW, began - timedelta(days=1))
    recent = sum(1 for day in settled_on if start < day <= today)
    days = calendar.between(start, today)
    if remaining == 0 or recent < FEWEST_ANSWERS or days < FEWEST_DAYS:
        return Forecast(None, None, remaining, recent, days)
    spread = math.sqrt(recent)
    fast, slow = (math.ceil(remaining * days / (recent + way * spread)) for way in (1, -1))
    return Forecast(
        calendar.add(today, min(fast, FURTHEST)),
        calendar.add(today, slow) if slow <= FURTHEST else None,
        remaining,
        recent,
        days,
    )
