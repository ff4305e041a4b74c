"""The product's main job: both sides work on one step, and the project manager hands over a status report."""

import io

import pikepdf
from django.urls import reverse
from playwright.sync_api import expect

from questionnaires import integrity
from reports.actions import setting
from reports.models import Report
from tests.browser.pages import TEXT, field, is_saved, item, step_of, stored, writes


def test_from_an_answer_on_both_sides_to_the_report_on_paper(
    visit, consultant, contributor, project_manager, sponsor, engagement
):
    carla, cem = visit(consultant, step_of(engagement)), visit(contributor, step_of(engagement))
    writes(cem, "We want to find strokes sooner.")
    cem.keyboard.press("Control+Enter")
    is_saved(cem)
    expect(item(carla)).to_contain_text("We want to find strokes sooner.")
    writes(carla, " At night as well.")
    carla.keyboard.press("Control+Enter")
    is_saved(carla)
    expect(item(cem)).to_contain_text("At night as well.")
    assert stored(engagement, TEXT) == "We want to find strokes sooner. At night as well."
    assert field(cem).count() == 1

    petra = visit(project_manager, reverse("questionnaires:overview", args=[engagement.pk]))
    petra.get_by_role("button", name="Write status report").click()
    petra.wait_for_url("**/reports/*/")
    # What the worker does as soon as it is rung.
    report = Report.objects.get()
    setting.set_report(report.pk)
    link = petra.get_by_role("link", name="Download the PDF")
    expect(link).to_be_visible(timeout=20_000)
    with petra.expect_download() as downloading:
        link.click()

    with pikepdf.open(io.BytesIO(downloading.value.path().read_bytes())) as pdf:
        assert len(pdf.pages) > 2
        assert "/StructTreeRoot" in pdf.Root
    report.refresh_from_db()
    assert report.edition == "client"
    waiting = visit(sponsor, reverse("reports:reports", args=[engagement.pk]))
    expect(waiting.locator("main")).not_to_contain_text("Status report 1")
    assert list(integrity.problems()) == []
