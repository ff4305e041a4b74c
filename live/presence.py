"""Who is here: kept in Valkey with an end to every entry, and simply unknown while Valkey is away."""

import json
import time
from typing import Any

import redis
from django.conf import settings

from live import publish

# Seconds. A page says every 15 that it is there; when the network vanished it is gone 40 after its last word.
STAYS = 40
PATIENCE = 0.3
# How long to leave Valkey alone after it did not answer.
REST = 2.0
# More pages in one topic than anybody could look at.
MOST = 500

_client: redis.Redis | None = None
_away_until = 0.0


def here(source: str, topic: int, *, person: int, tab: str, facts: dict[str, Any]) -> None:
    """Keep that *person* has a page open, with *facts* about it, until it says so again or leaves."""
    key, field = _key(f"{source} {topic}"), f"{person}:{tab}"
    entry = facts | {"person": person, "tab": tab}
    before, count = _ask(lambda client: client.pipeline().hget(key, field).hlen(key).execute()) or (None, 0)
    if before is None and count >= MOST:
        return
    kept = json.dumps(entry | {"until": time.time() + STAYS})
    _ask(lambda client: client.pipeline().hset(key, field, kept).expire(key, 3 * STAYS).execute())
    if before is None or _without_end(json.loads(before)) != entry:
        publish.presence_changed(source, topic)


def gone(source: str, topic: int, *, person: int, tab: str) -> None:
    """Forget one page of *person*."""
    if _ask(lambda client: client.hdel(_key(f"{source} {topic}"), f"{person}:{tab}")):
        publish.presence_changed(source, topic)


def forget(name: str, person: int) -> None:
    """Forget every page of *person* in a topic known as *name*: they may not be there any more."""
    source, _, topic = name.partition(" ")
    for entry in who(name):
        if entry["person"] == person:
            gone(source, int(topic), person=person, tab=entry["tab"])


def who(name: str) -> list[dict[str, Any]]:
    """Return the entries of a topic known as *name* that have not run out, by person and page."""
    key = _key(name)
    kept: dict[bytes, bytes] = _ask(lambda client: client.hgetall(key)) or {}
    entries = {field: json.loads(value) for field, value in kept.items()}
    late = [field for field, entry in entries.items() if entry["until"] < time.time()]
    if late:
        _ask(lambda client: client.hdel(key, *late))
    found = [entry for field, entry in entries.items() if field not in late]
    return sorted(found, key=lambda entry: (entry["person"], entry["tab"]))


def _key(name: str) -> str:
    return "throughline:presence:" + name.replace(" ", ":")


def _without_end(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "until"}


def _ask(question: Any) -> Any:
    """Ask Valkey, or return None at once while it is away."""
    global _client, _away_until
    if time.monotonic() < _away_until:
        return None
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
        )
    try:
        return question(_client)
    except (redis.RedisError, OSError):
        _away_until = time.monotonic() + REST
        return None
