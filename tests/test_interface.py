from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from engagements.templatetags import interface

NOW = datetime(2026, 11, 23, 9, 38, tzinfo=UTC)


@dataclass
class Person:
    display_name: str = "Dr Ruth <Okafor>"
    initials: str = "RO"
    is_firm: bool = False


@dataclass
class Entry:
    state: str = "open"
    revisit: bool = False
    conflict: bool = False
    decided: bool = False


def show(source, **context):
    return Template(source).render(Context(context))


class TestDates:
    @time_machine.travel(NOW)
    def test_the_year_is_named_only_where_it_is_another(self):
        assert interface.day(date(2026, 12, 2)) == "Wed 2 Dec"
        assert interface.day(date(2027, 12, 2)) == "Thu 2 Dec 2027"
        assert interface.day(None) == ""

    @time_machine.travel(NOW)
    def test_times_are_those_of_the_reader(self):
        at = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)

        with timezone.override("Europe/Berlin"):
            assert interface.moment(at) == "Fri 20 Nov, 00:30"
            assert interface.clock(at) == "00:30"
            assert interface.day(at) == "Fri 20 Nov"
            assert interface.when(at) == '<time datetime="2026-11-19T23:30:00+00:00">Fri 20 Nov, 00:30</time>'

    @pytest.mark.parametrize(
        ("days", "shown"),
        [
            (0, ">today<"),
            (1, ">1 day<"),
            (3, '"">3 days<'),
            (4, "age-mid"),
            (8, "age-mid"),
            (9, "age-old"),
            (40, "age-old"),
        ],
    )
    def test_age_gains_weight_by_one_ruler(self, days, shown):
        assert shown in interface.age(days)

    def test_no_age_is_nothing(self):
        assert interface.age(None) == ""


class TestFaces:
    def test_firm_people_are_square_and_client_people_round(self):
        assert "face-firm" in interface.face(Person(is_firm=True))
        assert "face-firm" not in interface.face(Person())

    def test_a_face_is_silent_unless_it_stands_alone(self):
        assert 'aria-hidden="true"' in interface.face(Person())
        alone = interface.face(Person(), named=True)
        assert 'role="img"' in alone
        assert 'aria-label="Dr Ruth &lt;Okafor&gt;"' in alone

    def test_nobody_is_nothing(self):
        assert interface.face(None) == ""
        assert interface.who(None) == ""

    def test_a_name_is_text(self):
        assert "Dr Ruth &lt;Okafor&gt;" in interface.who(Person())


class TestStates:
    @pytest.mark.parametrize(
        ("entry", "key", "word"),
        [
            (Entry(), "open", "Open"),
            (Entry("draft"), "draft", "Begun"),
            (Entry("answered"), "answered", "Answered"),
            (Entry("confirmed"), "confirmed", "Confirmed"),
            (Entry("unknown"), "unknown", "We don’t know yet"),
            (Entry("not_applicable"), "not_applicable", "Not applicable"),
            (Entry("answered", decided=True), "decided", "Decided"),
            (Entry("open", decided=True), "open", "Open"),
            (Entry("answered", revisit=True, decided=True), "revisit", "Revisit"),
            (Entry("confirmed", revisit=True, conflict=True), "conflict", "Two answers"),
        ],
    )
    def test_the_strongest_is_shown_as_glyph_and_word(self, entry, key, word):
        shown = show(
            "{% state entry %}|{% state_glyph entry %}|{{ entry|state_key }}|{{ entry|state_word }}",
            entry=entry,
        ).split("|")

        assert all("<svg" in part and word in part for part in shown[:2])
        assert shown[2:] == [key, word]

    def test_words_can_say_more(self):
        assert "Decision 9: option B" in show(
            '{% state entry "Decision 9: option B" %}', entry=Entry("answered")
        )
        assert "Waiting on N&amp;B" in show('{% state entry waiting_on="N&B" %}', entry=Entry())
        assert "Answered" in show('{% state entry waiting_on="N&B" %}', entry=Entry("answered"))

    @pytest.mark.parametrize(
        ("value", "word"), [("on_track", "On track"), ("watch", "Watch"), ("at_risk", "At risk")]
    )
    def test_health_has_a_shape_and_a_word(self, value, word):
        assert "<svg" in interface.health(value)
        assert word in interface.health(value)


class TestParts:
    def test_an_icon_we_do_not_have_is_a_fault(self):
        with pytest.raises(KeyError):
            interface.icon("unicorn")

    def test_markdown_comes_wrapped_and_clean(self):
        assert show("{{ text|markdown }}", text="<b>*so*</b>") == (
            '<div class="prose"><p>&lt;b&gt;<em>so</em>&lt;/b&gt;</p>\n</div>'
        )
        assert show("{{ text|markdown }}", text=None) == '<div class="prose"></div>'

    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("/engagements/", ' aria-current="page"'),
            ("/engagements/4/steps/", ' aria-current="true"'),
            ("/inbox/", ""),
        ],
    )
    def test_a_navigation_marks_where_one_is(self, path, shown):
        request = RequestFactory().get(path)

        assert show('{% current "/engagements/" %}', request=request) == shown

    def test_home_is_marked_only_at_home(self):
        assert show('{% current "/" exact=True %}', request=RequestFactory().get("/inbox/")) == ""

    def test_a_navigation_without_an_address_marks_nothing(self):
        assert show('{% current "" %}{% current "/" %}') == ""
