"""What was signed, in words: the difference to what stands now, and the certificate of a gate as plain data."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from questionnaires import gates, merge, reading, values
from questionnaires.access import Viewpoint
from questionnaires.document import Column, Item
from questionnaires.gates import Covered
from questionnaires.models import Entry

Place = tuple[str | None, str, str]


@dataclass(slots=True)
class Difference:
    """One value that is not what was signed. Texts come with their words compared."""

    label: str
    before: str
    after: str
    words: list[merge.Change] = field(default_factory=list)


@dataclass(slots=True)
class ItemDifference:
    """What differs in one covered item."""

    item: Item
    lines: list[Difference]


class Wording:
    """Puts covered values into words for one engagement: choices by their labels, people by their names."""

    def __init__(self, view: Viewpoint) -> None:
        self.view = view
        self.names = {member.pk: member.user.display_name for member in reading.people(view)}

    def told(self, item: Item | Column, place: Place, value: Any) -> str:
        """Return one covered value in words; "" for none."""
        _row, column, part = place
        if value is None:
            return ""
        if part == "words":
            return str(value)
        spec: Item | Column | None = item
        if column and isinstance(item, Item):
            spec = next((one for one in item.columns if one.key == column), None)
        if spec is None:
            return str(value)
        if spec.type == "file" and isinstance(value, list):
            shown = _("%(name)s, version %(number)d")
            return "; ".join(shown % {"name": one[1], "number": one[2]} for one in value)
        return values.as_text(
            spec,
            value,
            lambda _kind, pk: self.names.get(pk, ""),
            currency=self.view.engagement.currency,
            translate=_,
        )

    def label(self, item: Item, place: Place) -> str:
        """Name a place within an item; "" for the item's own value."""
        _row, column, part = place
        if column:
            return next((one.label for one in item.columns if one.key == column), column)
        return _("In words") if part == "words" else ""


def state_told(covered: dict[str, Any] | None) -> str:
    """Name the state of a covered item, with the reason where it was set aside."""
    if covered is None:
        return _("Not asked")
    label = str(Entry.State(covered["state"]).label)
    reason = covered.get("reason")
    if not reason:
        return label
    words = reason[1] or str(Entry.Reason(reason[0]).label)
    return f"{label}: {words}"


def differences(view: Viewpoint, signed: Covered, now: Covered) -> list[ItemDifference]:
    """Return what differs between what was signed and what stands now, item by item, words compared.

    Asks the database for names only.
    """
    wording = Wording(view)
    found = []
    for item in view.framework.items:
        before, after = signed.get(item.key), now.get(item.key)
        if before != after and view.may_see(item):
            found.append(ItemDifference(item, lines(wording, item, before, after)))
    return found


def lines(
    wording: Wording, item: Item, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> list[Difference]:
    """Return what differs between two sayings of one item, rows that came or went as a whole."""
    return [*_lines(wording, item, before, after)]


def _lines(
    wording: Wording, item: Item, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Iterable[Difference]:
    was, now = _by_place(before), _by_place(after)
    if state_told(before) != state_told(after):
        yield Difference(_("State"), state_told(before), state_told(after))
    old_rows = {row for row, _column, _part in was if row is not None}
    new_rows = {row for row, _column, _part in now if row is not None}
    for row in sorted(old_rows - new_rows):
        yield Difference(_("Row removed"), _row(wording, item, was, row), "")
    for row in sorted(new_rows - old_rows):
        yield Difference(_("Row added"), "", _row(wording, item, now, row))
    for place in dict.fromkeys([*was, *now]):
        if place[0] in old_rows ^ new_rows or was.get(place) == now.get(place):
            continue
        old, new = (wording.told(item, place, side.get(place)) for side in (was, now))
        yield Difference(wording.label(item, place), old, new, merge.word_diff(old, new))


def _by_place(covered: dict[str, Any] | None) -> dict[Place, Any]:
    if covered is None:
        return {}
    return {(row, column, part): value for row, column, part, value in covered["values"]}


def _row(wording: Wording, item: Item, found: dict[Place, Any], row: str) -> str:
    columns = {column.key: place for place, column in enumerate(item.columns)}
    cells = [
        (columns.get(place[1], 0), wording.told(item, place, found[place]))
        for place in found
        if place[0] == row
    ]
    return "; ".join(told for _place, told in sorted(cells))


def certificate(view: Viewpoint, key: str, *, now: datetime | None = None) -> dict[str, Any] | None:
    """Return what a gate's certificate says, as *view*'s side may know it, in plain data; None when it is not asked.

    `state` is signed, stale or open. `covered` has number, title, prompt, state and `values` as (label, text); tables
    give a label "row 1, column" each. `signatures` come with name, part, function, time, statement, comment and the
    fingerprint over what was covered; `missing` and `waived` name what is not settled.
    """
    found = gates.standings(view, only=key, now=now)
    if not found:
        return None
    (standing,) = found
    wording = Wording(view)
    covered = gates.Covers(view.questionnaire, [standing.gate]).seen_by(view.side, standing.gate)
    step = view.framework.step(standing.item.step_key)
    return {
        "gate": standing.gate.title,
        "engagement": view.engagement.name,
        "client": view.engagement.client.name,
        "step": {"number": step.number, "title": step.title},
        "state": standing.state,
        "as_of": (now or timezone.now()).isoformat(),
        "fingerprint": gates.fingerprint(covered),
        "covered": [_covered(wording, item, covered[item.key]) for item, _entry in standing.covered],
        "signatures": [_signature(line) for line in standing.lines if line.sign_off is not None],
        "unsigned": [line.function.title for line in standing.lines if line.sign_off is None],
        "missing": [
            {"number": point.item.number, "title": point.item.title, "what": point.what}
            for point in standing.unmet
        ],
        "waived": [
            {
                "number": point.item.number,
                "title": point.item.title,
                "reason": point.waiver.reason,
                "until": point.waiver.until.isoformat(),
                "by": point.waiver.approved_by.user.display_name,
            }
            for point in standing.waived
            if point.waiver is not None
        ],
    }


def told(wording: Wording, item: Item, covered: dict[str, Any]) -> list[tuple[str, str]]:
    """Return an item's settled values as (label, words); a table's are labelled "row 1, column"."""
    rows: dict[str, int] = {}
    found = []
    for row, column, part, value in covered["values"]:
        label = wording.label(item, (row, column, part))
        if row is not None:
            number = rows.setdefault(row, len(rows) + 1)
            label = _("row %(number)d, %(column)s") % {"number": number, "column": label}
        found.append((label, wording.told(item, (row, column, part), value)))
    return found


def _covered(wording: Wording, item: Item, covered: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": item.number,
        "title": item.title,
        "prompt": item.prompt,
        "state": state_told(covered),
        "values": [list(line) for line in told(wording, item, covered)],
    }


def _signature(line: gates.Line) -> dict[str, Any]:
    sign_off = line.sign_off
    assert sign_off is not None  # noqa: S101 - the caller leaves out functions without a signature
    return {
        "name": sign_off.membership.user.display_name,
        "part": sign_off.membership.user.job_title or sign_off.membership.get_role_display(),
        "function": line.function.title,
        "signed_at": sign_off.signed_at.isoformat(),
        "statement": sign_off.statement,
        "comment": sign_off.comment,
        "fingerprint": sign_off.fingerprint,
        "is_stale": sign_off.is_stale,
        "event": sign_off.event,
    }
