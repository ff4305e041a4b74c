"""A meeting in real browsers: both sides take notes at once, and see each other do it."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from questionnaires.actions import meetings
from questionnaires.models import AgendaPoint, Meeting
from tests.browser.test_every_page import PHONE, faults
from tests.people import desk as desk_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meeting(world, engagement, consultant, contributor):
    """Give a planned meeting of both sides with two points in words."""
    planned = meetings.plan(
        desk=desk_of(consultant, engagement),
        title="Working meeting",
        starts_at=timezone.now(),
        minutes=60,
        people=list(engagement.memberships.filter(user__in=[consultant, contributor])),
    )
    for words in ("Cover at night", "What comes next"):
        meetings.add(desk=desk_of(consultant, engagement), meeting=planned, words=words)
    return planned


def address(meeting: Meeting) -> str:
    return reverse("questionnaires:meeting", args=[meeting.engagement_id, meeting.pk])


def note(page: Page, point: AgendaPoint) -> Locator:
    return page.locator(f"#f-point-{point.pk}")


def test_both_sides_note_under_a_point_and_read_it_in_the_receipt(visit, meeting, consultant, contributor):
    first, second = meeting.points.filter(kind="words").order_by("position")
    maya, cem = (visit(person, address(meeting)) for person in (consultant, contributor))

    maya.get_by_role("button", name="Begin the meeting").click()
    expect(note(cem, first)).to_be_visible()
    note(maya, first).fill("Nobody is woken.")
    note(cem, second).press_sequentially("We wait for the registry.")

    expect(note(cem, first)).to_have_value("Nobody is woken.")
    expect(note(maya, second)).to_have_value("We wait for the registry.")
    expect(note(cem, second)).to_be_focused()
    expect(maya.locator(f"#item-point-{second.pk}")).to_contain_text("Cem")

    maya.locator("h1").click()
    maya.locator(f"#item-point-{first.pk}").get_by_role("button", name="Done").click()
    expect(cem.locator(f"#item-point-{first.pk}")).to_contain_text("Not done after all")
    maya.get_by_role("button", name="End it and send the receipt").click()
    expect(maya.get_by_role("heading", name="Left open")).to_be_visible()
    # What somebody writes in stays until they leave it.
    expect(note(cem, second)).to_be_focused()
    cem.locator("h1").click()

    expect(cem.get_by_role("heading", name="Left open")).to_be_visible()
    for page in (maya, cem):
        expect(page.locator("main")).to_contain_text("Nobody is woken.")
        expect(page.locator("main")).to_contain_text("We wait for the registry.")


def test_a_meeting_is_open_to_all_from_plan_to_receipt(window, meeting, consultant, engagement):
    page = window(consultant, viewport=PHONE, reduced_motion="reduce").new_page()
    plan = reverse("questionnaires:meeting-new", args=[engagement.pk])
    wrong = [*faults(page, plan), *faults(page, address(meeting))]

    meetings.start(desk=desk_of(consultant, engagement), meeting=meeting)
    wrong += faults(page, address(meeting))
    meetings.end(desk=desk_of(consultant, engagement), meeting=meeting)
    wrong += faults(page, address(meeting))

    assert not wrong, "\n".join(wrong)
