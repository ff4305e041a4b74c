"""Drawings from plain data: they say in words and in a table what they show, on screen and on paper."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Side
from questionnaires import pictures, reading
from questionnaires.access import Viewpoint
from questionnaires.certainty import Count
from questionnaires.course import Day, course
from questionnaires.health.forecast import Forecast
from questionnaires.models import Questionnaire
from questionnaires.pictures.canvas import Picture
from questionnaires.progress import Progress

START = date(2026, 8, 3)
COURSE = [Day(START + timedelta(days=day), 20 + day // 5, min(20, day), day % 3) for day in range(30)]
FORECAST = Forecast(date(2026, 10, 1), date(2026, 11, 2), 6, 20, 15)
RISKS = [
    pictures.Risk(1, "Interface <changes>", "high", "severe"),
    pictures.Risk(4, "Two neurologists", "low", "low"),
    pictures.Risk(5, "Not weighed", "", ""),
]
LIKELY = [("low", "Low"), ("high", "High")]
IMPACT = [("low", "Low"), ("severe", "Severe")]
DRAWN = {
    "progress": pictures.progress(COURSE),
    "burn-down": pictures.burn_down(COURSE, FORECAST, date(2026, 10, 20)),
    "unknowns": pictures.unknowns([Count(one.day, one.unknown, one.settled) for one in COURSE]),
    "waiting": pictures.waiting_times([0, 3, 11, 80], [2, 2, 2], "Northbridge & Co", "Us"),
    "risks": pictures.risk_matrix(RISKS, LIKELY, IMPACT),
}


def read(drawing: str) -> ElementTree.Element:
    """Parse a drawing as the XML it has to be."""
    return ElementTree.fromstring(drawing)


def texts(picture: Picture) -> str:
    """Return every word of a drawing."""
    return " ".join(element.text or "" for element in read(picture.screen).iter("text"))


@pytest.mark.parametrize("name", DRAWN)
class TestEvery:
    def test_says_what_it_shows(self, name):
        picture = DRAWN[name]

        assert picture.said
        assert read(picture.screen).get("aria-label") == picture.said
        assert read(picture.screen).get("role") == "img"

    def test_has_its_figures_as_a_table(self, name):
        picture = DRAWN[name]

        assert picture.rows
        assert all(len(row) == len(picture.columns) for row in picture.rows)

    def test_carries_no_paint_on_screen_and_only_paint_on_paper(self, name):
        picture = DRAWN[name]

        assert "#" not in picture.screen.replace("&#", "")
        assert "style=" not in picture.screen + picture.paper
        assert "class=" not in picture.paper
        assert "{" not in picture.paper

    def test_stays_in_its_box(self, name):
        drawing = read(DRAWN[name].screen)
        _x, _y, width, height = map(int, drawing.get("viewBox").split())

        for element in drawing.iter():
            for across in ("x", "cx"):
                assert 0 <= int(element.get(across, 0)) <= width
            for down in ("y", "cy"):
                assert 0 <= int(element.get(down, 0)) <= height


class TestBurnDown:
    def test_names_what_is_left_the_plan_and_the_forecast(self):
        words = texts(DRAWN["burn-down"])

        assert f"{COURSE[-1].open} left" in words
        assert "planned" in words
        assert "at this pace" in words

    def test_without_a_pace_draws_no_range(self):
        picture = pictures.burn_down(COURSE, Forecast(None, None, 6, 2, 3), None)

        assert 'class="range"' not in picture.screen
        assert "too early to say" in picture.said

    def test_a_far_plan_does_not_squeeze_what_happened(self):
        picture = pictures.burn_down(COURSE, None, date(2046, 1, 1))

        assert 'class="plan"' not in picture.screen
        assert "2046" in picture.said

    @pytest.mark.parametrize("draw", [pictures.progress, lambda days: pictures.burn_down(days, None, None)])
    @pytest.mark.parametrize("days", [[], COURSE[:1], [Day(START, 0, 0, 0), Day(START, 0, 0, 0)]])
    def test_nothing_is_drawn_of_nothing(self, draw, days):
        assert not draw(days)

    @given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=2, max_size=60))
    def test_any_course_stays_in_its_box(self, counts):
        days = [Day(START + timedelta(days=n), max(a, b), min(a, b), 0) for n, (a, b) in enumerate(counts)]

        picture = pictures.burn_down(days, FORECAST, date(2026, 10, 20))

        for element in read(picture.screen).iter() if picture else ():
            assert 0 <= int(element.get("cx", 0)) <= 720


class TestWaitingTimes:
    def test_both_sides_stand_on_one_ruler(self):
        picture = DRAWN["waiting"]

        assert ["9 days and more", "2", "0"] in picture.rows
        assert ["the longest", "80", "2"] in picture.rows
        assert texts(picture).count("working days") == 1

    def test_nothing_waits(self):
        assert not pictures.waiting_times([], [], "Client", "Us")


class TestRiskMatrix:
    def test_risks_stand_by_their_numbers(self):
        picture = DRAWN["risks"]

        assert "Likely and grave: 1." in picture.said
        assert "1 is not weighed yet" in picture.said
        assert ["5", "Not weighed", "–", "–"] in picture.rows

    def test_a_full_cell_says_how_many_more(self):
        risks = [pictures.Risk(number, "R", "low", "low") for number in range(1, 13)]

        assert "and 4 more" in texts(pictures.risk_matrix(risks, LIKELY, IMPACT))


class TestCourse:
    def test_ends_where_the_counters_stand(self, engagement, manager_view):
        days = course(manager_view, timezone.now())
        total = Progress()
        for progress in reading.progress_by_section(manager_view).values():
            total.add(progress)

        assert (days[-1].asked, days[-1].settled, days[-1].unknown) == (
            total.asked,
            total.settled,
            total.unknown,
        )

    def test_the_client_counts_what_it_sees(self, engagement, manager_view):
        client = Viewpoint(manager_view.questionnaire, Side.CLIENT)

        assert course(client, timezone.now())[-1].asked < course(manager_view, timezone.now())[-1].asked

    @pytest.fixture
    def manager_view(self, engagement):
        questionnaire = Questionnaire.objects.select_related("engagement__client").get(engagement=engagement)
        return Viewpoint(questionnaire, Side.FIRM)


class TestStepMap:
    def test_names_no_internal_item_to_the_client(self, engagement, sponsor, client_for):
        framework = Questionnaire.objects.get(engagement=engagement).framework
        internal = {item.title for item in framework.items if item.internal}

        helen = client_for(sponsor)
        for step in framework.steps:
            page = helen.get(reverse("questionnaires:step-map", args=[engagement.pk, step.number])).text
            assert "What rests on what" in page
            assert not [title for title in internal if f">{title}<" in page]
