"""What is different since an earlier moment: answered, decided, reversed, blocked, signed, gone stale.

It is the net difference, not a count of deeds: what was changed and changed back is not told. Each line names the
event it came from and leads to its place in the product. What this side may not see is not read from.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from engagements.models import Event
from questionnaires import signed, values
from questionnaires.actions.act import unpacked
from questionnaires.document import Column, Item
from questionnaires.gates import row_key
from questionnaires.models import Answer, Clash, Decision, Entry, Revision, SignOff
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.reading import ItemView
from reports.content.record import Record

STOOD = (Entry.State.ANSWERED, Entry.State.CONFIRMED)
FACTS = ("state", "shown", "revisit", "conflict")
RISKS = "risks"
# Letters of an old and a new text that are shown, and before their first difference.
LONGEST, BEFORE = 150, 30

# In the order in which a reader wants to know; the second is what many of them are called.
KINDS: dict[str, tuple[Any, Any]] = {
    "reversed": (gettext_lazy("answer changed"), gettext_lazy("answers changed")),
    "decided": (gettext_lazy("decided or settled"), gettext_lazy("decided or settled")),
    "answered": (gettext_lazy("question answered"), gettext_lazy("questions answered")),
    "signed": (gettext_lazy("signature given"), gettext_lazy("signatures given")),
    "stale": (gettext_lazy("to look at again"), gettext_lazy("to look at again")),
    "blocked": (gettext_lazy("newly blocked"), gettext_lazy("newly blocked")),
    "held": (
        gettext_lazy("looked at again and still right"),
        gettext_lazy("looked at again and still right"),
    ),
    "aside": (gettext_lazy("set aside as not applicable"), gettext_lazy("set aside as not applicable")),
    "risk": (gettext_lazy("risk added"), gettext_lazy("risks added")),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what it is about, what happened, old and new where there is one, by whom, when, from which event."""

    kind: str
    number: str
    title: str
    words: str
    path: str
    event: int = 0
    by: str = ""
    on: date | None = None
    old: str = ""
    new: str = ""
    step_key: str = ""
    item_key: str = ""


class Difference:
    """The differences since an event, in the document's order within each kind."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self.changes = list(changes)
        self.by_kind: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            self.by_kind[change.kind].append(change)

    def __getitem__(self, kind: str) -> list[Change]:
        """Return the changes of a kind."""
        return self.by_kind.get(kind, [])

    def __bool__(self) -> bool:
        """Say whether anything is different."""
        return bool(self.changes)

    @property
    def item_keys(self) -> set[str]:
        """The questions that anything happened to."""
        return {change.item_key for change in self.changes if change.item_key}


def event_of(record: Record, when: date) -> int:
    """Return the number of the last event up to the end of a day, 0 when there was none: what *since* may be."""
    end = datetime.combine(when + timedelta(days=1), time(), tzinfo=record.engagement.zone)
    events = Event.objects.filter(engagement=record.engagement, at__lt=end)
    return events.aggregate(last=Max("number"))["last"] or 0


def difference(record: Record, since: int) -> Difference:
    """Return what is different since event *since* (0: since the opening), in about eight queries."""
    events = list(
        Event.objects.filter(engagement=record.engagement, number__gt=since)
        .select_related("by")
        .order_by("number")
    )
    reader = _Reader(record, events, since)
    decided = list(reader.decisions())
    by_decision = {change.item_key for change in decided if change.kind == "decided"}
    found = [
        *decided,
        *reader.clashes(),
        *(
            change
            for change in reader.items()
            if change.item_key not in by_decision or change.kind != "answered"
        ),
        *reader.signatures(),
        *reader.risks(),
    ]
    return Difference(found)


class _Reader:
    """What the events since then say, put beside what stands now."""

    def __init__(self, record: Record, events: Sequence[Event], since: int) -> None:
        self.record, self.events, self.since = record, events, since
        self.view = record.view
        self.facts: dict[int, dict[str, Any]] = defaultdict(dict)
        self.settled_before: dict[int, int] = {}
        self.rows_gone: set[int] = set()
        self.rows_back: set[int] = set()
        self.signs_before: dict[int, bool] = {}
        self.touched: dict[int, list[tuple[Event, Mapping[str, Any]]]] = defaultdict(list)
        for event in events:
            self._read(event)

    def _read(self, event: Event) -> None:
        for pk, pairs in unpacked(event.data).items():
            for name in FACTS:
                if name in pairs:
                    self.facts[pk].setdefault(name, pairs[name][0])
            self.touched[pk].append((event, pairs))
        altered = event.data.get("altered", {})
        for pk, pairs in altered.get("answer", {}).items():
            if "settled_version" in pairs:
                self.settled_before.setdefault(int(pk), pairs["settled_version"][0])
        for pk, pairs in altered.get("row", {}).items():
            if "deleted_at" in pairs:
                (self.rows_gone if pairs["deleted_at"][1] else self.rows_back).add(int(pk))
        for pk, pairs in altered.get("signoff", {}).items():
            if "is_stale" in pairs:
                self.signs_before.setdefault(int(pk), pairs["is_stale"][0])

    # Questions

    def items(self) -> Iterable[Change]:
        """Give what is different in questions."""
        values_moved = self._values()
        for item in self.record.asked():
            if item.item is None or item.item.type == "sign_off":
                continue
            if change := self._of_item(item, values_moved.get(item.entry.pk, [])):
                yield change
            yield from self._flags(item)

    def _of_item(self, item: ItemView, moved: Sequence[signed.Difference]) -> Change | None:
        entry = item.entry
        before = self.facts.get(entry.pk, {})
        was = before.get("state", entry.state) if entry.event <= self.since else Entry.State.OPEN
        now = entry.state
        if now in STOOD and was in STOOD and moved and self.since:
            return self._change(
                "reversed", item, _("changed"), old=_told(moved, "before"), new=_told(moved, "after")
            )
        if now in STOOD and (was not in STOOD or entry.event > self.since):
            return self._change("answered", item, _("answered"))
        if was in STOOD and now in (Entry.State.OPEN, Entry.State.DRAFT):
            return self._change("reversed", item, _("open again"))
        if now == Entry.State.NOT_APPLICABLE and was != now:
            reason = entry.reason_text or str(Entry.Reason(entry.reason).label)
            return self._change("aside", item, reason)
        if before.get("revisit") is True and not entry.revisit and now in STOOD:
            return self._change("held", item, _("still right"))
        return None

    def _flags(self, item: ItemView) -> Iterable[Change]:
        entry, before = item.entry, self.facts.get(item.entry.pk, {})
        fresh = entry.event > self.since
        if entry.conflict and (fresh or before.get("conflict") is False):
            yield self._change("blocked", item, _("two answers compete"), name="conflict")
        if entry.revisit and (fresh or before.get("revisit") is False):
            yield self._change("stale", item, self._because(item), name="revisit")
        if entry.state == Entry.State.UNKNOWN and (fresh or before.get("state", entry.state) != entry.state):
            yield self._change("blocked", item, self.record.unknown(item))

    def _because(self, item: ItemView) -> str:
        for reason in item.reasons:
            if reason.is_conflict:
                continue
            if reason.source is not None:
                return _("%(number)s %(title)s changed") % {
                    "number": reason.source.number,
                    "title": reason.source.title,
                }
            if reason.step is not None:
                return _("a new round of step %(number)s began") % {"number": reason.step.number}
        return _("something that it rests on changed")

    def _change(
        self, kind: str, item: ItemView, words: str, *, old: str = "", new: str = "", name: str = "state"
    ) -> Change:
        event = self._event(item, name)
        return Change(
            kind,
            item.number,
            item.title,
            words,
            reverse("questionnaires:item-history", args=[self.record.engagement.pk, item.key]),
            event.number if event else 0,
            event.by.display_name if event and event.by else "",
            self._day(event.at) if event else None,
            old,
            new,
            item.item.step_key if item.item else "",
            item.key,
        )

    def _event(self, item: ItemView, name: str) -> Event | None:
        """Return the event that a difference came from: the last that moved *name*, else the last about the item."""
        seen: list[tuple[Event, Mapping[str, Any]]] = [
            (event, pairs)
            for event, pairs in self.touched.get(item.entry.pk, [])
            if self.record.is_firm or not event.firm_only
        ]
        for event, pairs in reversed(seen):
            if name in pairs:
                found: Event = event
                return found
        about = [
            event
            for event in self.events
            if event.item_key == item.key and (self.record.is_firm or not event.firm_only)
        ]
        if not about:
            return None
        last: Event = about[-1]
        return last

    def _day(self, moment: datetime) -> date:
        return self.record.engagement.today(moment)

    # Values

    def _values(self) -> dict[int, list[signed.Difference]]:
        """Return by entry which settled values are not what they were, in words. Nothing for the first report."""
        if not self.since or not (self.settled_before or self.rows_gone or self.rows_back):
            return {}
        shown = {item.entry.pk: item for item in self.record.asked() if item.item is not None}
        about = Answer.objects.filter(entry__in=shown).exclude(part=Answer.Part.NOTE).select_related("row")
        moved = list(about.filter(pk__in=self.settled_before))
        rows = {one.row_id for one in moved if one.row_id} | self.rows_gone | self.rows_back
        answers = {one.pk: one for one in [*moved, *about.filter(row__in=rows)]}
        versions = {
            (one.pk, version)
            for one in answers.values()
            for version in (self.settled_before.get(one.pk, one.settled_version), one.settled_version)
            if version and version != one.version
        }
        known = {
            (pk, version): value
            for pk, version, value in Revision.objects.filter(
                answer__in={pk for pk, _version in versions},
                version__in={version for _pk, version in versions},
            ).values_list("answer_id", "version", "value")
        }
        sides: dict[int, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
        for one in answers.values():
            item = shown[one.entry_id]
            spec = _spec(item.item, one)
            is_gone = one.row is not None and one.row.deleted_at is not None
            was_gone = one.row_id in self.rows_back and one.row_id not in self.rows_gone
            for side, version, away in (
                (0, self.settled_before.get(one.pk, one.settled_version), was_gone),
                (1, one.settled_version, is_gone),
            ):
                value = one.value if version == one.version else known.get((one.pk, version))
                if version and not away and (said := values.substance(spec, value)) is not None:
                    sides[one.entry_id][side].append([row_key(one), one.column, one.part, said])
        wording = signed.Wording(self.view)
        found = {}
        for pk, (before, after) in sides.items():
            asked = shown[pk].item
            if asked is None or asked.type == "file":
                continue
            lines = signed.lines(wording, asked, _covered(before), _covered(after))
            if lines:
                found[pk] = lines
        return found

    # Records

    def decisions(self) -> Iterable[Change]:
        """Give the decisions that were made, and those that were opened again."""
        reopened = {
            event.data.get("decision"): event for event in self.events if event.kind == "decision.reopened"
        }
        made = Decision.objects.filter(engagement=self.record.engagement).select_related(
            "entry", "version", "client__user", "firm__user"
        )
        for decision in made.order_by("number"):
            framework = self.view.framework
            key = decision.entry.item_key
            if not framework.has_item(key) or not self.view.may_see(framework.item(key)):
                continue
            item = framework.item(key)
            path = reverse("questionnaires:decision", args=[self.record.engagement.pk, decision.number])
            title = _("Decision %(number)d: %(title)s") % {"number": decision.number, "title": item.title}
            if decision.event > self.since and decision.state != Decision.State.SUPERSEDED:
                who = _("%(client)s and %(firm)s") % {
                    "client": decision.client.user.display_name,
                    "firm": decision.firm.user.display_name,
                }
                yield Change(
                    "decided",
                    item.number,
                    title,
                    _("option %(letter)s, %(option)s")
                    % {"letter": decision.letter, "option": decision.chosen.get("title", "")},
                    path,
                    decision.event,
                    who,
                    self._day(decision.made_at),
                    step_key=item.step_key,
                    item_key=key,
                )
            elif decision.event <= self.since and (event := reopened.get(decision.pk)):
                yield Change(
                    "reversed",
                    item.number,
                    title,
                    _("open again: %(why)s") % {"why": decision.reopened_why}
                    if decision.reopened_why
                    else _("open again"),
                    path,
                    event.number,
                    event.by.display_name if event.by else "",
                    self._day(event.at),
                    step_key=item.step_key,
                    item_key=key,
                )

    def clashes(self) -> Iterable[Change]:
        """Give the conflicts that were put on the table, and those that were settled."""
        told = Clash.objects.filter(engagement=self.record.engagement).exclude(state=Clash.State.GONE)
        settled = {event.data.get("clash"): event for event in self.events if event.kind == "clash.settled"}
        for clash in told.for_side(is_firm=self.record.is_firm).order_by("number"):
            path = reverse("questionnaires:clash", args=[self.record.engagement.pk, clash.number])
            title = _("Conflict %(number)d: %(title)s") % {"number": clash.number, "title": clash.title}
            if clash.state == Clash.State.SETTLED and (event := settled.get(clash.pk)):
                by = event.by.display_name if event.by else ""
                yield Change("decided", "", title, clash.outcome, path, event.number, by, self._day(event.at))
            elif clash.state == Clash.State.OPEN and clash.raised_event > self.since:
                yield Change(
                    "blocked", "", title, clash.says, path, clash.raised_event, "", self._day(clash.raised_at)
                )

    def signatures(self) -> Iterable[Change]:
        """Give the signatures that were given, and those that something changed under."""
        gates = {gate.item_key: gate for gate in self.view.framework.gates}
        signs = (
            SignOff.objects.filter(entry__engagement=self.record.engagement, withdrawn_at=None)
            .select_related("entry", "membership__user")
            .order_by("event")
        )
        for one in signs:
            key = one.entry.item_key
            if key not in gates or key not in self.record.items:
                continue
            item = self.view.framework.item(key)
            is_new = one.event > self.since
            if is_new and not one.is_stale:
                kind, words = "signed", one.membership.user.display_name
            elif one.is_stale and (is_new or self.signs_before.get(one.pk) is False):
                kind = "stale"
                words = _("signature of %(name)s of %(day)s, something it covers has changed since") % {
                    "name": one.membership.user.display_name,
                    "day": self.record.in_day(one.signed_at),
                }
            else:
                continue
            event = one.event
            if kind == "stale":
                event = next((e.number for e in self.events if _made_stale(e, one.pk)), one.event)
            yield Change(
                kind,
                item.number,
                gates[key].title,
                words,
                reverse("questionnaires:gate", args=[self.record.engagement.pk, gates[key].key]),
                event,
                "",
                self._day(one.signed_at) if kind == "signed" else None,
                step_key=item.step_key,
            )

    def risks(self) -> Iterable[Change]:
        """Give the risks that were written down."""
        found = self.record.items.get(REGISTER_PREFIX + RISKS)
        for number, row in enumerate(found.rows if found else (), start=1):
            words = next(
                (str(cell.value) for cell in row.cells if cell.column.key == "risk" and cell.value), ""
            )
            if words and row.row.event > self.since:
                event = next((e for e in self.events if e.number == row.row.event), None)
                yield Change(
                    "risk",
                    "",
                    _("Risk %(number)d") % {"number": number},
                    words,
                    reverse("questionnaires:register", args=[self.record.engagement.pk, RISKS]),
                    row.row.event,
                    event.by.display_name if event and event.by else "",
                    self._day(event.at) if event else None,
                )


def _made_stale(event: Event, pk: int) -> bool:
    pairs = event.data.get("altered", {}).get("signoff", {}).get(str(pk), {})
    return "is_stale" in pairs and bool(pairs["is_stale"][1])


def _spec(item: Item | None, answer: Answer) -> Item | Column | None:
    if item is None or answer.part != Answer.Part.VALUE:
        return None
    if answer.column:
        return next((column for column in item.columns if column.key == answer.column), None)
    return item


def _covered(said: list[Any]) -> dict[str, Any]:
    return {"state": Entry.State.ANSWERED.value, "values": said}


def _told(lines: Sequence[signed.Difference], which: str) -> str:
    """Return the old or the new side of what changed, the first two places of it."""
    parts = []
    for line in lines[:2]:
        own, other = (line.before, line.after) if which == "before" else (line.after, line.before)
        words = excerpt(own, other)
        parts.append(f"{line.label}: {words}" if line.label and words else words)
    said = "; ".join(part for part in parts if part)
    if len(lines) > 2 and which == "after":
        more = len(lines) - 2
        said += " " + ngettext("and %(count)d more place", "and %(count)d more places", more) % {
            "count": more
        }
    return said


def excerpt(text: str, other: str) -> str:
    """Return a text cut to where it differs from *other*."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    other = " ".join(other.split())
    same = next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    start = max(0, min(same - BEFORE, len(text) - LONGEST))
    cut = text[start : start + LONGEST]
    return f"{'…' if start else ''}{cut.strip()}{'…' if start + LONGEST < len(text) else ''}"
