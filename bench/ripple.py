"""Workload 10: an answer changes on which 2,000 confirmed ones rest, among 10,000 questions."""

import time
import uuid
from statistics import median
from typing import Any

from django.db import connection
from django.utils import timezone

from bench import seed
from bench.counting import Counter
from bench.documents import large
from bench.figures import ROUNDS, Line, Result, Target
from bench.processes import Postgres
from engagements.policy import Permission
from questionnaires import progress
from questionnaires.access import get_desk
from questionnaires.actions import answers, ripple
from questionnaires.models import Entry, Flag, Framework, FrameworkVersion, SectionProgress
from questionnaires.models.entry import COUNTS
from questionnaires.places import Base, Place

CONFIRMED = 2_000


class Measured:
    """What following one change cost, beside the save that it belongs to."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.statements: list[int] = []
        self._inner = ripple.follow

    def __call__(self, *args: Any, **more: Any) -> None:
        """Follow a change, and note its cost."""
        counter = Counter()
        with connection.execute_wrapper(counter):
            began = time.process_time()
            self._inner(*args, **more)
            self.seconds.append(time.process_time() - began)
        self.statements.append(counter.count)


def run() -> Result:
    """Settle another value, again and again, and follow it through everything that rests on it."""
    manager, client = seed.cast()
    text = large()
    framework = Framework.objects.create(key="large", title="Large")
    # Publishing would lint it, which is no part of this.
    version = FrameworkVersion.objects.create(
        framework=framework, version="1", language="en", content_hash="large", text=text
    )
    opened = seed.opened_with(manager, client, version, "BENCH-RIPPLE")
    parsed = opened.questionnaire.framework
    now = timezone.now()
    reached = [item.key for item in parsed.downstream("i0")][:CONFIRMED]
    Entry.objects.filter(engagement=opened, item_key__in=reached).update(
        state="confirmed", answered_by=manager, answered_at=now, confirmed_by=manager, confirmed_at=now
    )
    for round_ in opened.rounds.all():
        for (section, internal), counts in progress.recount(parsed, round_).items():
            SectionProgress.objects.filter(round=round_, section_key=section, internal=internal).update(
                **{name: counts.get(name, 0) for name in COUNTS}
            )
    postgres = Postgres()
    measured = ripple.follow = Measured()  # type: ignore[assignment]
    base_used = []
    for version_number in range(ROUNDS * 2):
        before = postgres.cpu()
        answers.save(
            desk=get_desk(manager, opened.pk, can=Permission.ANSWER),
            place=Place("i0"),
            raw=f"Value {version_number}",
            base=Base(version_number),
            key=uuid.uuid4(),
            settle=True,
        )
        base_used.append(1000 * Postgres.used(before, postgres.cpu()))
    if Flag.objects.open().filter(entry__engagement=opened).count() != CONFIRMED:
        raise RuntimeError("the change did not reach what rests on it")
    # The first value of all has nothing to be compared with.
    figures = {
        "CPU ms": 1000 * median(measured.seconds[1:]),
        "Postgres ms": median(base_used[1:]),
        "SQL": max(measured.statements[1:]),
    }
    what = f"follow one change, {len(parsed.items)} questions, {CONFIRMED} confirmed"
    return Result(
        [Line(what, figures)],
        [
            Target("CPU to follow a change", figures["CPU ms"], 150.0, "ms"),
            Target("statements to follow a change", figures["SQL"], 12),
        ],
    )
