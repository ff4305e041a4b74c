"""What is assumed and what is not known yet: the page, its course over time, and going on from an assumption."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from engagements.models import Event
from questionnaires import certainty
from questionnaires.actions import entries
from questionnaires.calendar import calendar_of
from tests.questionnaires.saves import answer_of, entry_of, save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_entries import do

TEXT, CHOICE = "opening-request", "downtime"
INTERNAL = "engagement-budget"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


def page(browser, engagement):
    response = browser.get(reverse("questionnaires:unknowns", args=[engagement.pk]))
    assert response.status_code == 200
    return response.text


def mark(browser, engagement, key=TEXT, certainty="assumption", **more):
    assert do(browser, engagement, "grounds", key=key, certainty=certainty, **more).status_code == 200


def member(engagement, person):
    return engagement.memberships.get(user=person)


class TestAssumptions:
    def test_an_answer_marked_as_one_is_in_the_list_with_who_and_where_from(self, maya, cem, engagement):
        save(maya, engagement, TEXT, "They want a model", settle="1")
        mark(maya, engagement, source="Call with Priya")

        for browser in (maya, cem):
            html = page(browser, engagement)
            assert 'id="assumption-opening-request"' in html
            assert "Carla Conti" in html
            assert "Call with Priya" in html

    def test_an_estimate_is_one_too_and_a_fact_is_not(self, maya, engagement):
        save(maya, engagement, TEXT, "They want a model", settle="1")
        mark(maya, engagement, certainty="estimate")
        assert 'id="assumption-opening-request"' in page(maya, engagement)

        mark(maya, engagement, certainty="fact", seen_certainty="estimate")

        assert 'id="assumption-opening-request"' not in page(maya, engagement)

    def test_what_is_marked_without_an_answer_is_no_assumption(self, maya, engagement):
        mark(maya, engagement)

        assert 'id="assumption-opening-request"' not in page(maya, engagement)

    def test_since_when_is_the_event_that_marked_it(self, maya, consultant, engagement, desk):
        save(maya, engagement, TEXT, "They want a model", settle="1")
        entry = entry_of(engagement, TEXT)
        marked = datetime(2026, 11, 16, 10, tzinfo=UTC)
        entries.set_grounds(
            desk=desk(consultant), entry=entry, certainty="assumption", source="", seen={"certainty": ""}, at=marked
        )  # fmt: skip
        entries.set_grounds(
            desk=desk(consultant),
            entry=entry_of(engagement, TEXT),
            certainty="assumption",
            source="A mail",
            seen={"certainty": "assumption", "source": ""},
        )

        (line,) = certainty.read(desk(consultant).view, datetime(2026, 11, 23, 10, tzinfo=UTC)).assumptions

        assert (line.since, line.by, line.days) == (marked, consultant, 5)

    def test_what_rests_on_it_is_named(self, maya, consultant, engagement, desk):
        save(maya, engagement, "ground-truth", "yes")
        first, *more = desk(consultant).framework.dependents("ground-truth")
        assert f"{first.number} {first.title}" not in page(maya, engagement)

        mark(maya, engagement, key="ground-truth")

        html = page(maya, engagement)
        assert f"{first.number} {first.title}" in html
        assert f"and {len(more)} more" in html

    def test_the_client_side_never_sees_an_internal_one(self, maya, cem, engagement):
        save(maya, engagement, INTERNAL, "123456")
        mark(maya, engagement, key=INTERNAL)

        assert "assumption-engagement-budget" in page(maya, engagement)
        assert "engagement-budget" not in page(cem, engagement)
        assert "123" not in page(cem, engagement)


class TestCheckBy:
    def set(self, browser, engagement, day, seen="", key=TEXT):
        url = reverse("questionnaires:check-by", args=[engagement.pk, key])
        return browser.post(url, {"check_by": day, "seen": seen}, headers={"HX-Request": "true"})

    @pytest.fixture
    def assumed(self, maya, engagement):
        save(maya, engagement, TEXT, "They want a model", settle="1")
        mark(maya, engagement)

    def test_is_kept_and_shown(self, assumed, cem, engagement):
        assert self.set(cem, engagement, "2026-12-02").status_code == 302

        assert entry_of(engagement, TEXT).check_by == date(2026, 12, 2)
        assert "Wed 2 Dec" in page(cem, engagement)
        event = Event.objects.get(engagement=engagement, kind="entry.check-by-set")
        assert event.data["entries"][str(entry_of(engagement, TEXT).pk)] == {"check_by": [None, "2026-12-02"]}

    def test_a_date_set_meanwhile_stays_and_is_told(self, assumed, maya, cem, engagement):
        self.set(maya, engagement, "2026-12-02")

        response = self.set(cem, engagement, "2026-12-09")

        assert response.status_code == 422
        assert response["HX-Reselect"] == ".drawer-head, .drawer-body"
        assert "another date" in response.text
        assert entry_of(engagement, TEXT).check_by == date(2026, 12, 2)

    def test_becoming_a_fact_takes_the_date_away(self, assumed, maya, engagement):
        self.set(maya, engagement, "2026-12-02")

        mark(maya, engagement, certainty="fact", seen_certainty="assumption")

        assert entry_of(engagement, TEXT).check_by is None

    def test_what_is_no_assumption_has_nothing_to_check(self, maya, engagement):
        assert self.set(maya, engagement, "2026-12-02").status_code == 422

    def test_whoever_may_not_answer_may_not_set_it(self, assumed, reviewer, observer, engagement, client_for):
        for person in (reviewer, observer):
            assert self.set(client_for(person), engagement, "2026-12-02").status_code == 403


class TestUnknowns:
    def test_says_who_finds_out_by_when_and_how_long_past(self, maya, cem, contributor, engagement):
        past = engagement.today(datetime.now(UTC)) - timedelta(days=14)
        do(maya, engagement, "unknown", finder=member(engagement, contributor).pk, find_by=past)

        for browser in (maya, cem):
            html = page(browser, engagement)
            assert 'id="unknown-opening-request"' in html
            assert "Cem Kaya" in html
            assert "10 days past" in html

    def test_the_client_side_never_sees_an_internal_one(self, maya, cem, consultant, engagement):
        do(
            maya, engagement, "unknown", key=INTERNAL,
            finder=member(engagement, consultant).pk, find_by="2026-12-01",
        )  # fmt: skip

        assert "unknown-engagement-budget" in page(maya, engagement)
        assert "engagement-budget" not in page(cem, engagement)


class TestAssuming:
    def assume(self, browser, engagement, key=TEXT, **data):
        data = {"base": "0", "key": "6f2a4c1e-7a51-4f0c-9d53-0b8f2f7c7a10", **data}
        url = reverse("questionnaires:assume", args=[engagement.pk, key])
        return browser.post(url, data, headers={"HX-Request": "true"})

    def unknown(self, browser, engagement, person, key=TEXT):
        do(
            browser,
            engagement,
            "unknown",
            key=key,
            finder=member(engagement, person).pk,
            find_by="2026-12-01",
        )

    def test_answers_settles_and_marks_in_one_go(self, maya, consultant, engagement):
        self.unknown(maya, engagement, consultant)

        response = self.assume(
            maya, engagement, value="They want a model", source="Best guess", check_by="2026-12-02"
        )

        assert response.status_code == 302
        entry = entry_of(engagement, TEXT)
        assert (entry.state, entry.certainty, entry.source) == ("answered", "assumption", "Best guess")
        assert (entry.finder, entry.check_by) == (None, date(2026, 12, 2))
        assert answer_of(engagement, TEXT).value == "They want a model"

    def test_works_for_a_choice(self, maya, consultant, engagement):
        self.unknown(maya, engagement, consultant, CHOICE)
        form = maya.get(reverse("questionnaires:assume", args=[engagement.pk, CHOICE])).text
        assert 'type="radio"' in form

        assert self.assume(maya, engagement, CHOICE, value="no").status_code == 302

        assert answer_of(engagement, CHOICE).value == "no"

    def test_takes_words_that_were_settled_before(self, maya, consultant, engagement):
        save(maya, engagement, TEXT, "They want a model", settle="1")
        self.unknown(maya, engagement, consultant)

        assert self.assume(maya, engagement, value="They want a model", base="1").status_code == 302

        assert entry_of(engagement, TEXT).state == "answered"
        assert entry_of(engagement, TEXT).certainty == "assumption"

    def test_nothing_is_no_assumption(self, maya, consultant, engagement):
        self.unknown(maya, engagement, consultant)

        assert self.assume(maya, engagement, value="").status_code == 422
        assert entry_of(engagement, TEXT).state == "unknown"

    def test_pressing_twice_changes_nothing_more(self, maya, consultant, engagement):
        self.unknown(maya, engagement, consultant)
        self.assume(maya, engagement, value="They want a model")

        assert self.assume(maya, engagement, value="They want a model").status_code == 422
        assert answer_of(engagement, TEXT).version == 1

    def test_two_texts_at_once_are_both_kept(self, maya, cem, consultant, engagement):
        save(maya, engagement, TEXT, "We want a model")
        self.unknown(maya, engagement, consultant)
        save(cem, engagement, TEXT, "We want a rule book", base="1")
        self.unknown(maya, engagement, consultant)

        response = self.assume(maya, engagement, value="We want a dashboard", base="1")

        assert response.status_code == 422
        assert "Both texts are kept" in response.text
        assert entry_of(engagement, TEXT).conflict

    def test_a_file_cannot_be_assumed(self, maya, engagement):
        url = reverse("questionnaires:assume", args=[engagement.pk, "data-dictionary-file"])

        assert maya.get(url).status_code == 404


class TestCourse:
    def test_follows_the_events(self, maya, consultant, engagement, desk):
        began = engagement.entries.earliest("held_since").held_since
        at = began + timedelta(days=3)
        finder = member(engagement, consultant)
        keys = ["background", "request-restated", TEXT]
        for key in keys:
            entries.mark_unknown(
                desk=desk(consultant), entry=entry_of(engagement, key), finder=finder, find_by=None, at=at
            )
        entries.bring_back(desk=desk(consultant), entry=entry_of(engagement, TEXT), at=at + timedelta(days=2))

        counts = {
            count.day: count.unknowns
            for count in certainty.read(desk(consultant).view, began + timedelta(days=8)).course
        }

        day = calendar_of(engagement).day
        assert [counts[day(began + timedelta(days=n))] for n in (0, 2, 3, 4, 5, 8)] == [0, 0, 3, 3, 2, 2]

    def test_what_is_hidden_by_a_condition_does_not_count(self, maya, consultant, engagement, desk):
        save(maya, engagement, "ground-truth", "yes")
        entries.mark_unknown(
            desk=desk(consultant),
            entry=entry_of(engagement, "label-definition"),
            finder=member(engagement, consultant),
            find_by=None,
        )
        now = datetime.now(UTC) + timedelta(days=1)
        assert certainty.read(desk(consultant).view, now).course[-1].unknowns == 1

        save(maya, engagement, "ground-truth", "not-needed", base="1")

        assert certainty.read(desk(consultant).view, now).course[-1].unknowns == 0

    def test_ends_at_what_the_lists_show_and_is_a_table_too(self, maya, consultant, engagement):
        do(maya, engagement, "unknown", finder=member(engagement, consultant).pk, find_by="2026-12-01")
        began = Event.objects.filter(engagement=engagement)
        began.update(at=datetime.now(UTC) - timedelta(days=3))
        engagement.rounds.update(started_at=datetime.now(UTC) - timedelta(days=9))

        html = page(maya, engagement)

        assert 'role="img"' in html
        assert "not known went from 0 to 1" in html
        told = re.findall(r'<th scope="row">.*?</tr>', html)
        assert ">1</td>" in told[0]
        assert ">1</td>" not in told[-1]

    def test_long_ones_have_at_most_sixty_points(self, consultant, engagement, desk):
        later = datetime.now(UTC) + timedelta(days=900)

        found = certainty.read(desk(consultant).view, later).course

        assert 30 <= len(found) <= certainty.MOST_POINTS
        assert found[-1].day == calendar_of(engagement).day(later)


class TestThePage:
    def test_takes_the_same_with_many(self, maya, consultant, engagement, desk):
        url = reverse("questionnaires:unknowns", args=[engagement.pk])
        finder = member(engagement, consultant)
        maya.get(url)
        do(maya, engagement, "unknown", finder=finder.pk, find_by="2026-12-01")
        with Statements() as before:
            maya.get(url)
        for item in desk(consultant).framework.step("data").items[:12]:
            entry = entry_of(engagement, item.key)
            if entry.shown:
                entries.mark_unknown(desk=desk(consultant), entry=entry, finder=finder, find_by=None)
        with Statements() as after:
            maya.get(url)

        assert after.count == before.count, after.told
        assert after.count <= 10, after.told

    def test_empty_it_says_what_belongs_here(self, maya, engagement):
        html = page(maya, engagement)

        assert "a fine answer to any question" in html
        assert 'role="img"' not in html
