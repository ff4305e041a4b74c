"""What was said each time: rounds of a step side by side, and a question's answers from time to time."""

from dataclasses import dataclass
from datetime import datetime

from questionnaires import signed
from questionnaires.access import Viewpoint
from questionnaires.gates import Covered, Settled
from questionnaires.models import Entry, Round
from questionnaires.signed import Difference, ItemDifference


def between(view: Viewpoint, earlier: Round, later: Round) -> list[ItemDifference]:
    """Return where two rounds of a step differ in what was settled, as *view*'s side may know it, in five queries."""
    entries = Entry.objects.filter(round__in=[earlier, later], shown=True)
    found = Settled(view.questionnaire, entries)
    said: dict[int, Covered] = {earlier.pk: {}, later.pk: {}}
    for entry in found.entries:
        item = view.framework.item(entry.item_key)
        if entry.round_id is not None and item.type != "sign_off" and view.may_see(item):
            said[entry.round_id][item.key] = found.said(entry, view.side)
    return signed.differences(view, said[earlier.pk], said[later.pk])


@dataclass(slots=True)
class Pass:
    """One time that a question was asked: its entry, when that time began and ended, and what changed since before."""

    entry: Entry
    began: datetime
    ended: datetime | None
    told: list[tuple[str, str]]
    differences: list[Difference]


def of_item(view: Viewpoint, entry: Entry) -> list[Pass]:
    """Return every time an item was asked, the latest first, in a fixed number of queries."""
    entries = list(
        Entry.objects.filter(engagement=view.engagement, item_key=entry.item_key, round__isnull=False)
        .select_related("round", "answered_by", "confirmed_by")
        .order_by("round__is_latest", "round__ended_at", "pk")
    )
    item = view.framework.item(entry.item_key)
    settled = Settled(view.questionnaire, entries)
    wording = signed.Wording(view)
    found: list[Pass] = []
    before = None
    began = min(one.round.started_at for one in entries if one.round)
    for one in entries:
        round_ = one.round
        said = settled.said(one, view.side)
        if round_ is None:
            continue
        found.append(
            Pass(
                one,
                began,
                round_.ended_at,
                signed.told(wording, item, said),
                signed.lines(wording, item, before, said) if before is not None else [],
            )
        )
        before = said
        began = round_.ended_at or began
    return found[::-1]
