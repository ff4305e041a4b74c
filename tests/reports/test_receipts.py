"""What came of a meeting, as a document of each side."""

import pytest
from django.urls import reverse

from engagements.models import Event
from questionnaires.models import Meeting
from reports.models import Report
from reports.render import process
from tests.questionnaires.saves import save
from tests.questionnaires.test_agenda import note, plan, turn
from tests.reports.test_writing import made, pdf_of

CANARY = "Kestrel"


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture
def held(maya, cem, consultant, contributor, engagement):
    """Give a meeting of both sides that was held, with an answer of the client and one that only the firm sees."""
    plan(maya, engagement, firm=[consultant], client=[contributor])
    meeting = Meeting.objects.get()
    turn(maya, meeting, "start")
    save(cem, engagement, "opening-request", "We want fewer missed strokes", settle="1")
    save(maya, engagement, "engagement-budget", "654321")
    note(maya, meeting.points.get(kind="parking"), "Parking at the site")
    turn(maya, meeting, "end")
    meeting.refresh_from_db()
    return meeting


def ask(browser, meeting, **data):
    return browser.post(reverse("reports:receipt", args=[meeting.engagement_id, meeting.pk]), data)


def written(browser, meeting, **data):
    """Press the button; return the document it leads to."""
    response = ask(browser, meeting, **data)
    assert response.status_code == 302, response.text
    return Report.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


class TestReceipt:
    def test_is_set_and_read_by_the_client_side_without_being_released(self, cem, held, engagement):
        report = made(written(cem, held))

        assert (report.edition, report.state, report.stage) == ("client", "done", "draft")
        html = cem.get(reverse("reports:report", args=[engagement.pk, report.pk])).text
        assert "Release" not in html
        assert str(report) in cem.get(reverse("reports:reports", args=[engagement.pk])).text
        response = cem.get(reverse("reports:file", args=[engagement.pk, report.pk]))
        assert response.content.startswith(b"%PDF")
        assert "Working meeting" in response["Content-Disposition"]

    def test_tells_what_the_page_tells(self, cem, held):
        text = str(written(cem, held).snapshot)

        for words in ("We want fewer missed strokes", "Parking at the site", "Cem Kaya", "Left open"):
            assert words in text

    def test_is_one_a_side_however_often_it_is_asked_for(self, maya, cem, held):
        theirs, ours = written(cem, held), written(maya, held)

        assert theirs != ours
        assert (written(cem, held), written(maya, held)) == (theirs, ours)
        assert written(maya, held, edition="client") == theirs
        assert Event.objects.filter(kind="report.written").count() == 2

    def test_of_the_firm_is_none_of_the_client_s(self, maya, cem, held, engagement):
        ours, theirs = written(maya, held), written(cem, held, edition="firm")

        assert "654" in str(ours.snapshot["sections"])
        assert theirs.edition == "client"
        assert "654" not in str(theirs.snapshot["sections"])
        assert cem.get(reverse("reports:report", args=[engagement.pk, ours.pk])).status_code == 404
        assert Event.objects.get(kind="report.written", data__report=ours.pk).firm_only

    def test_of_a_meeting_of_the_firm_alone_has_no_edition_for_the_client(
        self, maya, cem, consultant, engagement
    ):
        plan(maya, engagement, firm=[consultant], title=CANARY)
        meeting = Meeting.objects.get()
        turn(maya, meeting, "start")
        turn(maya, meeting, "end")

        assert written(maya, meeting, edition="client").edition == "firm"
        assert ask(cem, meeting).status_code == 404
        assert CANARY not in cem.get(reverse("reports:reports", args=[engagement.pk])).text

    def test_is_not_there_before_the_end(self, maya, consultant, engagement):
        plan(maya, engagement, firm=[consultant])

        response = ask(maya, Meeting.objects.get())

        assert response.status_code == 409
        assert "is not over" in response.text

    def test_that_could_not_be_made_is_tried_again(self, cem, held):
        report = written(cem, held)
        Report.objects.filter(pk=report.pk).update(state="failed", error="The disk was full.")

        assert written(cem, held).state == "queued"

    def test_is_set_with_its_notes(self, cem, held):
        with pdf_of(made(written(cem, held))) as pdf:
            assert len(pdf.pages) >= 2
            assert "Receipt of Working meeting" in str(pdf.docinfo.get("/Title"))

    def test_is_nothing_to_release(self, cem, project_manager, client_for, held, engagement):
        report = made(written(cem, held))

        response = client_for(project_manager).post(
            reverse("reports:release", args=[engagement.pk, report.pk])
        )

        assert response.status_code == 409
        assert Report.objects.get(pk=report.pk).stage == "draft"
