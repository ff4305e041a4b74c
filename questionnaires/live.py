"""What open pages of an engagement are told: which events touch which parts of which page, drawn once per side.

A new kind of event needs a line in TOUCHES when it touches more than its own item. See docs/live.md.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.listening import EngagementSource
from engagements.models import Event
from live import messages
from live.source import MAX_BEHIND, Batch
from questionnaires import happenings, reading
from questionnaires.access import Viewpoint
from questionnaires.actions.act import unpacked
from questionnaires.document import Framework, Step
from questionnaires.fragments import Drawing
from questionnaires.models import Answer, Entry, Questionnaire
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.progress import Progress
from questionnaires.reading import ItemView

# More deeds than this at once are not told one by one.
MOST_DEEDS = 20
# The pages of meetings, by the id of the meeting; they show the points of its agenda.
MEETING = "meeting"


@dataclass(frozen=True)
class Audience:
    """Everybody who gets the same bytes: one side, one language, one page."""

    side: Side
    language: str
    page: str

    @classmethod
    def parse(cls, text: str) -> "Audience":
        """Read what `str` gave."""
        side, language, page = text.split("|", 2)
        return cls(Side(side), language, page)

    def __str__(self) -> str:
        return f"{self.side}|{self.language}|{self.page}"

    def shows(self, framework: Framework, key: str) -> bool:
        """Say whether the page shows the item or register *key*."""
        kind, _colon, name = self.page.partition(":")
        if kind == "step":
            return framework.has_item(key) and framework.item(key).step_key == name
        if kind == "item":
            return key == name
        if kind == MEETING:
            return key.startswith("point-")
        return kind == "register" and key == REGISTER_PREFIX + name

    @property
    def is_told_in_parts(self) -> bool:
        """Say whether the page is made of items; any other fetches itself again when something happened."""
        return self.page.partition(":")[0] in ("step", "item", "register")


# What of an entry moves counters and the line beside a step.
COUNTED = {"state", "shown", "revisit", "conflict", "held_by"}


@dataclass
class Touched:
    """Which parts of pages some events touched."""

    items: set[str] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)  # ids of further entries
    rows: dict[str, set[int]] = field(default_factory=dict)
    cells: dict[str, set[int]] = field(default_factory=dict)
    counters: bool = False
    everything: bool = False

    def add(self, event: Event, side: Side) -> None:
        """Add what *event* touched on pages of *side*.

        What only the firm may know of touches the client's pages by the entries that it moved, and says nothing.
        """
        changed = event.data.get("entries") or {}
        # An entry that is named without a change of its own has other reasons now, which may draw another loop.
        self.counters = self.counters or any(
            not pairs or COUNTED & pairs.keys() for pairs in changed.values()
        )
        # An action on very many entries names them together; then the page fetches itself again.
        self.everything = self.everything or "together" in event.data
        self.moved.update(int(pk) for pk in changed)
        # A decision, a conflict or an attempt keeps a line of a register in step.
        for key, ids in (event.data.get("lines") or {}).items():
            self.rows.setdefault(key, set()).update(ids)
        if side == Side.FIRM or not event.firm_only:
            TOUCHES.get(event.kind, own_item)(self, event)


def own_item(touched: Touched, event: Event) -> None:
    """Touch the item that the event belongs to; one that belongs to none is told by fetching the page again."""
    if event.item_key:
        touched.items.add(event.item_key)
    else:
        touched.everything = True


def cell_or_item(touched: Touched, event: Event) -> None:
    """Touch one cell where a cell was written, and the item around it only where it changed as well."""
    if not event.data.get("row"):
        own_item(touched, event)
        return
    touched.cells.setdefault(event.item_key, set()).add(event.data["answer"])
    if event.data.get("revived"):
        touched.rows.setdefault(event.item_key, set()).add(event.data["row"])
    if event.data.get("entries") or not event.kind.startswith("answer."):
        own_item(touched, event)


def rows(touched: Touched, event: Event) -> None:
    """Touch rows, and the frame of the table: it may have begun, and conflicts name their row by its place."""
    ids = event.data.get("rows") or [event.data["row"]]
    touched.rows.setdefault(event.item_key, set()).update(ids)
    own_item(touched, event)


def concerned(touched: Touched, event: Event) -> None:
    """Touch every item that a request or a conflict is about; an attempt is about none."""
    touched.items.update(event.data.get("items", ()))


def no_item(touched: Touched, event: Event) -> None:
    """Touch no question: only pages that are not made of questions show it, and those fetch themselves again."""


def everything(touched: Touched, event: Event) -> None:
    """Let every page fetch itself again."""
    touched.everything = True


OF_REPORTS = (
    *("report.written", "report.edited", "report.in-review", "report.taken-back", "report.released"),
    *("report.shared", "report.link-ended", "report.mailed", "report.kept-back", "report.not-made"),
    *("schedule.made", "schedule.ended"),
)
# What an event touches besides the entries it changed. What is not here touches its own item.
TOUCHES: dict[str, Callable[[Touched, Event], None]] = {
    "answer.saved": cell_or_item,
    "answer.restored": cell_or_item,
    "conflict.opened": cell_or_item,
    "conflict.changed": cell_or_item,
    "conflict.decided": cell_or_item,
    "row.added": rows,
    "row.deleted": rows,
    "row.restored": rows,
    "row.moved": rows,
    "row.kept": rows,
    **dict.fromkeys(("request.recorded", "request.changed", "request.closed"), concerned),
    **dict.fromkeys(("clash.raised", "clash.advised", "clash.ranked"), concerned),
    **dict.fromkeys(("clash.settled", "clash.reopened", "clash.weighed"), concerned),
    **dict.fromkeys(("attempt.recorded", "attempt.changed", "attempt.superseded"), concerned),
    **dict.fromkeys(("attempt.holds", "attempts.imported"), concerned),
    **dict.fromkeys(("meeting.planned", "meeting.changed", "meeting.cancelled"), no_item),
    **dict.fromkeys(("meeting.started", "meeting.ended"), no_item),
    **dict.fromkeys(("agenda.changed", "agenda.ticked", "agenda.noted"), no_item),
    **dict.fromkeys(OF_REPORTS, no_item),
}


def _concerns(event: Event, side: Side) -> bool:
    """Say whether *side*'s pages change with *event*: with the firm's own by the entries alone that it moved."""
    return side == Side.FIRM or not event.firm_only or bool(unpacked(event.data))


class QuestionnaireSource(EngagementSource):
    """Engagements as their pages hear of them."""

    def draw(self, topic: int, after: Mapping[str, int]) -> Batch:
        """Render what changed for each audience since its number, as everything is now."""
        questionnaire = Questionnaire.objects.select_related("engagement__client").get(pk=topic)
        first = min(after.values())
        events = list(
            Event.objects.filter(engagement=topic).after(first).select_related("by")[: MAX_BEHIND + 1]
        )
        number = max(questionnaire.engagement.last_event, first)
        if len(events) > MAX_BEHIND:
            number = events[-1].number
            return Batch(number, {audience: messages.resync(number) for audience in after})
        studio = _Studio(questionnaire)
        found = {}
        for text, since in after.items():
            audience = Audience.parse(text)
            seen = [event for event in events if event.number > since and _concerns(event, audience.side)]
            with translation.override(audience.language):
                found[text] = studio.message(audience, seen, number) if seen else None
        return Batch(number, {text: message for text, message in found.items() if message is not None})

    def is_page(self, audience: str, pages: str) -> bool:
        """Say whether a page is meant by its name."""
        return Audience.parse(audience).page.startswith(pages)

    def draw_presence(self, topic: int, people: Sequence[dict[str, Any]], audience: str) -> bytes:
        """Render who is on the page of *audience*, and who writes in what it shows.

        What the firm does in internal items and in its notes is not told to the client side.
        """
        target = Audience.parse(audience)
        questionnaire = Questionnaire.objects.get(pk=topic)
        framework = questionnaire.framework
        here: dict[int, dict[str, Any]] = {}
        writing = []
        for entry in people:
            shown = {name: entry[name] for name in ("person", "name", "first", "initials", "firm", "idle")}
            if entry["page"] == target.page:
                known = here.setdefault(entry["person"], shown)
                known["idle"] = known["idle"] and entry["idle"]
            if entry["item"] and not entry["idle"] and target.shows(framework, entry["item"]):
                hidden = entry["private"] or _is_internal(framework, entry["item"])
                if target.side == Side.FIRM or not hidden:
                    writing.append({**shown, "item": reading.dom_id(entry["item"]), "field": entry["field"]})
        return messages.message("presence", {"here": [*here.values()], "writing": writing})


def _is_internal(framework: Framework, key: str) -> bool:
    return framework.has_item(key) and framework.item(key).internal


class _Half:
    """One side in one language: what several pages need alike is read and drawn once."""

    def __init__(self, view: Viewpoint) -> None:
        self.view = view
        self.framework = view.framework
        self.drawing = Drawing(self.view)
        self._items: dict[str, ItemView] = {}
        self._bare: dict[str, ItemView] = {}
        self._frames: dict[str, str] = {}
        self._rows: dict[tuple[str, tuple[int, ...]], str] = {}
        self._cells: dict[tuple[str, tuple[int, ...]], tuple[str, bool]] = {}

    def may_see(self, key: str) -> bool:
        """Say whether this side sees the item or register *key*."""
        return self.view.is_firm or not _is_internal(self.framework, key)

    def parts(self, keys: Iterable[str], touched: Touched) -> Iterator[str]:
        """Give the fragments of items and registers, reading all of them at once."""
        keys = sorted(keys)
        frames = [key for key in keys if key in touched.items or self._is_disputed(key, touched)]
        self._read(frames)
        for key in keys:
            if key in frames and key in self._items:
                if key not in self._frames:
                    self._frames[key] = self.drawing.frame(self._items[key])
                yield self._frames[key]
            if ids := tuple(sorted(touched.rows.get(key, ()))):
                if (key, ids) not in self._rows:
                    self._rows[key, ids] = self.drawing.rows(self._item(key), ids)
                yield self._rows[key, ids]
            if ids := tuple(sorted(touched.cells.get(key, ()))):
                yield self._drawn_cells(key, ids)[0]

    def counters(self, step: Step) -> Iterator[str]:
        """Give how far a step's sections are, the step itself, and the line beside it."""
        for section in step.sections:
            if section.key in self._counted:
                yield self.drawing.section_progress(section, self._counted[section.key])
        yield self.drawing.step_progress(step, self._counted)

    @cached_property
    def _counted(self) -> dict[str, Progress]:
        return reading.progress_by_section(self.view)

    def _is_disputed(self, key: str, touched: Touched) -> bool:
        """Say whether one of the touched cells has two values: the item shows them side by side as they are now."""
        ids = tuple(sorted(touched.cells.get(key, ())))
        return bool(ids) and self._drawn_cells(key, ids)[1]

    def _drawn_cells(self, key: str, ids: tuple[int, ...]) -> tuple[str, bool]:
        if (key, ids) not in self._cells:
            cells = reading.cells_of(self.view, self._item(key), ids)
            html = self.drawing.cells(self._item(key), cells)
            self._cells[key, ids] = html, any(cell.conflicts for _row, cell in cells)
        return self._cells[key, ids]

    def _read(self, keys: Iterable[str]) -> None:
        missing = [key for key in keys if key not in self._items]
        if missing:
            entries = reading.entries_for(self.view, self._entries(missing).order_by("id"))
            for item in reading.item_views(self.view, entries, rows=False).values():
                self._items[item.key] = item

    def _item(self, key: str) -> ItemView:
        """Return an item as its cells and rows need it: its columns and its files."""
        if key in self._items:
            return self._items[key]
        if key not in self._bare:
            entry = reading.entries_for(self.view, self._entries([key])).get()
            self._bare[key] = reading.bare_item(self.view, entry)
        return self._bare[key]

    def _entries(self, keys: Iterable[str]) -> QuerySet[Entry]:
        return Entry.objects.of_latest_rounds().filter(
            engagement=self.view.engagement, item_key__in=list(keys)
        )


class _Studio:
    """Draws one batch of events for all audiences of an engagement."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self._firm = Viewpoint(questionnaire, Side.FIRM)
        self._halves: dict[tuple[Side, str], _Half] = {}
        self._known: dict[int, str] = {}

    def message(self, audience: Audience, events: list[Event], number: int) -> bytes | None:
        """Return what an audience is sent, or None when nothing of it is on its page."""
        touched = Touched()
        for event in events:
            touched.add(event, audience.side)
        if touched.everything or not audience.is_told_in_parts:
            return messages.resync(number)
        half = self._halves.setdefault(
            (audience.side, audience.language), _Half(self._firm.of_side(audience.side))
        )
        touched.items |= self._keys(touched.moved)
        keys = {
            key
            for key in {*touched.items, *touched.cells, *touched.rows}
            if audience.shows(half.framework, key) and half.may_see(key)
        }
        html = "".join(half.parts(keys, touched))
        if touched.counters and audience.page.startswith("step:"):
            html += "".join(half.counters(half.framework.step(audience.page.removeprefix("step:"))))
        known = [event for event in events if audience.side == Side.FIRM or not event.firm_only]
        told = _deeds(half, [event for event in known if event.item_key in keys])
        return messages.message("fragments", {"html": html, "deeds": told}, number=number) if html else None

    def _keys(self, entry_ids: Iterable[int]) -> set[str]:
        """Return the keys of entries, leaving out those of earlier rounds, which no page of ours follows."""
        if missing := [pk for pk in entry_ids if pk not in self._known]:
            entries = Entry.objects.of_latest_rounds().filter(pk__in=missing)
            self._known.update(entries.values_list("pk", "item_key"))
        return {self._known[pk] for pk in entry_ids if pk in self._known}


def _deeds(half: _Half, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return in words who did what on a page, for chips and for those who listen."""
    found = []
    for event in events[-MOST_DEEDS:]:
        if event.by is None:
            continue
        (line,) = happenings.told(half.view, [event])
        place = _("Question %(number)s") % {"number": line.item.number} if line.item else line.place
        found.append(
            {
                "by": event.by_id,
                "first": event.by.first_name,
                "item": reading.dom_id(event.item_key),
                "field": _field(event),
                "chip": f"{event.by.first_name} {line.words}",
                "say": f"{place}: {event.by.display_name} {line.words}.",
            }
        )
    return found


def _field(event: Event) -> str:
    """Return the id of the field that an event wrote into, or nothing."""
    data = event.data
    if "answer" not in data:
        return ""
    if data.get("row"):
        return f"c-{data['row']}-{data['column']}"
    prefix = {Answer.Part.WORDS: "w", Answer.Part.NOTE: "n"}.get(data.get("part"), "f")
    return f"{prefix}-{reading.dom_id(event.item_key)}"


SOURCE = QuestionnaireSource()
