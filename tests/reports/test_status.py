"""The status report tells the difference since the one before, on one page first, and to each side what it may know."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Side
from engagements.models import Membership
from questionnaires.access import Viewpoint
from questionnaires.actions import health as health_actions
from questionnaires.models import HealthLevel, Questionnaire
from reports.content import deliverables
from reports.content.difference import difference, event_of, excerpt
from reports.content.record import record_of
from reports.render import document, process
from reports.render.document import Frame
from reports.render.work import render
from tests.questionnaires.saves import save
from tests.questionnaires.test_entries import do

FRAME = Frame("K7Q4-2MTX", "http://localhost/check/", "http://localhost")


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


@pytest.fixture
def record(engagement):
    """Return a function that reads the record of a side as it is now."""

    def of(side=Side.CLIENT):
        questionnaire = Questionnaire.objects.select_related("engagement__client").get(engagement=engagement)
        return record_of(Viewpoint(questionnaire, side))

    return of


@pytest.fixture
def carla(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def helen(sponsor, client_for):
    return client_for(sponsor)


def now_at(record):
    """Return the number of the newest event."""
    return record().engagement.last_event


def written(record, since=0):
    """Return the snapshot of a status report."""
    return deliverables.snapshot(record, "status-report", number=2, since=since)


def pages(snapshot, path: Path, paper="A4"):
    """Set a snapshot and return the text of each page."""
    import subprocess

    render({**snapshot, "paper": paper}, FRAME, path)
    run = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return run.stdout.split("\f")


class TestDifference:
    def test_an_answer_since_then_is_answered(self, engagement, record, carla, helen):
        save(helen, engagement, "background", "Two incidents.", settle="1")
        since = now_at(record)
        save(carla, engagement, "hosting-model", "hybrid")

        found = difference(record(), since)

        assert [change.item_key for change in found["answered"]] == ["hosting-model"]
        (change,) = found["answered"]
        assert change.event == now_at(record)
        assert change.by == "Carla Conti"
        assert change.path.endswith("/items/hosting-model/history/")

    def test_another_answer_is_a_reversal_with_old_and_new(self, engagement, record, carla, helen):
        save(helen, engagement, "background", "Two incidents.", settle="1")
        since = now_at(record)
        save(helen, engagement, "background", "Three incidents.", base=1, settle="1")

        (change,) = difference(record(), since)["reversed"]

        assert (change.old, change.new) == ("Two incidents.", "Three incidents.")
        assert not difference(record(), since)["answered"]

    def test_what_was_changed_and_changed_back_is_not_told(self, engagement, record, helen):
        save(helen, engagement, "background", "Two incidents.", settle="1")
        since = now_at(record)
        save(helen, engagement, "background", "Three incidents.", base=1, settle="1")
        save(helen, engagement, "background", "Two incidents.", base=2, settle="1")

        assert not difference(record(), since)

    def test_what_nobody_knows_is_newly_blocked(self, engagement, record, carla):
        since = now_at(record)
        finder = Membership.objects.get(engagement=engagement, user__display_name="Carla Conti")
        answer = do(carla, engagement, "unknown", key="background", finder=finder.pk, find_by="2027-01-15")
        assert answer.status_code in (200, 302), answer.text

        found = difference(record(), since)

        assert [change.item_key for change in found["blocked"]] == ["background"]

    def test_a_day_stands_for_its_last_event(self, engagement, record, helen):
        save(helen, engagement, "background", "Two incidents.", settle="1")
        told = record()

        assert event_of(told, told.today) == now_at(record)
        assert event_of(told, told.today - timedelta(days=400)) == 0

    def test_nothing_is_different_when_nothing_happened(self, record):
        assert not difference(record(), now_at(record))

    def test_an_internal_answer_is_the_firms_alone(self, engagement, record, carla):
        since = now_at(record)
        save(carla, engagement, "pm-knows-timeframe", "no")

        assert "pm-knows-timeframe" in difference(record(Side.FIRM), since).item_keys
        assert "pm-knows-timeframe" not in difference(record(), since).item_keys

    def test_a_long_text_is_cut_to_where_it_differs(self):
        same = "word " * 100

        assert "here" in excerpt(f"{same}here {same}", f"{same}there {same}")
        assert len(excerpt(same + "here" + same, same)) < 160


class TestReport:
    def test_takes_the_health_of_the_rules(self, engagement, record):
        summary = written(record())["sections"][0]
        verdict = summary["blocks"][0]

        assert verdict["word"] in [str(label) for label in HealthLevel.labels]

    def test_says_what_somebody_set_by_hand_and_what_the_rules_say(
        self, engagement, record, desk, project_manager
    ):
        health_actions.override(
            desk=desk(project_manager),
            step_key="",
            level=HealthLevel.AT_RISK,
            reason="The interface engine comes early.",
            until=timezone.localdate() + timedelta(days=5),
        )

        verdict = written(record())["sections"][0]["blocks"][0]

        assert verdict["health"] == "at_risk"
        assert "The interface engine comes early." in verdict["text"]
        assert "By the rules" in verdict["text"]

    def test_each_line_leads_to_the_change_it_came_from(self, engagement, record, helen):
        since = now_at(record)
        save(helen, engagement, "background", "Two incidents.", settle="1")

        html = document.html(written(record(), since), FRAME)

        number = now_at(record)
        assert (
            f'<a href="http://localhost/engagements/{engagement.pk}/items/background/history/">change {number}</a>'
            in html
        )

    def test_the_clients_edition_holds_nothing_of_the_firms(self, engagement, record, carla):
        view = record(Side.FIRM).view
        internal = [item for item in view.framework.items if item.internal]
        for item in internal:
            if item.type == "long_text":
                save(carla, engagement, item.key, "Kestrel", settle="1")
        save(carla, engagement, "background", "Kestrel", part="note")

        told = json.dumps(written(record()))

        assert "Kestrel" not in told
        assert not [item.title for item in internal if item.title in told]

    @pytest.mark.parametrize("paper", ["A4", "Letter"])
    def test_the_summary_takes_exactly_one_page(self, engagement, record, helen, tmp_path, paper):
        save(helen, engagement, "background", "Two incidents.", settle="1")

        found = pages(written(record()), tmp_path / "report.pdf", paper)

        assert "SUMMARY ON ONE PAGE" in found[1].upper()
        assert "Contents" in found[2]

    @pytest.mark.parametrize("paper", ["A4", "Letter"])
    def test_the_summary_takes_one_page_in_german_too(self, engagement, record, helen, tmp_path, paper):
        save(helen, engagement, "background", "Two incidents.", settle="1")
        german = deliverables.snapshot(record(), "status-report", number=2, since=0, language="de")

        found = pages(german, tmp_path / "report.pdf", paper)

        assert "ZUSAMMENFASSUNG AUF EINER SEITE" in found[1].upper()
        assert "Inhalt" in found[2]

    @pytest.mark.parametrize("paper", ["A4", "Letter"])
    def test_the_summary_of_a_full_record_takes_one_page_too(self, full, tmp_path, paper):
        found = pages(full, tmp_path / "report.pdf", paper)

        assert "SUMMARY ON ONE PAGE" in found[1].upper()
        assert "Contents" in found[2]

    @pytest.fixture
    def full(self, record):
        """Return a report whose every list is longer than the page, in long words."""
        from questionnaires.waiting import Kind, Thing
        from reports.content import summary
        from reports.content.difference import Change, Difference
        from reports.content.standing import Standing

        told = record()
        item = told.view.framework.items[3]
        people = told.people
        now = told.at

        def thing(number, side):
            return Thing(
                key=f"item:{number}", kind=Kind.SIGN_OFF, title="Monitoring of wide consequences " * 4,
                number="6.2.14b", url="", side=side, people=[people[number % len(people)]], since=now, days=number,
                step_key=item.step_key, due=told.today, item=item,
            )  # fmt: skip

        standing = Standing(told)
        standing.found.things[:] = [thing(n, side) for n in range(40) for side in Side]
        kinds = ["reversed", "decided", "answered", "signed", "stale", "blocked", "held", "aside", "risk"]
        changes = Difference(
            Change(kind, "1.1", "Title " * 30, "words " * 60, "/") for kind in kinds for _ in range(30)
        )
        snapshot = written(told)
        snapshot["sections"][0] = json.loads(
            json.dumps(summary.page(told, standing, changes, "12 September"))
        )
        return snapshot
