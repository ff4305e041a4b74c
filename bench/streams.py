"""Workload 4: from a commit to the last of a thousand open pages, on one process; and what a page costs meanwhile."""

import asyncio
import contextlib
import resource
import sys
import time
from dataclasses import dataclass, field
from statistics import median

from django.db import transaction

from bench import seed
from bench.browser import cookies_for
from bench.documents import key_of
from bench.figures import ROUNDS, Line, Result, Target, quantile
from bench.processes import Server, free_port, memory_of, running, web
from bench.wires import Ear, Wire, listen
from engagements.models import Engagement

FEW, MANY = 50, 1000
EACH = 10  # pages of one person
EVENTS = 6  # in a round
REST = 0.4  # s between two events
KB = 1024


@dataclass
class Heard:
    """Events of one kind of server: how late each page was, in seconds, and the server's CPU for all of them."""

    late: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def line(self, what: str, listeners: int) -> Line:
        """Put it into a line; CPU for one event."""
        late = sorted(self.late)
        return Line(
            what,
            {
                "p50 ms": 1000 * quantile(late, 0.5),
                "p95 ms": 1000 * quantile(late, 0.95),
                "CPU ms": 1000 * median(self.cpu),
                "last page ms": 1000 * median(self.last),
                "CPU µs a page": 1e6 * median(self.cpu) / listeners,
            },
        )


def run() -> Result:
    """Open streams on the product and on the limit; let something be saved, again and again."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    manager, client = seed.cast()
    opened = seed.sized((manager, client), 50)
    people = [
        seed.joined(opened, manager, f"Listener{number:03} Page", client if number % 2 else None)
        for number in range(MANY // EACH)
    ]
    cookies = [cookies_for(user) for user in people]
    own = cookies_for(manager)
    with web() as server, _bare() as plain:
        return asyncio.run(_work(opened, cookies, own, server, plain))


@contextlib.contextmanager
def _bare():
    port = free_port() + 50
    with running([sys.executable, "-m", "bench.bare_stream", str(port)], port) as server:
        yield server


async def _work(opened: Engagement, cookies: list[str], own: str, server: Server, plain: Server) -> Result:
    page = Wire(server.port, own)
    url = f"/engagements/{opened.pk}/steps/1/"
    for _warm in range(3):
        await page.ask("GET", url)
    trigger = Wire(plain.port, "")
    await _until_there(trigger)
    path = f"/engagements/{opened.pk}/stream/?page=step:step-1"
    fifty = [await listen(server.port, path, cookies[number % len(cookies)]) for number in range(FEW)]
    fifty_bare = [await listen(plain.port, "/stream", "") for _one in range(FEW)]
    size = await _event_size(opened, fifty)
    small, small_bare, _pages = await _rounds(opened, fifty, fifty_bare, server, plain, trigger, page, size)
    before = memory_of(server.pid)
    more, more_bare = [], []
    for number in range(FEW, MANY):
        more.append(await listen(server.port, path, cookies[number % len(cookies)]))
        more_bare.append(await listen(plain.port, "/stream", ""))
    await asyncio.sleep(1)
    ours, bare, pages = await _rounds(
        opened, fifty + more, fifty_bare + more_bare, server, plain, trigger, page, size
    )
    each = (memory_of(server.pid) - before) / len(more) / KB
    for one in [*fifty, *more, *fifty_bare, *more_bare, page, trigger]:
        one.close()
    lines = [
        small.line(f"one event to {FEW} pages", FEW),
        small_bare.line("limit: bare asyncio", FEW),
        ours.line(f"one event to {MANY} pages", MANY),
        bare.line("limit: bare asyncio", MANY),
        Line("a page of 50 questions meanwhile", {"p95 ms": 1000 * quantile(sorted(pages), 0.95)}),
    ]
    few_ours, few_bare, many_ours, many_bare, meanwhile = (line.figures for line in lines)
    return Result(
        [*lines, Line("one open stream", {"KB": each}), Line("one event", {"KB": size / KB})],
        [
            Target("50 pages: 95 of 100 are told within", few_ours["p95 ms"], 30, "ms", clock=True),
            Target(
                "1,000 pages: the time in which 95 of 100 are told, against the limit's",
                many_ours["p95 ms"] / many_bare["p95 ms"],
                3,
                "times",
                clock=True,
            ),
            Target(
                "CPU for each further page, against the limit's",
                (many_ours["CPU ms"] - few_ours["CPU ms"]) / (many_bare["CPU ms"] - few_bare["CPU ms"]),
                3,
                "times",
            ),
            Target("memory of an open stream", each, 60, "KB"),
            Target("a page meanwhile, 95 of 100 within", meanwhile["p95 ms"], 200, "ms", clock=True),
        ],
    )


async def _rounds(opened, ears: list[Ear], bare_ears, server, plain, trigger: Wire, page: Wire, size: int):
    ours, bare, pages = Heard(), Heard(), []
    number = max(ear.number for ear in bare_ears)
    for _round in range(ROUNDS):
        before = server.cpu()
        for _event in range(EVENTS):
            at, event = await asyncio.to_thread(_save, opened)
            await _note(ours, ears, event, at)
        # Checks of rights and numbers, once a second, belong to it.
        ours.cpu.append((server.cpu() - before) / EVENTS)
        before = plain.cpu()
        for _event in range(EVENTS):
            number += 1
            at = time.perf_counter()
            await trigger.ask("GET", f"/tell?{number}&{size}")
            await _note(bare, bare_ears, number, at)
        bare.cpu.append((plain.cpu() - before) / EVENTS)
        asked = [asyncio.create_task(asyncio.to_thread(_save, opened))]
        pages += [(await page.ask("GET", f"/engagements/{opened.pk}/steps/1/")).seconds for _one in range(3)]
        await asyncio.gather(*asked)
        await asyncio.sleep(REST)
    return ours, bare, pages


async def _note(heard: Heard, ears: list[Ear], number: int, at: float) -> None:
    until = time.perf_counter() + 10
    while any(ear.number < number for ear in ears):
        if time.perf_counter() > until:
            raise RuntimeError(f"{sum(ear.number < number for ear in ears)} pages were not told of {number}")
        await asyncio.sleep(0.01)
    times = [next(when for told, when in ear.at.items() if told >= number) - at for ear in ears]
    heard.late += times
    heard.last.append(max(times))
    for ear in ears:
        ear.at.clear()
    await asyncio.sleep(REST)


def _save(opened: Engagement) -> tuple[float, int]:
    """Save a text in this process; return when it was committed, and the number of its event."""
    committed: list[float] = []
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.perf_counter()))
        seed.save(opened, key_of(0), f"{seed.WORDS} {time.monotonic_ns()}")
    number = Engagement.objects.values_list("last_event", flat=True).get(pk=opened.pk)
    return committed[0], number


async def _event_size(opened: Engagement, ears: list[Ear]) -> int:
    """Return how many bytes one event is for one page, so that the limit sends as many."""
    await asyncio.sleep(1)
    before = ears[0].bytes
    _at, number = await asyncio.to_thread(_save, opened)
    while ears[0].number < number:
        await asyncio.sleep(0.01)
    return ears[0].bytes - before


async def _until_there(wire: Wire) -> None:
    for _try in range(200):
        with contextlib.suppress(OSError):
            await wire.ask("GET", "/")
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the limit does not answer")
