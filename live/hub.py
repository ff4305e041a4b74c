"""Who listens in this process, and what they are told.

One hub per event loop. It knows no domain: a `Source` says who may listen and renders. Rings only make it look
sooner; the numbers in the database, looked at once a second, are what it goes by, so that it needs no Valkey.
"""

import asyncio
import contextlib
import logging
import random
import signal
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import connections

from live import messages, presence
from live.bell import hearers
from live.listener import Listener
from live.ringing import listen_to_bell
from live.source import MAX_BEHIND, Batch, Source, Ticket

log = logging.getLogger("throughline.live")
Given = ParamSpec("Given")
Result = TypeVar("Result")

TICK = 1.0  # s between two looks at rights and numbers
BEATS = 15  # ticks between two heartbeats of one stream
COALESCE = 0.05  # s; what happens meanwhile goes out together
SHARE = 3  # a topic rests this many times as long as its last round took
FACES = 0.15  # s; comings and goings within it are told together
# A right that could not be checked for this long is taken to be lost.
UNCHECKED = 4.0


class Full(Exception):
    """There is no room for another stream, of this person or at all."""


class Topic:
    """One topic somebody here listens to."""

    def __init__(self, source: Source, pk: int) -> None:
        self.source = source
        self.pk = pk
        self.number = 0  # in the database, when last looked at
        self.told = -1  # what its listeners have been brought to
        self.listeners: set[Listener] = set()
        self.rung = asyncio.Event()
        self.faces_rung = asyncio.Event()
        self.faces: dict[str, bytes] = {}
        self.next_face_leaves = float("inf")

    @property
    def key(self) -> str:
        """The name under which rings and presence know it."""
        return f"{self.source.name} {self.pk}"


class Hub:
    """The listeners of one event loop. Everything but `ring` runs in that loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.topics: dict[str, Topic] = {}
        self.people: Counter[int] = Counter()
        self.open = 0
        self.is_closing = False
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")
        self._tasks: set[asyncio.Task[None]] = set()
        self._looked_at = self.loop.time()
        self._ticks = 0
        hearers.add(self)

    # ---- coming and going

    def refuses(self, person: int) -> int:
        """Return the status to refuse *person* another stream with, 0 when there is room; callable from any thread."""
        if self.people[person] >= settings.LIVE_STREAMS_PER_PERSON:
            return 429
        return 503 if self.is_closing or self.open >= settings.LIVE_STREAMS else 0

    def join(self, ticket: Ticket) -> Listener:
        """Let a page listen, from the number its ticket names on. Raises Full."""
        if self.refuses(ticket.person):
            raise Full
        if not self.open:
            self._start()
        key = f"{ticket.source.name} {ticket.topic}"
        topic = self.topics.get(key)
        if topic is None:
            topic = self.topics[key] = Topic(ticket.source, ticket.topic)
            self._spawn(self._tell(topic))
            self._spawn(self._tell_faces(topic))
        listener = Listener(ticket, beat_at=random.randrange(BEATS))  # noqa: S311 - spreads heartbeats
        topic.listeners.add(listener)
        self.people[ticket.person] += 1
        self.open += 1
        topic.rung.set()
        topic.faces_rung.set()
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a listener whose page is gone."""
        ticket = listener.ticket
        topic = self.topics.get(f"{ticket.source.name} {ticket.topic}")
        if topic is None or listener not in topic.listeners:
            return
        topic.listeners.discard(listener)
        self.open -= 1
        self.people[ticket.person] -= 1
        if not self.people[ticket.person]:
            del self.people[ticket.person]
        if not topic.listeners:
            del self.topics[topic.key]
            topic.rung.set()
            topic.faces_rung.set()

    def close(self) -> None:
        """Ask every page to come back a little later, and take no more: this process is about to end."""
        self.is_closing = True
        for topic in self.topics.values():
            for listener in topic.listeners:
                listener.end(messages.bye(random.uniform(0.3, 2.5)))  # noqa: S311 - spreads reconnects

    async def stop(self) -> None:
        """Close, and end what runs in the background."""
        self.close()
        hearers.discard(self)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=True, cancel_futures=True)

    # ---- rings

    def ring(self, text: str) -> None:
        """Take note of a ring; callable from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop has just closed
            self.loop.call_soon_threadsafe(self._heard, text)

    def _heard(self, text: str) -> None:
        source, pk, what, *rest = [*text.split(" ", 3), ""]
        topic = self.topics.get(f"{source} {pk}")
        if topic is None:
            return
        if what == "presence":
            topic.faces_rung.set()
        elif what == "look":
            self._look_again(topic, rest[0])
        elif what.isdigit() and int(what) > topic.told:
            topic.rung.set()

    def _look_again(self, topic: Topic, pages: str) -> None:
        for listener in topic.listeners:
            if listener.is_current and topic.source.is_page(listener.ticket.audience, pages):
                listener.put(messages.resync(listener.number))

    # ---- rounds

    async def _tell(self, topic: Topic) -> None:
        """Bring a topic's listeners up to date whenever it was rung, until the last one has left."""
        while topic.listeners:
            await topic.rung.wait()
            topic.rung.clear()
            began = self.loop.time()
            try:
                await self._round(topic)
            except Exception:
                # Nothing was delivered: without a check nobody is told anything. The next tick tries again.
                log.exception("could not tell %s", topic.key)
            await asyncio.sleep(max(COALESCE, SHARE * (self.loop.time() - began)))

    async def _round(self, topic: Topic) -> None:
        listeners = list(topic.listeners)
        if not listeners:
            return
        drawn, numbers = await self._in_thread(_prepare, topic.source, topic.pk, topic.number, listeners)
        self._check(topic, listeners, numbers)
        if not topic.source.draws:
            return
        if drawn is None:
            self._let_fetch(topic)
            return
        topic.told = drawn.number
        for listener in listeners:
            if listener.is_open and listener.number < drawn.number:
                listener.put(drawn.messages.get(listener.ticket.audience))
                listener.number = drawn.number
        if topic.told < topic.number:
            topic.rung.set()

    def _check(self, topic: Topic, listeners: list[Listener], numbers: list[int | None]) -> None:
        """End the streams that may not go on, and send those back whose number this topic never had or left far behind."""
        for listener, number in zip(listeners, numbers, strict=True):
            if not listener.is_open:
                continue
            if number is None:
                self._revoke(topic, listener)
                continue
            if listener.ticket.after is None and not listener.is_current:
                listener.number = number
            elif _is_lost(topic.source, listener.number, number):
                listener.put(messages.resync(number))
                listener.number = number
            topic.number = number
            if not listener.is_current:
                listener.is_current = True
                listener.put(messages.beat(listener.number))

    def _let_fetch(self, topic: Topic) -> None:
        """What happened could not be drawn: every page fetches itself again."""
        topic.told = topic.number
        for listener in topic.listeners:
            if listener.is_current and listener.number < topic.number:
                listener.put(messages.resync(topic.number))
                listener.number = topic.number

    def _revoke(self, topic: Topic, listener: Listener) -> None:
        listener.end(messages.REVOKED)
        self._spawn(self._in_thread(presence.forget, topic.key, listener.ticket.person))

    async def _tick(self) -> None:
        """Once a second: who may still listen, and how far their topics are."""
        while True:
            await asyncio.sleep(TICK)
            self._ticks += 1
            try:
                await self._look()
                self._looked_at = self.loop.time()
            except Exception:
                log.warning("could not check who may listen", exc_info=True)
                if self.loop.time() - self._looked_at > UNCHECKED:
                    self._turn_away()
            for topic in list(self.topics.values()):
                if time.time() > topic.next_face_leaves:
                    topic.faces_rung.set()
                for listener in topic.listeners:
                    if listener.beat_at == self._ticks % BEATS:
                        listener.put(messages.beat(listener.number))

    async def _look(self) -> None:
        by_source: dict[int, list[tuple[Topic, Listener]]] = {}
        for topic in self.topics.values():
            for listener in topic.listeners:
                by_source.setdefault(id(topic.source), []).append((topic, listener))
        for pairs in by_source.values():
            source = pairs[0][0].source
            tickets = [listener.ticket for _topic, listener in pairs]
            numbers = await asyncio.wait_for(self._in_thread(source.look, tickets), UNCHECKED)
            for (topic, listener), number in zip(pairs, numbers, strict=True):
                if not listener.is_open:
                    continue
                if number is None:
                    self._revoke(topic, listener)
                elif number != listener.number:
                    topic.rung.set()

    def _turn_away(self) -> None:
        """Nobody's right can be checked: end every stream, to be asked again on coming back."""
        for topic in self.topics.values():
            for listener in topic.listeners:
                listener.end(messages.bye(random.uniform(1, 4)))  # noqa: S311 - spreads reconnects

    # ---- presence

    async def _tell_faces(self, topic: Topic) -> None:
        while topic.listeners:
            await topic.faces_rung.wait()
            topic.faces_rung.clear()
            audiences = {listener.ticket.audience for listener in topic.listeners}
            try:
                people, topic.faces = await self._in_thread(_draw_faces, topic, audiences)
                topic.next_face_leaves = min((person["until"] for person in people), default=float("inf"))
            except Exception:
                log.exception("could not tell who is in %s", topic.key)
            # Who has not been checked lately is not told who is there either.
            if self.loop.time() - self._looked_at < UNCHECKED:
                for listener in topic.listeners:
                    listener.put_faces(topic.faces.get(listener.ticket.audience))
            await asyncio.sleep(FACES)

    # ---- running

    def _start(self) -> None:
        if not self._tasks:
            self._spawn(self._tick())
            self._spawn(listen_to_bell(self._heard, self._ring_all))
        self._looked_at = self.loop.time()

    def _ring_all(self) -> None:
        for topic in self.topics.values():
            topic.rung.set()
            topic.faces_rung.set()

    def _spawn(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _in_thread(
        self, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> Result:
        return await self.loop.run_in_executor(self._threads, _giving_back, lambda: work(*given, **named))


def _giving_back(work: Callable[[], Result]) -> Result:
    """Do *work* and give the database connection back, whatever happened."""
    try:
        return work()
    finally:
        connections.close_all()


def _prepare(
    source: Source, pk: int, known: int, listeners: list[Listener]
) -> tuple[Batch | None, list[int | None]]:
    """Render what is new, then check who may still listen.

    In this order: whatever was rendered had been committed before the check, so that nobody is told what was
    committed after they lost their right.
    """
    after: dict[str, int] = {}
    for listener in listeners:
        number, audience = listener.number, listener.ticket.audience
        if (listener.ticket.after is None and not listener.is_current) or known - number > MAX_BEHIND:
            continue
        after[audience] = min(number, after.get(audience, number))
    drawn = None
    if source.draws:
        try:
            drawn = source.draw(pk, after) if after else Batch(known, {})
        except Exception:
            log.exception("could not draw %s %s", source.name, pk)
    return drawn, source.look([listener.ticket for listener in listeners])


def _is_lost(source: Source, seen: int, number: int) -> bool:
    """Say whether a page must fetch itself again: its number was never reached, is far behind, or says no more than that."""
    return seen > number or number - seen > MAX_BEHIND or (seen != number and not source.draws)


def _draw_faces(topic: Topic, audiences: set[str]) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    people = presence.who(topic.key)
    return people, {
        audience: topic.source.draw_presence(topic.pk, people, audience) for audience in audiences
    }


# ---- one hub per event loop

_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def current() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found


def end_with_process(hub: Hub) -> None:
    """Send every page away as soon as the process is asked to end; the server would wait for open streams.

    Signals can only be watched from the main thread, where a server normally runs.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)

        def asked(number: int, frame: Any, before: Any = before) -> None:
            hub.loop.call_soon_threadsafe(hub.close)
            if callable(before):
                before(number, frame)

        signal.signal(number, asked)
