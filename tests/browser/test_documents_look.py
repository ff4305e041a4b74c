"""How documents will look, seen while it is being typed."""

from django.urls import reverse
from playwright.sync_api import expect


def test_the_preview_follows_what_is_typed_and_nothing_is_kept_by_it(visit, world):
    page = visit(world.people["administrator"], reverse("accounts:admin-clients"))
    page.get_by_role("link", name="Documents").click()
    picture = page.get_by_alt_text("A cover and a page as they would look")
    expect(picture).to_be_visible()

    with page.expect_response(lambda answer: "colour=%23123456" in answer.url) as drawn:
        page.get_by_label("Main colour").fill("#123456")

    assert 'fill="#123456"' in drawn.value.text()
    page.reload()
    expect(page.get_by_label("Main colour")).to_have_value("")


def test_a_colour_that_cannot_be_read_is_answered_with_one_that_can(visit, world):
    page = visit(world.people["administrator"], reverse("reports:admin-brand"))
    page.get_by_label("Name on documents").fill("Alder & Voss")
    page.get_by_label("Second colour").fill("#ffee00")
    page.get_by_role("button", name="Keep this").click()

    expect(page.get_by_text("is the nearest that has it")).to_be_visible()
    expect(page.get_by_label("Second colour")).to_have_value("#ffee00")


def test_a_document_is_written_from_the_list_of_what_can_be(visit, world):
    manager = world.people["project_manager"]
    page = visit(manager, reverse("reports:reports", args=[world.engagement.pk]))
    offer = page.get_by_role("row").filter(has_text="Risk register")
    expect(offer.get_by_text("of 46 answers")).to_be_visible()

    offer.get_by_role("button", name="For Northbridge").click()

    expect(page.get_by_role("heading", name="Risk register 1")).to_be_visible()
