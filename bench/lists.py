"""Workload 5: the list of engagements, with 100 and with 1,000 of them."""

from statistics import median

from bench import seed
from bench.browser import Browser
from bench.documents import document
from bench.figures import ROUNDS, Result, Sample, Target, line_of, sample
from bench.processes import Postgres, web
from engagements.actions import people
from engagements.models import Engagement
from engagements.policy import Role

FEW, MANY = 100, 1000
TIMES = 10


def run() -> Result:
    """Open and search the list as somebody who is in 100 engagements, and as somebody who is in 1,000."""
    manager, client = seed.cast()
    text = document(28, per_step=4)
    few, many = seed.person("Fay Few"), seed.person("Mona Many")
    opened = [seed.engagement(manager, client, text, f"LIST-{number:04}", most=4) for number in range(MANY)]
    for number, one in enumerate(opened):
        for person in (many, few) if number < FEW else (many,):
            people.join(engagement=one, user=person, role=Role.CONSULTANT, by=manager)
    samples: dict[tuple[str, int], list[Sample]] = {}
    pages = {"list": "/engagements/", "search": "/engagements/?q=LIST-00"}
    with web() as server:
        postgres = Postgres()
        browsers = {FEW: Browser(server, few), MANY: Browser(server, many)}
        for _round in range(ROUNDS + 1):
            for size, browser in browsers.items():
                for name, url in pages.items():
                    asks = [lambda browser=browser, url=url: browser.get(url)] * TIMES
                    samples.setdefault((name, size), []).append(sample(server, postgres, asks))
    # The first round warms up.
    lines = {
        (name, size): line_of(f"{name}, {size} engagements", found[1:])
        for (name, size), found in samples.items()
    }
    growth = [
        big.cpu / small.cpu
        for big, small in zip(samples["list", MANY][1:], samples["list", FEW][1:], strict=True)
    ]
    assert Engagement.objects.filter(memberships__user=many).count() == MANY
    page = lines["list", MANY].figures
    return Result(
        [*lines.values()],
        [
            Target("CPU of the list of 1,000", page["CPU ms"], 25.0, "ms"),
            Target("CPU of the list of 1,000 against 100", median(growth), 1.2, "times"),
            Target("statements of the list", page["SQL"], 7),
            Target("the list compressed", page["gzip KB"], 15.0, "KB"),
            Target("CPU of a search among 1,000", lines["search", MANY].figures["CPU ms"], 25.0, "ms"),
        ],
    )
