"""The worker's lookout: what waits in rows is done within a second or two, rung for or not, whoever died meanwhile."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from config.views import WORKER_SIGN
from engagements import doorbell
from engagements.models import Mail
from tests.server import ROOT, test_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker(transactional_db, settings):
    """Start a worker on the test's database."""
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(WORKER_SIGN)
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--app", "config.celery:app", "worker"),
            *("--concurrency", "1", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
        ],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": test_database()},
        stdin=subprocess.DEVNULL,
    )
    until(lambda: sign_of_life(settings) is not None, "the worker shows no sign of life", seconds=40)
    yield child
    child.send_signal(signal.SIGTERM)
    child.wait(15)


def sign_of_life(settings):
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        return broker.get(WORKER_SIGN)


def until(holds, otherwise, seconds=10):
    """Wait until something holds, looking often; fail with *otherwise* after *seconds*."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, otherwise
        time.sleep(0.02)


def state_of(message):
    message.refresh_from_db()
    return message.state


def letter(**fields):
    given = {"to": "a@b.example", "kind": "test", "once": f"{time.monotonic()}", "subject": "S", "text": "T"}
    return Mail.objects.create(**given | fields)


def test_rows_are_worked_off_whether_or_not_anybody_rings(worker, settings):
    alive = float(sign_of_life(settings))
    assert abs(time.time() - alive) < 40

    rung = letter()
    doorbell.ring()
    until(lambda: state_of(rung) == "sent", "a mail that was rung for waits")

    silent = letter()
    until(lambda: state_of(silent) == "sent", "a mail that nobody rang for waits")

    orphan = letter(state="sending", attempts=1, lease_until=timezone.now() - timedelta(seconds=1))
    until(lambda: state_of(orphan) == "sent", "a mail whose sender died waits")
    assert orphan.attempts == 2

    later = letter(send_after=timezone.now() + timedelta(seconds=2))
    time_of_writing = timezone.now()
    until(lambda: state_of(later) == "sent", "a mail for later waits for ever")
    assert later.sent_at - time_of_writing > timedelta(seconds=1.5)

    many = [letter(once=f"many {number}") for number in range(40)]
    doorbell.ring()
    until(lambda: all(state_of(message) == "sent" for message in many), "of many some wait", seconds=20)
    assert {message.attempts for message in many} == {1}

    os.kill(worker.pid, 0)
