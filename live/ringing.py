"""Hear the rings of other processes through Valkey, for as long as it is there."""

import asyncio
import logging
from collections.abc import Callable

import redis.asyncio
from django.conf import settings
from redis.asyncio.client import PubSub

from live.bell import CHANNEL

log = logging.getLogger("throughline.live")

PATIENCE = 1.0  # s to connect, to answer a ping, and between two tries
SILENCE = 5.0  # s without a ring after which we ask whether Valkey is still there


async def listen_to_bell(heard: Callable[[str], None], back: Callable[[], None]) -> None:
    """Call *heard* for every ring, and *back* whenever the connection is there again; runs until it is cancelled."""
    told = False
    while True:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=PATIENCE, retry=None)
        try:
            async with client, client.pubsub() as bell:
                await asyncio.wait_for(bell.subscribe(CHANNEL), PATIENCE)
                back()
                told = False
                while True:
                    await _one_ring(bell, heard)
        except (redis.RedisError, OSError, TimeoutError) as error:
            if not told:
                log.warning("the bell is silent, looking once a second instead: %s", error)
                told = True
            await asyncio.sleep(PATIENCE)


async def _one_ring(bell: PubSub, heard: Callable[[str], None]) -> None:
    message = await bell.get_message(ignore_subscribe_messages=True, timeout=SILENCE)
    if message is None:
        await asyncio.wait_for(bell.ping(), PATIENCE)
        message = await bell.get_message(timeout=PATIENCE)
    if message is None:
        raise TimeoutError("no answer")
    if message["type"] == "message":
        heard(message["data"].decode())
