"""Our advice on an item: prepared for us alone, offered, answered, taken back."""

import pytest
from django.urls import reverse

from engagements.models import Event
from questionnaires import integrity
from questionnaires.actions import recommendations
from questionnaires.models import Reaction, Recommendation
from tests.questionnaires.advice import HTMX, KEY, OPTIONS, offer, prepare, react, url
from tests.questionnaires.saves import entry_of, save

CANARY = "kestrel"


@pytest.fixture
def carla(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def pages_of(engagement):
    """Give every page of the engagement on which an item or its advice could stand."""
    names = ["overview", "steps", "decisions", "conflicts", "requests", "registers", "files"]
    urls = [reverse(f"questionnaires:{name}", args=[engagement.pk]) for name in names]
    urls += [reverse("questionnaires:step", args=[engagement.pk, number]) for number in ("1", "2", "3")]
    urls += [
        reverse("questionnaires:register", args=[engagement.pk, key]) for key in ("decisions", "conflicts")
    ]
    urls += [url(engagement, "item"), url(engagement, "item-history"), reverse("questionnaires:work")]
    return urls


class TestPreparing:
    def test_starts_from_the_frameworks_options(self, carla, engagement):
        form = carla.get(url(engagement, "recommend"), headers=HTMX).text

        assert "The whole logic must be readable" in form
        assert "strongest defence" in form

    def test_proposes_what_the_framework_advises_under_the_answers_given(
        self, carla, engagement, desk, consultant
    ):
        item = desk(consultant).framework.item(KEY)
        assert recommendations.proposal(desk(consultant), item).pick is None

        save(carla, engagement, "automation-level", "auto")

        proposal = recommendations.proposal(desk(consultant), item)
        assert proposal.options[proposal.pick - 1]["value"] == "per-case"
        assert "a machine decided about them" in proposal.why

    def test_shows_it_to_the_firm_as_prepared(self, carla, engagement):
        page = prepare(carla, engagement)

        assert page.status_code == 200
        assert "Nurses can check it" in page.text
        assert "does not see it yet" in page.text
        assert "Our pick" in page.text

    def test_needs_two_options(self, carla, engagement):
        page = prepare(carla, engagement, options=OPTIONS[:1])

        assert page.status_code == 422
        assert "two to four options" in page.text
        assert "Nurses can check it" in page.text
        assert not Recommendation.objects.exists()

    def test_takes_only_values_the_item_can_have(self, carla, engagement):
        page = prepare(carla, engagement, options=[OPTIONS[0], {**OPTIONS[1], "value": "a-bit"}])

        assert page.status_code == 422
        assert not Recommendation.objects.exists()

    def test_a_pick_names_an_option_that_is_there(self, carla, engagement):
        page = prepare(carla, engagement, pick=4)

        assert page.status_code == 422
        assert "which of the options" in page.text

    def test_keeps_every_version(self, carla, engagement):
        prepare(carla, engagement)
        prepare(carla, engagement, pick=2, seen=1)

        found = Recommendation.objects.get()
        assert [version.pick for version in found.versions.order_by("number")] == [1, 2]

    def test_a_form_opened_before_a_colleagues_change_keeps_both(self, carla, engagement):
        prepare(carla, engagement)
        page = prepare(carla, engagement, why="Another thought", seen=0)

        assert page.status_code == 422
        assert "Another thought" in page.text
        assert Recommendation.objects.get().version == 1

    def test_is_not_for_the_client_side(self, cem, engagement):
        assert cem.get(url(engagement, "recommend")).status_code == 403
        assert prepare(cem, engagement).status_code == 403
        assert offer(cem, engagement).status_code == 403

    def test_is_not_for_strangers(self, outsider, client_for, engagement):
        assert client_for(outsider).get(url(engagement, "recommend")).status_code == 404

    def test_a_register_takes_none(self, carla, engagement):
        assert carla.get(url(engagement, "recommend", "register:risks")).status_code == 404


class TestOffering:
    def test_nothing_prepared_reaches_the_client_side(self, carla, cem, engagement):
        secret = [{**option, "pros": CANARY, "title": f"{CANARY} {option['title']}"} for option in OPTIONS]
        prepare(carla, engagement, options=secret, why=CANARY)

        assert CANARY in carla.get(url(engagement, "item")).text
        for page in pages_of(engagement):
            assert CANARY not in cem.get(page, follow=True).text, page
        assert cem.post(url(engagement, "react", KEY, "agree"), headers=HTMX).status_code == 404

    def test_nothing_prepared_stands_in_the_firms_view_as_client(self, carla, engagement):
        prepare(carla, engagement, why=CANARY)
        step = reverse("questionnaires:step", args=[engagement.pk, "2"])

        assert CANARY in carla.get(step).text
        assert CANARY not in carla.get(f"{step}?as=client").text

    def test_shows_it_to_the_client(self, carla, cem, engagement):
        prepare(carla, engagement)
        assert offer(carla, engagement).status_code == 200

        page = cem.get(url(engagement, "item")).text
        assert "Nurses can check it" in page
        assert "Our recommendation" in page

    def test_a_later_version_stays_with_us_until_it_is_offered(self, carla, cem, engagement):
        prepare(carla, engagement)
        offer(carla, engagement)
        page = prepare(carla, engagement, why=CANARY, seen=1)

        assert "sees version 1" in page.text
        client_page = cem.get(url(engagement, "item")).text
        assert CANARY not in client_page
        assert "People will ask" in client_page

        offer(carla, engagement)
        assert CANARY in cem.get(url(engagement, "item")).text

    def test_offering_twice_changes_nothing(self, carla, engagement):
        prepare(carla, engagement)
        offer(carla, engagement)

        again = offer(carla, engagement)

        assert again.status_code == 409
        assert "sees this version already" in again.text

    def test_an_internal_item_is_never_offered(self, carla, engagement):
        prepare(carla, engagement, "pm-knows-timeframe", options=[{"title": "Ask"}, {"title": "Wait"}])

        assert offer(carla, engagement, "pm-knows-timeframe").status_code == 409

    def test_taking_it_back_hides_it_again_and_keeps_what_was_said(self, carla, cem, engagement):
        prepare(carla, engagement)
        offer(carla, engagement)
        react(cem, engagement, "question", words="Why not both?")

        page = carla.post(url(engagement, "withdraw"), headers=HTMX)

        assert "no longer sees it" in page.text
        assert "Nurses can check it" not in cem.get(url(engagement, "item")).text
        assert Reaction.objects.get().words == "Why not both?"

    def test_the_event_of_preparing_is_the_firms(self, carla, engagement):
        prepare(carla, engagement)
        offer(carla, engagement)

        kinds = dict(Event.objects.filter(item_key=KEY).values_list("kind", "firm_only"))
        assert kinds["recommendation.prepared"] is True
        assert kinds["recommendation.offered"] is False


class TestReacting:
    @pytest.fixture(autouse=True)
    def _offered(self, carla, engagement):
        prepare(carla, engagement)
        offer(carla, engagement)

    def test_agreeing_takes_one_press(self, carla, cem, engagement):
        assert react(cem, engagement, "agree").status_code == 200

        assert "agrees" in carla.get(url(engagement, "item")).text

    def test_choosing_another_names_it(self, carla, cem, engagement):
        react(cem, engagement, "choose", option="2", words="Simpler for the wards")

        page = carla.get(url(engagement, "item")).text
        assert "would choose B" in page
        assert "Simpler for the wards" in page

    def test_choosing_needs_an_option_that_is_there(self, cem, engagement):
        assert react(cem, engagement, "choose", option="4").status_code == 422
        assert react(cem, engagement, "choose").status_code == 422
        assert not Reaction.objects.exists()

    def test_a_question_has_words(self, cem, engagement):
        assert react(cem, engagement, "question").status_code == 422

    def test_the_last_word_of_each_person_is_shown_and_all_are_kept(self, carla, cem, engagement):
        react(cem, engagement, "question", words="What does a week mean?")
        react(cem, engagement, "agree")

        page = carla.get(url(engagement, "item")).text
        assert "What does a week mean?" not in page
        assert Reaction.objects.count() == 2

    def test_is_for_the_client_side(self, carla, engagement):
        assert react(carla, engagement, "agree").status_code == 403

    def test_a_reviewer_reads_only(self, reviewer, client_for, engagement):
        assert react(client_for(reviewer), engagement, "agree").status_code == 403

    def test_an_unknown_kind_is_no_page(self, cem, engagement):
        assert react(cem, engagement, "shrug").status_code == 404


class TestRestingOn:
    def test_a_changed_answer_asks_for_another_look_and_says_was_and_now(self, carla, engagement):
        save(carla, engagement, "automation-level", "auto")
        prepare(carla, engagement, rests_on="automation-level")

        save(carla, engagement, "automation-level", "approve", base=1)

        page = carla.get(url(engagement, "item")).text
        assert "What this advice rests on has changed" in page
        assert Recommendation.objects.get().footing.changed["automation-level"] == [
            {"value": "auto"},
            {"value": "approve"},
        ]

    def test_a_value_that_returns_clears_it(self, carla, engagement):
        save(carla, engagement, "automation-level", "auto")
        prepare(carla, engagement, rests_on="automation-level")
        save(carla, engagement, "automation-level", "approve", base=1)

        save(carla, engagement, "automation-level", "auto", base=2)

        assert Recommendation.objects.get().footing.changed == {}

    def test_still_holds_takes_the_present_values_as_ground(self, carla, engagement, consultant):
        save(carla, engagement, "automation-level", "auto")
        prepare(carla, engagement, rests_on="automation-level")
        save(carla, engagement, "automation-level", "approve", base=1)

        carla.post(url(engagement, "recommendation-holds"), headers=HTMX)

        footing = Recommendation.objects.get().footing
        assert (footing.changed, footing.held_by) == ({}, consultant)
        assert footing.basis["automation-level"] == {"value": "approve"}

    def test_an_internal_ground_is_not_named_to_the_client(self, carla, cem, engagement):
        save(carla, engagement, "engagement-budget", "100000")
        prepare(carla, engagement, rests_on="engagement-budget")
        offer(carla, engagement)
        save(carla, engagement, "engagement-budget", "77123", base=1)

        assert "77,123" in carla.get(url(engagement, "item")).text
        page = cem.get(url(engagement, "item")).text
        assert "Something on our side" in page
        assert "77,123" not in page
        assert entry_of(engagement, "engagement-budget").state == "answered"

    def test_a_number_that_is_none_is_told(self, carla, engagement):
        page = prepare(carla, engagement, rests_on="2.99")

        assert page.status_code == 422
        assert "There is no question 2.99 here" in page.text
