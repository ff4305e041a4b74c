"""Everything that was tried: kept, compared, drawn against the agreed criterion, and read from runs."""

import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse

from questionnaires import charts, criteria, integrity
from questionnaires.actions import rows
from questionnaires.models import Attempt, RunImport
from tests.questionnaires.saves import answer_of, entry_of, save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_runs import RUN, folder

MEASURE = "Late strokes found (percent)"
TRIED = {
    "name": "Logistic regression",
    "hypothesis": "Simple sums go most of the way",
    "approach": "22 inputs",
    "measure": MEASURE,
    "result": "63",
    "criterion": "At least 60",
    "outcome": "worked",
    "lesson": "Linear age does harm",
    "better": "higher",
    "on": "2026-10-01",
}


@pytest.fixture
def carla(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def sofie(sponsor, client_for):
    return client_for(sponsor)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def url(engagement, name, *args):
    return reverse(f"questionnaires:{name}", args=[engagement.pk, *args])


def write(browser, engagement, *, replaces=None, **more):
    query = f"?replaces={replaces}" if replaces else ""
    return browser.post(url(engagement, "attempt-new") + query, {**TRIED, **more})


def agree(consultant, desk, engagement, **cells):
    """Agree on a measure with its threshold."""
    row = {"measure": MEASURE, "threshold": "65", **cells}
    rows.add_rows(desk=desk(consultant), entry=entry_of(engagement, "acceptance-metrics"), rows=[row])


class TestWritingDown:
    def test_keeps_everything_and_numbers_it(self, carla, consultant, engagement):
        member = engagement.memberships.get(user=consultant)
        assert write(carla, engagement, by=member.pk).status_code == 302

        found = Attempt.objects.get()
        assert (found.number, found.result, found.by, str(found.on)) == (1, Decimal(63), member, "2026-10-01")
        page = carla.get(url(engagement, "attempt", 1)).text
        assert "Simple sums go most of the way" in page
        assert "Reaches what was agreed" in page

    def test_reads_the_threshold_from_the_criterions_words(self, carla, engagement):
        write(carla, engagement, criterion="At most 2,5 points, so below 2.5", better="higher")

        found = Attempt.objects.get()
        assert (found.threshold, found.higher_is_better) == (Decimal(2), False)

    def test_takes_the_threshold_that_was_agreed_for_the_measure(self, carla, consultant, desk, engagement):
        agree(consultant, desk, engagement)
        write(carla, engagement, criterion="", measure="late strokes found (Percent)")

        found = Attempt.objects.get()
        assert (found.threshold, found.meets) == (Decimal(65), False)

    def test_words_without_a_figure_leave_it_open(self, carla, consultant, desk, engagement):
        agree(consultant, desk, engagement)
        write(carla, engagement, criterion="Two points over attempt 3")

        assert Attempt.objects.get().threshold is None

    def test_needs_a_name_and_a_figure_that_is_one(self, carla, engagement):
        assert write(carla, engagement, name="").status_code == 422
        refused = write(carla, engagement, result="sixty")
        assert refused.status_code == 422
        assert "Linear age does harm" in refused.text
        assert not Attempt.objects.exists()

    def test_has_a_line_in_the_experiment_log(self, carla, engagement):
        write(carla, engagement)

        line = Attempt.objects.get().row
        assert line.answers.get(column="experiment").value == "1. Logistic regression"
        assert line.answers.get(column="result").value == "63"
        refused = save(carla, engagement, "register:experiments", "64", row=line, column="result", base=1)
        assert refused.status_code == 422

    def test_both_sides_read_it(self, carla, sofie, engagement):
        write(carla, engagement)

        assert "Logistic regression" in sofie.get(url(engagement, "attempts")).text

    def test_observers_do_not_write_and_strangers_do_not_read(
        self, observer, outsider, client_for, engagement
    ):
        assert write(client_for(observer), engagement).status_code == 403
        assert client_for(outsider).get(url(engagement, "attempts")).status_code == 404


class TestChanging:
    def test_keeps_old_and_new(self, carla, engagement):
        write(carla, engagement)
        seen = Attempt.objects.get().changed_at.isoformat()

        carla.post(url(engagement, "attempt-edit", 1), {**TRIED, "result": "64", "seen": seen})

        cell = Attempt.objects.get().row.answers.get(column="result")
        assert [revision.value for revision in cell.revisions.order_by("version")] == ["63", "64"]

    def test_somebody_elses_change_is_told(self, carla, engagement):
        write(carla, engagement)
        seen = Attempt.objects.get().changed_at.isoformat()
        carla.post(url(engagement, "attempt-edit", 1), {**TRIED, "result": "64", "seen": seen})

        page = carla.post(url(engagement, "attempt-edit", 1), {**TRIED, "result": "70", "seen": seen})

        assert page.status_code == 422
        assert 'value="70"' in page.text
        assert Attempt.objects.get().result == 64

    def test_superseding_keeps_both_and_says_so(self, carla, engagement):
        write(carla, engagement)
        write(carla, engagement, replaces=1, name="Logistic, splines", result="66")

        earlier, later = Attempt.objects.order_by("number")
        assert earlier.replaced_by == later
        assert "(superseded by 2)" in earlier.row.answers.get(column="experiment").value
        listed = carla.get(url(engagement, "attempts")).text
        assert 'id="attempt-1"' not in listed
        assert 'id="attempt-1"' in carla.get(url(engagement, "attempts") + "?all=1").text

    def test_superseding_twice_is_told(self, carla, engagement):
        write(carla, engagement)
        write(carla, engagement, replaces=1)

        assert write(carla, engagement, replaces=1).status_code == 422
        assert Attempt.objects.count() == 2


class TestComparing:
    @pytest.fixture(autouse=True)
    def _three(self, carla, engagement):
        write(carla, engagement)
        write(
            carla, engagement, name="Bedside score", result="51", outcome="did not work", lesson="Cut alone"
        )
        write(carla, engagement, name="Boosted trees", result="74", criterion="Two points over the first")

    def test_orders_by_a_column_both_ways(self, carla, engagement):
        up = carla.get(url(engagement, "attempts") + "?by=result").text
        down = carla.get(url(engagement, "attempts") + "?by=-result").text

        assert up.index('id="attempt-2"') < up.index('id="attempt-1"') < up.index('id="attempt-3"')
        assert down.index('id="attempt-3"') < down.index('id="attempt-1"') < down.index('id="attempt-2"')
        assert 'aria-sort="descending"' in down

    def test_shows_the_columns_that_were_chosen(self, carla, engagement):
        page = carla.get(url(engagement, "attempts") + "?column=approach&column=result").text

        assert 'data-l="Approach"' in page
        assert 'data-l="Lesson"' not in page

    def test_draws_the_results_against_the_criterion_and_says_it(self, carla, engagement):
        page = carla.get(url(engagement, "attempts")).text

        assert 'role="img"' in page
        assert "3 results for “Late strokes found (percent)”, from 51 to 74." in page
        assert "2 of them reach the agreed criterion, at least 60." in page

    def test_tells_what_was_tried_and_why_not(self, carla, engagement):
        page = carla.get(url(engagement, "attempts")).text

        assert "It did not work: Cut alone." in page
        assert "Late strokes found (percent) came to 63 (agreed: At least 60)." in page

    def test_takes_the_same_statements_with_many(self, carla, engagement):
        carla.get(url(engagement, "attempts"))
        with Statements() as before:
            carla.get(url(engagement, "attempts"))
        for number in range(5):
            write(carla, engagement, name=f"More {number}")
        with Statements() as after:
            carla.get(url(engagement, "attempts"))
        assert after.count == before.count, after.told

    def test_is_counted_in_the_folio(self, carla, engagement):
        assert 'Attempts <span class="muted">3</span>' in carla.get(url(engagement, "attempts")).text


class TestRestingOn:
    def test_a_changed_ground_asks_for_another_look(self, carla, engagement):
        save(carla, engagement, "error-preference", "sensitivity")
        write(carla, engagement, rests_on="error-preference")

        save(carla, engagement, "error-preference", "balanced", base=1)

        assert "look again" in carla.get(url(engagement, "attempts")).text
        assert "What this attempt rests on has changed" in carla.get(url(engagement, "attempt", 1)).text
        carla.post(url(engagement, "attempt-holds", 1))
        assert "look again" not in carla.get(url(engagement, "attempts")).text
        assert answer_of(engagement, "error-preference").value == "balanced"


class TestReadingRuns:
    def upload(self, browser, engagement, content=None, name="mlruns.zip"):
        file = SimpleUploadedFile(name, content if content is not None else folder())
        return browser.post(url(engagement, "attempt-upload"), {"file": file})

    def take(self, browser, engagement, **more):
        kept = RunImport.objects.latest("id")
        data = {"run": [RUN], "measure": "metrics.found", "better": "higher", "criterion": "", **more}
        return browser.post(url(engagement, "attempt-import", kept.pk), data)

    def test_shows_them_before_anything_counts(self, carla, engagement):
        page = carla.get(self.upload(carla, engagement).url).text

        assert "boosted-trees" in page
        assert "74.125" in page
        assert not Attempt.objects.exists()

    def test_makes_attempts_of_the_chosen_ones(self, carla, consultant, desk, engagement):
        agree(consultant, desk, engagement, measure="found", threshold="70")
        self.upload(carla, engagement)

        assert self.take(carla, engagement, code_version="tags.mlflow.source.git.commit").status_code == 302

        found = Attempt.objects.get()
        assert (found.name, found.result, found.settings) == ("boosted-trees", Decimal("74.125"), "trees=400")
        assert (found.code_version, str(found.on), found.run_id) == ("e0b9a57", "2025-10-23", RUN)
        assert found.meets

    def test_a_run_that_is_there_is_left_as_it_is(self, carla, engagement):
        self.upload(carla, engagement)
        self.take(carla, engagement)
        Attempt.objects.update(lesson="Ours")

        page = carla.get(self.upload(carla, engagement).url).text
        again = self.take(carla, engagement)

        assert "is attempt 1" in page
        assert again.status_code == 422
        assert Attempt.objects.get().lesson == "Ours"

    def test_a_bad_file_is_told_and_nothing_is_kept(self, carla, engagement):
        page = self.upload(carla, engagement, folder()[:100])

        assert page.status_code == 422
        assert "damaged" in page.text
        assert not RunImport.objects.exists()

    def test_what_somebody_else_uploaded_elsewhere_is_no_page(
        self, carla, other_manager, client_for, world, engagement
    ):
        self.upload(carla, engagement)
        kept = RunImport.objects.get()

        stranger = client_for(other_manager)
        assert stranger.get(url(engagement, "attempt-import", kept.pk)).status_code == 404
        assert stranger.get(url(world.other_engagement, "attempt-import", kept.pk)).status_code == 404

    def test_names_of_a_run_are_shown_as_text(self, carla, engagement):
        meta = f"run_id: {RUN}\nrun_name: <script>alert(1)</script>\nstart_time: 1\n"
        page = carla.get(
            self.upload(carla, engagement, folder(**{f"mlruns/1/{RUN}/meta.yaml": meta})).url
        ).text

        assert "<script>alert" not in page

    def test_a_server_is_offered_only_where_one_is_set_up(self, carla, engagement):
        assert (
            "experiment" not in carla.get(url(engagement, "attempt-upload")).text.split("</main>")[0].lower()
        )
        with override_settings(MLFLOW_TRACKING_URI="http://127.0.0.1:9"):
            assert "by its name" in carla.get(url(engagement, "attempt-upload")).text


class TestCriteria:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("At least 60", (Decimal(60), True)),
            ("no less than 0.85 AUC", (Decimal("0.85"), True)),
            ("≥ 1,200 cases", (Decimal(1200), True)),
            ("at most 5 points", (Decimal(5), False)),
            ("No more than 3 %", (Decimal(3), False)),
            ("<= 250 ms", (Decimal(250), False)),
            ("Two points over attempt 3", None),
            ("Reference, no threshold", None),
            ("", None),
        ],
    )
    def test_are_read_from_words(self, words, expected):
        assert criteria.read(words) == expected


class TestCharts:
    POINTS = [
        charts.Point(1, "Bedside <score>", Decimal(51)),
        charts.Point(2, "Trees", Decimal(74)),
    ]

    def test_escape_what_people_wrote(self):
        drawing = charts.results(self.POINTS, charts.Criterion(Decimal(60)), "Found & kept")

        assert "<score>" not in drawing
        assert "Bedside &lt;score&gt;" in drawing

    def test_mark_what_reaches_the_criterion_by_shape_and_not_by_colour_alone(self):
        drawing = charts.results(self.POINTS, charts.Criterion(Decimal(60)), "Found")

        assert drawing.count('class="dot meets"') == 1
        assert (
            charts.results(self.POINTS, charts.Criterion(Decimal(60), higher_is_better=False), "Found").count(
                "meets"
            )
            == 1
        )

    def test_carry_their_paint_for_the_pdf(self):
        drawing = charts.printed(self.POINTS, charts.Criterion(Decimal(60)), "Found")

        assert "class=" not in drawing
        assert "{--" not in drawing
        assert 'stroke-dasharray="5 4"' in drawing

    def test_nothing_is_drawn_of_nothing(self):
        assert charts.results([], None, "Found") == ""
        assert charts.sentence([], None, "Found") == ""

    @pytest.mark.parametrize("values", [(0, 0), (-3, 4), (5, 5), (100, 101)])
    def test_stay_inside_the_picture(self, values):
        points = [charts.Point(n, "x", Decimal(value)) for n, value in enumerate(values)]

        drawing = charts.results(points, None, "Found")

        for x in re.findall(r'cx="(-?[0-9]+)"', drawing):
            assert charts.LEFT <= int(x) <= charts.WIDTH - charts.RIGHT
