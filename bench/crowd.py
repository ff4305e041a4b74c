"""Workload 3: fifty people write into one engagement of 200 questions, and all fifty pages listen."""

import asyncio
import random
import time
from dataclasses import dataclass, field

from bench import seed
from bench.browser import cookies_for
from bench.documents import key_of, type_of
from bench.figures import Line, Result, Target, quantile
from bench.processes import Postgres, Server, web
from bench.wires import Ear, Wire, listen
from engagements.models import Engagement
from questionnaires.models import Answer, Conflict

PEOPLE = 50
FULL_SPEED, PACED = 8.0, 15.0  # s
PAUSE = 5.0  # s between two saves of one person, when paced
TOGETHER = 0.2  # of the saves go into the one text that all of them write
LINE = "What {name} saw: {words}"


@dataclass
class Writer:
    """One of the fifty: a text of their own, and a line of the text that all share."""

    name: str
    wire: Wire
    own: str
    shared: str
    chance: random.Random
    bases: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    async def save(self, engagement: int) -> None:
        """Save one of the two with something new in it."""
        key = self.shared if self.chance.random() < TOGETHER else self.own
        words = f"{self.chance.randrange(10**9):09} visits, as counted by {self.name}"
        lines = self.texts[key].split("\n")
        place = next((n for n, line in enumerate(lines) if line.startswith(f"What {self.name} saw")), 0)
        lines[place] = LINE.format(name=self.name, words=words)
        text = "\n".join(lines)
        reply = await self.wire.save(engagement, key, text, self.bases[key])
        if reply.status != 200:
            raise RuntimeError(f"a save was answered with {reply.status}")
        self.seconds.append(reply.seconds)
        self.outcomes.append(reply.headers["save-outcome"])
        self.bases[key], self.texts[key] = reply.headers["save-base"], text


def run() -> Result:
    """Let fifty people save as fast as they can, then each every five seconds; look whether anything was lost."""
    manager, client = seed.cast()
    opened = seed.sized((manager, client), 200)
    texts = [key_of(number) for number in range(200) if type_of(number) == "long_text"]
    with web() as first, web() as second:
        servers = (first, second)
        writers = [_writer(opened, manager, client, number, texts, servers) for number in range(PEOPLE)]
        _share(writers, opened)
        cookies = [writer.wire.cookies for writer in writers]
        return asyncio.run(_work(opened, writers, servers, cookies, Postgres()))


def _writer(opened: Engagement, manager, client, number: int, texts: list[str], servers) -> Writer:
    name = f"Person{number:02}"
    user = seed.joined(opened, manager, f"{name} Writer", client if number % 2 else None)
    wire = Wire(servers[number % 2].port, cookies_for(user))
    return Writer(name, wire, texts[number + 1], texts[0], random.Random(number))


def _share(writers: list[Writer], opened: Engagement) -> None:
    """Let everybody begin with what is there: their own text, and one with a line for each."""
    from bench.seed import save

    shared = "\n".join(LINE.format(name=writer.name, words="nothing so far") for writer in writers)
    save(opened, writers[0].shared, shared)
    stored = {
        answer.entry.item_key: answer
        for answer in Answer.objects.filter(entry__engagement=opened, row=None, part="value").select_related(
            "entry"
        )
    }
    for writer in writers:
        for key in (writer.own, writer.shared):
            answer = stored.get(key)
            writer.bases[key] = str(answer.version) if answer else "0"
            writer.texts[key] = (answer.value if answer else "") or ""


async def _work(
    opened: Engagement, writers: list[Writer], servers: tuple[Server, ...], cookies, postgres
) -> Result:
    path = f"/engagements/{opened.pk}/stream/?page=step:step-1"
    ears = await asyncio.gather(
        *(listen(writer.wire.port, path, cookie) for writer, cookie in zip(writers, cookies, strict=True))
    )
    await asyncio.gather(*(writer.save(opened.pk) for writer in writers))
    fast = await _phase(opened, writers, servers, postgres, seconds=FULL_SPEED, pause=0.0)
    await asyncio.sleep(1)
    paced = await _phase(opened, writers, servers, postgres, seconds=PACED, pause=PAUSE)
    behind = await _undelivered(opened, ears)
    for one in [*ears, *(writer.wire for writer in writers)]:
        one.close()
    lost, conflicts = await asyncio.to_thread(_lost, opened, writers)
    return Result(
        [
            Line("50 people at full speed, all listening", fast),
            Line("50 people, each every 5 seconds", paced),
        ],
        [
            Target("saves a second on two cores", fast["saves/s"], 80, least=True, clock=True),
            Target(
                "saves a second that the CPU used leaves room for on two cores",
                2000 / (fast["CPU ms"] + fast["Postgres ms"]),
                80,
                least=True,
            ),
            Target("paced, 95 of 100 are answered within", paced["p95 ms"], 60, "ms", clock=True),
            Target("acknowledged words that are gone", lost, 0),
            Target("pages that were not told everything", behind, 0),
            Target("conflicts where nobody wrote into the same words", conflicts, 0),
        ],
    )


async def _phase(
    opened: Engagement, writers: list[Writer], servers, postgres: Postgres, *, seconds: float, pause: float
) -> dict[str, float]:
    for writer in writers:
        writer.seconds.clear()
        writer.outcomes.clear()
    cpu, base = sum(server.cpu() for server in servers), postgres.cpu()
    began = time.perf_counter()

    async def write(writer: Writer) -> None:
        if pause:
            await asyncio.sleep(writer.chance.uniform(0, pause))
        while time.perf_counter() - began < seconds:
            turn = time.perf_counter()
            await writer.save(opened.pk)
            if pause:
                await asyncio.sleep(max(0.0, pause - (time.perf_counter() - turn)))

    await asyncio.gather(*(write(writer) for writer in writers))
    took = time.perf_counter() - began
    times = sorted(one for writer in writers for one in writer.seconds)
    used = sum(server.cpu() for server in servers) - cpu
    return {
        "p50 ms": 1000 * quantile(times, 0.5),
        "p95 ms": 1000 * quantile(times, 0.95),
        "CPU ms": 1000 * used / len(times),
        "Postgres ms": 1000 * Postgres.used(base, postgres.cpu()) / len(times),
        "saves/s": len(times) / (took if not pause else seconds),
        "merged": sum(outcome == "merged" for writer in writers for outcome in writer.outcomes),
    }


async def _undelivered(opened: Engagement, ears: list[Ear]) -> int:
    """Return how many pages are behind five seconds after the last save."""
    number = await asyncio.to_thread(
        lambda: Engagement.objects.values_list("last_event", flat=True).get(pk=opened.pk)
    )
    until = time.perf_counter() + 5
    while time.perf_counter() < until and any(ear.number < number for ear in ears):
        await asyncio.sleep(0.05)
    return sum(ear.number < number for ear in ears)


def _lost(opened: Engagement, writers: list[Writer]) -> tuple[int, int]:
    """Return how many people's newest words are neither in their text nor kept as a conflict, and how many conflicts are open."""
    stored = dict(
        Answer.objects.filter(entry__engagement=opened, row=None, part="value").values_list(
            "entry__item_key", "value"
        )
    )
    kept = list(
        Conflict.objects.filter(answer__entry__engagement=opened, outcome="").values_list("value", flat=True)
    )
    everything = "\n".join([*(value for value in stored.values() if isinstance(value, str)), *map(str, kept)])
    missing = 0
    for writer in writers:
        for key in (writer.own, writer.shared):
            mine = next(
                (line for line in writer.texts[key].split("\n") if f"What {writer.name} saw" in line), ""
            )
            missing += bool(mine) and mine not in everything
    return missing, len(kept)
