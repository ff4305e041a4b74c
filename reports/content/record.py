"""Everything documents are written from, read once in a fixed number of queries, as one side sees it."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Engagement, Event, Membership
from questionnaires import reading, trials, values
from questionnaires.access import Viewpoint
from questionnaires.calendar import days_since
from questionnaires.coverage import Coverage, coverages
from questionnaires.document import Column, Item, Step
from questionnaires.gates import Standing, standings
from questionnaires.line import line
from questionnaires.marks import here, marks
from questionnaires.models import Attempt, Clash, Decision, Entry, Request
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.progress import Progress
from questionnaires.reading import ItemView
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.house import House, house_of


@dataclass
class Record:
    """One engagement as one side sees it, at one moment."""

    view: Viewpoint
    at: datetime

    @property
    def engagement(self) -> Engagement:
        """The engagement."""
        return self.view.engagement

    @property
    def is_firm(self) -> bool:
        """Say whether this is the firm's edition."""
        return self.view.is_firm

    @cached_property
    def today(self) -> date:
        """The day this is about, by the engagement's calendar."""
        return self.engagement.today(self.at)

    @cached_property
    def house(self) -> House:
        """How documents of this engagement are dressed."""
        return house_of(self.engagement.client)

    @cached_property
    def people(self) -> list[Membership]:
        """The engagement's people, former ones last."""
        return list(reading.people(self.view))

    @cached_property
    def names(self) -> dict[int, str]:
        """Names by membership."""
        return {member.pk: member.user.display_name for member in self.people}

    @cached_property
    def items(self) -> dict[str, ItemView]:
        """Every item of the latest rounds and every register that this side sees, by key."""
        entries = Entry.objects.of_latest_rounds().filter(engagement=self.engagement)
        views = reading.item_views(self.view, reading.entries_for(self.view, entries)).values()
        return {item.key: item for item in views if item.item is None or self.view.may_see(item.item)}

    @cached_property
    def counted(self) -> dict[str, Progress]:
        """The kept counters by section."""
        return reading.progress_by_section(self.view)

    @cached_property
    def total(self) -> Progress:
        """The counters of the whole engagement."""
        total = Progress()
        for progress in self.counted.values():
            total.add(progress)
        return total

    @cached_property
    def drawn(self) -> dict[str, Any]:
        """The throughline as plain data."""
        found = line(self.view, now=self.at)
        steps = marks(self.view, self.counted, found)
        return {
            "steps": [
                {
                    "number": mark.number,
                    "name": mark.name,
                    "phase": mark.phase,
                    "percent": mark.percent,
                    "sign": mark.sign,
                    "note": mark.note,
                }
                for mark in steps
            ],
            "loops": [
                {
                    "from_index": loop.from_index,
                    "to_index": loop.to_index,
                    "count": loop.count,
                    "open": loop.open,
                }
                for loop in found.loops
            ],
            "here": here(self.view.framework, self.counted),
        }

    @cached_property
    def gates(self) -> list[Standing]:
        """The gates as they stand, in the document's order."""
        return standings(self.view, now=self.at)

    @cached_property
    def decisions(self) -> list[Decision]:
        """Every decision on what this side sees, by number."""
        found = (
            Decision.objects.filter(engagement=self.engagement)
            .select_related(
                "entry",
                "version",
                "client__user",
                "firm__user",
                "reopened_by",
                "replaces",
                "replaced_by",
                "footing",
            )
            .order_by("number")
        )
        return [one for one in found if self.sees(one.entry.item_key)]

    @cached_property
    def clashes(self) -> list[Clash]:
        """What could not all stand, by number; what went away by itself is left out."""
        return list(
            Clash.objects.filter(engagement=self.engagement)
            .exclude(state=Clash.State.GONE)
            .for_side(is_firm=self.is_firm)
            .select_related("decided_by__user")
            .prefetch_related("sides__request__author__user")
            .order_by("number")
        )

    @cached_property
    def requests(self) -> list[Request]:
        """What people of the client side want, by number."""
        return list(
            Request.objects.filter(engagement=self.engagement)
            .select_related("author__user")
            .order_by("number")
        )

    @cached_property
    def attempts(self) -> list[Attempt]:
        """What was tried, by number."""
        return list(trials.attempts(self.view))

    @cached_property
    def coverages(self) -> list[Coverage]:
        """What is on record for public frameworks."""
        return coverages(self.view)

    def sees(self, key: str) -> bool:
        """Say whether this side may know of an item."""
        framework = self.view.framework
        return framework.has_item(key) and self.view.may_see(framework.item(key))

    def events_after(self, number: int) -> list[Event]:
        """Return what happened since an event, oldest first."""
        events = Event.objects.filter(engagement=self.engagement).for_side(self.view.side).after(number)
        return list(events.select_related("by"))

    def in_day(self, moment: datetime) -> str:
        """Write the day a moment falls on."""
        return day(self.engagement.today(moment), self.today)

    def shown(self, step: Step) -> list[ItemView]:
        """Return a step's items that are asked, in order."""
        return [
            self.items[item.key]
            for item in step.items
            if item.key in self.items and self.items[item.key].entry.shown
        ]

    def asked(self) -> list[ItemView]:
        """Return every item that is asked, in the document's order."""
        return [item for step in self.view.framework.steps for item in self.shown(step)]

    def waiting(self, side: Side) -> list[ItemView]:
        """Return what a side holds, with a name or a date or a beginning to it, oldest first."""
        found = [
            item
            for item in self.asked()
            if not item.entry.is_settled
            and item.entry.state != Entry.State.NOT_APPLICABLE
            and item.entry.held_by == side
            and (
                item.entry.owner_id
                or item.entry.finder_id
                or item.entry.due_date
                or item.entry.state != Entry.State.OPEN
            )
        ]
        return sorted(found, key=lambda item: item.entry.held_since)

    def days(self, item: ItemView) -> int:
        """Return how many working days an item waits where it is."""
        return days_since(item.entry.held_since, self.engagement, self.at)

    def register(self, key: str) -> list[dict[str, str]]:
        """Return a register's rows as texts by column."""
        return self.lines(self.items.get(REGISTER_PREFIX + key))

    def lines(self, item: ItemView | None) -> list[dict[str, str]]:
        """Return a table's rows as texts by column."""
        if item is None:
            return []
        return [
            {cell.column.key: self.in_words(cell.column, cell.value, item.files) for cell in row.cells}
            for row in item.rows
        ]

    def in_words(self, spec: Item | Column, value: Any, files: list[dict[str, Any]] | None = None) -> str:
        """Return a value as people read it; dates as days."""
        if spec.type == "date" and isinstance(value, str):
            return day(date.fromisoformat(value), self.today)
        names = {file["id"]: file["name"] for file in files or []}

        def lookup(kind: str, pk: int) -> str:
            return self.names.get(pk, "") if kind == "person" else names.get(pk, _("a file"))

        words = values.as_text(spec, value, lookup, currency=self.engagement.currency, translate=_)
        return localised(words) if spec.type in ("number", "money") else words

    def value(self, item: ItemView, *, most_rows: int = 10_000) -> list[Block]:
        """Return an item's answer as blocks; of a table at most *most_rows* rows, and how many more there are."""
        spec = item.item
        found: list[Block] = []
        if item.words and item.words.value:
            found.append(blocks.text(item.words.value))
        if item.columns and item.rows:
            found.append(self.rows(item, most=most_rows))
            if (more := len(item.rows) - most_rows) > 0:
                found.append(
                    blocks.quiet(
                        ngettext("and %(count)d more row", "and %(count)d more rows", more) % {"count": more}
                    )
                )
        if spec is not None and item.value is not None:
            words = self.in_words(spec, item.value, item.files)
            found.append(blocks.text(words) if spec.type == "long_text" else blocks.strong(words))
        if spec is not None and spec.type == "sign_off":
            for sign_off in item.sign_offs:
                words = _("%(name)s, %(day)s") % {
                    "name": sign_off.membership.user.display_name,
                    "day": day(self.engagement.today(sign_off.signed_at), self.today),
                }
                found.append(blocks.strong(words))
                if sign_off.is_stale:
                    found.append(
                        blocks.quiet(_("Something it covers has changed since; to be signed again."))
                    )
        return found

    def rows(self, item: ItemView, *, most: int = 10_000) -> Block:
        """Return an item's first rows as a table; columns that nobody filled are left out."""
        filled = {cell.column.key for row in item.rows for cell in row.cells if cell.value is not None}
        columns = [column for column in item.columns if column.key in filled]
        return blocks.table(
            [
                (
                    column.label,
                    {"number": "r", "money": "r", "date": "day", "person": "who"}.get(column.type, ""),
                )
                for column in columns
            ],
            [
                [
                    self.in_words(cell.column, cell.value, item.files)
                    for cell in row.cells
                    if cell.column.key in filled
                ]
                for row in item.rows[:most]
            ],
        )

    def grounds(self, item: ItemView) -> list[Cell]:
        """Return what stands beside an answer: flags, certainty, source, who and when."""
        entry = item.entry
        lines: list[Cell] = []
        if entry.conflict:
            lines.append({"text": _("Two answers compete"), "tone": "bad"})
        if entry.revisit:
            lines.append({"text": _("To revisit"), "tone": "warn"})
        if entry.certainty:
            lines.append(str(Entry.Certainty(entry.certainty).label))
        if entry.source and (self.is_firm or item.item is None or not item.item.internal):
            lines.append(entry.source)
        if (
            entry.answered_by
            and entry.answered_at
            and entry.state in (Entry.State.ANSWERED, Entry.State.CONFIRMED)
        ):
            lines.append(
                _("%(name)s, %(day)s")
                % {
                    "name": entry.answered_by.display_name,
                    "day": day(self.engagement.today(entry.answered_at), self.today),
                }
            )
        if entry.state == Entry.State.CONFIRMED and entry.confirmed_by and entry.confirmed_at:
            lines.append(
                _("Confirmed by %(name)s, %(day)s")
                % {
                    "name": entry.confirmed_by.display_name,
                    "day": day(self.engagement.today(entry.confirmed_at), self.today),
                }
            )
        return lines

    def answer(self, item: ItemView, *, changed: bool = False, most_rows: int = 10_000) -> Block:
        """Return a question with its answer, or with what is missing and who has it."""
        entry = item.entry
        body = self.value(item, most_rows=most_rows)
        if entry.state == Entry.State.NOT_APPLICABLE:
            reason = str(Entry.Reason(entry.reason).label) + (
                f": {entry.reason_text}" if entry.reason_text else ""
            )
            body = [blocks.quiet(_("Not applicable. %(reason)s") % {"reason": reason})]
        elif entry.state == Entry.State.UNKNOWN:
            body.append(blocks.missing(self.unknown(item)))
        elif not body:
            body = [blocks.missing(self.holder(item))]
        elif entry.state == Entry.State.DRAFT:
            body.append(blocks.quiet(_("Begun, not yet called done.")))
        title = item.item.prompt if item.item else item.title
        return blocks.answer(
            number=item.number, question=title, value=body, side=self.grounds(item), changed=changed
        )

    def unknown(self, item: ItemView) -> str:
        """Say who finds something out, and by when."""
        entry = item.entry
        words = _("We don’t know yet.")
        if entry.finder:
            words += " " + _("%(name)s finds out.") % {"name": entry.finder.user.display_name}
        if entry.find_by:
            words += " " + _("By %(day)s.") % {"day": day(entry.find_by, self.today)}
        return words

    def holder(self, item: ItemView) -> str:
        """Say that an answer is missing and who has it."""
        entry = item.entry
        if entry.owner:
            words = _("Still open, with %(name)s.") % {"name": entry.owner.user.display_name}
        elif entry.held_by == Side.CLIENT:
            words = _("Still open, with %(name)s.") % {"name": self.engagement.client.short_name}
        else:
            words = _("Still open, with us.")
        if entry.due_date:
            words += " " + _("Due %(day)s.") % {"day": day(entry.due_date, self.today)}
        return words


def day(value: date | None, today: date) -> str:
    """Write a day as people say it, with the year only where it is not *today*'s."""
    if value is None:
        return ""
    shape = (
        pgettext("day in a document", "j F")
        if value.year == today.year
        else pgettext("day in a document, other year", "j F Y")
    )
    return date_format(value, shape)


def localised(words: str) -> str:
    """Write the figure that *words* begin with as the language writes figures: 4,182.5 or 4.182,5."""
    if (get_language() or "").startswith("de"):
        figure, space, rest = words.partition(" ")
        return figure.translate(str.maketrans(",.", ".,")) + space + rest
    return words


def record_of(view: Viewpoint, at: datetime | None = None) -> Record:
    """Return the record of an engagement as it is now."""
    return Record(view, at or timezone.now())
