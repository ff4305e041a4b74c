"""Workload 2: save one answer, with its revision, the counters of its section, its event and the ring to every page."""

from collections.abc import Callable, Iterator
from statistics import median

from bench import seed
from bench.browser import Answer, Browser
from bench.documents import key_of, type_of
from bench.figures import ROUNDS, Result, Sample, Target, line_of, sample
from bench.models import Value
from bench.processes import Postgres, web
from engagements.models import Engagement
from questionnaires.models import Answer as Stored

MOST_SQL, MOST_SQL_MERGE = 9, 14
MOST_KB = 2.0
TIMES = 40


class Writer:
    """Somebody who goes through the texts of an engagement, adding a few words to one after the other."""

    def __init__(self, browser: Browser, engagement: Engagement, questions: int) -> None:
        self.browser, self.engagement = browser, engagement.pk
        self.keys = [key_of(number) for number in range(questions) if type_of(number) == "long_text"]
        versions = Stored.objects.filter(entry__engagement=engagement, row=None, part="value")
        self.bases = {
            key: str(version) for key, version in versions.values_list("entry__item_key", "version")
        }
        self.turn = 0

    def save(self) -> Answer:
        """Save the next text."""
        key = self.keys[self.turn % len(self.keys)]
        self.turn += 1
        text = f"{seed.WORDS} Looked at again for the {self.turn}th time."
        answer = self.browser.save(self.engagement, key, text, self.bases.get(key, "0"))
        self.bases[key] = answer.headers["Save-Base"]
        return answer

    def settle_choice(self) -> Answer:
        """Choose something else in a radio group that no condition rests on."""
        key, self.turn = key_of(11), self.turn + 1
        value = ("hourly", "daily", "by-hand")[self.turn % 3]
        answer = self.browser.save(self.engagement, key, value, self.bases.get(key, "0"))
        self.bases[key] = answer.headers["Save-Base"]
        return answer

    def merges(self, other: Browser) -> Iterator[Callable[[], Answer]]:
        """Give saves that each meet words which somebody else has put elsewhere into the same text."""
        start = "The first paragraph.\n\nThe second paragraph."
        for key in self.keys[:10]:
            base = self.browser.save(self.engagement, key, start, self.bases.get(key, "0")).headers[
                "Save-Base"
            ]
            other.save(self.engagement, key, start.replace("The first", "Our first"), base)

            def merge(key: str = key, base: str = base) -> Answer:
                text = start.replace("The second", "Our second")
                answer = self.browser.save(self.engagement, key, text, base)
                if answer.headers["Save-Outcome"] != "merged":
                    raise RuntimeError(f"not merged but {answer.headers['Save-Outcome']}")
                self.bases[key] = answer.headers["Save-Base"].rstrip("s")
                return answer

            yield merge


def run() -> Result:
    """Save texts among 50 and 800 questions, in turns with the limit; then choices and merges."""
    cast = seed.cast()
    small, large = seed.sized(cast, 50), seed.sized(cast, 800)
    second = seed.joined(small, cast[0], "Carla Conti")
    value = Value.objects.create()
    samples: dict[str, list[Sample]] = {name: [] for name in ("small", "limit", "large", "choice")}
    with web() as server, web(limit=True) as plain:
        postgres = Postgres()
        writers = Writer(Browser(server, cast[0]), small, 50), Writer(Browser(server, cast[0]), large, 800)
        bare = Browser(plain, cast[0])

        def save_bare() -> Answer:
            return bare.post(f"/values/{value.pk}/", value=seed.WORDS)

        asks = {
            "small": (server, writers[0].save),
            "limit": (plain, save_bare),
            "large": (server, writers[1].save),
            "choice": (server, writers[0].settle_choice),
        }
        for where, ask in asks.values():
            sample(where, postgres, [ask] * 5)
        for _round in range(ROUNDS):
            for name, (where, ask) in asks.items():
                samples[name].append(sample(where, postgres, [ask] * TIMES))
        # Reading each text's place anew before a merge is no part of it, so it is asked for first.
        merges = list(writers[0].merges(Browser(server, second)))
        merged = sample(server, postgres, merges)
    lines = {
        "small": line_of("save a text, 50 questions", samples["small"]),
        "large": line_of("save a text, 800 questions", samples["large"]),
        "limit": line_of("limit: plain Django, locked row and history", samples["limit"]),
        "choice": line_of("save a choice, which settles it", samples["choice"]),
        "merge": line_of("save a text that is merged", [merged]),
    }
    ratio = [ours.cpu / theirs.cpu for ours, theirs in zip(samples["small"], samples["limit"], strict=True)]
    growth = [
        (big.cpu + big.postgres) / (few.cpu + few.postgres)
        for big, few in zip(samples["large"], samples["small"], strict=True)
    ]
    return Result(
        [*lines.values()],
        [
            Target("CPU of a save against the limit's", median(ratio), 2.0, "times"),
            Target("CPU of a save", lines["small"].figures["CPU ms"], 8.0, "ms"),
            Target("PostgreSQL's CPU for a save", lines["small"].figures["Postgres ms"], 2.0, "ms"),
            Target("statements of a save", lines["small"].figures["SQL"], MOST_SQL),
            Target("statements of a save that settles", lines["choice"].figures["SQL"], MOST_SQL_MERGE),
            Target("statements of a save that merges", lines["merge"].figures["SQL"], MOST_SQL_MERGE),
            Target("a save among 800 questions against 50", median(growth), 1.1, "times"),
            Target("answer to a save", lines["small"].figures["KB"], MOST_KB, "KB"),
            Target(
                "half of the saves are answered within",
                lines["small"].figures["p50 ms"],
                10.0,
                "ms",
                clock=True,
            ),
        ],
    )
