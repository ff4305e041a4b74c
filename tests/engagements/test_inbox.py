"""What people are told: by whom, of what, and the way there."""

import threading
import uuid

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import User
from engagements import integrity
from engagements.actions import inbox, threads
from engagements.models import InboxItem, Thread
from engagements.notify import Subject, excerpt, notify
from engagements.policy import Permission
from questionnaires.access import get_desk
from questionnaires.actions import handover
from tests.engagements.test_threads import answer, say
from tests.questionnaires.saves import save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_entries import do

KEY = "opening-request"


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


def inbox_of(browser, **query):
    return browser.get(reverse("engagements:inbox"), query).text


def unread_of(person):
    return User.objects.values_list("unread", flat=True).get(pk=person.pk)


class TestTold:
    def test_a_reply_tells_who_wrote_there_and_not_who_replies(self, maya, cem, engagement, consultant):
        say(maya, engagement, "A question")

        answer(cem, Thread.objects.get(), "An answer")

        told = InboxItem.objects.get()
        assert (told.user, told.kind, told.by.display_name) == (consultant, "reply", "Cem Kaya")

    def test_one_event_tells_a_person_once(self, maya, cem, engagement, consultant):
        say(maya, engagement, "A question")

        answer(cem, Thread.objects.get(), "@Carla Conti an answer")

        assert [item.kind for item in InboxItem.objects.filter(user=consultant)] == ["mention"]
        assert unread_of(consultant) == 1

    def test_who_is_asked_reads_the_words_that_came_with_it(self, maya, engagement, contributor):
        member = engagement.memberships.get(user=contributor)

        do(maya, engagement, "assign", to=member.pk, due="2026-12-04", words="You know this best")

        told = InboxItem.objects.get(user=contributor)
        assert (told.kind, told.words, told.item_key) == ("asked", "You know this best", KEY)
        assert told.title.startswith("1.1 ")

    def test_who_finds_something_out_is_told(self, maya, engagement, contributor):
        member = engagement.memberships.get(user=contributor)

        do(maya, engagement, "unknown", finder=member.pk, find_by="2026-12-04")

        assert InboxItem.objects.get(user=contributor).kind == "asked"

    def test_an_answer_beside_mine_is_told_to_me(self, maya, cem, engagement, consultant):
        save(maya, engagement, KEY, "We want a model")
        response = save(cem, engagement, KEY, "Something else entirely", base=0)

        assert response["Save-Outcome"] == "conflict"
        told = InboxItem.objects.get()
        assert (told.user, told.kind) == (consultant, "conflict")

    def test_nobody_is_told_what_they_may_not_see(
        self, maya, engagement, project_manager, contributor, outsider, desk, consultant
    ):
        say(maya, engagement, "Among us", firm="1")
        event = engagement.events.get(kind="thread.opened")

        notify(
            event,
            [project_manager.pk, contributor.pk, outsider.pk, consultant.pk],
            InboxItem.Kind.REPORT,
            Subject(KEY, "1.1"),
        )

        assert [item.user for item in InboxItem.objects.all()] == [project_manager]

    def test_a_former_member_is_not_told(self, maya, engagement, contributor):
        engagement.memberships.filter(user=contributor).update(ended_at="2026-01-01T00:00:00Z")

        say(maya, engagement, "@Cem Kaya are you still there?")

        assert InboxItem.objects.count() == 0

    def test_long_words_are_cut_between_two(self):
        assert excerpt("word " * 100) == "word " * 59 + "word …"
        assert excerpt("x" * 400) == "x" * 300 + " …"


class TestInbox:
    def test_lists_what_is_unread_and_counts_it_on_every_page(self, maya, cem, engagement):
        say(maya, engagement, "@Cem Kaya one")
        say(maya, engagement, "@Cem Kaya two")

        page = inbox_of(cem)

        assert page.count("Carla Conti mentions you") == 2
        assert '<span class="count" aria-hidden="true">2</span>' in page

    def test_opening_one_leads_to_the_exact_place_and_reads_it(self, maya, cem, engagement, contributor):
        say(maya, engagement, "@Cem Kaya one")
        item = InboxItem.objects.get()

        response = cem.get(reverse("engagements:inbox-open", args=[item.pk]))

        assert response["Location"] == f"/engagements/{engagement.pk}/items/{KEY}/#{item.anchor}"
        page = cem.get(response["Location"].partition("#")[0]).text
        assert f'id="{item.anchor}"' in page
        assert unread_of(contributor) == 0

    def test_the_firm_lands_in_the_step(self, maya, cem, engagement):
        say(cem, engagement, "@Carla Conti one")

        response = maya.get(reverse("engagements:inbox-open", args=[InboxItem.objects.get().pk]))

        assert response["Location"].startswith(f"/engagements/{engagement.pk}/steps/1/#comment-")

    def test_a_browser_that_only_prepares_reads_nothing(self, maya, cem, engagement, contributor):
        say(maya, engagement, "@Cem Kaya one")
        url = reverse("engagements:inbox-open", args=[InboxItem.objects.get().pk])

        cem.get(url, headers={"Sec-Purpose": "prefetch;prerender"})
        cem.head(url)

        assert unread_of(contributor) == 1

    def test_marks_one_all_and_back(self, maya, cem, engagement, contributor):
        for text in ("one", "two", "three"):
            say(maya, engagement, f"@Cem Kaya {text}")
        first = InboxItem.objects.order_by("pk").first()
        url = reverse("engagements:inbox-read")

        cem.post(url, {"item": first.pk})
        assert unread_of(contributor) == 2
        cem.post(url, {"item": first.pk})
        assert unread_of(contributor) == 2
        cem.post(url, {"all": "1"})
        assert unread_of(contributor) == 0
        cem.post(url, {"item": first.pk, "unread": "1"})
        assert unread_of(contributor) == 1

    def test_somebody_elses_items_stay_theirs(self, maya, cem, engagement, contributor):
        say(maya, engagement, "@Cem Kaya one")
        item = InboxItem.objects.get()

        assert maya.get(reverse("engagements:inbox-open", args=[item.pk])).status_code == 404
        maya.post(reverse("engagements:inbox-read"), {"item": item.pk})

        assert unread_of(contributor) == 1

    def test_filters_by_kind_and_engagement(self, maya, cem, engagement, contributor):
        say(maya, engagement, "@Cem Kaya one")
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "assign", to=member.pk, words="Please answer")

        assert "Please answer" not in inbox_of(cem, kind="mention")
        assert "Please answer" in inbox_of(cem, kind="asked")
        assert "Nothing here matches" in inbox_of(cem, engagement="0")
        assert "Please answer" in inbox_of(cem, engagement=engagement.pk)

    def test_who_has_left_reads_nothing_more(self, maya, cem, engagement, contributor):
        say(maya, engagement, "@Cem Kaya a canary")
        item = InboxItem.objects.get()
        engagement.memberships.filter(user=contributor).update(ended_at="2026-01-01T00:00:00Z")

        assert "canary" not in inbox_of(cem, show="all")
        assert cem.get(reverse("engagements:inbox-open", args=[item.pk])).status_code == 404

    def test_costs_the_same_with_many(self, maya, cem, engagement):
        say(maya, engagement, "@Cem Kaya one")
        inbox_of(cem)
        with Statements() as before:
            inbox_of(cem)
        for number in range(15):
            say(maya, engagement, f"@Cem Kaya {number}")
        with Statements() as after:
            inbox_of(cem)
        assert after.count == before.count <= 5, after.told

    def test_pages_lead_back_to_the_older_ones(self, maya, cem, engagement):
        for number in range(55):
            say(maya, engagement, f"@Cem Kaya number {number:02}")

        page = inbox_of(cem)
        older = inbox_of(cem, before=InboxItem.objects.order_by("-pk")[49].pk)

        assert "number 54" in page
        assert "number 04" not in page
        assert "number 04" in older
        assert "number 05" not in older


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_reading_while_being_told_keeps_the_count_right(self, world, desk):
        consultant, contributor = world.people["consultant"], world.people["contributor"]
        membership = desk(consultant).membership
        failures = []

        def work(deed):
            try:
                for number in range(12):
                    deed(number)
            except Exception as error:  # shown by the test
                failures.append(error)
            finally:
                connection.close()

        def tell(number):
            threads.open_thread(
                membership=membership,
                subject=Subject(KEY, "1.1"),
                text=f"@Cem Kaya {number}",
                key=uuid.uuid4(),
            )

        def read(_number):
            items = InboxItem.objects.filter(user=contributor, read_at=None).values_list("pk", flat=True)[:2]
            inbox.mark_read(user=contributor, items=list(items))

        workers = [threading.Thread(target=work, args=[deed]) for deed in (tell, read, tell)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert failures == []
        assert InboxItem.objects.filter(user=contributor).count() == 24
        assert unread_of(contributor) == InboxItem.objects.filter(user=contributor, read_at=None).count()


class TestLeaving:
    def test_what_a_former_member_cannot_read_is_not_counted(
        self, maya, engagement, reviewer, project_manager
    ):
        say(maya, engagement, "@Rosa Ruiz one")
        assert unread_of(reviewer) == 1

        member = engagement.memberships.get(user=reviewer)
        leave(member, project_manager)

        assert unread_of(reviewer) == 0


def leave(member, by):
    """End a membership as the page of people does."""
    desk = get_desk(by, member.engagement_id, can=Permission.MANAGE)
    handover.leave(desk=desk, membership=member, to=None)
