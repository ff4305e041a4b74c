"""Two people in the same place: what both wrote is there, and nobody's caret, focus or page moves."""

import re
import time

import pytest
from playwright.sync_api import expect

from engagements.models import Event
from questionnaires import integrity
from questionnaires.models import Conflict, Revision
from tests.browser.pages import (
    CHOICE,
    RESTATED,
    TEXT,
    caret,
    field,
    is_saved,
    item,
    opens,
    state,
    step_of,
    stored,
    writes,
)
from tests.people import browser_of
from tests.questionnaires.saves import save


@pytest.fixture
def both(visit, consultant, contributor, engagement):
    """Give a page of the firm and one of the client, on the same step."""
    carla, cem = visit(consultant, step_of(engagement)), visit(contributor, step_of(engagement))
    expect(carla.locator("#presence .face")).to_have_count(1)
    expect(cem.locator("#presence .face")).to_have_count(1)
    return carla, cem


class TestTheSameText:
    def test_both_write_for_a_while_and_everything_is_there(self, both, engagement):
        type_together(both, engagement, rounds=12)

    @pytest.mark.heavy
    def test_both_write_for_a_minute_and_everything_is_there(self, both, engagement):
        type_together(both, engagement, rounds=40)

    def test_what_comes_in_does_not_touch_the_field_one_is_in(self, both, consultant, engagement):
        _carla, cem = both
        writes(cem, "Our own words")
        cem.keyboard.press("Home")
        cem.keyboard.press("ArrowRight")
        is_saved(cem)

        save(browser_of(consultant), engagement, TEXT, "Our own words, and Carla's", base=1)

        expect(item(cem).locator("[data-incoming]")).to_contain_text("Carla wrote while you were here")
        expect(field(cem)).to_have_value("Our own words")
        expect(field(cem)).to_be_focused()
        assert caret(cem) == 1

    def test_the_field_catches_up_when_it_is_left(self, both, consultant, engagement):
        _carla, cem = both
        writes(cem, "Our own words")
        is_saved(cem)
        save(browser_of(consultant), engagement, TEXT, "Our own words, and Carla's", base=1)
        expect(item(cem).locator("[data-incoming]")).to_be_visible()

        cem.keyboard.press("Escape")

        expect(field(cem)).to_have_value("Our own words, and Carla's")
        expect(item(cem).locator("[data-incoming]")).to_have_count(0)

    def test_going_on_merges_and_says_so_quietly(self, both, consultant, engagement):
        _carla, cem = both
        writes(cem, "Our own words")
        is_saved(cem)
        save(browser_of(consultant), engagement, TEXT, "Carla's and our own words", base=1)
        expect(item(cem).locator("[data-incoming]")).to_be_visible()

        cem.keyboard.type(" at the end")

        expect(state(cem)).to_contain_text("merged with Carla Conti")
        assert stored(engagement) == "Carla's and our own words at the end"
        expect(field(cem)).to_have_value("Our own words at the end")
        cem.keyboard.type(" go on")
        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Carla's and our own words at the end go on")

    def test_theirs_can_be_taken_and_ones_own_put_back(self, both, consultant, engagement):
        carla, cem = both
        writes(cem, "Mine")
        is_saved(cem)
        save(browser_of(consultant), engagement, TEXT, "Hers", base=1)

        item(cem).get_by_role("button", name="Take Carla’s").click()

        expect(field(cem)).to_have_value("Hers")
        cem.get_by_role("button", name="Put mine back").click()
        expect(field(cem)).to_have_value("Mine")
        expect(carla.locator(f"#read-{TEXT}")).to_have_text("Mine")
        expect(item(cem).locator(".clash")).to_have_count(0)

    def test_what_overlaps_is_shown_whole_and_decided(self, both, consultant, engagement):
        carla, cem = both
        save(browser_of(consultant), engagement, TEXT, "Every hour")
        expect(field(cem)).to_have_value("Every hour")
        box = opens(cem)
        save(browser_of(consultant), engagement, TEXT, "Every fifteen minutes", base=1)
        expect(item(cem).locator("[data-incoming]")).to_be_visible()

        box.fill("Once a night")

        clash = item(cem).locator(".clash")
        expect(clash).to_contain_text("Every fifteen minutes")
        expect(clash).to_contain_text("Once a night")
        expect(state(cem)).to_contain_text("Needs your choice")
        expect(field(cem)).to_have_value("Once a night")
        expect(item(carla).locator(".clash")).to_contain_text("Once a night")
        cem.keyboard.type(", at two")
        expect(clash).to_contain_text("Once a night, at two")
        clash.get_by_role("button", name="Keep mine").click()

        expect(item(carla).locator(".clash")).to_have_count(0)
        expect(carla.locator(f"#read-{TEXT}")).to_have_text("Once a night, at two")
        assert list(integrity.problems(engagement)) == []

    def test_a_button_is_still_there_when_the_press_on_it_ends(self, both, consultant, engagement):
        """Pressing it leaves the field, and what had to wait for that must not take the button away."""
        _carla, cem = both
        writes(cem, "Every hour")
        is_saved(cem)
        save(browser_of(consultant), engagement, TEXT, "Every fifteen minutes", base=1)
        taking = item(cem).get_by_role("button", name="Take Carla’s")
        taking.hover()

        cem.mouse.down()
        expect(field(cem)).not_to_be_focused()
        save(browser_of(consultant), engagement, RESTATED, "Looked at while he presses")
        cem.evaluate("() => new Promise((resolve) => setTimeout(resolve))")
        cem.mouse.up()

        expect(cem.locator("#toasts")).to_contain_text("Put mine back")
        expect(cem.locator(f"#read-{RESTATED}")).to_have_text("Looked at while he presses")

    def test_catching_up_is_not_writing(self, both, consultant, engagement):
        """A field that shows what stands now has not been changed by its person, so nothing of it is saved."""
        _carla, cem = both
        save(browser_of(consultant), engagement, TEXT, "Every hour")
        expect(field(cem)).to_have_value("Every hour")
        box = opens(cem)
        save(browser_of(consultant), engagement, TEXT, "Every fifteen minutes", base=1)
        expect(item(cem).locator("[data-incoming]")).to_be_visible()
        box.fill("Once a night")
        expect(item(cem).locator(".clash")).to_be_visible()

        cem.keyboard.press("Escape")

        expect(field(cem)).to_have_value("Every fifteen minutes")
        opens(cem)
        cem.keyboard.press("Escape")
        with cem.expect_response(lambda response: "presence" in response.url):
            opens(cem, RESTATED)
        (conflict,) = Conflict.objects.all()
        assert (conflict.value, len(conflict.keys)) == ("Once a night", 1)
        assert Revision.objects.count() == 2


def type_together(both, engagement, *, rounds):
    """Let two people type at both ends of one text, key by key in turns, and look at what is there."""
    carla, cem = both
    writes(carla, "start ")
    is_saved(carla)
    expect(field(cem)).to_have_value("start ")
    opens(cem)
    cem.keyboard.press("Control+Home")
    for page in both:
        page.evaluate(
            "window.moved = 0; document.activeElement.addEventListener('blur', () => (window.moved += 1))"
        )
    for count in range(rounds):
        for letters in zip(f"carla{count} ", f"cem{count}x  ", strict=False):
            carla.keyboard.type(letters[0], delay=15)
            cem.keyboard.type(letters[1].strip() or " ", delay=15)
        time.sleep(0.12)  # people pause
    assert [page.evaluate("window.moved") for page in both] == [0, 0]
    for page in both:
        page.keyboard.press("Escape")
    for count in range(rounds):
        for word in (f"carla{count}", f"cem{count}x"):
            expect(
                carla.locator(f"#read-{TEXT}, #item-{TEXT} .clash").filter(has_text=word).first
            ).to_be_attached()
    for page in both:
        expect(item(page).locator("[data-save-state]")).not_to_contain_text("Saving")
    kept = " ".join([str(stored(engagement)), *Conflict.objects.values_list("value", flat=True)])
    words = [word for count in range(rounds) for word in (f"carla{count}", f"cem{count}x")]
    assert [word for word in words if word not in kept.split()] == [], kept
    assert Revision.objects.count() > 2
    assert list(integrity.problems(engagement)) == []


class TestTheRestOfThePage:
    def test_changes_where_nobody_is_appear_with_a_passing_mark(self, both, consultant, engagement):
        _carla, cem = both

        save(browser_of(consultant), engagement, RESTATED, "They ask for earlier warnings", settle="1")

        box = item(cem, RESTATED)
        expect(box.locator("[data-passing]")).to_have_text(re.compile("Carla answered"))
        expect(box).to_have_attribute("data-washed", "")
        expect(cem.locator("#step-progress")).to_contain_text("1 of 21 settled")
        expect(cem.locator("#polite")).to_contain_text("Question 1.2: Carla Conti answered.")
        expect(box).not_to_have_attribute("data-washed", "")
        expect(box.locator("[data-passing]")).to_have_count(0)

    def test_ones_own_changes_are_not_announced(self, both, engagement):
        carla, _cem = both

        writes(carla, "Something")
        is_saved(carla)

        expect(item(carla).locator("[data-passing]")).to_have_count(0)
        assert carla.locator("#polite").text_content() == ""

    def test_what_one_reads_stays_where_it_is(self, both, consultant, engagement):
        _carla, cem = both
        target = item(cem, "kickoff-steps-walked")
        target.scroll_into_view_if_needed()
        cem.mouse.wheel(0, 300)
        cem.wait_for_timeout(200)
        before = target.bounding_box()["y"]

        save(browser_of(consultant), engagement, TEXT, "A long story.\n\n" * 30)

        expect(cem.locator(f"#read-{TEXT}")).to_contain_text("A long story")
        assert abs(target.bounding_box()["y"] - before) < 2

    def test_questions_that_appear_do_not_move_the_one_that_is_answered(self, both, engagement):
        carla, cem = both
        box = item(cem, CHOICE)
        box.scroll_into_view_if_needed()
        before = box.bounding_box()["y"]

        box.locator("input[value=reserved]").check()

        expect(item(cem, "buy-in-reservations")).to_be_visible()
        expect(item(carla, "buy-in-reservations")).to_be_visible()
        assert abs(box.bounding_box()["y"] - before) < 2
        expect(box.locator("input[value=reserved]")).to_be_focused()

    def test_an_opened_editor_stays_open_while_the_question_changes(self, both, consultant, engagement):
        _carla, cem = both
        opens(cem, RESTATED)
        cem.keyboard.press("Escape")
        expect(field(cem, RESTATED)).to_be_visible()

        save(browser_of(consultant), engagement, RESTATED, "They ask for earlier warnings")

        expect(field(cem, RESTATED)).to_have_value("They ask for earlier warnings")
        expect(field(cem, RESTATED)).to_be_visible()

    def test_the_focus_on_a_button_goes_to_its_successor(self, both, consultant, engagement):
        _carla, cem = both
        link = item(cem, RESTATED).get_by_role("link", name="History")
        link.focus()

        save(browser_of(consultant), engagement, RESTATED, "They ask for earlier warnings")

        expect(cem.locator(f"#read-{RESTATED}")).to_contain_text("earlier warnings")
        expect(item(cem, RESTATED).get_by_role("link", name="History")).to_be_focused()

    def test_nodes_that_an_extension_adds_break_nothing(self, both, consultant, engagement):
        _carla, cem = both
        writes(cem, "Mine")
        is_saved(cem)
        cem.evaluate(
            """(id) => {
                const field = document.getElementById(id);
                const beside = document.createElement("grammar-helper");
                beside.attachShadow({ mode: "open" });
                field.before(beside.cloneNode());
                field.after(beside);
                document.body.append(document.createElement("password-helper"));
                document.querySelector(`#item-request-restated .item-main`).prepend(document.createElement("grammar-helper"));
                const wrapper = document.createElement("div");
                wrapper.className = "added-by-an-extension";
                field.before(wrapper);
                const { selectionStart } = field;
                wrapper.append(field);
                field.focus();
                field.setSelectionRange(selectionStart, selectionStart);
            }""",
            f"f-{TEXT}",
        )

        save(browser_of(consultant), engagement, TEXT, "Hers and Mine", base=1)
        save(browser_of(consultant), engagement, RESTATED, "They ask for earlier warnings")

        expect(item(cem).locator("[data-incoming]")).to_be_visible()
        expect(cem.locator(f"#read-{RESTATED}")).to_contain_text("earlier warnings")
        expect(field(cem)).to_be_focused()
        cem.keyboard.type(" too")
        cem.keyboard.press("Escape")
        expect(cem.locator(f"#read-{TEXT}")).to_contain_text("too")

    def test_too_much_at_once_is_one_look_at_the_page(self, both, visit, consultant, engagement):
        _carla, cem = both
        writes(cem, "Unsent as yet")
        last = engagement.memberships.first().engagement.last_event
        type(engagement).objects.filter(pk=engagement.pk).update(name="Strokes, sooner")
        Event.objects.filter(engagement=engagement).count()

        save(browser_of(consultant), engagement, RESTATED, "They ask for earlier warnings")
        cem.evaluate("document.dispatchEvent(new CustomEvent('throughline:lost'))")

        expect(cem.locator(".folio")).to_contain_text("Strokes, sooner")
        expect(field(cem)).to_have_value("Unsent as yet")
        expect(field(cem)).to_be_focused()
        assert last


class TestReaders:
    def test_who_only_reads_has_nothing_to_write_in(self, visit, observer, consultant, engagement):
        save(browser_of(consultant), engagement, "end-date", "2027-02-26")
        page = visit(observer, step_of(engagement))

        expect(field(page)).not_to_be_visible()
        assert page.locator("#item-stakeholders [data-field]").evaluate_all(
            "(all) => all.every((one) => one.readOnly)"
        )

        save(browser_of(consultant), engagement, TEXT, "For everybody to read")

        expect(page.locator(f"#read-{TEXT}")).to_have_text("For everybody to read")

    def test_the_clients_view_is_for_looking(self, visit, consultant, engagement):
        page = visit(consultant, step_of(engagement) + "?as=client")

        expect(item(page).locator("details.edit > summary").first).not_to_be_visible()
        save(browser_of(consultant), engagement, TEXT, "Between us", part="note")
        save(browser_of(consultant), engagement, TEXT, "For everybody to read")

        expect(page.locator(f"#read-{TEXT}")).to_have_text("For everybody to read")
        assert "Between us" not in page.content()
