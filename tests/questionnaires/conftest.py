"""What tests of the questionnaire share: people's browsers, an answer that is settled, and a sound record at the end."""

import pytest

from questionnaires.models import Answer
from tests.questionnaires.saves import save


@pytest.fixture
def carla(consultant, client_for):
    """Give the consultant's browser."""
    return client_for(consultant)


@pytest.fixture
def petra(project_manager, client_for):
    """Give the project manager's browser."""
    return client_for(project_manager)


@pytest.fixture
def cem(contributor, client_for):
    """Give the client contributor's browser."""
    return client_for(contributor)


@pytest.fixture
def write(carla, engagement):
    """Give `write(key, value)`: the consultant answers an item on top of what is there, and it is settled.

    A table is answered in words.
    """
    framework = engagement.questionnaire.framework

    def answer(key, value, browser=carla):
        part = "words" if framework.item(key).type == "table" else "value"
        there = Answer.objects.filter(
            entry__engagement=engagement,
            entry__item_key=key,
            entry__round__is_latest=True,
            part=part,
            row=None,
        ).first()
        base = there.version if there else 0
        response = save(browser, engagement, key, value, base=base, part=part, settle="1")
        assert response.status_code == 200, response.text
        assert response["Save-Outcome"] in ("saved", "same")
        return response

    return answer
