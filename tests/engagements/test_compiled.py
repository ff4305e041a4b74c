"""Queries that are put together once give what the query itself gives."""

import pytest

from engagements.compiled import Compiled
from engagements.models import Membership
from questionnaires.models import Answer
from tests.questionnaires.saves import save

STAND_IN = 1_000_000_001


def members(engagement):
    return Membership.objects.filter(engagement_id=engagement).select_related("user", "engagement__client")


class TestCompiled:
    def test_gives_the_same_rows_for_other_values(self, world):
        of = Compiled(members, STAND_IN)

        for engagement in (world.engagement, world.other_engagement):
            assert {one.pk for one in of(engagement.pk)} == {one.pk for one in members(engagement.pk)}

    def test_brings_what_rows_refer_to_without_another_statement(self, engagement, django_assert_num_queries):
        found = Compiled(members, STAND_IN)(engagement.pk)

        with django_assert_num_queries(0):
            assert all(one.user.display_name and one.engagement.client.name for one in found)
        assert len({id(one.engagement) for one in found}) == 1
        assert len({id(one.user) for one in found}) == len(found)

    def test_knows_what_is_not_there_and_reads_json(self, engagement, consultant, client_for):
        save(client_for(consultant), engagement, "opening-request", "A model")
        of = Compiled(
            lambda pk, key: Answer.objects.filter(
                entry__engagement=pk, entry__item_key=key, part="value"
            ).select_related("row"),
            STAND_IN,
            "an item",
        )

        (answer,) = of(engagement.pk, "opening-request")
        assert answer.row is None
        assert answer.value == "A model"

    def test_refuses_a_query_that_does_not_use_a_stand_in(self, db):
        with pytest.raises(RuntimeError, match="missing"):
            Compiled(lambda pk, other: members(pk), STAND_IN, STAND_IN + 1)(1, 2)
