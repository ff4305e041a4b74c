"""The daily mail, and the links that stop a kind of mail with one click."""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from engagements import digest, integrity, mail, subscriptions
from engagements.models import InboxItem, Mail, Membership, Thread
from tests.engagements.test_threads import answer, say

KEY = "opening-request"
# Monday, 11:00 in Berlin; the next mail is due on Tuesday at seven.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


@pytest.fixture
def told(maya, cem, engagement, consultant):
    """Let Cem reply twice where Carla wrote: two things for her daily mail."""
    User.objects.filter(pk=consultant.pk).update(time_zone="Europe/Berlin")
    with time_machine.travel(MONDAY, tick=False):
        say(maya, engagement, "Who asked for this?")
        for words in ("The board did.", "In March."):
            answer(cem, Thread.objects.get(), words)
    return InboxItem.objects.filter(user=consultant)


def morning(day=24, hour=7, minute=0, zone="Europe/Berlin"):
    return datetime(2026, 11, day, hour, minute, tzinfo=zoneinfo.ZoneInfo(zone))


def links(sent):
    """Return the paths of the links in a mail."""
    return re.findall(r"https?://[^/\s]+(/\S+)", sent.text)


class TestDigest:
    def test_gathers_everything_in_one_mail(self, told):
        assert digest.write_digests(morning()) == 1

        (sent,) = Mail.objects.filter(kind="digest")
        assert sent.subject == "2 things since yesterday"
        assert "The board did." in sent.text
        assert "In March." in sent.text
        assert {item.mail_id for item in told} == {sent.pk}

    def test_comes_at_seven_by_the_readers_clock_and_not_before(self, told):
        assert digest.write_digests(morning(hour=6, minute=59)) == 0
        assert digest.write_digests(morning()) == 1

    def test_is_written_once(self, told):
        digest.write_digests(morning())

        assert digest.write_digests(morning(hour=8)) == 0
        assert digest.write_digests(morning(day=25)) == 0

    def test_leaves_out_what_was_read_by_then(self, told):
        told.update(read_at=MONDAY)
        User.objects.filter(inbox__in=told).update(unread=0)

        assert digest.write_digests(morning()) == 0

    def test_leaves_out_what_its_reader_may_not_see_any_more(self, told, consultant, engagement):
        Membership.objects.filter(engagement=engagement, user=consultant).update(ended_at=MONDAY)

        assert digest.write_digests(morning()) == 0

    def test_is_dropped_when_the_right_is_lost_before_it_is_sent(self, told, consultant, engagement):
        digest.write_digests(morning())
        Membership.objects.filter(engagement=engagement, user=consultant).update(ended_at=MONDAY)

        mail.send(Mail.objects.get(kind="digest").pk)

        assert Mail.objects.get(kind="digest").state == Mail.State.DROPPED

    def test_leads_to_the_exact_place(self, told, maya):
        digest.write_digests(morning())

        inside = [path for path in links(Mail.objects.get(kind="digest")) if "/inbox/" in path]
        there = maya.get(next(path for path in inside if re.search(r"\d", path)))
        assert there.status_code == 302
        assert re.search(r"#comment-\d+$", there.url)

    @pytest.mark.parametrize(
        ("now", "last"),
        [
            # The night in which clocks go forward, and the one in which they go back.
            (datetime(2026, 3, 29, 5, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
            (datetime(2026, 3, 29, 4, 30, tzinfo=UTC), datetime(2026, 3, 28, 6, 0, tzinfo=UTC)),
            (datetime(2026, 10, 25, 6, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
            (datetime(2026, 10, 25, 5, 30, tzinfo=UTC), datetime(2026, 10, 24, 5, 0, tzinfo=UTC)),
        ],
    )
    def test_knows_seven_o_clock_when_clocks_change(self, now, last):
        assert digest.last_morning(now, zoneinfo.ZoneInfo("Europe/Berlin")) == last


class TestStopping:
    def test_one_click_from_a_mail_program_stops_the_kind_without_signing_in(self, told, consultant):
        digest.write_digests(morning())
        sent = Mail.objects.get(kind="digest")
        headers = mail._message(sent).message()
        address = re.search(r"<https?://[^/]+(/.+)>", headers["List-Unsubscribe"])[1]
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

        # As RFC 8058 has it: no cookie, no token of ours.
        response = Browser(enforce_csrf_checks=True).post(address, {"List-Unsubscribe": "One-Click"})

        assert response.status_code == 200
        assert set(subscriptions.choices_of(consultant.pk).values()) == {
            InboxItem.ByMail.NOW,
            InboxItem.ByMail.NEVER,
        }

    def test_only_looking_at_the_link_stops_nothing(self, consultant):
        path = subscriptions.stop_path(consultant.pk, InboxItem.Kind.MENTION)

        page = Browser().get(path).text

        assert "No more mails of this kind?" in page
        assert subscriptions.choices_of(consultant.pk)[InboxItem.Kind.MENTION] == InboxItem.ByMail.NOW

    def test_stops_one_kind_of_one_person(self, consultant, contributor):
        Browser().post(subscriptions.stop_path(consultant.pk, InboxItem.Kind.MENTION))

        assert subscriptions.choices_of(consultant.pk)[InboxItem.Kind.MENTION] == InboxItem.ByMail.NEVER
        assert subscriptions.choices_of(consultant.pk)[InboxItem.Kind.ASKED] == InboxItem.ByMail.NOW
        assert subscriptions.choices_of(contributor.pk)[InboxItem.Kind.MENTION] == InboxItem.ByMail.NOW

    def test_takes_what_waits_for_tomorrow_out_of_the_mail_and_leaves_it_in_the_inbox(self, told, consultant):
        Browser().post(subscriptions.stop_path(consultant.pk, subscriptions.DIGEST))

        assert digest.write_digests(morning()) == 0
        assert told.filter(read_at=None).count() == 2

    def test_a_link_that_was_changed_is_refused(self, consultant):
        path = subscriptions.stop_path(consultant.pk, InboxItem.Kind.MENTION)

        response = Browser().post(path[:-3] + "xx/")

        assert response.status_code == 404
        assert subscriptions.choices_of(consultant.pk)[InboxItem.Kind.MENTION] == InboxItem.ByMail.NOW

    def test_every_kind_carries_its_link(self, maya, cem, engagement, contributor):
        say(maya, engagement, "@Cem Kaya, who asked for this?")

        (sent,) = Mail.objects.filter(user=contributor)
        assert subscriptions.stop_path(contributor.pk, "mention") in links(sent)

    def test_choosing_at_once_sends_at_once(self, maya, cem, engagement, consultant):
        choices = dict.fromkeys(InboxItem.Kind.values, "now")
        assert maya.post(reverse("engagements:mail-choices"), choices).status_code == 302
        say(maya, engagement, "Who asked for this?")

        answer(cem, Thread.objects.get(), "The board did.")

        (sent,) = Mail.objects.filter(user=consultant)
        assert "The board did." in sent.text
        assert abs(sent.send_after - sent.created_at) < timedelta(seconds=5)
