"""An event with a lower number that is committed later is never skipped."""

import threading

import pytest
from django.db import connection, connections, transaction

from engagements import history
from engagements.models import Event
from live import publish
from questionnaires.actions.answers import save as save_answer
from questionnaires.places import Base, Place
from tests.live.ears import eventually, number_of
from tests.people import browser_of, desk
from tests.questionnaires.saves import save

pytestmark = pytest.mark.django_db(transaction=True)


class Paused:
    """A save that has its number and is not committed yet, in a thread of its own."""

    def __init__(self, person, engagement, key, text):
        self.has_number, self.may_commit = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, args=(person, engagement, key, text))

    def run(self, person, engagement, key, text):
        import uuid

        with transaction.atomic():
            save_answer(
                desk=desk(person, engagement), place=Place(key), raw=text, base=Base(0), key=uuid.uuid4()
            )
            self.has_number.set()
            assert self.may_commit.wait(10)
        connections.close_all()

    def __enter__(self):
        self.thread.start()
        assert self.has_number.wait(10)
        return self

    def __exit__(self, *_error):
        self.may_commit.set()
        self.thread.join()


def test_whoever_comes_later_waits_and_both_are_told(
    ear, world, consultant, contributor, sponsor, engagement
):
    before = number_of(engagement)
    sofie = ear(sponsor, engagement, page="step:approach", after=before)
    sofie.wait_for("beat")
    browser = browser_of(contributor)
    later = threading.Thread(
        target=lambda: (save(browser, engagement, "background", "Second"), connections.close_all())
    )

    with Paused(consultant, engagement, "opening-request", "First"):
        later.start()
        eventually(lambda: waits_for_the_engagement(engagement))
        # A ring that comes too early, or one for the higher number, changes nothing.
        publish.announce(history.TOPICS, engagement.pk, before + 2)
        assert later.is_alive()
        assert sofie.html() == ""
    later.join()

    sofie.wait_until(before + 2)
    assert "First" in sofie.html()
    assert "Second" in sofie.html()
    assert [event.number for event in Event.objects.filter(engagement=engagement).after(before)] == [
        before + 1,
        before + 2,
    ]


def test_without_the_lock_a_listener_would_miss_one(ear, world, consultant, sponsor, engagement):
    """The twin without the guard: numbers given out before their transactions are in order lose an event."""
    before = number_of(engagement)
    sofie = ear(sponsor, engagement, page="step:approach", after=before)
    sofie.wait_for("beat")

    write(engagement, before + 2, consultant, "background")
    sofie.wait_until(before + 2)
    write(engagement, before + 1, consultant, "opening-request")
    publish.announce(history.TOPICS, engagement.pk, before + 1)
    with pytest.raises(AssertionError):
        sofie.wait_for("fragments", count=2, seconds=2)

    assert "item-background" in sofie.html()
    assert "item-opening-request" not in sofie.html()


def write(engagement, number, person, key):
    """Commit an event with a number of one's own choice."""
    with transaction.atomic():
        Event.objects.create(
            engagement=engagement, number=number, kind="answer.settled", by=person, item_key=key
        )
        last = max(number, number_of(engagement))
        type(engagement).objects.filter(pk=engagement.pk).update(last_event=last)
    publish.announce(history.TOPICS, engagement.pk, number)


def waits_for_the_engagement(engagement) -> bool:
    """Say whether somebody waits for a lock in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0
