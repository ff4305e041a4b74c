"""One stream per page: who may open it, from which number it goes on, and what it costs while it is open."""

import http.client
import threading
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import override_settings

from engagements.models import Event
from live import bell
from tests.live.ears import eventually, number_of, open_ear
from tests.people import browser_of
from tests.questionnaires.saves import save
from tests.server import as_header, cookies_for

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "opening-request"


class TestOpening:
    def test_a_member_is_told_what_happens(self, ear, world, consultant, contributor, engagement):
        cem = ear(contributor, engagement, after=number_of(engagement))

        save(browser_of(consultant), engagement, KEY, "We want a model")

        assert "We want a model" in cem.wait_for("fragments").data["html"]

    def test_a_stranger_meets_what_everybody_meets_at_an_address_that_is_not_there(
        self, ear, world, outsider, engagement
    ):
        assert ear(outsider, engagement).status == 404

    def test_who_is_signed_out_is_told_so_and_not_led_to_the_door(self, ear, world, engagement):
        assert ear(None, engagement).status == 401
        assert ear(None, None).status == 401

    def test_asking_whether_one_could_opens_nothing(
        self, ear, server, world, consultant, outsider, engagement
    ):
        assert ear(consultant, engagement, method="HEAD").status == 204
        assert ear(outsider, engagement, method="HEAD").status == 404
        assert open_streams() == 0

    def test_an_item_the_side_does_not_see_is_no_page_of_theirs(
        self, ear, world, consultant, contributor, engagement
    ):
        internal = next(item for item in engagement.questionnaire.framework.items if item.internal)
        cem = ear(contributor, engagement, page=f"item:{internal.key}", after=number_of(engagement))

        save(browser_of(consultant), engagement, internal.key, "Only for us")
        save(browser_of(consultant), engagement, KEY, "For everybody")

        cem.wait_for("resync")
        assert cem.html() == ""


class TestGoingOn:
    def test_nothing_between_rendering_and_connecting_is_missed(
        self, ear, world, consultant, contributor, engagement
    ):
        rendered = number_of(engagement)
        save(browser_of(consultant), engagement, KEY, "Before the stream was open")

        cem = ear(contributor, engagement, after=rendered)

        assert "Before the stream was open" in cem.wait_for("fragments").data["html"]

    def test_the_larger_of_both_numbers_wins(self, ear, world, consultant, contributor, engagement):
        first = number_of(engagement)
        save(browser_of(consultant), engagement, KEY, "Seen already")
        seen = number_of(engagement)

        cem = ear(contributor, engagement, after=first, headers={"Last-Event-ID": str(seen)})
        save(browser_of(consultant), engagement, "request-restated", "New")
        other = ear(
            contributor, engagement, page="step:approach", after=first, headers={"Last-Event-ID": str(seen)}
        )

        other.wait_for("fragments")
        assert "Seen already" not in other.html()
        assert "Seen already" not in cem.html()

    def test_too_far_behind_is_one_resync(self, ear, world, consultant, contributor, engagement):
        first = number_of(engagement)
        many_events(engagement, consultant, 501)

        cem = ear(contributor, engagement, after=first)

        assert cem.wait_for("resync").number == number_of(engagement)
        save(browser_of(consultant), engagement, KEY, "And on it goes")
        assert "And on it goes" in cem.wait_for("fragments").data["html"]
        assert cem.names() == ["resync", "fragments"]

    def test_a_number_that_was_never_reached_is_one_resync(self, ear, world, contributor, engagement):
        cem = ear(contributor, engagement, after=number_of(engagement) + 1000)

        assert cem.wait_for("resync").number == number_of(engagement)

    @pytest.mark.parametrize("nonsense", ["-1", "x", "1e9", "9" * 30, "٣"])
    def test_a_number_that_is_none_means_from_now_on(
        self, ear, world, consultant, contributor, engagement, nonsense
    ):
        save(browser_of(consultant), engagement, KEY, "Long ago")

        cem = ear(contributor, engagement, more=f"&after={quote(nonsense)}")
        cem.wait_for("beat")
        save(browser_of(consultant), engagement, KEY, "Just now", base=1)

        assert "Just now" in cem.wait_for("fragments").data["html"]
        assert cem.names() == ["fragments"]

    def test_a_burst_comes_in_few_messages_with_the_last_state(
        self, ear, world, consultant, contributor, engagement
    ):
        cem = ear(contributor, engagement, after=number_of(engagement))
        browser = browser_of(consultant)

        for count in range(30):
            save(browser, engagement, KEY, f"Word {count}", base=count)

        cem.wait_until(number_of(engagement))
        told = [one for one in cem.heard if one.name == "fragments"]
        assert "Word 29" in told[-1].data["html"]
        assert len(told) < 30


class TestOwnWork:
    def test_a_page_over_several_engagements_hears_that_something_changed(
        self, ear, world, consultant, sponsor, engagement
    ):
        sofie = ear(sponsor, None)
        sofie.wait_for("beat")

        save(browser_of(consultant), engagement, KEY, "Something")

        assert sofie.wait_for("resync").data is None

    def test_it_hears_nothing_of_engagements_of_others(self, ear, world, consultant, outsider, engagement):
        nils = ear(outsider, None)
        nils.wait_for("beat")

        save(browser_of(consultant), engagement, KEY, "Something")
        with pytest.raises(AssertionError, match="no resync"):
            nils.wait_for("resync", seconds=2.5)


class TestCosts:
    def test_an_open_stream_holds_no_database_connection(
        self, ear, world, consultant, contributor, engagement
    ):
        before = connections_in_use()

        ears = [ear(person, engagement, after=0) for person in (consultant, contributor) for _ in range(10)]
        for one in ears:
            one.wait_for("presence")

        assert open_streams() == 20
        assert connections_in_use() - before <= 2

    def test_an_open_stream_holds_no_thread(self, ear, world, consultant, engagement):
        ear(consultant, engagement, after=0).wait_for("presence")
        before = threading.active_count()

        for _ in range(8):
            ear(consultant, engagement, after=0).wait_for("presence")

        # Each ear of the test reads in a thread of its own.
        assert threading.active_count() - before <= 8 + 2

    def test_one_person_opens_only_so_many(self, ear, world, consultant, contributor, engagement):
        for _ in range(settings.LIVE_STREAMS_PER_PERSON):
            assert ear(consultant, engagement).status == 200

        refused = ear(consultant, engagement)

        assert refused.status == 429
        assert refused.response.headers["Retry-After"]
        assert "many windows" in refused.response.read().decode()
        assert ear(contributor, engagement).status == 200

    def test_there_is_an_end_to_all_of_them_together(self, ear, world, consultant, contributor, engagement):
        with override_settings(LIVE_STREAMS=2):
            assert ear(consultant, engagement).status == 200
            assert ear(contributor, engagement).status == 200

            assert ear(contributor, engagement).status == 503

    def test_a_closed_page_gives_its_place_back(self, server, world, consultant, engagement):
        for _ in range(3 * settings.LIVE_STREAMS_PER_PERSON):
            one = open_ear(server, consultant, engagement, after=0)
            assert one.status == 200
            one.wait_for("presence")
            one.close()
            eventually(lambda: open_streams() == 0)

    def test_pages_still_come_while_many_listen(
        self, ear, server, world, consultant, contributor, sponsor, engagement
    ):
        for person in (consultant, contributor, sponsor):
            for _ in range(10):
                ear(person, engagement, after=0)

        page = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        page.request(
            "GET",
            f"/engagements/{engagement.pk}/steps/1",
            headers={"Cookie": as_header(cookies_for(consultant))},
        )

        assert page.getresponse().status in (200, 301)
        page.close()


class TestEnding:
    def test_a_server_that_ends_sends_its_pages_away_at_once(
        self, ear, server, world, consultant, engagement
    ):
        one = ear(consultant, engagement, after=0)
        one.wait_for("presence")

        server.stop()

        assert 0 < one.wait_for("bye").data["wait"] < 5
        assert one.ended.wait(2)


def many_events(engagement, person, count):
    """Write events as if many things had happened."""
    first = number_of(engagement)
    Event.objects.bulk_create(
        Event(engagement=engagement, number=first + step, kind="answer.settled", by=person, item_key=KEY)
        for step in range(1, count + 1)
    )
    type(engagement).objects.filter(pk=engagement.pk).update(last_event=first + count)


def open_streams() -> int:
    """Return how many streams are open in this process."""
    return sum(running.open for running in bell.hearers)


def connections_in_use() -> int:
    """Return how many connections to the test's database are not resting in a pool."""
    pool = DatabaseWrapper._connection_pools.get("default")
    stats = pool.get_stats() if pool else {}
    return stats.get("pool_size", 0) - stats.get("pool_available", 0)
