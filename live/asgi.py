"""Streams beside Django: a view decides, then the stream runs here without a thread or a database connection.

Django answers the request as any other, which gives its thread and its connection back. When the view has put a
ticket into the request's scope, its answer is not sent; the events of the ticket's topic are sent instead.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from live import hub, messages
from live.hub import Full, Hub
from live.listener import Listener
from live.source import Ticket

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

SEAT = "live"
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class Seat:
    """Where a view finds out whether there is room, and leaves its ticket."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.ticket: Ticket | None = None


class Streams:
    """Wrap an application whose views may hand out tickets, at addresses that end in ``/stream/``."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "lifespan":
            await _live_and_die(receive, send)
        elif scope["type"] == "http" and scope["path"].endswith("/stream/"):
            await self._stream(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        seat = scope[SEAT] = Seat(hub.current())
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self.application(scope, receive, keep)
        if seat.ticket is None:
            for message in answer:
                await send(message)
            return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        try:
            listener = seat.hub.join(seat.ticket)
        except Full:
            # The last seat went while this one was being looked at.
            await send({"type": "http.response.body", "body": messages.bye(10)})
            return
        try:
            await _send_all(listener, receive, send)
        finally:
            seat.hub.leave(listener)


async def _send_all(listener: Listener, receive: Receive, send: Send) -> None:
    """Send what a listener is told until it ends, its page goes away, or it is too slow."""
    loop = asyncio.get_running_loop()
    listener.on_overflow = asyncio.current_task()
    watcher = loop.create_task(_until_gone(receive, listener))
    try:
        # A first comment lets the browser know at once that the stream is open.
        await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
        while (chunk := await listener.next()) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except asyncio.CancelledError:
        if listener.is_open:
            raise
        # Dropped for being too slow: the server closes what is left of the connection.
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher


async def _until_gone(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.drop()


async def _live_and_die(receive: Receive, send: Send) -> None:
    running: Hub | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            running = hub.current()
            hub.end_with_process(running)
            await send({"type": "lifespan.startup.complete"})
        else:
            if running is not None:
                await running.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
