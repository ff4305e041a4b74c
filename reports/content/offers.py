"""What can be written: each document with what it is for, when it is due, what it would lack today, and the last one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from questionnaires.access import Viewpoint
from questionnaires.document import Gate, Item
from questionnaires.models import Entry
from reports.content import deliverables
from reports.content.kinds import PACK, PURPOSES, gate_of
from reports.models import Report

# As many missing answers are named; the document itself lists them all.
NAMED = 6


@dataclass(slots=True)
class Offer:
    """One document that can be written."""

    key: str
    title: str
    purpose: str
    gate: Gate | None
    due: date | None
    asked: int = 0
    missing: list[Item] = field(default_factory=list)
    last: Report | None = None

    @property
    def named(self) -> list[Item]:
        """The first few answers that are missing."""
        return self.missing[:NAMED]

    @property
    def unnamed(self) -> int:
        """How many more are missing."""
        return max(0, len(self.missing) - NAMED)


def offers(view: Viewpoint, reports: Iterable[Report]) -> list[Offer]:
    """Return every document of the framework as *view*'s side may know it, in one query; *reports* are newest first."""
    framework = view.framework
    entries = {
        entry.item_key: entry
        for entry in Entry.objects.filter(engagement=view.engagement, round__is_latest=True, shown=True).only(
            "item_key", "state", "revisit", "conflict", "due_date", "engagement_id", "round_id"
        )
    }
    last: dict[str, Report] = {}
    for report in reports:
        last.setdefault(report.kind, report)
    found = []
    for key, title in deliverables.titles(framework).items():
        gate = gate_of(framework, key)
        sign_off = entries.get(gate.item_key) if gate else None
        offer = Offer(
            key,
            title,
            str(PURPOSES.get(key, "")),
            gate,
            sign_off.due_date if sign_off else None,
            last=last.get(key),
        )
        feeding = framework.items if key == PACK else framework.feeding(key)
        for item in feeding:
            entry = entries.get(item.key)
            if entry is None or not view.may_see(item) or entry.state == Entry.State.NOT_APPLICABLE:
                continue
            offer.asked += 1
            if not entry.is_settled:
                offer.missing.append(item)
        found.append(offer)
    return found


def when_due(offer: Offer) -> str:
    """Say at which gate a document is due."""
    return offer.gate.title if offer.gate else _("kept up throughout")
