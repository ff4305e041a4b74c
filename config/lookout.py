"""The worker's lookout: once a second, and whenever somebody rings, it looks for rows whose time has come.

It is a thread of the worker's own process rather than a task of beat's: a task each second would need a free child
(two long reports would hide that the worker lives), and write three lines of log each time.
"""

import logging
import threading
import time
from typing import Any

import psycopg
import redis
from celery import Celery, bootsteps
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from config.views import WORKER_SIGN
from engagements import doorbell
from engagements.mail import WORK as MAIL
from questionnaires.health.summaries import WORK as HEALTH
from questionnaires.reminders import WORK as REMINDERS
from reports.actions.scheduling import FOLLOW_UPS, PLANS
from reports.actions.setting import WORK as REPORTS

log = logging.getLogger("throughline.lookout")

WORK: tuple[doorbell.Work, ...] = (MAIL, REMINDERS, HEALTH, REPORTS, PLANS, FOLLOW_UPS)

LOOK_EVERY = 1.0  # s
SIGN_EVERY = 10.0  # s
# After this many seconds a row that is still due is rung for again: the first message was lost.
RING_AGAIN = 15.0


class Lookout(bootsteps.StartStopStep):  # type: ignore[misc]  # celery ships no types
    """Start the thread with the worker and end it with the worker."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.watch: Watch | None = None

    def start(self, parent: Any) -> None:
        """Begin to look."""
        self.watch = Watch(parent.app)
        self.watch.start()

    def stop(self, parent: Any) -> None:
        """Look no more."""
        if self.watch is not None:
            self.watch.ended.set()
            self.watch.join(2 * LOOK_EVERY)


class Watch(threading.Thread):
    """Rings Celery for every row that is due, and writes the worker's sign of life."""

    def __init__(self, app: Celery) -> None:
        super().__init__(name="lookout", daemon=True)
        self.app = app
        self.ended = threading.Event()
        # A connection of its own, not Django's pool: the pool's threads would not survive the forks of this process.
        self.database: psycopg.Connection[Any] | None = None
        self.broker = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=1, retry=None
        )
        self.bell: redis.client.PubSub | None = None
        self.rung: dict[tuple[str, int, str], float] = {}
        self.signed = float("-inf")
        self.troubled = ""

    def run(self) -> None:
        """Look, until the worker ends."""
        while not self.ended.is_set():
            try:
                self.look()
                self.sign()
                self.trouble("")
            except psycopg.Error as error:
                self.database = None
                self.trouble(f"The database does not answer: {type(error).__name__}")
            except (redis.RedisError, OperationalError, OSError) as error:
                self.trouble(f"The broker does not answer: {type(error).__name__}")
            self.rest()

    def look(self) -> None:
        """Ring for every row that is due and was not rung for just now."""
        if self.database is None:
            parameters = connection.get_connection_params()
            parameters.pop("pool", None)
            self.database = psycopg.connect(**parameters, autocommit=True)
        now = time.monotonic()
        self.rung = {key: at for key, at in self.rung.items() if now - at < RING_AGAIN}
        for work in WORK:
            for row_id, turn in self.database.execute(work.due).fetchall():
                key = (work.task, row_id, str(turn))
                if key not in self.rung:
                    self.app.send_task(work.task, args=[row_id], retry=False, ignore_result=True)
                    self.rung[key] = now

    def sign(self) -> None:
        """Write the sign of life that readiness looks for."""
        if time.monotonic() - self.signed >= SIGN_EVERY:
            self.broker.set(WORKER_SIGN, time.time())
            self.signed = time.monotonic()

    def rest(self) -> None:
        """Wait for a ring, or for the next look."""
        until = time.monotonic() + LOOK_EVERY
        try:
            if self.bell is None:
                self.bell = self.broker.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
                self.bell.subscribe(doorbell.CHANNEL)
            while (left := until - time.monotonic()) > 0 and not self.ended.is_set():
                if self.bell.get_message(timeout=left):
                    return
        except (redis.RedisError, OSError):
            self.bell = None
            self.ended.wait(max(0.0, until - time.monotonic()))

    def trouble(self, words: str) -> None:
        """Say a trouble once, and once that it is over."""
        if words != self.troubled:
            log.warning(words or "Everything answers again.")
            self.troubled = words
