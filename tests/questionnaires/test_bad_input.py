"""What no page of ours sends: a clear message, a 4xx, and nothing stored is damaged."""

import uuid

import pytest
from django.urls import reverse

from engagements.actions import engagements as engagement_actions
from engagements.models import Event
from questionnaires import integrity
from questionnaires.models import Revision
from tests.questionnaires.saves import answer_of, save


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


class TestSaves:
    def test_ten_megabytes_are_too_much_for_one_go(self, maya, engagement):
        response = save(maya, engagement, "opening-request", "x" * 10_000_000)

        assert response.status_code == 413
        assert "Nothing was stored" in response.text
        assert Revision.objects.count() == 0

    def test_two_million_characters_are_sent_to_a_file(self, maya, engagement):
        response = save(maya, engagement, "opening-request", "x" * 2_000_000)

        assert response.status_code == 422
        assert "Attach it as a file" in response.text

    def test_a_nul_is_left_out(self, maya, engagement):
        save(maya, engagement, "opening-request", "a\0b")

        assert answer_of(engagement, "opening-request").value == "ab"

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("data-volume", "many"),
            ("data-volume", "1e999"),
            ("data-volume", "NaN"),
            ("start-date", "2026-02-30"),
            ("start-date", "soon"),
            ("hosting-model", "moon"),
            ("downtime", "maybe"),
            ("sponsor", "me"),
            ("sponsor", "-1"),
            ("datasets", "a table has no value of its own"),
            ("kickoff-sign-off", "yes"),
        ],
    )
    def test_a_value_of_the_wrong_type_is_refused_in_words(self, maya, engagement, key, value):
        response = save(maya, engagement, key, value)

        assert response.status_code == 422
        assert len(response.text) > 40
        assert Revision.objects.count() == 0

    @pytest.mark.parametrize("key", ["no-such-item", "register:nothing", "x" * 300, "../../etc", "%00"])
    def test_an_item_that_is_not_there_is_not_found(self, maya, engagement, key):
        url = f"/engagements/{engagement.pk}/items/{key}/answer/"

        response = maya.post(url, {"value": "x", "key": str(uuid.uuid4())}, headers={"X-Fragment": "1"})

        assert response.status_code == 404

    @pytest.mark.parametrize("base", ["-1", "one", "1.5", "9" * 40, "7x", ""])
    def test_a_base_that_is_none_is_refused(self, maya, engagement, base):
        assert save(maya, engagement, "opening-request", "x", base=base).status_code == 400

    def test_a_key_that_is_none_is_refused(self, maya, engagement):
        assert save(maya, engagement, "opening-request", "x", once="abc").status_code == 400

    def test_an_unknown_part_is_refused(self, maya, engagement):
        assert save(maya, engagement, "opening-request", "x", part="soul").status_code == 400

    def test_half_a_character_is_stored_as_a_whole_one(self, maya, engagement):
        url = reverse("questionnaires:answer", args=[engagement.pk, "opening-request"])
        body = b"value=%ED%A0%80abc&base=0&key=" + str(uuid.uuid4()).encode()

        response = maya.post(
            url, body, content_type="application/x-www-form-urlencoded", headers={"X-Fragment": "1"}
        )

        assert response.status_code == 200
        assert "abc" in answer_of(engagement, "opening-request").value


class TestClosedEngagement:
    @pytest.fixture
    def closed(self, engagement, project_manager):
        engagement_actions.set_status(engagement=engagement, status="closed", by=project_manager)
        return engagement

    def test_refuses_answers_and_says_so(self, maya, closed):
        events = Event.objects.count()

        response = save(maya, closed, "opening-request", "Too late")

        assert response.status_code == 403
        assert "closed" in response.text
        assert Event.objects.count() == events

    def test_is_still_read(self, maya, closed):
        assert (
            maya.get(reverse("questionnaires:item", args=[closed.pk, "opening-request"])).status_code == 200
        )

    def test_takes_answers_again_once_it_is_reopened(self, maya, closed, project_manager):
        engagement_actions.set_status(
            engagement=closed, status="active", by=project_manager, reason="One answer was missing"
        )

        assert save(maya, closed, "opening-request", "In time").status_code == 200
