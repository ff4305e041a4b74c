"""What is on record for the items of public frameworks: evidence recorded, partly, not shown or not applicable.

It says what this engagement can show, never more. The rules are in `judge`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.models import File
from questionnaires import gates, reading
from questionnaires.access import Viewpoint
from questionnaires.document import Item, Reference, ReferenceItem, Register
from questionnaires.models import Entry, EvidenceMark

Mark = EvidenceMark.Mark


class Status(StrEnum):
    """How much of what a row asks for is on record."""

    RECORDED = "recorded"
    PARTLY = "partly"
    NOT_SHOWN = "not_shown"
    NOT_APPLICABLE = "not_applicable"


WORDS = {
    Status.RECORDED: gettext_lazy("Evidence recorded"),
    Status.PARTLY: gettext_lazy("Partly"),
    Status.NOT_SHOWN: gettext_lazy("Not shown"),
    Status.NOT_APPLICABLE: gettext_lazy("Not applicable"),
}
ICONS = {
    Status.RECORDED: "done",
    Status.PARTLY: "part",
    Status.NOT_SHOWN: "open",
    Status.NOT_APPLICABLE: "na",
}

# Public frameworks with a score: the sections by the letter after the prefix, as that rubric names them.
SCORED: Mapping[str, Mapping[str, object]] = {
    "MLTS": {
        "D": gettext_lazy("Data"),
        "M": gettext_lazy("Model development"),
        "I": gettext_lazy("Infrastructure"),
        "O": gettext_lazy("Monitoring"),
    }
}
POINTS = {Mark.MANUAL: Decimal("0.5"), Mark.AUTOMATED: Decimal(1)}


@dataclass(frozen=True, slots=True)
class Mapped:
    """One question that is evidence for a row, as it stands."""

    item: Item
    entry: Entry
    # Not asked because of what was answered before; None while that is not answered itself.
    spared: bool | None = None
    proofs: int = 0

    @property
    def applies(self) -> bool:
        """Say whether the row may count on it."""
        return self.spared is None and self.entry.shown and self.entry.state != Entry.State.NOT_APPLICABLE

    @property
    def is_confirmed(self) -> bool:
        """Say whether somebody said that it stands, and nothing says otherwise since."""
        return (
            self.entry.state == Entry.State.CONFIRMED and not self.entry.revisit and not self.entry.conflict
        )

    @property
    def why_not(self) -> str:
        """Why it does not apply, in words."""
        if self.spared is not None:
            return _("not asked, because of an earlier answer")
        reason = str(Entry.Reason(self.entry.reason).label) if self.entry.reason else ""
        return f"{reason}: {self.entry.reason_text}" if self.entry.reason_text else reason


@dataclass(slots=True)
class Row:
    """One item of a public framework with what is on record for it."""

    reference_item: ReferenceItem
    mapped: list[Mapped]
    registers: list[tuple[Register, int]]
    status: Status
    note: str = ""
    mark: str = ""

    @property
    def word(self) -> str:
        """The status in words."""
        return str(WORDS[self.status])

    @property
    def icon(self) -> str:
        """The status as a drawing."""
        return ICONS[self.status]

    @property
    def points(self) -> Decimal:
        """What the row adds to a score: nothing without evidence, however it is marked."""
        if not self.mark or self.status not in (Status.RECORDED, Status.PARTLY):
            return Decimal(0)
        return POINTS[Mark(self.mark)]


@dataclass(slots=True)
class Coverage:
    """One public framework, row by row, as one side sees it."""

    reference: Reference
    rows: list[Row]

    @property
    def is_scored(self) -> bool:
        """Say whether rows take marks."""
        return self.reference.key in SCORED

    def count(self, status: Status) -> int:
        """Return how many rows have a status."""
        return sum(1 for row in self.rows if row.status == status)

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """Drawing, words and number of each status."""
        return [(ICONS[status], str(WORDS[status]), self.count(status)) for status in Status]

    @property
    def sections(self) -> list[tuple[str, Decimal, int]]:
        """The sections of a score: title, points, rows."""
        found = []
        for letter, title in SCORED.get(self.reference.key, {}).items():
            rows = [row for row in self.rows if row.reference_item.code.split("-", 1)[1].startswith(letter)]
            found.append((str(title), sum((row.points for row in rows), Decimal(0)), len(rows)))
        return found

    @property
    def score(self) -> Decimal | None:
        """The lowest of the section sums, as the rubric defines it; None where there is no score."""
        return min((points for _title, points, _rows in self.sections), default=None)


@dataclass
class _Known:
    """What was read of an engagement, once for every framework."""

    entries: dict[str, Entry]
    files: set[str]
    signed: set[str]
    rows: dict[str, int]
    marks: dict[str, str] = field(default_factory=dict)


def coverages(view: Viewpoint, *, only: str = "") -> list[Coverage]:
    """Return the public frameworks of the engagement's framework, in eight queries whatever their number.

    *only* names one. A question that this side does not see is no evidence for it.
    """
    references = [one for one in view.framework.references if only in ("", one.key)]
    known = _known(view)
    return [
        Coverage(reference, [_row(view, known, item) for item in reference.items]) for reference in references
    ]


def _known(view: Viewpoint) -> _Known:
    entries = Entry.objects.filter(engagement=view.engagement, round__is_latest=True).only(
        "item_key",
        "shown",
        "state",
        "revisit",
        "conflict",
        "reason",
        "reason_text",
        "round_id",
        "engagement_id",
    )
    files = (
        File.objects.for_side(view.side)
        .filter(engagement=view.engagement, removed_at=None)
        .values_list("item_key", flat=True)
    )
    signed: set[str] = set()
    for standing in gates.standings(view):
        if any(line.is_valid for line in standing.lines):
            signed.update([standing.item.key, *(item.key for item, _entry in standing.covered)])
    marks = EvidenceMark.objects.filter(engagement=view.engagement).values_list("code", "mark")
    return _Known(
        entries={entry.item_key: entry for entry in entries},
        files=set(files),
        signed=signed,
        rows=reading.register_counts(view),
        marks=dict(marks),
    )


def _row(view: Viewpoint, known: _Known, reference_item: ReferenceItem) -> Row:
    code = reference_item.code
    mapped = [
        Mapped(
            item,
            known.entries[item.key],
            None if known.entries[item.key].shown else _is_spared(view, known, item) or None,
            (item.key in known.files) + (item.key in known.signed),
        )
        for item in view.framework.mapped_to(code)
        if item.key in known.entries and view.may_see(item)
    ]
    registers = [
        (register, known.rows.get(register.key, 0)) for register in view.framework.registers_mapped_to(code)
    ]
    status, note = judge(mapped, [count for _register, count in registers])
    return Row(reference_item, mapped, registers, status, note, known.marks.get(code, ""))


def _is_spared(view: Viewpoint, known: _Known, item: Item) -> bool:
    """Say whether a hidden item is hidden because of answers that are given, and not because they are missing."""
    if item.condition is None:
        return False
    for key in item.condition.keys:
        entry = known.entries.get(key)
        if entry is None:
            return False
        if entry.shown:
            if entry.state not in (Entry.State.ANSWERED, Entry.State.CONFIRMED, Entry.State.NOT_APPLICABLE):
                return False
        elif not _is_spared(view, known, view.framework.item(key)):
            return False
    return True


def judge(mapped: Sequence[Mapped], register_rows: Iterable[int]) -> tuple[Status, str]:
    """Return the status of a row and why, from the questions and registers that are evidence for it. Pure.

    Recorded: every question that applies is confirmed, every register has a row, and there is at least one file or
    signature among them. Partly: something is. Not applicable: nothing applies, with the reasons. Else not shown.
    """
    counts = list(register_rows)
    if not mapped and not counts:
        return Status.NOT_SHOWN, _("No question at this depth is mapped to it.")
    applying = [one for one in mapped if one.applies]
    hidden = [one for one in mapped if not one.entry.shown and one.spared is None]
    if not applying and not hidden and not counts:
        return Status.NOT_APPLICABLE, "; ".join(dict.fromkeys(one.why_not for one in mapped if one.why_not))
    confirmed = [one for one in applying if one.is_confirmed]
    shown = [count for count in counts if count]
    if not confirmed and not shown:
        answered = any(one.entry.state == Entry.State.ANSWERED for one in applying)
        return Status.NOT_SHOWN, _("Answered, and not confirmed yet.") if answered else ""
    if len(confirmed) < len(applying) or len(shown) < len(counts):
        return Status.PARTLY, ""
    if not any(one.proofs for one in applying):
        return Status.PARTLY, _("Confirmed, without a file or a signature yet.")
    return Status.RECORDED, ""
