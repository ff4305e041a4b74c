"""From an invitation to the first page, and out again, as people click it."""

import re

from django.urls import reverse
from playwright.sync_api import expect

from engagements import mail
from engagements.models import Mail

WORDS = "a long enough pass phrase"


def test_an_invitation_is_sent_read_by_hand_and_accepted(visit, window, world):
    manager, administrator = world.people["project_manager"], world.people["administrator"]
    page = visit(manager, reverse("engagements:people", args=[world.engagement.pk]))
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("E-mail address").fill("helen.ward@northbridge.example")
    page.get_by_label("Part").select_option("client_contributor")
    page.get_by_label("Data owner").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("is on its way")).to_be_visible()
    expect(page.get_by_role("cell", name="helen.ward@northbridge.example", exact=True)).to_be_visible()
    mail.send(Mail.objects.get().pk)

    page = visit(administrator, reverse("engagements:admin-mails"))
    page.get_by_role("link", name=re.compile("invites you")).click()
    link = page.locator("[data-mail] a").first.get_attribute("href")

    helen = window(None).new_page()
    helen.goto(link.replace("http://localhost:8000", ""))
    expect(helen.get_by_role("heading", name="Come in")).to_be_visible()
    helen.get_by_label("Your name").fill("Helen Ward")
    helen.get_by_label("Choose a password").fill(WORDS)
    helen.get_by_role("button", name="Come in").click()
    expect(helen.get_by_role("heading", name="Stroke risk")).to_be_visible()
    expect(helen.locator(".masthead").get_by_text("Helen Ward").first).to_be_visible()


def test_signing_out_leaves_nothing_behind(visit, world):
    page = visit(world.people["contributor"], reverse("accounts:preferences"))
    page.evaluate("localStorage.setItem('left', 'behind'); sessionStorage.setItem('left', 'behind')")
    page.evaluate("new Promise(done => { indexedDB.open('left').onsuccess = () => done(1) })")
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    kept = page.evaluate(
        """(async () => [
            Object.keys(localStorage), Object.keys(sessionStorage), (await indexedDB.databases()).map(one => one.name)
        ])()"""
    )
    assert "left" not in str(kept), kept
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
