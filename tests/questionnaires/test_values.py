from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from questionnaires.conditions import ANSWERED
from questionnaires.document import Column, Item, Option
from questionnaires.document.shapes import COLUMN_TYPES, ITEM_TYPES
from questionnaires.values import (
    BadValue,
    as_text,
    clean,
    clean_text,
    for_condition,
    is_empty,
    money_parts,
    same,
)

OPTIONS = (
    Option("low", "Low risk"),
    Option("none", "None known"),
    Option("very-high", "Very high, or unclear"),
)


def item(type_, **more):
    options = OPTIONS if "choice" in type_ else ()
    return Item(
        key="k", title="T", prompt="P?", type=type_, answered_by="both", depth="core", options=options, **more
    )


def column(type_, label="Label"):
    return Column("k", label, type_, OPTIONS if type_ == "choice" else ())


def refused(spec, raw):
    with pytest.raises(BadValue) as caught:
        clean(spec, raw)
    return caught.value.message


class TestText:
    def test_newlines_become_one_kind_and_nul_goes(self):
        assert clean(item("long_text"), "a\r\nb\rc\n\0d") == "a\nb\nc\nd"

    def test_spaces_around_a_text_are_kept(self):
        assert clean(column("text"), "  a \n") == "  a \n"

    def test_half_a_character_becomes_a_mark(self):
        assert clean(item("long_text"), "a\ud800b").encode() == "a\ufffdb".encode()

    def test_a_million_characters_fit_and_no_more(self):
        assert len(clean_text("x" * 1_000_000)) == 1_000_000
        assert "1,000,001 characters; up to 1,000,000 fit" in refused(item("long_text"), "x" * 1_000_001)

    def test_only_text_is_text(self):
        assert refused(item("long_text"), ["a"]) == "Write this as text."


class TestChoices:
    @pytest.mark.parametrize("raw", ["low", " low ", "LOW", "Low risk", "low RISK"])
    def test_a_choice_is_found_by_value_or_by_what_the_screen_shows(self, raw):
        assert clean(item("single_choice"), raw) == "low"
        assert clean(column("choice"), raw) == "low"

    def test_anything_else_is_refused_with_the_choices(self):
        assert refused(item("single_choice"), "medium") == (
            "“medium” is not one of the choices: Low risk; None known; Very high, or unclear."
        )
        assert "…" in refused(item("single_choice"), "x" * 10_000)

    def test_several_are_kept_in_the_order_of_the_options(self):
        spec = item("multi_choice")

        assert clean(spec, ["very-high", "low", "low"]) == ["low", "very-high"]
        assert clean(spec, "Very high, or unclear") == ["very-high"]
        assert clean(spec, "very-high; low\nNone known") == ["low", "none", "very-high"]
        assert clean(spec, [""]) is None
        assert "is not one of the choices" in refused(spec, ["low", "x"])
        assert "is not one of the choices" in refused(spec, {"low": 1}.items())

    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            ("yes", "yes"),
            ("No", "no"),
            ("UNSURE", "unsure"),
            (True, "yes"),
            (False, "no"),
            ("y", "yes"),
            ("n", "no"),
        ],
    )
    def test_yes_no_and_unsure_are_answers(self, raw, value):
        assert clean(item("yes_no"), raw) == value

    def test_maybe_is_not(self):
        assert refused(item("yes_no"), "maybe") == "“maybe” is not one of the choices: yes, no, unsure."


class TestNumbers:
    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            ("12", "12"),
            ("012.50", "12.5"),
            ("-0", "0"),
            ("+7", "7"),
            ("\u22127,5", "-7.5"),
            ("4,182,610", "4182610"),
            ("4.182.610", "4182610"),
            ("4,182,610.5", "4182610.5"),
            ("4.182.610,5", "4182610.5"),
            ("1.234,567", "1234.567"),
            ("4.182", "4.182"),
            ("0,125", "0.125"),
            ("1234,567", "1234.567"),
            ("12,5", "12.5"),
            ("1 234 567", "1234567"),
            ("1\u202f234,5", "1234.5"),
            ("1'234'567.25", "1234567.25"),
            ("12.5 GiB", "12.5"),
            ("12.5gib", "12.5"),
            ("1.2e3", "1200"),
            ("٣٫٥", "3.5"),
            (".5", "0.5"),
            (3, "3"),
            (0.1, "0.1"),
            (1e-7, "0.0000001"),
            (Decimal("1.500"), "1.5"),
            ("999999999999999999", "999999999999999999"),
        ],
    )
    def test_a_number_is_read_as_people_write_it(self, raw, value):
        assert clean(item("number", unit="GiB"), raw) == value

    def test_a_number_that_could_be_two_is_asked_back(self):
        assert refused(item("number"), "4,182") == "Do we mean 4182 or 4.182? Write it that way."

    @pytest.mark.parametrize(
        "raw",
        [
            "abc",
            "1,23,45",
            "1.2.3",
            "12,34.5",
            "--1",
            "1e",
            "e5",
            "0x10",
            "1_000",
            "½",
            "45 %",
            "5 GB",
            "1" * 300,
            True,
            [1],
            {"a": 1},
            object(),
        ],
    )
    def test_what_is_no_number_is_refused(self, raw):
        assert "is not a number" in refused(item("number", unit="GiB"), raw)

    @pytest.mark.parametrize(
        "raw", ["1e18", "9" * 19, 10**18, 10**200, float("inf"), "1e999", Decimal("1e999999")]
    )
    def test_a_number_too_large_is_refused(self, raw):
        assert refused(item("number"), raw) == "This number is too large; up to 18 digits fit."

    @pytest.mark.parametrize(
        "raw", ["0.00000000001", 1e-300, "1e-999", Decimal("1e-999999"), "1.00000000001"]
    )
    def test_too_many_decimals_are_refused(self, raw):
        assert refused(item("number"), raw) == "This number has too many decimals; up to 10 fit."

    def test_a_number_of_a_hundred_thousand_digits_costs_nothing(self):
        huge = 10**100_000

        assert "too large" in refused(item("number"), huge)
        assert "“int” is not a day" in refused(item("date"), huge)

    def test_not_a_number_is_refused(self):
        assert "too large" in refused(item("number"), float("nan"))

    def test_a_percent_sign_is_taken_where_the_column_says_percent(self):
        assert clean(column("number", "Share of time %"), "45 %") == "45"
        assert "is not a number" in refused(column("number", "Share"), "45 %")


class TestMoney:
    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            ("1200", "1200.00"),
            ("1,200.5", "1200.50"),
            ("148,000", "148000.00"),
            ("1.200,50", "1200.50"),
            ("0", "0.00"),
            ("0.000", "0.00"),
            ("-5", "-5.00"),
            ("12 / month", "12.00/month"),
            ("1,200.50 per Year", "1200.50/year"),
            ({"amount": "5", "period": "week"}, "5.00/week"),
            ({"amount": 5, "period": ""}, "5.00"),
            (0.07, "0.07"),
        ],
    )
    def test_an_amount_has_two_decimals_and_perhaps_a_period(self, raw, value):
        assert clean(item("money"), raw) == value
        assert clean(column("money"), value) == value

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            ("148.000", "Do we mean 148000 or 148.0? Write it that way."),
            ("1.2345", "An amount has at most two decimals."),
            ("€ 5", "Write “€ 5” in digits only; the currency is the engagement's."),
            ("5 USD", "Write “5 USD” in digits only; the currency is the engagement's."),
            ("5 per minute", "An amount is once, or per hour, day, week, month, quarter or year."),
            ({"amount": "", "period": "week"}, "“” is not a number. Write digits, such as 1250 or 12.5."),
            ("-", "“-” is not a number. Write digits, such as 1250 or 12.5."),
        ],
    )
    def test_what_is_no_amount_is_refused(self, raw, message):
        assert refused(item("money"), raw) == message

    def test_its_parts_can_be_taken_apart(self):
        assert money_parts("1200.50/month") == (Decimal("1200.50"), "month")
        assert money_parts("3.00") == (Decimal(3), "")


class TestDates:
    @pytest.mark.parametrize(
        "raw",
        [
            "2026-11-23",
            "2026/11/23",
            "23.11.2026",
            "23. 11. 2026",
            "23/11/2026",
            "11/23/2026",
            "2026-11-23T00:00:00",
            "2026-11-23 00:00:00.000",
            date(2026, 11, 23),
            datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        ],
    )
    def test_a_day_is_read_as_people_write_it(self, raw):
        assert clean(item("date"), raw) == "2026-11-23"

    def test_a_day_that_could_be_two_is_asked_back(self):
        assert refused(item("date"), "3/4/2026") == "Do we mean 2026-04-03 or 2026-03-04? Write it that way."
        assert clean(item("date"), "4/4/2026") == "2026-04-04"

    @pytest.mark.parametrize(
        "raw",
        [
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "soon",
            "2026-11-23T09:30",
            "20261123",
            "31/31/2026",
            5,
            "x" * 99,
        ],
    )
    def test_what_is_no_day_is_refused(self, raw):
        assert "is not a day in the calendar" in refused(item("date"), raw)

    def test_a_leap_day_is_one(self):
        assert clean(item("date"), "2028-02-29") == "2028-02-29"

    @pytest.mark.parametrize("raw", ["1899-12-31", "2201-01-01", "0001-01-01"])
    def test_a_year_far_away_is_refused(self, raw):
        assert refused(item("date"), raw) == "The year must lie between 1900 and 2200."


class TestPeopleAndFiles:
    def test_a_person_is_a_membership(self):
        assert clean(item("person"), "17") == 17
        assert clean(item("person"), 17) == 17

    @pytest.mark.parametrize("raw", ["Ana", "0", -1, True, 1.5, "1" * 30, 2**63])
    def test_what_is_no_membership_is_refused(self, raw):
        assert refused(item("person"), raw) == "Choose a person from the list."

    def test_files_are_ids_or_a_reason(self):
        assert clean(item("file"), ["3", 8, 3]) == [3, 8]
        assert clean(item("file"), "3") == [3]
        assert clean(item("file"), {"none": " Never drawn. "}) == {"none": "Never drawn."}

    @pytest.mark.parametrize(
        "raw", [{"none": " "}, {"none": None}, {}, {"other": "x"}, {"none": "x", "more": 1}]
    )
    def test_no_file_needs_a_reason(self, raw):
        assert refused(item("file"), raw) == "Say in a few words why there is no file."

    def test_files_have_a_limit_and_must_be_ids(self):
        assert refused(item("file"), [*range(1, 102)]) == "Up to 100 files fit here."
        assert refused(item("file"), ["../etc/passwd"]) == "Choose a file that was uploaded here."

    @pytest.mark.parametrize("type_", ["table", "sign_off"])
    def test_tables_and_sign_offs_take_no_value(self, type_):
        assert "answered" in refused(item(type_), "x")


ANY_RAW = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.dates(), st.sampled_from(["low", "Yes", "12,5", "4,182", "1.234,5", "2026-11-23", "3/4/2026", "12/month"])),
    lambda part: st.one_of(st.lists(part, max_size=3), st.dictionaries(st.sampled_from(["none", "amount", "period"]), part, max_size=2)),
    max_leaves=4,
)  # fmt: skip


class TestEveryType:
    @settings(max_examples=1_500, deadline=None)
    @given(st.sampled_from([*ITEM_TYPES, *COLUMN_TYPES]), ANY_RAW)
    def test_cleaning_refuses_kindly_or_gives_what_cleaning_leaves_alone(self, type_, raw):
        spec = item(type_) if type_ in ITEM_TYPES else column(type_)
        try:
            value = clean(spec, raw)
        except BadValue as error:
            assert error.message.endswith((".", "?"))  # noqa: PT017
            assert error.template % error.params == error.message  # noqa: PT017
            return

        assert clean(spec, value) == value
        assert same(spec, value, value)
        assert as_text(spec, value, lambda kind, number: f"{kind} {number}").isprintable() or type_ in (
            "long_text",
            "text",
            "file",
        )
        if value is None:
            assert is_empty(value)

    @pytest.mark.parametrize("type_", [*ITEM_TYPES, *COLUMN_TYPES])
    @pytest.mark.parametrize("raw", [None, "", [], ()])
    def test_nothing_is_nothing(self, type_, raw):
        spec = item(type_) if type_ in ITEM_TYPES else column(type_)

        assert clean(spec, raw) is None

    @settings(max_examples=500)
    @given(st.decimals(min_value=-(10**17), max_value=10**17, places=4))
    def test_a_number_written_any_usual_way_is_the_same_number(self, number):
        plain = clean(item("number"), number)
        assume("." not in plain or len(plain.rpartition(".")[2]) != 3)
        point = f"{number:,.4f}"

        assert Decimal(plain) == number
        for written in (
            point,
            point.replace(",", " "),
            point.replace(",", "'"),
            point.translate(str.maketrans(",.", ".,")),
        ):
            assert clean(item("number"), written) == plain


class TestConditions:
    @pytest.mark.parametrize(
        ("type_", "value", "read"),
        [
            ("single_choice", "low", "low"),
            ("yes_no", "unsure", "unsure"),
            ("date", "2026-11-23", "2026-11-23"),
            ("number", "0", Decimal(0)),
            ("number", "12.5", Decimal("12.5")),
            ("money", "12.00/month", Decimal(12)),
            ("multi_choice", ["low", "none"], ("low", "none")),
            ("long_text", "words", "words"),
            ("person", 17, ANSWERED),
            ("file", [3], ANSWERED),
            ("file", {"none": "why"}, ANSWERED),
            ("table", 2, ANSWERED),
            ("table", "in words", ANSWERED),
            ("sign_off", 1, ANSWERED),
            ("table", 0, None),
            ("sign_off", 0, None),
            ("long_text", " \n", None),
            ("multi_choice", [], None),
            ("number", None, None),
            ("number", "stored as text before", ANSWERED),
        ],
    )
    def test_conditions_read_the_plain_value(self, type_, value, read):
        assert for_condition(item(type_), value) == read


class TestWording:
    @pytest.mark.parametrize(
        ("spec", "value", "text"),
        [
            (item("yes_no"), "yes", "Yes"),
            (item("single_choice"), "none", "None known"),
            (item("single_choice"), "gone-since", "gone-since"),
            (item("multi_choice"), ["low", "none"], "Low risk; None known"),
            (item("number", unit="GiB"), "12.5", "12.5 GiB"),
            (item("number", unit="person-days"), "-4182610.25", "-4,182,610.25 person-days"),
            (column("number"), "1200", "1,200"),
            (item("money"), "148000.00", "148,000.00 EUR"),
            (item("money"), "12.50/month", "12.50 EUR per month"),
            (item("date"), "2026-11-23", "2026-11-23"),
            (item("person"), 17, "person 17"),
            (item("file"), [3, 8], "file 3; file 8"),
            (item("file"), {"none": "100% lost"}, "None exists: 100% lost"),
            (item("long_text"), "a\nb", "a\nb"),
            (item("number"), None, ""),
            (item("multi_choice"), [], ""),
        ],
    )
    def test_values_read_as_people_say_them(self, spec, value, text):
        assert as_text(spec, value, lambda kind, number: f"{kind} {number}", currency="EUR") == text

    def test_words_of_ours_can_be_translated(self):
        german = {
            "Yes": "Ja",
            "per month": "im Monat",
            "None exists: %(reason)s": "Keine: %(reason)s",
        }.__getitem__

        assert as_text(item("yes_no"), "yes", lambda *_: "", translate=german) == "Ja"
        assert as_text(item("money"), "1.00/month", lambda *_: "", translate=german) == "1.00 im Monat"
        assert as_text(item("file"), {"none": "alt"}, lambda *_: "", translate=german) == "Keine: alt"


class TestSame:
    def test_white_space_at_the_end_of_lines_says_nothing(self):
        assert same(item("long_text"), "a\nb", "a  \nb\n\n")
        assert same(item("long_text"), None, " \n")
        assert not same(item("long_text"), "a\nb", "a\n\nb")
        assert not same(item("long_text"), "a b", "a  b")

    def test_other_values_are_compared_as_they_are(self):
        assert same(item("multi_choice"), ["low", "none"], ["none", "low"])
        assert same(item("number"), None, None)
        assert not same(item("number"), "1", None)
        assert not same(item("number"), "1", "2")
        assert not same(item("file"), [3], {"none": "x"})

    def test_a_million_spaces_cost_little(self):
        text = (" " * 999_000) + "x"

        assert same(item("long_text"), text, text + " ")
