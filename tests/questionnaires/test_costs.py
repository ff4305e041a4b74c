"""What pages and saves cost in statements, and that size does not move it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from questionnaires.actions import rows
from tests.people import make_engagement
from tests.questionnaires.saves import entry_of, save

# Session and user are two of them; transaction control is not counted.
CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


class Statements(CaptureQueriesContext):
    """Count statements, without those that only begin or end a transaction."""

    def __init__(self):
        super().__init__(connection)

    @property
    def count(self):
        """Return how many statements were sent."""
        return sum(1 for query in self.captured_queries if not query["sql"].startswith(CONTROL))

    @property
    def told(self):
        """Return the statements, one a line, for the message of a test that fails."""
        return "\n".join(query["sql"][:160] for query in self.captured_queries)


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


class TestSaves:
    def test_a_first_save_takes_nine_statements(self, maya, engagement):
        with Statements() as sent:
            save(maya, engagement, "opening-request", "A model")
        assert sent.count <= 9, sent.told

    def test_going_on_takes_no_more(self, maya, engagement):
        save(maya, engagement, "opening-request", "A model")
        with Statements() as sent:
            save(maya, engagement, "opening-request", "A model for nurses", base=1)
        assert sent.count <= 9, sent.told

    def test_a_cell_takes_no_more(self, maya, engagement, consultant, desk):
        row = rows.add_rows(desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{}])[0]
        with Statements() as sent:
            save(maya, engagement, "datasets", "EHR", row=row, column="dataset")
        assert sent.count <= 9, sent.told

    def test_a_choice_that_settles_takes_no_more(self, maya, engagement):
        with Statements() as sent:
            save(maya, engagement, "downtime", "no")
        assert sent.count <= 14, sent.told

    def test_a_merge_takes_fourteen(self, maya, engagement, contributor, client_for):
        save(maya, engagement, "opening-request", "We want a model")
        save(client_for(contributor), engagement, "opening-request", "We want a careful model", base=1)
        with Statements() as sent:
            response = save(maya, engagement, "opening-request", "We want a model soon", base=1)
        assert response["Save-Outcome"] == "merged"
        assert sent.count <= 14, sent.told

    def test_a_save_that_moves_conditions_takes_fifteen(self, maya, engagement):
        with Statements() as sent:
            response = save(maya, engagement, "ground-truth", "no")
        assert 'id="item-labels-to-create"' in response.text
        assert sent.count <= 15, sent.told

    def test_a_change_that_others_rest_on_takes_fourteen(self, maya, engagement):
        save(maya, engagement, "opening-request", "A model", settle="1")
        save(maya, engagement, "request-restated", "To know who needs us", settle="1")
        with Statements() as raising:
            save(maya, engagement, "opening-request", "Another model", base=1, settle="1")
        assert entry_of(engagement, "request-restated").revisit
        with Statements() as again:
            save(maya, engagement, "opening-request", "A third model", base=2, settle="1")
        assert raising.count <= 14, raising.told
        assert again.count <= 14, again.told

    def test_an_answer_to_a_save_is_small(self, maya, engagement):
        assert len(save(maya, engagement, "opening-request", "A short answer").content) <= 2048


class TestPages:
    def test_the_data_step_at_full_depth_takes_ten(self, maya, engagement):
        url = reverse("questionnaires:step", args=[engagement.pk, "3"])
        maya.get(url)
        with Statements() as sent:
            page = maya.get(url)
        assert page.text.count("<article") == 38
        assert sent.count <= 10, sent.told

    def test_a_step_takes_the_same_with_many_rows(self, maya, engagement, consultant, desk):
        url = reverse("questionnaires:step", args=[engagement.pk, "3"])
        # Who wrote something is only asked for once there is something.
        rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "EHR"}]
        )
        maya.get(url)
        with Statements() as before:
            maya.get(url)
        for _batch in range(3):
            rows.add_rows(
                desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "EHR"}] * 50
            )
        with Statements() as after:
            maya.get(url)
        assert after.count == before.count, after.told

    @pytest.mark.parametrize(("name", "most"), [("questionnaires:portfolio", 7), ("questionnaires:work", 18)])
    def test_lists_take_the_same_with_many_engagements(self, name, most, world, project_manager, client_for):
        browser = client_for(project_manager)
        browser.get(reverse(name))
        with Statements() as before:
            browser.get(reverse(name))
        for _more in range(4):
            make_engagement(client=world.client, manager=project_manager, version=world.version, depth="core")
        with Statements() as after:
            browser.get(reverse(name))
        assert after.count == before.count, after.told
        assert after.count <= most, after.told

    @pytest.mark.parametrize("name", ["overview", "registers", "files"])
    def test_pages_of_an_engagement_take_the_same_after_work(self, name, maya, engagement):
        url = reverse(f"questionnaires:{name}", args=[engagement.pk])
        maya.get(url)
        with Statements() as before:
            maya.get(url)
        for key in ("opening-request", "background", "request-restated"):
            save(maya, engagement, key, "Something", settle="1")
        with Statements() as after:
            maya.get(url)
        assert after.count == before.count, after.told
