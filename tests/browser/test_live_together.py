"""Two people for a while in the same text and table, through broken networks, many windows and full browsers."""

import itertools
import re
import time

import pytest
from playwright.sync_api import expect

from live import bell
from questionnaires.actions import rows
from questionnaires.models import Answer, Conflict, Entry, Row
from tests.browser.pages import (
    RESTATED,
    TABLE,
    TEXT,
    drafts,
    field,
    is_saved,
    item,
    opens,
    state,
    step_of,
    stored,
    writes,
)
from tests.live.ears import eventually
from tests.people import browser_of, desk
from tests.questionnaires.saves import save

NAME, INTEREST = "name-or-group", "interest"
# A key every so many ms, as people type who do not look at their hands.
PACE = 30
COUNT = itertools.count()


@pytest.fixture
def both(visit, consultant, contributor, engagement):
    """Give a page of the firm and one of the client, on the same step."""
    carla, cem = visit(consultant, step_of(engagement)), visit(contributor, step_of(engagement))
    expect(carla.locator("#presence .face")).to_have_count(1)
    expect(cem.locator("#presence .face")).to_have_count(1)
    return carla, cem


@pytest.fixture
def table(consultant, engagement):
    """Give the rows of a table with two names in it."""
    entry = Entry.objects.select_related("round").get(
        engagement=engagement, item_key=TABLE, round__is_latest=True
    )
    return rows.add_rows(
        desk=desk(consultant, engagement), entry=entry, rows=[{NAME: "Radiology"}, {NAME: "Nurses"}]
    )


def cell(page, row, column=NAME):
    """Return a cell of the table."""
    return page.locator(f"#c-{row.pk}-{column}")


def words_of(engagement) -> list[str]:
    """Return every word that is stored anywhere: in answers, deleted rows included, and in kept conflicts."""
    answers = Answer.objects.filter(entry__engagement=engagement).values_list("value", flat=True)
    kept = Conflict.objects.values_list("value", flat=True)
    return " ".join(value for value in [*answers, *kept] if isinstance(value, str)).split()


def stays(page):
    """Count how often the focus leaves the field it is in now."""
    page.evaluate(
        "window.left = 0; document.activeElement.addEventListener('blur', () => (window.left += 1))"
    )


def all_is_sent(page):
    """Wait until a page has nothing that the server does not have."""
    page.keyboard.press("Escape")
    expect(
        page.locator("[data-save-state=writing], [data-save-state=saving], [data-save-state=kept]")
    ).to_have_count(0)
    for _look in range(100):
        if not drafts(page):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"still here: {drafts(page)}")


def turns(pages, seconds):
    """Let people type a word each in turns, for so many seconds; return the words."""
    until, typed = time.monotonic() + seconds, []
    while time.monotonic() < until:
        for name, page in pages.items():
            word = f"{name}{next(COUNT)}"
            page.keyboard.type(f"{word} ", delay=PACE)
            typed.append(word)
    return typed


class TestTheSameTable:
    def test_both_write_for_a_while_and_everything_is_there(self, both, table, engagement):
        self.write(both, table, engagement, seconds=6)

    @pytest.mark.heavy
    def test_both_write_for_a_minute_and_everything_is_there(self, both, table, engagement):
        self.write(both, table, engagement, seconds=60)

    def write(self, both, table, engagement, *, seconds):
        """Two people in cells of one row, then in the very same cell, while rows come and move around them."""
        carla, cem = both
        cell(carla, table[0], NAME).focus()
        cell(cem, table[0], INTEREST).focus()
        carla.keyboard.press("End")
        carla.keyboard.type(" ")
        for page in both:
            stays(page)
        other = browser_of(engagement.memberships.get(role="project_manager").user)
        add = f"/engagements/{engagement.pk}/items/{TABLE}/rows/"
        typed = []
        for _half in range(2):
            typed += turns({"carla": carla, "cem": cem}, seconds / 4)
            other.post(add, headers={"X-Fragment": "1"})
            row = table[1].pk
            other.post(f"{add}{row}/move/", {"to": "up"}, headers={"X-Fragment": "1"})
        expect(carla.locator("tr[data-row]")).to_have_count(4)
        assert [page.evaluate("window.left") for page in both] == [0, 0]
        expect(cell(carla, table[0], NAME)).to_be_focused()
        expect(cell(cem, table[0], INTEREST)).to_be_focused()

        cell(cem, table[0], NAME).focus()
        cem.keyboard.press("Home")
        stays(cem)
        typed += turns({"carla": carla, "cem": cem}, seconds / 2)
        assert [page.evaluate("window.left") for page in both] == [0, 0]
        for page in both:
            all_is_sent(page)

        there = words_of(engagement)
        assert [word for word in typed if word not in there] == []
        assert "Radiology" in there
        for value in Answer.objects.filter(row=table[0]).values_list("value", flat=True):
            words = (value or "").split()
            assert len(words) == len(set(words)), value

    def test_a_row_that_is_deleted_under_ones_hands_comes_back(self, both, table, engagement, consultant):
        carla, cem = both
        cell(cem, table[0]).focus()
        cem.keyboard.press("End")
        url = f"/engagements/{engagement.pk}/items/{TABLE}/rows/{table[0].pk}/delete/"
        browser_of(consultant).post(url, headers={"X-Fragment": "1"})

        expect(cem.locator(f"#row-{table[0].pk}")).to_contain_text("If you go on writing, it comes back")
        expect(cell(cem, table[0])).to_be_focused()
        cem.keyboard.type(" ward")

        expect(carla.locator(f"#row-{table[0].pk}")).to_contain_text(
            "deleted this row while it was being written in"
        )
        assert Row.objects.get(pk=table[0].pk).deleted_at is None
        assert stored(engagement, TABLE, row=table[0], column=NAME) == "Radiology ward"

    def test_a_double_click_adds_one_row(self, both, table, engagement):
        carla, cem = both

        item(carla, TABLE).get_by_role("button", name="Add a row").dblclick()

        expect(carla.locator("tr[data-row]")).to_have_count(3)
        expect(cem.locator("tr[data-row]")).to_have_count(3)
        is_quiet(carla)
        assert Row.objects.filter(entry__item_key=TABLE).count() == 3

    def test_a_double_click_decides_once(self, both, consultant, contributor, engagement):
        carla, cem = both
        save(browser_of(consultant), engagement, TEXT, "Every hour")
        save(browser_of(contributor), engagement, TEXT, "Once a night")
        clash = item(carla).locator(".clash")

        clash.get_by_role("button", name=re.compile("Keep Cem")).dblclick()

        expect(clash).to_have_count(0)
        is_quiet(carla)
        assert Conflict.objects.get().outcome == "mine"
        assert stored(engagement) == "Once a night"
        expect(item(carla).locator(".note-bad, [data-refusal]")).to_have_count(0)


def is_quiet(page):
    """Wait until no request of the page is under way, streams aside."""
    page.evaluate("() => new Promise((done) => requestIdleCallback(() => setTimeout(done, 400)))")


class TestAnswersThatComeLate:
    def test_an_old_answer_does_not_put_an_old_text_back(self, both, consultant, engagement):
        _carla, cem = both

        def slowly(route):
            response = route.fetch()
            save(browser_of(consultant), engagement, TEXT, "Newer words and mine", base=1, settle="1")
            expect(cem.locator(f"#read-{TEXT}")).to_have_text("Newer words and mine")
            route.fulfill(response=response)

        cem.route("**/answer/", slowly, times=1)
        writes(cem, "mine")
        is_saved(cem)

        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Newer words and mine")
        cem.keyboard.press("Escape")
        expect(field(cem)).to_have_value("Newer words and mine")
        assert stored(engagement) == "Newer words and mine"


class TestAwayForAWhile:
    def test_offline_while_the_other_goes_on(self, both, engagement):
        self.part(both, engagement, seconds=3)

    @pytest.mark.heavy
    def test_offline_for_half_a_minute_while_the_other_goes_on(self, both, engagement):
        self.part(both, engagement, seconds=30)

    def part(self, both, engagement, *, seconds):
        """One is offline and goes on writing, and so does the other; then everything of both is there."""
        carla, cem = both
        writes(carla, "A first line.\n\nA last line. ")
        is_saved(carla)
        expect(field(cem)).to_have_value("A first line.\n\nA last line. ")
        opens(cem)
        cem.keyboard.press("Control+Home")
        cem.context.set_offline(True)
        stays(cem)

        typed = turns({"carla": carla, "cem": cem}, seconds)
        expect(state(cem)).to_contain_text("Kept on this device")
        cem.context.set_offline(False)

        expect(cem.locator("#toasts")).to_contain_text("1 change sent.")
        assert cem.evaluate("window.left") == 0
        for page in both:
            all_is_sent(page)
        there = words_of(engagement)
        assert [word for word in typed if word not in there] == []

    def test_a_reload_in_the_middle_of_both_writing(self, both, engagement):
        carla, cem = both
        writes(carla, "A first line.\n\nA last line. ")
        is_saved(carla)
        expect(field(cem)).to_have_value("A first line.\n\nA last line. ")
        opens(cem)
        cem.keyboard.press("Control+Home")
        typed = turns({"carla": carla, "cem": cem}, 2)

        cem.reload()
        typed += turns({"carla": carla}, 1)
        opens(cem)
        cem.keyboard.press("Control+Home")
        typed += turns({"carla": carla, "cem": cem}, 2)

        for page in both:
            all_is_sent(page)
        there = words_of(engagement)
        assert [word for word in typed if word not in there] == []


class TestWindows:
    def test_eight_of_one_browser_all_load_and_the_one_in_use_is_live(
        self, visit, consultant, contributor, engagement
    ):
        first = visit(contributor, step_of(engagement))
        windows = [first, *(first.context.new_page() for _ in range(7))]
        for page in windows[1:]:
            page.goto(step_of(engagement), timeout=10_000)
        # A browser opens six connections to one place; pages and saves need one that is free.
        eventually(lambda: open_streams() <= 4, seconds=10)
        writes(windows[7], "From the eighth")
        is_saved(windows[7])

        first.bring_to_front()
        first.locator("h1").first.click()

        expect(first.locator(f"#read-{TEXT}")).to_have_text("From the eighth")
        save(browser_of(consultant), engagement, RESTATED, "Said meanwhile")
        expect(first.locator(f"#read-{RESTATED}")).to_have_text("Said meanwhile")
        eventually(lambda: open_streams() <= 4, seconds=10)

    def test_one_in_the_background_gives_up_its_stream_and_its_face(self, both, consultant, engagement):
        carla, cem = both
        hides(cem, True)

        eventually(lambda: open_streams() == 1, seconds=8)
        expect(carla.locator("#presence .face")).to_have_count(0)
        save(browser_of(consultant), engagement, TEXT, "While nobody looked")
        hides(cem, False)

        expect(cem.locator(f"#read-{TEXT}")).to_have_text("While nobody looked")
        expect(carla.locator("#presence .face")).to_have_count(1)

    def test_one_that_is_closed_takes_its_face_along(self, both):
        carla, cem = both

        # As a person closes it: the page hears of it.
        cem.close(run_before_unload=True)

        expect(carla.locator("#presence .face")).to_have_count(0)


def hides(page, is_hidden):
    """Put a window into the background, as far as its page can tell, or back."""
    page.evaluate(
        """(isHidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
            Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (isHidden ? "hidden" : "visible") });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


def open_streams() -> int:
    """Return how many streams are open in this process."""
    return sum(running.open for running in bell.hearers)


class TestNoRoom:
    """The browser keeps nothing: its storage is full, or it does not let pages have any."""

    FULL = """IDBObjectStore.prototype.put = function () { throw new DOMException("full", "QuotaExceededError"); };"""

    @pytest.fixture
    def cem(self, window, contributor, engagement):
        context = window(contributor)
        context.add_init_script(self.FULL)
        page = context.new_page()
        page.goto(step_of(engagement))
        return page

    def test_what_is_typed_is_saved_as_ever(self, cem, engagement):
        writes(cem, "There is room on the server")

        is_saved(cem)
        assert stored(engagement) == "There is room on the server"

    def test_offline_the_page_says_that_it_is_the_only_place(self, cem, engagement):
        cem.context.set_offline(True)
        writes(cem, "Only here")

        expect(state(cem)).to_contain_text("Only on this page")
        expect(cem.locator("#assertive")).to_contain_text("no room to keep it")
        asked = []
        cem.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        cem.close(run_before_unload=True)
        eventually(lambda: looks(cem) and asked == ["beforeunload"])
        cem.context.set_offline(False)

        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Only here")
        assert stored(engagement) == "Only here"


def looks(page) -> bool:
    """Let the page's events through."""
    page.wait_for_timeout(20)
    return True
