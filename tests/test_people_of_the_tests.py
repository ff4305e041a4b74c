"""The world that other tests rely on: it is whole, it is the same every time, and asking for it is cheap."""

import time

import pytest

from accounts.models import User
from engagements import integrity as engagements_integrity
from engagements.models import Engagement
from questionnaires import integrity
from questionnaires.models import Entry
from tests import people

pytestmark = pytest.mark.django_db


class TestWorld:
    def test_everybody_is_where_the_cast_says(self, world):
        roles = {member.user_id: member.role for member in world.engagement.memberships.all()}

        for key, part in people.CAST.items():
            assert world.people[key].display_name == part.name
            assert roles.get(world.people[key].pk) == part.role

    def test_both_engagements_agree_with_themselves(self, world):
        assert list(integrity.problems()) == []
        assert list(engagements_integrity.problems()) == []

    def test_the_engagement_asks_everything(self, world):
        assert Entry.objects.filter(engagement=world.engagement, round__isnull=False).count() == 220

    def test_a_desk_reads_the_framework_without_another_query(
        self, desk, consultant, django_assert_num_queries
    ):
        desk(consultant).framework  # noqa: B018 - the first use of a run parses it
        with django_assert_num_queries(1):
            assert len(desk(consultant).framework.items) == 220

    def test_new_people_and_engagements_can_be_made(self, world):
        client = people.make_client()
        manager, guest = people.make_person(), people.make_person(client=client)
        engagement = people.make_engagement(client=client, manager=manager, version=world.version)

        assert people.desk(manager, engagement).membership.may_sign
        assert guest.client == client

    def test_browsers_are_signed_in(self, client_for, sponsor):
        assert client_for(sponsor).session["_auth_user_id"] == str(sponsor.pk)


class TestAnEmptyDatabase:
    def test_nobody_is_there_unless_asked_for(self):
        assert not User.objects.exists()
        assert not Engagement.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestCommittedRows:
    # Twice: after the first the database was emptied, and the world has to come back whole.
    @pytest.mark.parametrize("_turn", [1, 2])
    def test_the_world_is_there_for_every_test(self, world, _turn):
        assert Entry.objects.filter(engagement=world.engagement).count() == 229

    def test_getting_it_is_cheap(self, request, kept_world):
        # Twice the promised time: the machine has two cores for everybody.
        started = time.process_time()
        request.getfixturevalue("world")
        assert time.process_time() - started < 0.3


def test_a_live_server_sees_the_world(live_server, world):
    assert Engagement.objects.count() == 2
