"""Calendar dates as people write them."""

import re
from datetime import date, datetime
from typing import Final

from questionnaires.values.problems import BadValue, gettext_noop, shown

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200


def read_date(raw: object) -> str:
    """Give a day as YYYY-MM-DD. Raises BadValue, also where day and month could be either."""
    day: date | None = None
    if isinstance(raw, datetime):
        day = raw.date()
    elif isinstance(raw, date):
        day = raw
    elif isinstance(raw, str) and len(raw) <= 40:
        day = _date_in(raw)
    if day is None:
        raise BadValue(
            gettext_noop(
                "“%(value)s” is not a day in the calendar. Write year, month and day, such as 2026-11-23."
            ),
            value=shown(raw),
        )
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadValue(
            gettext_noop("The year must lie between %(first)s and %(last)s."),
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
    return day.isoformat()


def _date_in(text: str) -> date | None:
    if match := re.fullmatch(
        r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", text
    ):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := re.fullmatch(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.\s?([0-9]{4})", text):
        return _day(int(match[3]), int(match[2]), int(match[1]))
    if match := re.fullmatch(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})", text):
        first, second, year = int(match[1]), int(match[2]), int(match[3])
        one, other = _day(year, second, first), _day(year, first, second)
        if one and other and one != other:
            raise BadValue(
                gettext_noop("Do we mean %(one)s or %(other)s? Write it that way."), one=one, other=other
            )
        return one or other
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
