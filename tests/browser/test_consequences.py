"""A change that touches many answers is told before it is made."""

import pytest
from playwright.sync_api import expect

from questionnaires.models import Flag
from tests.browser.pages import field, is_saved, item, step_of, writes
from tests.people import browser_of
from tests.questionnaires.saves import answer_of, save

KEY = "risk-tolerance"
BEHIND = {
    "error-preference": "sensitivity",
    "automation-level": "inform",
    "oversight-design": "A nurse decides",
    "fallback-plan": "The old way",
    "materiality-tier": "high",
    "interpretability-level": "none",
}


@pytest.fixture
def page(visit, consultant, engagement):
    """Give the page of step 2, where six answers rest on how much risk is borne."""
    browser = browser_of(consultant)
    for key, value in {KEY: "cautious", **BEHIND}.items():
        assert save(browser, engagement, key, value, settle="1").status_code == 200
    return visit(consultant, step_of(engagement, "2"))


def choose(page, value):
    box = item(page, KEY)
    box.locator("details.edit > summary").first.click()
    field(page, KEY).locator(f"input[value={value}]").click()


def test_leaving_it_leaves_everything(page, engagement):
    choose(page, "averse")

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("6 answers rest on this")
    dialog.get_by_role("button", name="Leave it as it is").click()

    expect(dialog).to_have_count(0)
    expect(field(page, KEY).locator("input[value=cautious]")).to_be_checked()
    assert answer_of(engagement, KEY).value == "cautious"


def test_saying_so_changes_it_and_flags_what_rests_on_it(page, engagement):
    choose(page, "averse")

    page.get_by_role("dialog").get_by_role("button", name="Change it").click()

    expect(item(page, "automation-level")).to_contain_text("This answer rests on")
    expect(field(page, KEY).locator("input[value=averse]")).to_be_checked()
    assert answer_of(engagement, KEY).value == "averse"
    assert Flag.objects.open().filter(source=f"changed:{KEY}").count() == 6


def test_one_press_says_that_it_still_holds(page, engagement):
    choose(page, "averse")
    page.get_by_role("dialog").get_by_role("button", name="Change it").click()
    again = item(page, "fallback-plan")
    expect(again).to_contain_text("Revisit")

    again.get_by_role("button", name="Still holds").click()

    expect(again.locator(".note-warn")).to_have_count(0)


def test_where_nobody_can_be_asked_the_change_is_made(page, engagement):
    page.route("**/consequences/", lambda route: route.abort())

    choose(page, "averse")

    expect(item(page, "automation-level")).to_contain_text("This answer rests on")


def test_updating_opens_the_editor(page):
    choose(page, "averse")
    page.get_by_role("dialog").get_by_role("button", name="Change it").click()

    item(page, "fallback-plan").get_by_role("link", name="Update the answer").click()

    expect(field(page, "fallback-plan")).to_be_focused()


NEED = "problem-statement"
ON_NEED = {
    "ml-objective": "Name who is at risk",
    "current-process": "A bedside score",
    "decision-informed": "Who is scanned first",
    "fallback-plan": "The old way",
    "oversight-design": "A nurse decides",
    "non-ml-option": "The bedside score alone",
}


def test_of_words_is_told_beside_them_while_they_are_written(visit, consultant, engagement):
    browser = browser_of(consultant)
    for key, value in {NEED: "Strokes are found late", **ON_NEED}.items():
        assert save(browser, engagement, key, value, settle="1").status_code == 200
    page = visit(consultant, step_of(engagement, "2"))

    writes(page, " at night", NEED)

    note = item(page, NEED).locator("[data-touches]")
    expect(note).to_contain_text("answers rest on this")
    expect(note.get_by_role("button")).to_have_count(0)
    is_saved(page, NEED)
    expect(note).to_be_visible()
    assert not Flag.objects.open().exists()

    page.keyboard.press("Control+Enter")

    expect(note).to_have_count(0)
    expect(item(page, "ml-objective")).to_contain_text("This answer rests on")


def test_of_a_first_answer_in_words_is_nothing_to_tell(visit, consultant, engagement):
    page = visit(consultant, step_of(engagement, "2"))

    writes(page, "Strokes are found late", NEED)

    is_saved(page, NEED)
    expect(page.locator("[data-touches]")).to_have_count(0)
