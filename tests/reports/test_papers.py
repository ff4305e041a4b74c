"""The deliverables other than the status report: what each holds, for each side, empty and large."""

import json
import uuid

import pytest
from django.urls import reverse

from accounts.models import Side, User
from questionnaires.access import Viewpoint
from questionnaires.models import Answer, Attempt, Entry, Row
from reports.content import deliverables
from reports.content.kinds import PACK
from reports.content.record import record_of
from reports.render import process
from reports.render.document import Frame, words_of
from reports.render.work import render
from tests.questionnaires.saves import save

CANARY = "Kestrel"
PAPERS = (
    "kickoff-plan",
    "discovery-report",
    "data-assessment",
    "architecture-brief",
    "experiment-log",
    "model-card",
    "deployment-plan",
    "monitoring-governance-plan",
    "decision-log",
    "risk-register",
)


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


def written(engagement, kind, side=Side.CLIENT, language=""):
    """Return a document's snapshot."""
    record = record_of(Viewpoint(engagement.questionnaire, side))
    return deliverables.snapshot(record, kind, number=1, since=0, language=language)


def chapter(data, key):
    """Return one chapter's words."""
    (found,) = [section for section in data["sections"] if section["key"] == key]
    return "\n".join(words_of(found))


def told(data):
    """Return every word of a document."""
    return "\n".join(words_of(data["sections"]))


@pytest.fixture
def at_work(engagement, consultant, sponsor, project_manager, client_for):
    """Answer a few questions of every step, with notes and an internal answer that only the firm may see."""
    maya, helen, ines = client_for(consultant), client_for(sponsor), client_for(project_manager)
    answers = {
        "opening-request": "Predict strokes.",
        "request-restated": "Find those likely to have a stroke within 72 hours.",
        "problem-statement": "Each year 430 patients leave triage without being put on the pathway.",
        "ml-objective": "Point the nurse to patients who need a second look.",
        "known-limits": "Not for children.",
        "terms-of-use": "Inside the secure room only.",
        "stop-switch": "One phone call, by day and night.",
        "promotion-path": "Four stages, two signatures.",
    }
    for key, value in answers.items():
        save(helen, engagement, key, value, settle="1")
    save(maya, engagement, "hosting-model", "hybrid", settle="1")
    save(maya, engagement, "governance-framework", "yes", settle="1")
    save(helen, engagement, "terms-of-use", "Inside the secure room only.", settle="1")
    save(ines, engagement, "pm-knows-timeframe", "no", settle="1")
    for key in ("problem-statement", "hosting-model", "known-limits", "stop-switch", "opening-request"):
        save(maya, engagement, key, f"{CANARY}: {key}", part="note")
    return engagement


class TestEveryPaper:
    @pytest.mark.parametrize("kind", [*PAPERS, PACK])
    def test_is_written_of_an_engagement_where_nothing_is_answered(self, engagement, kind):
        for side in Side:
            data = written(engagement, kind, side)

            assert data["sections"]
            assert all(section["title"] for section in data["sections"])

    @pytest.mark.parametrize("kind", PAPERS)
    def test_says_what_is_missing_and_who_has_it(self, engagement, kind):
        data = written(engagement, kind)

        assert "Who has what" in told(data)
        assert engagement.client.short_name in told(data)

    @pytest.mark.parametrize("kind", [*PAPERS, PACK])
    def test_for_the_client_holds_nothing_of_the_firms_own(self, at_work, kind):
        data = json.dumps(written(at_work, kind, Side.CLIENT))

        assert CANARY not in data
        assert "pm-knows-timeframe" not in data
        assert "Timeframe already known" not in data

    @pytest.mark.parametrize("kind", ["kickoff-plan", "discovery-report", "architecture-brief", "model-card"])
    def test_for_the_firm_holds_its_notes(self, at_work, kind):
        assert CANARY in told(written(at_work, kind, Side.FIRM))

    @pytest.mark.parametrize("kind", PAPERS)
    def test_tells_nothing_twice_in_its_chapters_and_forgets_nothing_that_is_answered(self, at_work, kind):
        record = record_of(Viewpoint(at_work.questionnaire, Side.CLIENT))
        words = told(deliverables.snapshot(record, kind, number=1, since=0))

        for item in record.view.framework.feeding(kind):
            view = record.items.get(item.key)
            if view and view.entry.shown and view.value is not None and item.type == "long_text":
                assert str(view.value)[:40] in words, item.key

    def test_every_kind_has_its_own_chapters(self, engagement):
        shapes = {
            kind: tuple(section["title"] for section in written(engagement, kind)["sections"])
            for kind in PAPERS
        }

        assert len(set(shapes.values())) == len(PAPERS)

    def test_takes_the_same_statements_however_much_is_answered(
        self, at_work, consultant, client_for, django_assert_max_num_queries
    ):
        for kind in (*PAPERS, PACK):
            with django_assert_max_num_queries(64 if kind == PACK else 34):
                written(at_work, kind)


class TestChapters:
    def test_the_kick_off_plan_sets_the_request_in_both_wordings_side_by_side(self, at_work):
        found = chapter(written(at_work, "kickoff-plan"), "request")

        assert "In the words of" in found
        assert found.index("Predict strokes.") < found.index("within 72 hours")

    def test_the_kick_off_plan_names_both_teams(self, at_work, sponsor, consultant):
        found = chapter(written(at_work, "kickoff-plan"), "people")

        assert sponsor.display_name in found
        assert consultant.display_name in found

    def test_the_data_assessment_gathers_a_dataset_from_several_tables(self, at_work):
        table(at_work, "datasets", [{"dataset": "Registry", "system": "Database"}])
        table(at_work, "data-origin", [{"dataset": "registry ", "collected-for": "Quality"}])

        found = chapter(written(at_work, "data-assessment"), "datasets")

        assert found.count("Registry") == 1
        assert "Database" in found
        assert "Quality" in found

    def test_the_data_assessment_keeps_a_table_whose_lines_find_no_dataset(self, at_work):
        table(at_work, "datasets", [{"dataset": "Registry"}])
        table(at_work, "data-origin", [{"dataset": "Elsewhere", "collected-for": "Billing"}])

        assert "Billing" in chapter(written(at_work, "data-assessment"), "datasets")

    def test_the_deployment_plan_begins_with_what_stands_between_us_and_going_live(self, at_work):
        data = written(at_work, "deployment-plan")
        first = data["sections"][0]

        assert first["title"] == "Are we ready"
        assert "Not ready yet" in words_of(first)
        assert "Rollback" in chapter(data, "readiness")

    def test_the_model_card_follows_the_customary_order(self, at_work):
        table(at_work, "fairness-groups", [{"group-or-attribute": "Sex"}])
        titles = [section["title"] for section in written(at_work, "model-card")["sections"]]

        customary = [
            "Intended use", "Factors", "Measures", "Evaluation data", "Training data", "Quantitative analyses",
            "Ethical considerations", "Caveats and recommendations",
        ]  # fmt: skip
        assert [title for title in titles if title in customary] == customary

    def test_the_risk_register_puts_risks_into_the_matrix_and_the_gravest_first(self, at_work):
        table(
            at_work,
            "register:risks",
            [
                {"risk": "Small", "likelihood": "low", "impact": "low", "status": "open"},
                {"risk": "Huge", "likelihood": "high", "impact": "severe", "status": "open"},
                {"risk": "Gone", "likelihood": "high", "impact": "severe", "status": "closed"},
            ],
        )
        data = written(at_work, "risk-register")

        (matrix,) = [block for block in data["sections"][0]["blocks"] if block.get("look") == "matrix"]
        assert matrix["rows"][0][-1]["text"] == "R2"
        assert [section["title"] for section in data["sections"]][1:4] == ["Grave", "Small", "Closed"]

    def test_the_experiment_log_tells_every_attempt_with_its_lesson(self, at_work, consultant):
        attempt(at_work, consultant, 1, "Boosted trees", lesson="Missingness leaks.", outcome="worked")
        attempt(at_work, consultant, 2, "Free text", lesson="No gain.", outcome="did not work")

        found = chapter(written(at_work, "experiment-log"), "attempts")

        assert "Missingness leaks." in found
        assert "Did not work" in found


class TestThePack:
    def test_binds_every_document_with_one_contents_page(self, at_work):
        data = written(at_work, PACK)

        assert [line["title"] for line in data["contents"]][:2] == ["Status report", "Kick-off plan"]
        assert len(data["contents"]) == 11
        keys = [section["key"] for section in data["sections"]]
        assert len(keys) == len(set(keys))

    def test_carries_answers_and_registers_as_tables_without_formulas(self, at_work, tmp_path):
        import pikepdf

        table(at_work, "register:risks", [{"risk": "=HYPERLINK(1)", "likelihood": "low"}])
        data = written(at_work, PACK)

        render(data, Frame("K7Q4-2MTX", "http://localhost/check/"), tmp_path / "pack.pdf")

        with pikepdf.open(tmp_path / "pack.pdf") as pdf:
            assert {"snapshot.json", "answers.csv", "risks.csv"} <= set(pdf.attachments)
            rows = pdf.attachments["risks.csv"].get_file().read_bytes().decode("utf-8-sig")
        assert "'=HYPERLINK" in rows


class TestSize:
    def test_ten_thousand_rows_are_a_bounded_document_that_says_how_many_there_are(self, at_work, tmp_path):
        table(at_work, "features", [{"field": f"field {number}"} for number in range(10_000)])

        data = written(at_work, "data-assessment")

        assert len(json.dumps(data)) < 400_000
        assert "and 9850 more rows" in told(data)
        done = render(data, Frame("", "http://localhost/"), tmp_path / "long.pdf")
        assert done.pages < 30

    def test_long_texts_do_not_burst_the_summary(self, at_work, consultant, client_for):
        save(client_for(consultant), at_work, "ml-objective", "word " * 3000, base=1, settle="1")

        first = written(at_work, "model-card")["sections"][0]

        assert len("".join(words_of(first))) < 3000


class TestPages:
    @pytest.mark.parametrize("kind", PAPERS)
    def test_are_set_whole_and_the_summary_fits_its_page(self, at_work, kind, tmp_path):
        done = render(written(at_work, kind), Frame("K7Q4-2MTX", "http://localhost/"), tmp_path / "paper.pdf")

        assert done.degraded == []
        assert done.pages >= 4


class TestOfTheDemo:
    @pytest.mark.parametrize("code", ["NBH-01", "CHA-01", "FRN-01"])
    @pytest.mark.parametrize("language", ["en", "de"])
    def test_no_word_that_is_the_firms_own_is_in_any_document_for_the_client(self, demo, code, language):
        kinds = deliverables.titles(demo[code].questionnaire.framework)
        ours = theirs = ""
        for kind in kinds:
            ours += json.dumps(written(demo[code], kind, Side.FIRM, language)).casefold()
            theirs += json.dumps(written(demo[code], kind, Side.CLIENT, language)).casefold()

        assert CANARY.casefold() in ours
        assert CANARY.casefold() not in theirs

    def test_the_decision_log_counts_what_stands_and_shows_what_was_superseded(self, demo):
        data = written(demo["NBH-01"], "decision-log")

        assert {"11", "decisions stand"} <= set(words_of(data["sections"][0]))
        assert "Superseded by decision 6" in chapter(data, "past")
        assert "Replaces decision 4" in chapter(data, "standing")

    def test_a_signature_that_no_longer_holds_is_shown_as_such(self, demo):
        assert "to be signed again" in chapter(written(demo["NBH-01"], "data-assessment"), "signatures")

    def test_the_deployment_plan_names_what_is_let_pass_until_when_and_by_whom(self, demo):
        found = chapter(written(demo["NBH-01"], "deployment-plan"), "readiness")

        assert "What is let pass for a while" in found
        assert "Inês Carvalho" in found

    def test_choices_that_are_only_prepared_are_the_firms(self, demo):
        assert "Not offered yet" in told(written(demo["NBH-01"], "decision-log", Side.FIRM))
        assert "Not offered yet" not in told(written(demo["NBH-01"], "decision-log", Side.CLIENT))


class TestOffers:
    def test_say_what_each_is_for_when_it_is_due_and_what_it_would_lack(
        self, at_work, project_manager, client_for, sponsor
    ):
        url = reverse("reports:reports", args=[at_work.pk])

        page = client_for(project_manager).get(url).text

        assert "how we work together" in page
        assert "Kick-off sign-off" in page
        assert "Hand-over pack" in page
        assert "What can be written" not in client_for(sponsor).get(url).text

    def test_the_statements_do_not_grow_with_the_answers(
        self, at_work, project_manager, client_for, django_assert_max_num_queries
    ):
        browser = client_for(project_manager)
        url = reverse("reports:reports", args=[at_work.pk])
        browser.get(url)

        with django_assert_max_num_queries(12):
            browser.get(url)


def table(engagement, key, rows):
    """Store a table's rows without the pages: many at once."""
    by = User.objects.earliest("pk")
    entry = Entry.objects.of_latest_rounds().get(engagement=engagement, item_key=key)
    entry.state, entry.shown = Entry.State.ANSWERED, True
    entry.save(update_fields=["state", "shown"])
    made = Row.objects.bulk_create(
        Row(entry=entry, rank=f"{place:06d}", key=uuid.uuid4(), created_by=by) for place in range(len(rows))
    )
    Answer.objects.bulk_create(
        Answer(entry=entry, row=row, column=column, value=value, version=1, settled_version=1)
        for row, cells in zip(made, rows, strict=True)
        for column, value in cells.items()
    )


def attempt(engagement, by, number, name, **fields):
    """Store an attempt."""
    from django.utils import timezone

    from questionnaires.models import Footing

    footing = Footing.objects.create(engagement=engagement)
    return Attempt.objects.create(
        engagement=engagement,
        number=number,
        name=name,
        on=timezone.localdate(),
        made_by=by,
        footing=footing,
        **fields,
    )
