"""What was measured, what it is held against, and the table that says both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.processes import Postgres, Server

if TYPE_CHECKING:
    # It needs Django, which is only set up once the services run.
    from bench.browser import Answer

ROUNDS = 5


@dataclass(frozen=True)
class Target:
    """One figure with what it must not exceed, or with *least* what it must reach.

    A figure of the *clock* moves with whatever else this machine does; one of CPU hardly does.
    """

    what: str
    measured: float
    limit: float
    unit: str = ""
    least: bool = False
    clock: bool = False

    @property
    def met(self) -> bool:
        """Say whether it is good enough."""
        return self.measured >= self.limit if self.least else self.measured <= self.limit

    def told(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "what": self.what,
            "measured": self.measured,
            "limit": self.limit,
            "unit": self.unit,
            "met": self.met,
        }


@dataclass(frozen=True)
class Line:
    """One line of the table: an operation with its figures by column."""

    what: str
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a workload found."""

    lines: Sequence[Line]
    targets: Sequence[Target]


@dataclass(frozen=True)
class Sample:
    """Requests of one kind, one after the other: milliseconds of CPU for each, and what came back."""

    cpu: float
    postgres: float
    answers: Sequence[Answer]


def sample(server: Server, postgres: Postgres, asks: Iterable[Callable[[], Answer]]) -> Sample:
    """Ask one after the other, and say what server and database used for it."""
    before, base = server.cpu(), postgres.cpu()
    answers = [ask() for ask in asks]
    used, base_used = server.cpu() - before, Postgres.used(base, postgres.cpu())
    return Sample(1000 * used / len(answers), 1000 * base_used / len(answers), answers)


def line_of(what: str, samples: Sequence[Sample]) -> Line:
    """Put rounds of one operation into a line: medians of CPU, quantiles of all answers' times, the most statements."""
    answers = [answer for one in samples for answer in one.answers]
    seconds = sorted(answer.seconds for answer in answers)
    return Line(
        what,
        {
            "p50 ms": 1000 * median(seconds),
            "p95 ms": 1000 * quantile(seconds, 0.95),
            "CPU ms": median(one.cpu for one in samples),
            "Postgres ms": median(one.postgres for one in samples),
            "SQL": max(answer.statements for answer in answers),
            "KB": max(len(answer.body) for answer in answers) / 1024,
            "gzip KB": max(answer.gzip for answer in answers[-3:]) / 1024,
        },
    )


def quantile(ordered: Sequence[float], part: float) -> float:
    """Return the value below which *part* of the ordered values lie."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


COLUMNS = ("p50 ms", "p95 ms", "CPU ms", "Postgres ms", "SQL", "KB", "gzip KB")


def table(lines: Sequence[Line]) -> str:
    """Return lines as a table; figures without a column of their own follow in words."""
    width = max([len(line.what) for line in lines] + [9])
    rows = ["  ".join(["operation".ljust(width), *(name.rjust(max(8, len(name))) for name in COLUMNS)])]
    for line in lines:
        cells = [number(line.figures.get(name)).rjust(max(8, len(name))) for name in COLUMNS]
        more = ", ".join(
            f"{name} {number(value)}" for name, value in line.figures.items() if name not in COLUMNS
        )
        rows.append("  ".join([line.what.ljust(width), *cells]).rstrip() + (f"  {more}" if more else ""))
    return "\n".join(rows)


def verdicts(targets: Sequence[Target]) -> str:
    """Return each target with what was measured."""
    rows = []
    for one in targets:
        sign = ">=" if one.least else "<="
        words = f"{one.what}: {number(one.measured)} {one.unit}".rstrip()
        clock = ", by the clock" if one.clock else ""
        rows.append(
            f"  {'ok    ' if one.met else 'MISSED'} {words} (wanted {sign} {number(one.limit)}{clock})"
        )
    return "\n".join(rows)


def number(value: float | None) -> str:
    """Return a figure with as many digits as it deserves."""
    if value is None:
        return ""
    if value == int(value):
        return str(int(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
