"""What people do on a live page, in words."""

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from engagements.models import Engagement
from questionnaires.models import Answer

TEXT, RESTATED, CHOICE, TABLE = "opening-request", "request-restated", "buy-in", "stakeholders"


def step_of(engagement: Engagement, number: str = "1") -> str:
    """Return the address of a step."""
    return reverse("questionnaires:step", args=[engagement.pk, number])


def item(page: Page, key: str = TEXT) -> Locator:
    """Return a question on the page."""
    return page.locator(f"#item-{key}")


def field(page: Page, key: str = TEXT) -> Locator:
    """Return the field of a question."""
    return page.locator(f"#f-{key}")


def opens(page: Page, key: str = TEXT) -> Locator:
    """Open the editor of a question, with the caret in its field."""
    box = item(page, key)
    if not field(page, key).is_visible():
        box.locator("details.edit > summary").first.click()
    expect(field(page, key)).to_be_focused()
    return field(page, key)


def writes(page: Page, text: str, key: str = TEXT, *, delay: float = 0) -> Locator:
    """Open a question and type at the end of what is there."""
    box = opens(page, key)
    page.keyboard.press("Control+End")
    page.keyboard.type(text, delay=delay)
    return box


def state(page: Page, key: str = TEXT) -> Locator:
    """Return where the page says what became of one's words."""
    return item(page, key).locator("[data-save-state]")


def is_saved(page: Page, key: str = TEXT) -> None:
    """Wait until a question says that it is saved."""
    expect(state(page, key)).to_contain_text("Saved")


def caret(page: Page) -> int:
    """Return where the caret is in the field that has the focus."""
    return page.evaluate("document.activeElement.selectionStart")


def streams(page: Page) -> None:
    """Wait until the page hears what happens."""
    # The first thing a stream tells.
    expect(page.locator("#presence")).to_have_attribute("aria-label", "Nobody else is here now")


def stored(engagement: Engagement, key: str = TEXT, **more: object) -> object:
    """Return what the server has."""
    wanted = {"part": "value", "row": None, "column": ""} | more
    return Answer.objects.values_list("value", flat=True).get(
        entry__engagement=engagement, entry__item_key=key, **wanted
    )


def drafts(page: Page) -> list[dict]:
    """Return what this browser keeps of what was typed."""
    return (
        page.evaluate(
            """async () => (await indexedDB.databases()).length && new Promise((resolve) => {
            const request = indexedDB.open("throughline");
            request.onsuccess = () => {
                const base = request.result;
                const all = base.transaction("drafts").objectStore("drafts").getAll();
                all.onsuccess = () => (base.close(), resolve(all.result));
            };
        })"""
        )
        or []
    )


def name_of(person: User) -> str:
    """Return how somebody is called."""
    return person.first_name
