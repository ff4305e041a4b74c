"""Working days: weekdays that are no holiday, by one engagement's calendar. Pure arithmetic over dates."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from engagements.models import Engagement

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """A zone, in which a moment becomes a day, and the days on which nobody works although they are weekdays."""

    zone: tzinfo
    holidays: frozenset[date] = frozenset()

    def day(self, moment: datetime) -> date:
        """Return the calendar day that *moment* falls on."""
        return moment.astimezone(self.zone).date()

    def is_working(self, day: date) -> bool:
        """Say whether people work on *day*."""
        return day.weekday() < 5 and day not in self.holidays

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after *first*, up to and including *last*; 0 when *last* is not later."""
        if last <= first:
            return 0
        weeks, rest = divmod((last - first).days, 7)
        days = weeks * 5 + sum((first.weekday() + more) % 7 < 5 for more in range(1, rest + 1))
        return days - sum(day.weekday() < 5 for day in self.holidays if first < day <= last)

    def add(self, day: date, count: int) -> date:
        """Return the day that lies *count* working days after *day*; with 0 the first working day from *day* on.

        *count* is not negative. A calendar whose holidays leave no working day is not one of ours.
        """
        if count < 0:
            raise ValueError(count)
        found = day if count else day - DAY
        left = count or 1
        while left:
            found += DAY
            left -= self.is_working(found)
        return found

    def since(self, moment: datetime, now: datetime) -> int:
        """Return the working days from *moment* to *now*; the first day counts as none."""
        return self.between(self.day(moment), self.day(now))


def calendar_of(engagement: Engagement) -> Calendar:
    """Return the calendar by which an engagement's days count."""
    return Calendar(engagement.zone, frozenset(engagement.holidays))


def days_since(moment: datetime, engagement: Engagement, now: datetime) -> int:
    """Return the working days from *moment* to *now*, by the engagement's calendar."""
    return calendar_of(engagement).since(moment, now)


def days_of(first: date, last: date) -> list[date]:
    """Return every day from *first* to *last*, both included."""
    return [first + DAY * more for more in range((last - first).days + 1)]
