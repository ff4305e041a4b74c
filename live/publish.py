"""Ring the doorbell after a commit. Nothing depends on anybody hearing it (DESIGN rule 7).

The caller never waits: this process's own listeners are told directly, other processes by a thread that talks to
Valkey. A ring that is lost costs a second, because every process also looks at the numbers once a second.
"""

import contextlib
import os
import queue
import threading
import time

import redis
from django.conf import settings

from live.bell import CHANNEL, ring_here

# Seconds. While Valkey is away a publisher tries again after this long and lets go of what it had.
PATIENCE = 0.5


def announce(source: str, topic: int, number: int) -> None:
    """Tell every web process that *topic* of *source* has reached *number*."""
    _say(f"{source} {topic} {number}")


def nudge(source: str, topic: int, pages: str = "") -> None:
    """Let the pages of *topic* whose name begins with *pages* fetch themselves again; nothing is sent but that.

    For what changes without an event, such as how far a report is.
    """
    _say(f"{source} {topic} look {pages}")


def presence_changed(source: str, topic: int) -> None:
    """Tell every web process that somebody came, went or moved in *topic*."""
    _say(f"{source} {topic} presence")


def _say(text: str) -> None:
    ring_here(text)
    _publisher().rings.put(text)


class _Publisher(threading.Thread):
    """Hands rings to Valkey, so that nobody who saves ever waits for it."""

    def __init__(self) -> None:
        super().__init__(name="live-publisher", daemon=True)
        self.process = os.getpid()
        self.rings: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self) -> None:
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
        )
        while True:
            text = self.rings.get()
            try:
                client.publish(CHANNEL, text)
            except Exception:
                # Whatever it was, the ring is not worth a try: everybody looks again within a second.
                time.sleep(PATIENCE)
                self._let_go()

    def _let_go(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self.rings.get_nowait()


_starting = threading.Lock()
_running: _Publisher | None = None


def _publisher() -> _Publisher:
    """Return this process's thread, also in a child that was forked from one that had its own."""
    global _running
    if _running is None or _running.process != os.getpid():
        with _starting:
            if _running is None or _running.process != os.getpid():
                _running = _Publisher()
                _running.start()
    return _running
