"""Working days as an engagement counts them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires.calendar import DAY, Calendar, days_of

MONDAY = date(2026, 11, 23)
PLAIN = Calendar(UTC)
DAYS = st.dates(date(2020, 1, 1), date(2032, 12, 31))


def counted(calendar, first, last):
    """Count one by one, as a person with a finger on a wall calendar would."""
    return sum(calendar.is_working(day) for day in days_of(first + DAY, last))


class TestBetween:
    @pytest.mark.parametrize(
        ("last", "days"),
        [
            (date(2026, 11, 20), 0),
            (MONDAY, 0),
            (date(2026, 11, 24), 1),
            (date(2026, 11, 27), 4),
            (date(2026, 11, 28), 4),
            (date(2026, 11, 29), 4),
            (date(2026, 11, 30), 5),
            (date(2026, 12, 7), 10),
        ],
    )
    def test_weekends_do_not_count_and_the_first_day_is_none(self, last, days):
        assert PLAIN.between(MONDAY, last) == days

    def test_a_friday_and_the_monday_after_are_one_day_apart(self):
        assert PLAIN.between(date(2026, 11, 20), MONDAY) == 1

    def test_holidays_are_left_out_and_those_on_a_weekend_change_nothing(self):
        closed = Calendar(
            UTC,
            frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), MONDAY, date(2027, 1, 8)}),
        )

        assert closed.between(MONDAY, date(2027, 1, 4)) == 30 - 2

    def test_a_holiday_on_the_last_day_counts_as_none_and_on_the_first_as_little(self):
        assert Calendar(UTC, frozenset({date(2026, 11, 24)})).between(MONDAY, date(2026, 11, 24)) == 0
        assert Calendar(UTC, frozenset({MONDAY})).between(MONDAY, date(2026, 11, 24)) == 1

    def test_the_29_of_february_is_a_day_like_any_other(self):
        assert PLAIN.between(date(2028, 2, 28), date(2028, 3, 1)) == 2  # Tuesday the 29th is between
        assert PLAIN.between(date(2027, 2, 26), date(2027, 3, 1)) == 1

    @given(DAYS, DAYS, st.frozensets(DAYS, max_size=40))
    def test_it_agrees_with_counting_by_hand(self, first, last, holidays):
        last = min(last, first + 400 * DAY)
        calendar = Calendar(UTC, holidays)

        assert calendar.between(first, last) == (counted(calendar, first, last) if last > first else 0)


class TestAdd:
    def test_three_working_days_after_a_friday_are_a_wednesday(self):
        assert PLAIN.add(date(2026, 11, 20), 3) == date(2026, 11, 25)

    def test_none_is_the_day_itself_or_the_first_working_day_after(self):
        assert PLAIN.add(MONDAY, 0) == MONDAY
        assert PLAIN.add(date(2026, 11, 21), 0) == MONDAY

    def test_holidays_push_it_on(self):
        assert Calendar(UTC, frozenset({date(2026, 12, 25)})).add(date(2026, 12, 24), 1) == date(2026, 12, 28)

    def test_backwards_is_refused(self):
        with pytest.raises(ValueError, match="-1"):
            PLAIN.add(MONDAY, -1)

    @given(DAYS, st.integers(0, 60), st.frozensets(DAYS, max_size=20))
    def test_it_undoes_counting(self, day, count, holidays):
        calendar = Calendar(UTC, holidays)

        found = calendar.add(day, count)

        assert calendar.is_working(found)
        assert calendar.between(day, found) == count or count == 0


class TestSince:
    def test_a_day_is_that_of_the_zone(self):
        late, soon = datetime(2026, 11, 23, 23, 30, tzinfo=UTC), datetime(2026, 11, 24, 0, 30, tzinfo=UTC)

        assert Calendar(ZoneInfo("UTC")).since(late, soon) == 1
        assert Calendar(ZoneInfo("Europe/Berlin")).since(late, soon) == 0  # both are on the 24th there
        assert Calendar(ZoneInfo("America/New_York")).since(late, soon) == 0  # both are on the 23rd there

    def test_half_an_hour_over_midnight_is_a_day(self):
        berlin = Calendar(ZoneInfo("Europe/Berlin"))

        assert berlin.since(
            datetime(2026, 11, 23, 22, 45, tzinfo=UTC), datetime(2026, 11, 23, 23, 15, tzinfo=UTC)
        )

    @pytest.mark.parametrize(
        ("zone", "change"),
        [
            ("Europe/Berlin", date(2026, 3, 29)),
            ("Europe/Berlin", date(2026, 10, 25)),
            ("America/New_York", date(2026, 3, 8)),
            ("Australia/Lord_Howe", date(2026, 4, 5)),
        ],
    )
    def test_a_week_with_a_change_of_clocks_has_five_days(self, zone, change):
        zone = ZoneInfo(zone)
        for hour, minute in ((0, 1), (2, 30), (23, 59)):
            friday = datetime(change.year, change.month, change.day, hour, minute, tzinfo=zone) - 2 * DAY

            assert Calendar(zone).since(friday, friday + 7 * DAY) == 5

    def test_a_day_that_a_zone_skipped_is_counted_as_the_calendar_has_it(self):
        # Samoa went from Thursday the 29th to Saturday the 31st of December 2011.
        apia = ZoneInfo("Pacific/Apia")
        thursday = datetime(2011, 12, 29, 12, tzinfo=apia)

        assert Calendar(apia).since(thursday, datetime(2012, 1, 2, 12, tzinfo=apia)) == 2
