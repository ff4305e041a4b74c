"""Comments in a browser: the form comes where somebody wants to write, and stays while others change things."""

import pytest
from playwright.sync_api import expect

from engagements.models import Comment
from tests.browser.pages import item, step_of, streams
from tests.people import browser_of
from tests.questionnaires.saves import save

KEY = "opening-request"


@pytest.fixture
def page(window, world):
    page = window(world.people["consultant"]).new_page()
    page.goto(step_of(world.engagement))
    return page


def begins(page, name="Comment"):
    talk = page.locator(f"#talk-{KEY}")
    talk.locator("summary", has_text=name).click()
    return talk.locator("details[open] textarea")


class TestComments:
    def test_are_written_where_one_is_and_stored_once(self, page):
        area = begins(page)
        expect(area).to_have_accessible_name("Your comment")
        area.fill("Who asked for this?")
        page.locator(f"#talk-{KEY} details[open] button").click()

        expect(page.locator(f"#talk-{KEY} .thread")).to_contain_text("Who asked for this?")
        assert [comment.text for comment in Comment.objects.all()] == ["Who asked for this?"]

    def test_among_us_are_for_the_firm_alone(self, page):
        begins(page, "Among us").fill("They do not know yet.")
        page.locator(f"#talk-{KEY} details[open] button").click()

        expect(page.locator(f"#talk-{KEY} .talk-thread.firm")).to_contain_text("They do not know yet.")
        assert Comment.objects.get().thread.firm_only

    def test_stay_while_somebody_else_changes_the_question(self, page, world):
        streams(page)
        area = begins(page)
        area.press_sequentially("Half a sen")
        save(browser_of(world.people["contributor"]), world.engagement, KEY, "A model for nurses", settle="1")

        expect(page.locator(f"#read-{KEY}")).to_contain_text("A model for nurses")
        expect(area).to_be_focused()
        area.press_sequentially("tence")
        page.locator(f"#talk-{KEY} details[open] button").click()
        expect(page.locator(f"#talk-{KEY} .thread")).to_contain_text("Half a sentence")

    def test_have_their_form_again_after_an_update(self, page, world):
        streams(page)
        begins(page)
        save(browser_of(world.people["contributor"]), world.engagement, KEY, "A model for nurses", settle="1")
        expect(page.locator(f"#read-{KEY}")).to_contain_text("A model for nurses")

        expect(page.locator(f"#talk-{KEY} details[open] textarea")).to_be_visible()

    def test_have_a_page_of_their_own_without_scripts(self, window, world):
        page = window(world.people["consultant"], java_script_enabled=False).new_page()
        page.goto(step_of(world.engagement))
        item(page, KEY).locator("summary", has_text="Comment").click()
        item(page, KEY).get_by_role("link", name="Write on a page of its own").first.click()
        page.get_by_label("Your comment", exact=True).fill("No script here")
        page.get_by_role("button", name="Comment", exact=True).click()

        assert Comment.objects.get().text == "No script here"
