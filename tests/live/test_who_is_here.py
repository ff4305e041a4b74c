"""Who is on a page and who writes in which field, told to those who may see it, and only as long as it is true."""

import time

import pytest
import time_machine
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from live import presence
from questionnaires.actions import meetings
from tests.live.ears import Pen, eventually, number_of
from tests.people import desk as desk_of

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "opening-request"
STEP = "step:approach"


@pytest.fixture
def pen(server, world):
    """Give `pen(person)`: their page, saying that it is there."""

    def of(person) -> Pen:
        return Pen(server, person, world.engagement)

    return of


def says(pen, *, tab="tab-of-carla-1", page=STEP, **more) -> int:
    """Let a page say that its person is there."""
    return pen.post(f"/engagements/{pen.engagement.pk}/presence/", tab=tab, page=page, **more)[0]


def seen(ear) -> dict:
    """Return what a page was told last of who is there."""
    return [message.data for message in ear.heard if message.name == "presence"][-1]


def here(ear) -> list[str]:
    """Return the names on the page as it was told last."""
    return [person["name"] for person in seen(ear)["here"]]


def listens(ear, person, engagement, page=STEP):
    """Open a page that has been told who is there."""
    one = ear(person, engagement, page=page, after=number_of(engagement))
    one.wait_for("presence")
    return one


class TestOnThePage:
    def test_somebody_who_comes_is_seen_and_who_leaves_is_gone(
        self, ear, pen, consultant, contributor, engagement
    ):
        cem = listens(ear, contributor, engagement)
        carla = pen(consultant)

        assert says(carla) == 204
        eventually(lambda: here(cem) == ["Carla Conti"], 2)
        assert says(carla, gone="1") == 204

        eventually(lambda: here(cem) == [], 2)

    def test_two_windows_are_one_person_until_both_are_closed(
        self, ear, pen, consultant, contributor, engagement
    ):
        cem = listens(ear, contributor, engagement)
        carla = pen(consultant)

        says(carla)
        says(carla, tab="tab-of-carla-2", idle="1")
        eventually(
            lambda: [(one["name"], one["idle"]) for one in seen(cem)["here"]] == [("Carla Conti", False)], 2
        )
        says(carla, gone="1")

        eventually(
            lambda: [(one["name"], one["idle"]) for one in seen(cem)["here"]] == [("Carla Conti", True)], 2
        )

    def test_somebody_whose_network_vanished_is_gone_within_45_seconds(
        self, ear, pen, consultant, contributor, engagement
    ):
        cem = listens(ear, contributor, engagement)
        says(pen(consultant))
        eventually(lambda: here(cem) == ["Carla Conti"], 2)

        with time_machine.travel(time.time() + 36), pytest.raises(AssertionError):
            eventually(lambda: here(cem) == [], 2)
        with time_machine.travel(time.time() + 43):
            eventually(lambda: here(cem) == [], 2)

    def test_who_is_on_another_page_is_not_here(self, ear, pen, consultant, contributor, engagement):
        cem = listens(ear, contributor, engagement, page="step:data")

        says(pen(consultant))
        says(pen(consultant), tab="tab-of-carla-2", page="step:data")

        eventually(lambda: here(cem) == ["Carla Conti"], 2)
        assert len(seen(cem)["here"]) == 1

    def test_who_opens_a_page_is_told_who_is_there_already(
        self, ear, pen, consultant, contributor, engagement
    ):
        says(pen(consultant))

        assert here(listens(ear, contributor, engagement)) == ["Carla Conti"]

    def test_who_loses_the_right_is_not_here_any_more(self, ear, pen, consultant, contributor, engagement):
        carla = listens(ear, consultant, engagement)
        cem = ear(contributor, engagement, page=STEP, after=0)
        cem.wait_for("presence")
        says(pen(contributor), tab="tab-of-cem-11")
        eventually(lambda: here(carla) == ["Cem Kaya"], 2)

        engagement.memberships.filter(user=contributor).update(ended_at="2026-11-01T00:00Z")

        eventually(lambda: here(carla) == [], 4)


class TestInAField:
    def test_others_see_who_writes_where(self, ear, pen, consultant, contributor, engagement):
        cem = listens(ear, contributor, engagement)

        says(pen(consultant), item=KEY, field=f"f-{KEY}")

        eventually(lambda: len(seen(cem)["writing"]) == 1, 2)
        (one,) = seen(cem)["writing"]
        assert (one["first"], one["item"], one["field"]) == ("Carla", KEY, f"f-{KEY}")

    def test_also_from_another_page_that_shows_the_same_item(
        self, ear, pen, consultant, contributor, engagement
    ):
        cem = listens(ear, contributor, engagement)

        says(pen(consultant), page=f"item:{KEY}", item=KEY, field=f"f-{KEY}")

        eventually(lambda: len(seen(cem)["writing"]) == 1, 2)
        assert here(cem) == []

    def test_somebody_who_rests_is_not_writing(self, ear, pen, consultant, contributor, engagement):
        cem = listens(ear, contributor, engagement)

        says(pen(consultant), item=KEY, field=f"f-{KEY}", idle="1")

        eventually(lambda: here(cem) == ["Carla Conti"], 2)
        assert seen(cem)["writing"] == []

    def test_the_client_side_is_not_told_of_notes_and_internal_items(
        self, ear, pen, consultant, project_manager, contributor, engagement
    ):
        internal = next(
            item
            for item in engagement.questionnaire.framework.items
            if item.internal and item.step_key == "approach"
        )
        petra = listens(ear, project_manager, engagement)
        cem = listens(ear, contributor, engagement)

        says(pen(consultant), item=KEY, field=f"n-{KEY}", part="note")
        says(pen(consultant), tab="tab-of-carla-2", item=internal.key, field=f"f-{internal.key}")

        eventually(lambda: len(seen(petra)["writing"]) == 2, 2)
        eventually(lambda: here(cem) == ["Carla Conti"], 2)
        assert all(message.data["writing"] == [] for message in cem.heard if message.name == "presence")
        assert internal.key not in repr([message.data for message in cem.heard])


class TestWhoMaySay:
    def test_only_members_say_that_they_are_here(self, pen, outsider, other_client_member, engagement):
        assert says(pen(outsider)) == 404
        assert says(pen(other_client_member)) == 404

    def test_nobody_is_in_an_item_they_do_not_see(self, pen, contributor, consultant, engagement):
        internal = next(item for item in engagement.questionnaire.framework.items if item.internal)

        assert says(pen(contributor), item=internal.key, field="f-x") == 404
        assert says(pen(consultant), item="no-such-item", field="f-x") == 404
        assert says(pen(consultant), item=internal.key, field="<script>") == 404

    @pytest.mark.parametrize("tab", ["", "short", "x" * 41, "<b>12345678</b>"])
    def test_a_window_has_a_name_of_ours(self, pen, consultant, tab):
        assert says(pen(consultant), tab=tab) == 400

    def test_the_address_takes_no_visits(self, client_for, consultant, engagement):
        assert (
            client_for(consultant).get(reverse("questionnaires:presence", args=[engagement.pk])).status_code
            == 405
        )


class TestWithoutValkey:
    def test_nobody_is_here_and_nothing_is_slow(self, pen, consultant, engagement):
        with override_settings(REDIS_URL="unix:///nowhere/valkey.sock"):
            presence._client = None
            began = time.monotonic()

            assert [says(pen(consultant)) for _ in range(5)] == [204] * 5
            assert presence.who(f"engagement {engagement.pk}") == []

            assert time.monotonic() - began < 1.5
        presence._client = None
        presence._away_until = 0.0


class TestInAMeeting:
    @pytest.fixture
    def points(self, consultant, contributor, engagement):
        """Give a point of a meeting of both sides that goes on, and one of a meeting of the firm alone."""
        found = []
        for people in ([consultant, contributor], [consultant]):
            desk = desk_of(consultant, engagement)
            meeting = meetings.plan(
                desk=desk,
                title="Working meeting",
                starts_at=timezone.now(),
                minutes=60,
                people=list(engagement.memberships.filter(user__in=people)),
            )
            meetings.start(desk=desk_of(consultant, engagement), meeting=meeting)
            found.append(meeting.points.get())
        return found

    def test_both_sides_see_who_writes_under_a_point(
        self, ear, pen, points, consultant, contributor, engagement
    ):
        page, item = f"meeting:{points[0].meeting_id}", f"point-{points[0].pk}"
        cem = listens(ear, contributor, engagement, page=page)

        assert says(pen(consultant), page=page, item=item, field=f"f-{item}", part="note") == 204

        eventually(lambda: [one["item"] for one in seen(cem)["writing"]] == [item], 2)
        assert here(cem) == ["Carla Conti"]

    def test_the_client_side_hears_nothing_of_a_meeting_of_the_firm(
        self, ear, pen, points, consultant, contributor, engagement
    ):
        page, item = f"meeting:{points[1].meeting_id}", f"point-{points[1].pk}"
        beside = f"meeting:{points[0].meeting_id}"
        cem, there = (listens(ear, contributor, engagement, page=one) for one in (page, beside))
        carla, firm = pen(consultant), listens(ear, consultant, engagement, page=page)

        assert says(carla, page=page, item=item, field=f"f-{item}", part="note") == 204
        eventually(lambda: [one["item"] for one in seen(firm)["writing"]] == [item], 2)
        # What comes after it shows that what came before was not told.
        assert says(carla, tab="tab-of-carla-2", page=beside) == 204
        eventually(lambda: here(there) == ["Carla Conti"], 2)

        assert not seen(there)["writing"]
        assert not here(cem)
        assert says(pen(contributor), page=page, item=item) == 404
