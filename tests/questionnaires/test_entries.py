"""What people do with an item besides answering it."""

import pytest
from django.urls import reverse

from questionnaires import integrity
from tests.questionnaires.saves import entry_of, save

KEY = "opening-request"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def do(browser, engagement, deed, key=KEY, **data):
    """Post a deed's form as htmx does."""
    url = reverse("questionnaires:deed", args=[engagement.pk, key, deed])
    return browser.post(url, data, headers={"HX-Request": "true"})


class TestNotApplicable:
    def test_needs_one_of_the_reasons(self, maya, engagement):
        response = do(maya, engagement, "not-applicable", reason="because")

        assert response.status_code == 422
        assert entry_of(engagement, KEY).state == "open"

    def test_other_needs_words(self, maya, engagement):
        assert do(maya, engagement, "not-applicable", reason="other").status_code == 422

        response = do(maya, engagement, "not-applicable", reason="other", words="Bought as a service")

        assert response.status_code == 200
        assert "Bought as a service" in response.text

    def test_leaves_the_denominator_and_comes_back_as_it_was(self, maya, engagement):
        save(maya, engagement, KEY, "An answer", settle="1")
        do(maya, engagement, "not-applicable", reason="out-of-scope")
        assert entry_of(engagement, KEY).state == "not_applicable"

        do(maya, engagement, "bring-back")

        assert entry_of(engagement, KEY).state == "answered"


class TestUnknown:
    def test_names_who_finds_out_and_by_when(self, maya, engagement, contributor):
        member = engagement.memberships.get(user=contributor)

        response = do(maya, engagement, "unknown", finder=member.pk, find_by="2026-12-04")

        entry = entry_of(engagement, KEY)
        assert (entry.state, entry.finder, entry.held_by) == ("unknown", member, "client")
        assert "Cem finds out" in response.text

    def test_needs_both(self, maya, engagement):
        response = do(maya, engagement, "unknown")

        assert response.status_code == 422
        assert entry_of(engagement, KEY).state == "open"

    def test_an_answer_after_all_ends_it(self, maya, engagement, contributor):
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "unknown", finder=member.pk, find_by="2026-12-04")

        save(maya, engagement, KEY, "Now we know", settle="1")

        entry = entry_of(engagement, KEY)
        assert (entry.state, entry.finder) == ("answered", None)


class TestAssign:
    def test_makes_it_that_persons_turn(self, maya, engagement, contributor):
        member = engagement.memberships.get(user=contributor)

        do(maya, engagement, "assign", to=member.pk, due="2026-12-01")

        entry = entry_of(engagement, KEY)
        assert (entry.owner, entry.held_by, str(entry.due_date)) == (member, "client", "2026-12-01")

    def test_shows_up_in_that_persons_work(self, maya, cem, engagement, contributor):
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "assign", to=member.pk)

        page = cem.get(reverse("questionnaires:work"))

        assert "In the client&#x27;s own words, what are we being asked for?" in page.text

    def test_somebody_of_another_engagement_cannot_be_chosen(self, maya, engagement, world):
        stranger = world.other_engagement.memberships.first()

        assert do(maya, engagement, "assign", to=stranger.pk).status_code == 422

    def test_an_internal_item_stays_with_the_firm(self, maya, engagement, contributor):
        member = engagement.memberships.get(user=contributor)

        assert do(maya, engagement, "assign", key="engagement-budget", to=member.pk).status_code == 422


class TestConfirm:
    def test_takes_the_other_side(self, maya, cem, engagement):
        save(maya, engagement, KEY, "Ours", settle="1")
        assert do(maya, engagement, "confirm").status_code == 422

        assert do(cem, engagement, "confirm").status_code == 200

        assert entry_of(engagement, KEY).state == "confirmed"

    def test_takes_an_answer_that_is_done(self, maya, cem, engagement):
        save(maya, engagement, KEY, "Not yet done")

        assert do(cem, engagement, "confirm").status_code == 422


class TestGrounds:
    def test_are_kept_with_the_answer(self, maya, engagement):
        save(maya, engagement, KEY, "Text", settle="1")

        response = do(maya, engagement, "grounds", certainty="estimate", source="Call with Priya")

        assert "Call with Priya" in response.text
        assert entry_of(engagement, KEY).certainty == "estimate"

    def test_a_form_opened_before_somebody_elses_change_is_told(self, maya, cem, engagement):
        do(cem, engagement, "grounds", certainty="fact", source="")

        response = do(
            maya, engagement, "grounds", certainty="assumption", source="", seen_certainty="", seen_source=""
        )

        assert response.status_code == 422
        assert "Fact" in response.text
        assert entry_of(engagement, KEY).certainty == "fact"
