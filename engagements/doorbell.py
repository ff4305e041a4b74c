"""Ring for the worker. Rows hold the truth: a ring that is lost costs a second (DESIGN rule 7)."""

import time
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import transaction

CHANNEL = "throughline:work"
# Seconds: how long a ring may take, and how long Valkey is left alone after it did not answer.
PATIENCE = 0.3
REST = 2.0

_client: redis.Redis | None = None
_away_until = 0.0


@dataclass(frozen=True)
class Work:
    """A kind of work that waits in rows, for the worker's lookout.

    *due* is SQL that gives (id, turn) of rows whose time has come; *turn* is any value that changes when a row
    has to be done once more. *task* is called with the id and must claim the row itself: it can be rung twice.
    """

    task: str
    due: str


def ring_on_commit() -> None:
    """Let a worker look at its rows as soon as this transaction has committed. Never raises."""
    transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Let a worker look at its rows now. Gives up at once while Valkey is away."""
    global _client, _away_until
    if time.monotonic() < _away_until:
        return
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
        )
    try:
        _client.publish(CHANNEL, "")
    except (redis.RedisError, OSError):
        _away_until = time.monotonic() + REST
