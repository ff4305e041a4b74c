"""What one entry adds to its section's counters, and how the counters are moved."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Protocol

from django.db import connection

from accounts.models import Side
from questionnaires.document import Framework
from questionnaires.models import Entry, Round, SectionProgress
from questionnaires.models.entry import COUNTS

Counts = dict[str, int]
# Round, section, whether internal, and what an entry counted before and counts after.
Move = tuple[int, str, bool, Counts, Counts]


class Counted(Protocol):
    """What of an entry the counters look at."""

    @property
    def shown(self) -> bool:
        """Whether it is asked."""

    @property
    def round_id(self) -> int | None:
        """Its round; a register has none."""

    @property
    def state(self) -> str:
        """Its stored state."""

    @property
    def revisit(self) -> bool:
        """Whether it is to be looked at again."""

    @property
    def conflict(self) -> bool:
        """Whether it cannot stand as it is."""

    @property
    def held_by(self) -> str:
        """Whose turn it is."""

    @property
    def is_settled(self) -> bool:
        """Whether it counts as done."""


def counts_of(entry: Counted) -> Counts:
    """Return what *entry* adds: nothing while it is not asked; not applicable leaves the denominator."""
    if not entry.shown or entry.round_id is None:
        return {}
    if entry.state == Entry.State.NOT_APPLICABLE:
        return {"not_applicable": 1}
    counts = {"asked": 1}
    if entry.state == Entry.State.DRAFT:
        counts["begun"] = 1
    if entry.state == Entry.State.UNKNOWN:
        counts["unknown"] = 1
    if entry.revisit:
        counts["revisit"] = 1
    if entry.conflict:
        counts["conflict"] = 1
    if entry.is_settled:
        counts["settled"] = 1
    else:
        counts["with_firm" if entry.held_by == Side.FIRM else "with_client"] = 1
    return counts


def move(changes: Iterable[Move]) -> None:
    """Apply moves to the counters, in one statement whatever their number."""
    moves: dict[tuple[int, str, bool], Counts] = {}
    for round_id, section_key, internal, before, after in changes:
        total = moves.setdefault((round_id, section_key, internal), {})
        for name in before.keys() | after.keys():
            total[name] = total.get(name, 0) + after.get(name, 0) - before.get(name, 0)
    rows = [(place, total) for place, total in sorted(moves.items()) if any(total.values())]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            [
                *(list(column) for column in zip(*(place for place, _total in rows), strict=True)),
                *([total.get(name, 0) for _place, total in rows] for name in COUNTS),
            ],
        )


MOVE = f"""
    UPDATE questionnaires_sectionprogress kept
    SET {", ".join(f"{name} = kept.{name} + moved.{name}" for name in COUNTS)}
    FROM unnest(%s::bigint[], %s::text[], %s::boolean[], {", ".join("%s::int[]" for _name in COUNTS)})
        AS moved (round_id, section_key, internal, {", ".join(COUNTS)})
    WHERE kept.round_id = moved.round_id AND kept.section_key = moved.section_key AND kept.internal = moved.internal
"""  # noqa: S608 - the names are our own


@dataclass(slots=True)
class Progress:
    """Counters added up over sections, as one side sees them."""

    asked: int = 0
    settled: int = 0
    begun: int = 0
    unknown: int = 0
    not_applicable: int = 0
    revisit: int = 0
    conflict: int = 0
    with_firm: int = 0
    with_client: int = 0

    def add(self, row: "SectionProgress | Progress") -> None:
        """Add a section's counters, or others."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(row, field.name))

    @property
    def percent(self) -> int:
        """Settled of asked, rounded down, so that 100 means all."""
        return self.settled * 100 // self.asked if self.asked else 0

    @property
    def open(self) -> int:
        """Asked and not settled."""
        return self.asked - self.settled


def recount(framework: Framework, round_: Round) -> dict[tuple[str, bool], Counts]:
    """Count a round's sections from its entries, as `fsck` does to prove the kept counters."""
    totals: dict[tuple[str, bool], Counts] = {}
    for entry in Entry.objects.filter(round=round_):
        item = framework.item(entry.item_key)
        total = totals.setdefault((item.section_key, item.internal), {})
        for name, count in counts_of(entry).items():
            total[name] = total.get(name, 0) + count
    return totals
