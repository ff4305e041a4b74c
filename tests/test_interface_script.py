"""What the browser does on every page: drawer, dialogs, menus, toasts, keys, theme. One real Chromium, no database."""

import mimetypes
import shutil
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser

HOST = "http://page.example"
PERSON = SimpleNamespace(
    pk=1, is_authenticated=True, is_firm=True, side="firm", display_name="Maya Lindqvist", initials="ML",
    email="maya@aldervoss.example", single_keys=True, is_administrator=False,
)  # fmt: skip
POLICY = "; ".join(
    f"{name} {' '.join(sources)}" for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
)
QUESTIONS = """
{% extends "base.html" %}
{% block body_attributes %} data-may="answer"{% endblock %}
{% block content %}<h1>Page</h1>
<nav class="stepnav"><a data-step="1" href="/steps/1/">1</a><a data-step="6.1" href="/steps/6.1/">6.1</a></nav>
<a rel="prev" hidden href="/steps/2/">2</a><a rel="next" hidden href="/steps/4/">4</a>
{% for n in "123" %}<article class="item" id="item-{{ n }}"><h3>Question {{ n }}</h3>
<button class="btn" data-key="h" id="history-{{ n }}" hx-get="/history/{{ n }}/" hx-target="#drawer">History</button>
<button class="btn" data-needs="answer" id="answer-{{ n }}">Answer</button><button class="btn" data-needs="redact" id="redact-{{ n }}">Redact</button>
<textarea data-field id="field-{{ n }}"></textarea></article>{% endfor %}
<form hx-post="/save/" hx-target="#item-1" hx-swap="outerHTML"><button id="save">Save</button></form>
<button class="btn" data-opens="ask" id="asks">Ask</button>
<a data-drawer href="/history/1/" id="link">History</a>
<dialog class="dialog" id="ask"><h2>Sure?</h2><button data-closes>No</button></dialog>
{% endblock %}
"""
HISTORY = '<div class="drawer-head"><h2 id="dh">History</h2></div><div class="drawer-body"><form hx-post="/restore/" data-closes-drawer hx-swap="none"><button id="restore">Bring back</button></form><a data-closes id="back" href="/elsewhere/">Back</a></div>'


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def answers():
    """What the server says to each path: status and body."""
    return {
        "/history/1/": (200, HISTORY),
        "/restore/": (200, ""),
        "/save/": (200, '<article class="item" id="item-1">new</article>'),
    }


@pytest.fixture
def open_page(chromium, answers):
    """Open the page under the product's own content policy; whatever goes wrong in it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    faults, requests = [], []

    def show(person=PERSON, **more):
        html = render(person, more)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None,
        )

        def answer(route, request):
            path = request.url.removeprefix(HOST).partition("?")[0]
            if path.startswith("/static/"):
                found = finders.find(path.removeprefix("/static/"))
                if found:
                    return route.fulfill(path=found, content_type=mimetypes.guess_type(found)[0])
                return route.fulfill(status=404)
            requests.append(request)
            if path in answers:
                status, body = answers[path]
                return route.fulfill(status=status, body=body, content_type="text/html")
            return route.fulfill(
                body=html,
                content_type="text/html",
                headers={"Content-Security-Policy": POLICY, "Set-Cookie": "csrf=fresh-token; Path=/"},
            )

        page.route("**/*", answer)
        page.goto(f"{HOST}/")
        page.requests = requests
        return page

    yield show
    context.close()
    assert faults == []


def render(person, more):

    return (
        engines["django"].from_string(QUESTIONS).render({"user": person, "csrf_token": "stale-token", **more})
    )


class TestDrawer:
    def test_takes_the_focus_in_and_gives_it_back(self, open_page):
        page = open_page()
        page.click("#history-1")

        expect(page.get_by_role("dialog", name="History")).to_be_visible()
        assert page.evaluate("document.querySelector('#drawer').contains(document.activeElement)")
        expect(page.locator("#drawer .drawer-close")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#drawer")).to_be_hidden()
        expect(page.locator("#history-1")).to_be_focused()

    def test_opens_for_a_link_that_is_marked_for_it(self, open_page):
        page = open_page()
        page.click("#link")

        expect(page.get_by_role("dialog", name="History")).to_be_visible()
        assert page.url.endswith("/")
        assert page.requests[-1].headers["hx-request"] == "true"
        page.keyboard.press("Escape")
        expect(page.locator("#link")).to_be_focused()

    def test_leaves_such_a_link_to_the_browser_with_a_key_held(self, open_page):
        page = open_page()
        with page.context.expect_page():
            page.click("#link", modifiers=["ControlOrMeta"])

        expect(page.locator("#drawer")).to_be_hidden()

    def test_puts_the_focus_into_what_is_to_be_filled_in(self, open_page, answers):
        answers["/history/1/"] = (
            200,
            HISTORY.replace("<form", '<input type="hidden"><textarea id="why"></textarea><form'),
        )
        page = open_page()
        page.click("#history-1")

        expect(page.locator("#why")).to_be_focused()

    def test_can_be_closed_by_its_button(self, open_page):
        page = open_page()
        page.click("#history-1")
        page.get_by_role("button", name="Close").click()

        expect(page.locator("#drawer")).to_be_hidden()

    def test_gives_the_focus_to_the_question_when_an_update_replaced_what_opened_it(self, open_page):
        page = open_page()
        page.click("#history-1")
        expect(page.locator("#drawer")).to_be_visible()
        page.evaluate(
            "document.getElementById('history-1').outerHTML = '<button id=history-1>Newer</button>'"
        )
        page.keyboard.press("Escape")

        expect(page.locator("#history-1")).to_be_focused()

    def test_a_form_that_did_its_work_closes_it(self, open_page):
        page = open_page()
        page.click("#history-1")
        page.click("#restore")

        expect(page.locator("#drawer")).to_be_hidden()

    def test_a_form_that_did_not_keeps_it_open(self, open_page, answers):
        answers["/restore/"] = (409, "")
        page = open_page()
        page.click("#history-1")
        with page.expect_response("**/restore/"):
            page.click("#restore")

        expect(page.locator("#drawer")).to_be_visible()

    def test_a_way_back_closes_it_and_leads_nowhere(self, open_page):
        page = open_page()
        page.click("#history-1")
        page.click("#back")

        expect(page.locator("#drawer")).to_be_hidden()
        assert page.url == f"{HOST}/"

    def test_a_click_beside_it_closes_it_and_one_inside_does_not(self, open_page):
        page = open_page()
        page.click("#history-1")
        page.mouse.click(1200, 700)
        expect(page.locator("#drawer")).to_be_visible()
        page.mouse.click(100, 700)

        expect(page.locator("#drawer")).to_be_hidden()


class TestRequests:
    def test_the_token_comes_from_the_cookie(self, open_page):
        page = open_page()
        with page.expect_request("**/save/") as sent:
            page.click("#save")

        assert sent.value.headers["x-csrftoken"] == "fresh-token"

    def test_an_answer_replaces_its_part(self, open_page):
        page = open_page()
        page.click("#save")

        expect(page.locator("#item-1")).to_have_text("new")

    @pytest.mark.parametrize("status", [409, 422])
    def test_a_question_back_replaces_its_part_too(self, open_page, answers, status):
        answers["/save/"] = (status, '<article class="item" id="item-1">two answers</article>')
        page = open_page()
        page.click("#save")

        expect(page.locator("#item-1")).to_have_text("two answers")
        expect(page.locator(".toast")).to_have_count(0)

    @pytest.mark.parametrize(
        ("status", "body", "said"),
        [
            (
                403,
                "<p data-refusal>Your role does not include this.</p><script>window.bad = 1</script>",
                "Your role does not include this.",
            ),
            (404, "<h1>x</h1>", "Reload the page"),
            (500, "<h1>x</h1>", "What you typed is still here"),
        ],
    )
    def test_a_refusal_is_said_and_nothing_is_replaced(self, open_page, answers, status, body, said):
        answers["/save/"] = (status, body)
        page = open_page()
        page.fill("#field-1", "my words")
        page.click("#save")

        expect(page.locator(".toast")).to_contain_text(said)
        expect(page.locator("#assertive")).to_contain_text(said)
        expect(page.locator("#field-1")).to_have_value("my words")
        assert page.evaluate("window.bad") is None


class TestSpeaking:
    def test_what_changes_quickly_is_said_in_one_go(self, open_page):
        page = open_page()
        say = "text => document.dispatchEvent(new CustomEvent('throughline:say', { detail: { text } }))"
        page.evaluate(say, "First.")
        expect(page.locator("#polite")).to_have_text("First.")
        page.evaluate(say, "Second.")
        page.evaluate(say, "Third.")

        expect(page.locator("#polite")).to_have_text("First.")
        expect(page.locator("#polite")).to_have_text("Second. Third.", timeout=7000)

    def test_a_toast_is_text_comes_once_and_can_be_closed(self, open_page):
        page = open_page()
        toast = "document.dispatchEvent(new CustomEvent('throughline:toast', { detail: { text: '<b>3</b> changes sent.' } }))"
        page.evaluate(toast)
        page.evaluate(toast)

        expect(page.locator(".toast")).to_have_count(1)
        expect(page.locator(".toast span")).to_have_text("<b>3</b> changes sent.")
        page.get_by_role("button", name="Close").click()
        expect(page.locator(".toast")).to_have_count(0)


class TestRights:
    def test_only_what_one_may_do_is_shown(self, open_page):
        page = open_page()

        expect(page.locator("#answer-1")).to_be_visible()
        expect(page.locator("#redact-1")).to_be_hidden()
        assert page.locator("#answer-1").evaluate("e => getComputedStyle(e).display").endswith("flex")


class TestKeys:
    def test_walk_through_the_questions(self, open_page):
        page = open_page()
        for key in "jjjjk":
            page.keyboard.press(key)

        expect(page.locator("#item-2")).to_be_focused()

    def test_write_in_the_question_one_is_at(self, open_page):
        page = open_page()
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("Enter")

        expect(page.locator("#field-2")).to_be_focused()

    def test_press_the_control_of_the_question_one_is_at(self, open_page):
        page = open_page()
        page.keyboard.press("j")
        with page.expect_request("**/history/1/"):
            page.keyboard.press("h")

    def test_letters_in_a_field_are_letters(self, open_page):
        page = open_page()
        page.locator("#field-1").press_sequentially("jk/?gh")

        expect(page.locator("#field-1")).to_have_value("jk/?gh")
        expect(page.locator("#keysheet")).to_be_hidden()

    @pytest.mark.parametrize(
        ("keys", "path"), [("g6", "/steps/6.1/"), ("]", "/steps/4/"), ("[", "/steps/2/")]
    )
    def test_go_to_a_step(self, open_page, keys, path):
        page = open_page()
        for key in keys:
            page.keyboard.press(key)

        page.wait_for_url(f"{HOST}{path}")

    def test_all_are_listed(self, open_page):
        page = open_page()
        page.keyboard.press("?")

        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("j")
        page.keyboard.press("Escape")
        expect(page.locator("#keysheet")).to_be_hidden()

    def test_do_nothing_for_who_switched_them_off(self, open_page):
        page = open_page(SimpleNamespace(**{**vars(PERSON), "single_keys": False}))
        page.keyboard.press("?")
        page.keyboard.press("j")

        expect(page.locator("#keysheet")).to_be_hidden()
        expect(page.locator("body")).to_be_focused()


class TestMenusAndThemes:
    @pytest.mark.parametrize("width", [1280, 390])
    def test_slash_leads_to_the_search(self, open_page, width):
        page = open_page()
        page.set_viewport_size({"width": width, "height": 800})

        page.keyboard.press("/")

        if width > 1000:
            expect(page.locator("#search-box")).to_be_focused()
        else:
            page.wait_for_url("**/search/*")

    def test_a_menu_closes_by_key_and_by_a_click_elsewhere(self, open_page):
        page = open_page()
        menu = page.locator(".masthead details.menu")
        menu.locator("summary").click()
        page.keyboard.press("Escape")
        expect(menu).not_to_have_attribute("open", "")
        expect(menu.locator("summary")).to_be_focused()
        menu.locator("summary").click()
        page.click("h1")

        expect(menu).not_to_have_attribute("open", "")

    def test_a_theme_holds_from_page_to_page(self, open_page):
        page = open_page(theme="light")
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        page.locator(".masthead details.menu summary").click()
        page.get_by_role("button", name="Dark").click()
        dark = page.evaluate(ground)
        page.goto(f"{HOST}/again/")

        assert light != dark
        assert page.evaluate(ground) == dark
        page.locator(".masthead details.menu summary").click()
        expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")

    def test_a_dialog_asks_and_is_left(self, open_page):
        page = open_page()
        page.click("#asks")
        expect(page.locator("#ask")).to_be_visible()
        page.get_by_role("button", name="No").click()

        expect(page.locator("#ask")).to_be_hidden()
        expect(page.locator("#asks")).to_be_focused()
