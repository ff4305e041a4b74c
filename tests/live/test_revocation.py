"""Whoever loses the right to see is told nothing that is committed afterwards, and the stream ends within 2 seconds."""

import http.client
import threading
import time

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from engagements.models import Engagement, Membership
from engagements.policy import Role
from tests.live.ears import Pen, number_of, open_ear
from tests.people import browser_of
from tests.questionnaires.saves import save
from tests.server import as_header, cookies_for

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "opening-request"


def leaves(world, person, cookies, server):
    member(world, person).update(ended_at=timezone.now())


def changes_sides(world, person, cookies, server):
    member(world, person).update(role=Role.CONSULTANT)


def is_disabled(world, person, cookies, server):
    User.objects.filter(pk=person.pk).update(is_active=False)


def is_signed_out_everywhere(world, person, cookies, server):
    User.objects.filter(pk=person.pk).update(access_version=person.access_version + 1)


def signs_out(world, person, cookies, server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    token = next(value for name, value in cookies.items() if "csrf" in name)
    connection.request("POST", "/account/logout/", "", {"Cookie": as_header(cookies), "X-CSRFToken": token})
    assert connection.getresponse().status == 302
    connection.close()


def loses_the_session(world, person, cookies, server):
    Session.objects.filter(session_key__in=cookies.values()).delete()


def stays_until_the_session_ends(world, person, cookies, server):
    Session.objects.filter(session_key__in=cookies.values()).update(expire_date=timezone.now())


def sees_the_engagement_purged(world, person, cookies, server):
    Engagement.objects.filter(pk=world.engagement.pk).update(status=Engagement.Status.PURGED)


WAYS = [
    leaves,
    changes_sides,
    is_disabled,
    is_signed_out_everywhere,
    signs_out,
    loses_the_session,
    stays_until_the_session_ends,
    sees_the_engagement_purged,
]


def member(world, person):
    """Return somebody's membership as a queryset."""
    return Membership.objects.filter(engagement=world.engagement, user=person)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
class TestLosingTheRight:
    def test_ends_the_stream_within_two_seconds(self, server, ear, world, contributor, engagement, way):
        cookies = cookies_for(contributor)
        cem = ear(contributor, engagement, cookies=cookies, after=number_of(engagement))
        cem.wait_for("beat")

        way(world, contributor, cookies, server)
        lost = time.monotonic()

        cem.wait_for("revoked", seconds=2)
        assert cem.ended.wait(2 - (time.monotonic() - lost))

    def test_nothing_committed_afterwards_is_told(
        self, server, ear, world, consultant, contributor, engagement, way
    ):
        cookies = cookies_for(contributor)
        cem = ear(contributor, engagement, cookies=cookies, after=number_of(engagement))
        cem.wait_for("beat")
        pen, lost, stop = Pen(server, consultant, engagement), threading.Event(), threading.Event()
        after: list[str] = []

        def write():
            base = 0
            while not stop.is_set():
                is_after = lost.is_set()
                word = f"word{base}x"
                status, headers, _body = pen.save(KEY, word, str(base))
                if status != 200:
                    break
                base = int(headers["Save-Base"])
                if is_after:
                    after.append(word)

        writing = threading.Thread(target=write)
        writing.start()
        cem.wait_for("fragments", count=3)
        way(world, contributor, cookies, server)
        lost.set()
        assert cem.ended.wait(3)
        time_to_write = time.monotonic() + 0.5
        while time.monotonic() < time_to_write:
            stop.wait(0.1)
        stop.set()
        writing.join()

        assert after or way is sees_the_engagement_purged
        assert [word for word in after if word in cem.html()] == []

    def test_coming_back_is_refused(self, server, ear, world, contributor, engagement, way):
        cookies = cookies_for(contributor)
        ear(contributor, engagement, cookies=cookies).wait_for("beat")

        way(world, contributor, cookies, server)

        again = open_ear(server, contributor, engagement, cookies=cookies)
        assert again.status in (401, 404) if way not in (changes_sides, is_signed_out_everywhere) else (200,)
        again.close()


class TestKeepingTheRight:
    def test_a_lesser_role_of_the_same_side_goes_on_and_looks_again(
        self, ear, world, project_manager, contributor, engagement
    ):
        from engagements.actions import people

        cem = ear(contributor, engagement, after=number_of(engagement))
        cem.wait_for("beat")

        people.change_part(
            membership=member(world, contributor).get(),
            role=Role.CLIENT_REVIEWER,
            functions=[],
            may_sign=False,
            by=project_manager,
        )

        cem.wait_for("resync")
        assert not cem.ended.is_set()

    def test_the_others_are_not_disturbed(self, ear, world, consultant, contributor, sponsor, engagement):
        after = number_of(engagement)
        cem, sofie = ear(contributor, engagement, after=after), ear(sponsor, engagement, after=after)
        sofie.wait_for("beat")

        leaves(world, contributor, {}, None)
        save(browser_of(consultant), engagement, KEY, "Cem is gone")

        cem.wait_for("revoked")
        assert "Cem is gone" in sofie.wait_for("fragments").data["html"]
        assert cem.html() == ""


class TestOwnWork:
    def test_ends_with_the_session(self, ear, world, contributor):
        cookies = cookies_for(contributor)
        cem = ear(contributor, None, cookies=cookies)
        cem.wait_for("beat")

        loses_the_session(world, contributor, cookies, None)

        cem.wait_for("revoked", seconds=2)


class TestWhatIsTheFirms:
    def test_never_reaches_a_stream_of_the_client_side(self, ear, world, consultant, contributor, engagement):
        """The canary: words in notes and internal items, on every page there is."""
        framework = engagement.questionnaire.framework
        after = number_of(engagement)
        pages = [f"step:{step.key}" for step in framework.steps] + [
            f"register:{one.key}" for one in framework.registers
        ]
        theirs = [ear(contributor, engagement, page=page, after=after) for page in pages[:9]]
        ours = ear(consultant, engagement, page="step:approach", after=after)
        for one in [*theirs, ours]:
            one.wait_for("beat")
        internal = [item for item in framework.items if item.internal and item.type == "long_text"]
        browser = browser_of(consultant)

        save(browser, engagement, KEY, "canary-in-a-note", part="note")
        for item in internal:
            save(browser, engagement, item.key, f"canary in {item.key}")
        save(browser, engagement, KEY, "The last word")

        theirs[0].wait_until(number_of(engagement))
        ours.wait_until(number_of(engagement))
        assert "canary-in-a-note" in ours.html()
        assert "The last word" in theirs[0].html()
        for one in theirs:
            everything = repr([message.data for message in one.heard]).lower()
            assert "canary" not in everything
            for item in internal:
                assert item.key not in everything
                assert item.title.lower() not in everything
