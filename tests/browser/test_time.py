"""Look back, look something up, and take words out, while other people have the page open."""

import uuid

from playwright.sync_api import expect

from questionnaires.actions import answers
from questionnaires.models import Answer
from questionnaires.places import Base, Place
from tests.people import desk

KEY = "opening-request"


def write(person, engagement, text, base=0):
    answers.save(
        desk=desk(person, engagement),
        place=Place(KEY),
        raw=text,
        base=Base(base),
        key=uuid.uuid4(),
        settle=True,
    )


def test_an_answer_of_another_day_is_restored_from_the_page_of_that_moment(
    visit, consultant, contributor, engagement
):
    write(consultant, engagement, "We want a model")
    engagement.refresh_from_db()
    then = engagement.last_event
    write(contributor, engagement, "We want two models", base=1)

    page = visit(consultant, f"/engagements/{engagement.pk}/steps/1/?at={then}")
    expect(page.get_by_text("We want a model", exact=True)).to_be_visible()
    expect(page.locator("main [data-field]")).to_have_count(0)
    page.get_by_role("button", name="Restore this answer").click()

    page.wait_for_url(f"**/items/{KEY}/**")
    assert (
        Answer.objects.get(entry__engagement=engagement, entry__item_key=KEY, part="value").value
        == "We want a model"
    )


def test_slash_finds_an_answer_and_leads_to_it(visit, consultant, engagement):
    write(consultant, engagement, "The harbour mast is old")
    page = visit(consultant, f"/engagements/{engagement.pk}/")

    page.keyboard.press("/")
    page.keyboard.type("harbor mast")
    page.keyboard.press("Enter")
    page.locator("main .lines a.what").first.click()

    page.wait_for_url(f"**/items/{KEY}/**")
    expect(page.locator("main")).to_contain_text("The harbour mast is old")


def test_words_that_are_taken_out_leave_the_pages_that_others_have_open(
    visit, project_manager, contributor, engagement
):
    write(contributor, engagement, "Frieda Lund was the first patient")
    theirs = visit(contributor, f"/engagements/{engagement.pk}/items/{KEY}/")
    expect(theirs.locator("[data-field]").first).to_have_value("Frieda Lund was the first patient")

    ours = visit(project_manager, f"/engagements/{engagement.pk}/redact/")
    ours.get_by_label("The words that must go").fill("Frieda Lund")
    ours.get_by_label("Why, without repeating them").fill("A patient was named")
    ours.get_by_role("button", name="Look where they stand").click()
    expect(ours.get_by_role("heading", level=1)).to_contain_text("The words stand in")
    ours.get_by_role("button", name="Take them out everywhere").click()
    expect(ours.locator("main")).to_contain_text("took words out everywhere")

    expect(theirs.locator("[data-field]").first).to_have_value("███ was the first patient")
    expect(theirs.locator("body")).not_to_contain_text("Frieda")
