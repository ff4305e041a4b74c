"""Networks that vanish, browsers that crash, sessions that end, engagements that close: the text is still there."""

import contextlib
import os
import re
import signal
from urllib.parse import urljoin

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from engagements.actions import engagements
from engagements.models import Engagement
from questionnaires import integrity
from questionnaires.models import Conflict, Revision
from tests.browser.pages import (
    RESTATED,
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
from tests.people import PASSWORD, browser_of
from tests.questionnaires.saves import save
from tests.server import cookies_for

BACKGROUND = "background"


@pytest.fixture
def cem(visit, contributor, engagement):
    """Give the client's page of the first step."""
    return visit(contributor, step_of(engagement))


def is_kept(page, count=1):
    """Wait until that many fields are kept in this browser."""
    for _look in range(50):
        if len(drafts(page)) == count:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{len(drafts(page))} kept, not {count}")


class TestOffline:
    def test_three_answers_written_offline_are_sent_in_order_on_return(self, cem, consultant, engagement):
        cem.context.set_offline(True)
        for key in (TEXT, RESTATED, BACKGROUND):
            writes(cem, f"Written about {key}", key)
        cem.keyboard.press("Escape")
        expect(state(cem)).to_contain_text("Kept on this device")
        expect(cem.locator("#toasts")).to_contain_text("You’re offline. Keep writing")
        expect(cem.locator("#assertive")).to_contain_text("It is kept on this device.")
        is_kept(cem, 3)
        save(browser_of(consultant), engagement, RESTATED, "Hers", settle="1")

        cem.context.set_offline(False)

        expect(cem.locator("#toasts")).to_contain_text("3 changes sent.")
        assert stored(engagement) == f"Written about {TEXT}"
        assert stored(engagement, BACKGROUND) == f"Written about {BACKGROUND}"
        assert stored(engagement, RESTATED) == "Hers"
        assert Conflict.objects.get().value == f"Written about {RESTATED}"
        expect(item(cem, RESTATED).locator(".clash")).to_contain_text("Hers")
        is_kept(cem, 0)
        order = (
            Revision.objects.filter(by__display_name="Cem Kaya")
            .order_by("at")
            .values_list("value", flat=True)
        )
        assert list(order) == [f"Written about {TEXT}", f"Written about {BACKGROUND}"]
        assert list(integrity.problems(engagement)) == []

    def test_what_others_did_meanwhile_is_there_on_return(self, cem, consultant, engagement):
        writes(cem, "Mine")
        is_saved(cem)
        cem.context.set_offline(True)
        cem.keyboard.type(" and more")
        save(browser_of(consultant), engagement, TEXT, "Hers, Mine", base=1)
        save(browser_of(consultant), engagement, RESTATED, "Also hers")

        cem.context.set_offline(False)

        expect(cem.locator(f"#read-{RESTATED}")).to_have_text("Also hers")
        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Hers, Mine and more")
        assert stored(engagement) == "Hers, Mine and more"
        expect(field(cem)).to_be_focused()

    def test_a_server_that_fails_is_tried_again_with_the_same_key(self, cem, engagement):
        failures = []

        def fail_after_storing(route):
            failures.append(route.request.post_data)
            if len(failures) > 2:
                return route.continue_()
            route.fetch()
            return route.fulfill(status=502, body="")

        cem.route("**/answer/", fail_after_storing)
        writes(cem, "Once and only once")

        is_saved(cem)
        assert len({re.search("key=([^&]+)", sent)[1] for sent in failures[:3]}) == 1
        assert Revision.objects.count() == 1

    def test_what_is_typed_while_a_save_is_under_way_follows_it(self, cem, engagement):
        sent = []

        def slowly(route):
            sent.append(route.request.post_data)
            if len(sent) == 1:
                cem.keyboard.type(" second")
            route.continue_()

        cem.route("**/answer/", slowly)
        writes(cem, "first")

        expect(cem.locator(f"#read-{TEXT}")).to_have_text("first second")
        assert [re.search("base=([^&]+)", one)[1] for one in sent[:2]] == ["0", "1"]
        assert Conflict.objects.count() == 0


def crash(page):
    """Kill the processes that draw this browser's pages where they stand: nothing of ours runs any more.

    A page that is only closed may still send: Chromium's emulation of a lost network ends with the page.
    """
    session = page.context.browser.new_browser_cdp_session()
    with page.expect_event("crash"):
        for process in session.send("SystemInfo.getProcessInfo")["processInfo"]:
            if process["type"] == "renderer":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process["id"], signal.SIGKILL)
    session.detach()
    page.close()


class TestComingBack:
    def test_a_crash_loses_at_most_what_was_just_typed(self, cem, engagement):
        cem.context.set_offline(True)
        writes(cem, "Nearly lost")
        is_kept(cem)
        context = cem.context
        crash(cem)
        context.set_offline(False)

        again = context.new_page()
        again.goto(step_of(engagement))

        expect(again.locator("#toasts")).to_contain_text("1 change sent.")
        expect(again.locator(f"#read-{TEXT}")).to_have_text("Nearly lost")
        expect(field(again)).to_have_value("Nearly lost")
        is_kept(again, 0)

    def test_a_draft_rests_on_what_its_author_saw(self, cem, consultant, engagement):
        save(browser_of(consultant), engagement, TEXT, "Every hour")
        expect(field(cem)).to_have_value("Every hour")
        context = cem.context
        context.set_offline(True)
        opens(cem).fill("Once a night")
        is_kept(cem)
        crash(cem)
        save(browser_of(consultant), engagement, TEXT, "Every fifteen minutes", base=1)
        context.set_offline(False)

        again = context.new_page()
        again.goto(step_of(engagement))

        expect(item(again).locator(".clash")).to_contain_text("Once a night")
        assert stored(engagement) == "Every fifteen minutes"

    def test_a_draft_is_sent_from_any_page_of_the_engagement(self, cem, engagement):
        context = cem.context
        context.set_offline(True)
        writes(cem, "Written on the first step")
        is_kept(cem)
        crash(cem)
        context.set_offline(False)

        other = context.new_page()
        other.goto(step_of(engagement, "3"))

        expect(other.locator("#toasts")).to_contain_text("1 change sent.")
        assert stored(engagement) == "Written on the first step"

    def test_a_reload_in_the_middle_keeps_everything(self, cem, engagement):
        writes(cem, "Before the reload")
        cem.reload()

        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Before the reload")
        is_kept(cem, 0)
        assert Revision.objects.count() == 1

    def test_leaving_the_page_calls_it_done(self, cem, engagement):
        writes(cem, "Before I go")
        is_saved(cem)

        cem.goto(step_of(engagement, "3"))
        cem.goto(step_of(engagement))

        expect(item(cem)).to_have_attribute("data-settled", "1")

    def test_two_windows_of_one_person_do_not_send_each_others_drafts(self, cem, engagement):
        cem.context.set_offline(True)
        writes(cem, "In the first window")
        is_kept(cem)
        cem.context.set_offline(False)
        cem.route("**/answer/", lambda route: route.abort())

        other = cem.context.new_page()
        other.goto(step_of(engagement))
        other.wait_for_timeout(1000)

        assert Revision.objects.count() == 0
        cem.unroute("**/answer/")
        expect(other.locator(f"#read-{TEXT}")).to_have_text("In the first window")
        assert Revision.objects.count() == 1

    def test_signing_out_leaves_nothing_in_the_browser(self, cem, engagement):
        writes(cem, "Secret")
        cem.locator("details.menu > summary").click()
        cem.get_by_role("button", name="Sign out").click()

        expect(cem).to_have_url(re.compile("/account/login/"))
        assert drafts(cem) == []
        assert stored(engagement) == "Secret"


class TestSignedOut:
    def test_signing_in_again_happens_right_here(self, cem, contributor, engagement):
        writes(cem, "Begun")
        is_saved(cem)
        Session.objects.all().delete()
        cem.keyboard.type(" and finished")

        dialog = cem.get_by_role("dialog", name="You are signed out")
        expect(dialog).to_be_visible()
        assert dialog.locator("[name=login]").input_value() == contributor.email
        dialog.locator("[name=password]").fill(PASSWORD)
        dialog.get_by_role("button", name="Sign in").click()

        expect(dialog).to_be_hidden()
        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Begun and finished")
        expect(field(cem)).to_be_focused()
        assert stored(engagement) == "Begun and finished"

    def test_wrong_words_are_explained_in_the_dialog(self, cem, contributor, engagement):
        writes(cem, "Begun")
        is_saved(cem)
        Session.objects.all().delete()
        cem.keyboard.type(" and kept")
        dialog = cem.get_by_role("dialog", name="You are signed out")

        dialog.locator("[name=password]").fill("something else entirely")
        dialog.get_by_role("button", name="Sign in").click()

        expect(dialog.locator(".error, .note-bad, [role=alert]").first).to_be_visible()
        expect(field(cem)).to_have_value("Begun and kept")
        expect(state(cem)).to_contain_text("Kept on this device")

    def test_another_window_will_do(self, cem, contributor, engagement):
        writes(cem, "Begun")
        is_saved(cem)
        Session.objects.all().delete()
        cem.keyboard.type(" and finished")
        expect(cem.get_by_role("dialog", name="You are signed out")).to_be_visible()

        other = cem.context.new_page()
        other.goto(step_of(engagement))
        other.locator("[name=login]").fill(contributor.email)
        other.locator("[name=password]").fill(PASSWORD)
        other.get_by_role("button", name="Sign in").click()

        expect(cem.get_by_role("dialog", name="You are signed out")).to_be_hidden()
        expect(cem.locator(f"#read-{TEXT}")).to_have_text("Begun and finished")

    def test_what_one_person_typed_is_never_saved_as_anothers(self, cem, sponsor, contributor, engagement):
        writes(cem, "Cem wrote this")
        is_saved(cem)
        Session.objects.all().delete()
        cem.keyboard.type(" and more")
        expect(cem.get_by_role("dialog", name="You are signed out")).to_be_visible()
        other = cem.context.new_page()
        other.goto(reverse("account_login"))
        other.locator("[name=login]").fill(sponsor.email)
        other.locator("[name=password]").fill(PASSWORD)
        other.get_by_role("button", name="Sign in").click()

        expect(other.locator(".masthead")).to_contain_text("Sofie Sander")
        expect(cem.locator(".masthead")).to_contain_text("Sofie Sander")
        assert not Revision.objects.filter(by=sponsor).exists()
        assert [draft["value"] for draft in drafts(cem)] == ["Cem wrote this and more"]

    def test_a_page_that_has_not_noticed_yet_saves_nothing_as_anothers(
        self, cem, sponsor, contributor, engagement
    ):
        writes(cem, "Cem wrote this")
        is_saved(cem)
        sign_in(cem.context, sponsor)
        cem.keyboard.type(" and more")

        expect(cem.locator(".masthead")).to_contain_text("Sofie Sander")
        assert not Revision.objects.filter(by=sponsor).exists()
        sign_in(cem.context, contributor)
        cem.reload()

        expect(cem.locator("#toasts")).to_contain_text("1 change sent.")
        assert stored(engagement) == "Cem wrote this and more"
        assert not Revision.objects.filter(by=sponsor).exists()


def sign_in(context, person):
    """Let somebody else sign in in this browser, without any of its pages hearing of it."""
    context.add_cookies(
        [
            {"name": name, "value": value, "url": urljoin(context.pages[0].url, "/")}
            for name, value in cookies_for(person).items()
        ]
    )


class TestRefused:
    def test_a_closed_engagement_says_why_and_the_text_can_be_copied(self, cem, project_manager, engagement):
        writes(cem, "Too")
        is_saved(cem)
        cem.context.grant_permissions(["clipboard-read", "clipboard-write"])
        cem.route("**/stream/**", lambda route: route.abort())
        engagements.set_status(
            engagement=Engagement.objects.get(pk=engagement.pk), status="closed", by=project_manager
        )

        cem.keyboard.type(" late")

        expect(state(cem)).to_contain_text("Not accepted: This engagement is closed")
        expect(cem.locator("#assertive")).to_contain_text("Not accepted")
        expect(field(cem)).to_have_value("Too late")
        state(cem).get_by_role("button", name="Copy my text").click()
        assert cem.evaluate("navigator.clipboard.readText()") == "Too late"
        assert stored(engagement) == "Too"

    def test_a_value_that_does_not_fit_stays_until_it_is_put_right(self, visit, consultant, engagement):
        page = visit(consultant, step_of(engagement))
        box = item(page, "engagement-budget").locator("input[name=value]")

        box.fill("much")
        box.press("Tab")
        expect(state(page, "engagement-budget")).to_contain_text("Not accepted: ")
        expect(box).to_have_value("much")
        box.fill("12000")
        box.press("Tab")

        expect(state(page, "engagement-budget")).to_contain_text("Saved")
        assert stored(engagement, "engagement-budget") == "12000.00"

    def test_somebody_who_lost_the_right_is_told_and_not_asked_for_ever(self, cem, contributor, engagement):
        tries = []
        cem.on("request", lambda request: tries.append(request.url) if "/stream/" in request.url else None)
        writes(cem, "The last thing I wrote")
        is_saved(cem)

        engagement.memberships.filter(user=contributor).update(ended_at="2026-11-01T00:00Z")

        expect(cem.locator("#toasts")).to_contain_text("no longer shared with you")
        before = len(tries)
        cem.wait_for_timeout(3000)
        assert len(tries) == before
        assert before <= 4
        expect(field(cem)).to_have_value("The last thing I wrote")
