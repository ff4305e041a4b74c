"""Two people in one browser: a page that was drawn for one of them does nothing as the other."""

import pytest
from django.urls import reverse

from questionnaires.models import Revision
from tests.questionnaires.saves import save


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


def of(person):
    """Return the header in which a page says whose it is."""
    return {"X-Person": str(person.pk), "X-Fragment": "1"}


class TestPageOfSomebodyElse:
    def test_stores_nothing(self, cem, consultant, engagement):
        url = reverse("questionnaires:answer", args=[engagement.pk, "opening-request"])

        response = cem.post(url, {"value": "Typed by Carla"}, headers=of(consultant))

        assert response.status_code == 401
        assert "kept for you" in response.text
        assert not Revision.objects.exists()

    def test_is_not_told_anything(self, cem, consultant, engagement):
        stream = reverse("questionnaires:stream", args=[engagement.pk])

        assert cem.get(stream, {"person": consultant.pk}).status_code == 401
        assert cem.get(reverse("questionnaires:own-stream"), {"person": consultant.pk}).status_code == 401

    def test_does_not_fetch_itself_again(self, cem, consultant, engagement):
        url = reverse("questionnaires:step", args=[engagement.pk, "1"])

        assert cem.get(url, headers={"X-Person": str(consultant.pk)}).status_code == 401


def test_ones_own_page_works(cem, contributor, engagement):
    assert save(cem, engagement, "opening-request", "Mine").status_code == 200
    url = reverse("questionnaires:answer", args=[engagement.pk, "background"])

    response = cem.post(url, {"value": "Mine too"}, headers=of(contributor))

    assert response.status_code == 200
    assert reverse("questionnaires:stream", args=[engagement.pk])
    assert (
        cem.get(
            reverse("questionnaires:stream", args=[engagement.pk]), {"person": contributor.pk}
        ).status_code
        == 204
    )
