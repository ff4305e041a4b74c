"""Tables and registers: cells, rows, order, paste, and the words that come first."""

import uuid

import pytest
from django.urls import reverse

from engagements.models import Event
from questionnaires import integrity
from questionnaires.actions import rows as row_actions
from questionnaires.models import Answer, Row
from tests.questionnaires.saves import answer_of, entry_of, save

KEY = "datasets"


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


def post(browser, engagement, name, *args, key=KEY, **data):
    """Post to an address of the table."""
    url = reverse(f"questionnaires:{name}", args=[engagement.pk, key, *args])
    return browser.post(url, data, headers={"X-Fragment": "1"})


def live_rows(engagement, key=KEY):
    """Return the table's rows in order."""
    return list(Row.objects.live().filter(entry=entry_of(engagement, key)))


def first_column(engagement, row, key=KEY):
    """Return the value in a row's first column."""
    return Answer.objects.filter(row=row).order_by("id").first().value


class TestRows:
    def test_adding_one_makes_all_its_cells(self, maya, engagement):
        response = post(maya, engagement, "row-add")

        (row,) = live_rows(engagement)
        assert response.status_code == 200
        assert f'id="row-{row.pk}"' in response.text
        assert row.answers.count() == len(engagement.questionnaire.framework.item(KEY).columns)
        assert entry_of(engagement, KEY).state == "draft"

    def test_pressing_add_twice_with_one_key_adds_one(self, maya, engagement):
        once = str(uuid.uuid4())

        post(maya, engagement, "row-add", key_=once)
        post(maya, engagement, "row-add", key_=once)

        assert len(live_rows(engagement)) == 2
        url = reverse("questionnaires:row-add", args=[engagement.pk, KEY])
        for _press in range(2):
            maya.post(url, {"key": once})
        assert len(live_rows(engagement)) == 3

    def test_a_deleted_row_comes_back_with_its_cells(self, maya, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)
        save(maya, engagement, KEY, "EHR", row=row, column="dataset")
        post(maya, engagement, "row-delete", row.pk)
        assert live_rows(engagement) == []

        post(maya, engagement, "row-bring-back", row.pk)

        assert live_rows(engagement) == [row]
        assert answer_of(engagement, KEY, row=row, column="dataset").value == "EHR"

    def test_deleting_twice_is_one_event(self, maya, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)
        post(maya, engagement, "row-delete", row.pk)
        events = Event.objects.count()

        post(maya, engagement, "row-delete", row.pk)

        assert Event.objects.count() == events

    def test_rows_move_past_their_neighbours(self, maya, engagement):
        for _row in range(3):
            post(maya, engagement, "row-add")
        one, two, three = live_rows(engagement)

        post(maya, engagement, "row-move", three.pk, to="up")
        assert live_rows(engagement) == [one, three, two]
        post(maya, engagement, "row-move", three.pk, to="up")
        assert live_rows(engagement) == [three, one, two]
        post(maya, engagement, "row-move", three.pk, to="down")
        assert live_rows(engagement) == [one, three, two]

    def test_two_people_moving_different_rows_do_not_disturb_each_other(self, maya, cem, engagement):
        for _row in range(4):
            post(maya, engagement, "row-add")
        one, two, three, four = live_rows(engagement)

        post(maya, engagement, "row-move", two.pk, to="up")
        post(cem, engagement, "row-move", four.pk, to="up")

        assert live_rows(engagement) == [two, one, four, three]


class TestCells:
    def test_a_cell_is_saved_alone(self, maya, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)

        response = save(maya, engagement, KEY, "EHR", row=row, column="dataset")

        assert response["Save-Outcome"] == "saved"
        assert len(response.content) < 2048
        assert "register" not in response.text

    def test_two_people_in_different_cells_never_meet(self, maya, cem, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)

        one = save(maya, engagement, KEY, "EHR", row=row, column="dataset")
        other = save(cem, engagement, KEY, "Warehouse", row=row, column="system")

        assert {one["Save-Outcome"], other["Save-Outcome"]} == {"saved"}

    def test_the_same_cell_merges_words(self, maya, cem, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)
        save(maya, engagement, KEY, "stroke registry", row=row, column="dataset")
        save(cem, engagement, KEY, "national stroke registry", row=row, column="dataset", base=1)

        response = save(maya, engagement, KEY, "stroke registry, audited", row=row, column="dataset", base=1)

        assert response["Save-Outcome"] == "merged"
        assert (
            answer_of(engagement, KEY, row=row, column="dataset").value == "national stroke registry, audited"
        )

    def test_writing_into_a_row_somebody_deleted_brings_it_back(self, maya, cem, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)
        save(maya, engagement, KEY, "EHR", row=row, column="dataset")
        post(cem, engagement, "row-delete", row.pk)

        save(maya, engagement, KEY, "EHR encounters", row=row, column="dataset", base=1)

        assert live_rows(engagement) == [row]
        assert answer_of(engagement, KEY, row=row, column="dataset").value == "EHR encounters"

    def test_a_cell_of_another_engagement_is_not_there(
        self, maya, engagement, world, other_manager, client_for
    ):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)

        response = save(
            client_for(other_manager), world.other_engagement, KEY, "x", row=row, column="dataset"
        )

        assert response.status_code == 404
        assert Answer.objects.filter(row=row, version__gt=0).count() == 0

    def test_a_column_that_is_not_there_is_refused(self, maya, engagement):
        post(maya, engagement, "row-add")
        (row,) = live_rows(engagement)

        assert save(maya, engagement, KEY, "x", row=row, column="nonsense").status_code == 404


class TestWordsFirst:
    def test_words_and_rows_stay_beside_each_other(self, maya, cem, engagement):
        save(cem, engagement, KEY, "We have the EHR and a stroke registry.", part="words", settle="1")
        assert entry_of(engagement, KEY).state == "answered"

        post(maya, engagement, "row-add")

        page = maya.get(
            reverse("questionnaires:item", args=[engagement.pk, KEY]), headers={"HX-Request": "true"}
        )
        assert "We have the EHR and a stroke registry." in page.text
        assert 'id="row-' in page.text


class TestPaste:
    def test_rows_of_a_spreadsheet_become_rows(self, maya, engagement):
        text = "EHR\t\tWarehouse\nRegistry\t\tSQL"

        response = post(maya, engagement, "row-paste", text=text)

        assert response.status_code == 200
        assert [first_column(engagement, row) for row in live_rows(engagement)] == ["EHR", "Registry"]

    def test_a_first_line_of_labels_names_the_columns(self, maya, engagement):
        columns = engagement.questionnaire.framework.item(KEY).columns
        system = next(column for column in columns if column.key == "system")
        text = f"{system.label}\t{columns[0].label}\nWarehouse\tEHR"

        post(maya, engagement, "row-paste", text=text)

        (row,) = live_rows(engagement)
        assert answer_of(engagement, KEY, row=row, column="dataset").value == "EHR"
        assert answer_of(engagement, KEY, row=row, column="system").value == "Warehouse"

    def test_one_wrong_cell_stores_nothing_and_is_named(self, maya, engagement):
        key = "register:risks"
        text = "Late data\tdata\tlow\nOther\tdata\tsometimes"

        response = post(maya, engagement, "row-paste", key=key, text=text)

        assert response.status_code == 422
        assert "row 2, Likelihood" in response.text
        assert live_rows(engagement, key) == []

    def test_goes_in_batches_with_an_event_each(self, maya, engagement):
        before = Event.objects.count()

        post(maya, engagement, "row-paste", text="\n".join(f"Set {number}\t" for number in range(450)))

        assert len(live_rows(engagement)) == 450
        assert Event.objects.count() - before == 3

    def test_more_rows_than_fit_are_refused_whole(self, maya, engagement, monkeypatch):
        monkeypatch.setattr(row_actions, "MAX_ROWS", 20)

        response = post(maya, engagement, "row-paste", text="\n".join("a\t" for _row in range(21)))

        assert response.status_code == 422
        assert "up to 20 rows" in response.text
        assert live_rows(engagement) == []


class TestRegisters:
    def test_are_tables_like_any_other(self, maya, engagement):
        post(maya, engagement, "row-add", key="register:risks")
        (row,) = live_rows(engagement, "register:risks")

        response = save(maya, engagement, "register:risks", "high", row=row, column="likelihood")

        assert response["Save-Outcome"] == "saved"
        assert answer_of(engagement, "register:risks", row=row, column="likelihood").value == "high"

    @pytest.mark.parametrize("value", ["sometimes", "HIGHEST", "1"])
    def test_refuse_what_is_no_choice(self, maya, engagement, value):
        post(maya, engagement, "row-add", key="register:risks")
        (row,) = live_rows(engagement, "register:risks")

        response = save(maya, engagement, "register:risks", value, row=row, column="likelihood")

        assert response.status_code == 422
        assert answer_of(engagement, "register:risks", row=row, column="likelihood").version == 0
