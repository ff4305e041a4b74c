"""What papers are put together from: passages, chapters, what is still to come, who signed."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Side
from questionnaires import footing
from questionnaires.gates import Standing
from questionnaires.models import Decision, Entry
from questionnaires.reading import ItemView
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.record import Record, day

# Of a longer table the first rows are printed; the data beside the document has them all.
MOST_ROWS = 150
# A table with more filled columns than this takes the whole width.
NARROW = 3
# An answer of at most this many characters is told in a line.
SHORT = 240


class Paper:
    """One deliverable being written: it remembers what it has told, so that nothing is told twice or forgotten."""

    def __init__(self, record: Record, kind: str) -> None:
        self.record = record
        self.kind = kind
        self.told: set[str] = set()
        self.chapters = 0

    @cached_property
    def fed(self) -> list[ItemView]:
        """The items that the framework says belong into this document, as far as they are asked and seen."""
        found = (self.item(item.key) for item in self.record.view.framework.feeding(self.kind))
        return [item for item in found if item is not None]

    def item(self, key: str) -> ItemView | None:
        """Return an item that is asked and that this side sees."""
        found = self.record.items.get(key)
        return found if found is not None and found.entry.shown else None

    def rows(self, key: str) -> list[dict[str, str]]:
        """Return a table's rows as texts by column; none where it is not asked."""
        return self.record.lines(self.item(key))

    def words(self, key: str) -> str:
        """Return a short answer in words, "" where there is none."""
        item = self.item(key)
        if item is None or item.item is None or item.value is None:
            return ""
        return self.record.in_words(item.item, item.value, item.files)

    def choice(self, key: str) -> str:
        """Return the stored value of a choice, "" where there is none."""
        item = self.item(key)
        return item.value if item is not None and isinstance(item.value, str) else ""

    def short(self, key: str, most: int = 420) -> str:
        """Return the beginning of an answer, ending with a sentence where that is not far off."""
        return shortened(self.words(key), most)

    def chapter(
        self,
        key: str,
        title: str,
        keys: Sequence[str] = (),
        *,
        lede: str = "",
        first: Iterable[Block | None] = (),
        last: Iterable[Block | None] = (),
    ) -> Block | None:
        """Return a numbered chapter that tells *keys* between what comes first and last; None when it would be empty."""
        body = [
            *(block for block in first if block),
            *self.passages(keys),
            *(block for block in last if block),
        ]
        if not body:
            return None
        self.chapters += 1
        return {**blocks.section(key, title, body, over=str(self.chapters), lede=lede), "numbered": True}

    def passages(self, keys: Iterable[str]) -> list[Block]:
        """Tell items: the short answers in one list, then the others, what is set aside, what is still to come."""
        found: list[Block] = []
        short: list[ItemView] = []
        waiting: list[ItemView] = []
        aside: list[str] = []
        for key in keys:
            item = self.item(key)
            if item is None or key in self.told:
                continue
            self.told.add(key)
            if item.type == "sign_off":
                continue
            if item.entry.state == Entry.State.NOT_APPLICABLE:
                aside.append(set_aside(item))
            elif has_answer(item) and item.entry.state != Entry.State.UNKNOWN:
                if self.is_short(item):
                    short.append(item)
                else:
                    found.append(self.passage(item))
            else:
                waiting.append(item)
        if short:
            found.insert(0, self.in_short(short))
        if aside:
            found.append(blocks.quiet(_("Set aside: %(items)s.") % {"items": "; ".join(aside)}))
        if waiting:
            found.append(self.waiting(waiting))
        return found

    def is_short(self, item: ItemView) -> bool:
        """Say whether an answer is told in one line of a list: a choice, a figure, a day, with nothing to add."""
        if item.type in ("long_text", "table", "sign_off") or (item.words and item.words.value):
            return False
        if item.around.decision and item.around.decision.stands:
            return False
        if self.record.is_firm and item.note and item.note.value:
            return False
        return len(self.words(item.key)) <= SHORT

    def in_short(self, items: Sequence[ItemView]) -> Block:
        """Tell short answers line by line."""
        rows: list[list[Cell]] = []
        for item in items:
            doubts = [cell["text"] for cell in self.doubts(item) if isinstance(cell, dict)]
            grounds = [cell for cell in self.record.grounds(item) if isinstance(cell, str)]
            words = self.words(item.key)
            rows.append(
                [
                    {"text": item.title, "sub": item.number},
                    {
                        "text": words.replace("; ", "\n") if isinstance(item.value, list) else words,
                        "tone": "" if isinstance(item.value, list) else "strong",
                    },
                    {
                        "text": " · ".join([*doubts, *grounds]),
                        "tone": "warn small" if doubts else "q small",
                    },
                ]
            )
        return blocks.table([_("In short"), _("Answer"), _("Where it comes from")], rows, look="short")

    def passage(self, item: ItemView, *, title: str = "") -> Block:
        """Tell one item: its answer, the decision behind it, and in the margin where it comes from."""
        record = self.record
        value = record.value(item, most_rows=MOST_ROWS)
        if item.type == "multi_choice" and isinstance(item.value, list) and len(item.value) > 1:
            # One under the other: a row of bold labels reads like a shout.
            value = [blocks.text("\n".join(f"- {word}" for word in self.words(item.key).split("; ")))]
        if item.entry.state == Entry.State.DRAFT:
            value.append(blocks.quiet(_("Begun, not yet called done.")))
        if (decision := item.around.decision) and decision.stands:
            told = "**" + _("Decision %(number)d") % {"number": decision.number} + f"** {decision.reasons}"
            value.append(blocks.decision(told))
        if record.is_firm and item.note and isinstance(item.note.value, str) and item.note.value:
            value.append(blocks.quiet(_("For the firm only: %(note)s") % {"note": item.note.value}))
        wide = any(block["type"] == "table" and len(block["columns"]) > NARROW for block in value)
        return blocks.passage(
            title=title or item.title,
            number=item.number,
            value=value,
            side=[*self.doubts(item), *(cell for cell in record.grounds(item) if isinstance(cell, str))],
            wide=wide,
        )

    def doubts(self, item: ItemView) -> list[Cell]:
        """Say what casts doubt on an answer: what it rests on has changed, or two answers compete."""
        found: list[Cell] = []
        if item.entry.conflict:
            found.append({"text": _("Two answers compete"), "tone": "bad"})
        if item.entry.revisit:
            found.append({"text": why(self.record, item), "tone": "warn"})
        return found

    def waiting(self, items: Sequence[ItemView], *, title: str = "") -> Block:
        """Return what is still to come, who has it and by when."""
        return blocks.table(
            [_("Still to come"), _("With"), (pgettext("until when", "By"), "r day")],
            [
                [
                    {"text": item.title, "sub": item.number},
                    holder(self.record, item),
                    by_when(self.record, item),
                ]
                for item in items
            ],
            title=title,
        )

    def standing(self) -> Block:
        """Return how far the document itself is, in figures."""
        asked = [item for item in self.fed if item.entry.state != Entry.State.NOT_APPLICABLE]
        settled = sum(item.entry.is_settled for item in asked)
        doubtful = sum(item.entry.revisit or item.entry.conflict for item in asked)
        unknown = sum(item.entry.state == Entry.State.UNKNOWN for item in asked)
        return blocks.figures(
            [
                (
                    _("%(settled)d of %(asked)d") % {"settled": settled, "asked": len(asked)},
                    _("answers behind this document are settled"),
                ),
                (str(doubtful), _("to look at again, because something underneath moved")),
                (str(unknown), _("not known yet")),
                (str(len(asked) - settled - doubtful - unknown), _("open or only begun")),
            ]
        )

    def rest(self) -> Block | None:
        """Tell what belongs into this document and has no place of its own in it, such as questions added here."""
        keys = [
            item.key
            for item in self.fed
            if item.key not in self.told and (has_answer(item) or item.item is None)
        ]
        return self.chapter("more", _("Also on record"), keys)

    def lacking(self) -> Block | None:
        """Return what stands between this document and a finished one: what is in doubt, and who has what."""
        doubtful: list[list[Cell]] = []
        held: dict[str, list[ItemView]] = {}
        for item in self.fed:
            entry = item.entry
            if entry.is_settled or entry.state == Entry.State.NOT_APPLICABLE:
                continue
            held.setdefault(holder(self.record, item), []).append(item)
            if entry.conflict or entry.revisit or entry.state == Entry.State.UNKNOWN:
                doubtful.append(
                    [
                        item.number,
                        item.title,
                        what_lacks(self.record, item),
                        holder(self.record, item),
                        by_when(self.record, item),
                    ]
                )
        count = sum(len(items) for items in held.values())
        if not count:
            return None
        words = ngettext(
            "%(count)d answer is not settled yet.", "%(count)d answers are not settled yet.", count
        )
        parts = []
        if doubtful:
            columns: list[str | tuple[str, str]] = [
                _("No."),
                _("Answer"),
                _("What is missing"),
                (_("With"), "who"),
                (pgettext("until when", "By"), "r day"),
            ]
            parts.append(blocks.table(columns, doubtful[:MOST_ROWS], title=_("In doubt")))
        parts.append(self.held(held))
        return self.chapter("lacking", _("What is still missing"), first=parts, lede=words % {"count": count})

    def held(self, held: dict[str, list[ItemView]]) -> Block:
        """Return who has what, whoever has most first, with the soonest day."""
        rows: list[list[Cell]] = []
        for name, items in sorted(held.items(), key=lambda pair: -len(pair[1])):
            days = [
                when
                for item in items
                if (
                    when := item.entry.find_by
                    if item.entry.state == Entry.State.UNKNOWN
                    else item.entry.due_date
                )
            ]
            told = "; ".join(f"{item.number} {item.title}" for item in items[:MOST_ROWS])
            rows.append(
                [
                    {"text": name, "tone": "strong"},
                    str(len(items)),
                    told,
                    day(min(days), self.record.today) if days else "",
                ]
            )
        return blocks.table(
            [(_("With"), "who"), (_("Answers"), "r"), _("Which"), (_("Soonest by"), "r day")],
            rows,
            title=_("Who has what"),
        )

    def signed(self, *gates: str) -> Block | None:
        """Return who signed at the gates that close this document, and whose signature is to come."""
        standings = [standing for standing in self.record.gates if standing.gate.key in gates]
        return self.chapter("signatures", _("Signatures"), first=[self.signatures(one) for one in standings])

    def signatures(self, standing: Standing) -> Block:
        """Return one gate's signatures."""
        rows: list[list[Cell]] = []
        for line in standing.lines:
            sign_off = line.sign_off
            if sign_off is None:
                who = ", ".join(member.user.display_name for member in line.holders)
                rows.append([line.function.title, who, "", {"text": _("not signed yet"), "tone": ""}])
                continue
            stale = {
                "text": _("something it covers has changed since; to be signed again"),
                "tone": "warn",
            }
            rows.append(
                [
                    line.function.title,
                    sign_off.membership.user.display_name,
                    self.on(sign_off.signed_at),
                    stale
                    if sign_off.is_stale
                    else {"text": _("signed"), "tone": "ok", "sub": sign_off.fingerprint[:12]},
                ]
            )
        return blocks.table(
            [_("As"), _("Name"), _("Signed on"), _("Standing")], rows, title=standing.gate.title
        )

    def decided(self, keys: Iterable[str]) -> Block | None:
        """Return the standing decisions on some items as a list."""
        wanted = set(keys)
        found = [
            one
            for one in self.record.decisions
            if one.state == Decision.State.STANDING and one.entry.item_key in wanted
        ]
        if not found:
            return None
        return blocks.table(
            [(_("No."), ""), _("Question"), _("Decided"), _("By"), (_("On"), "r day")],
            [
                [
                    str(one.number),
                    self.record.view.framework.item(one.entry.item_key).title,
                    _("Option %(letter)s: %(title)s") % {"letter": one.letter, "title": one.chosen["title"]},
                    names(one),
                    self.on(one.made_at),
                ]
                for one in found
            ],
            title=_("Decisions behind this document"),
        )

    def on(self, moment: object) -> str:
        """Return the day of a moment, by the engagement's calendar."""
        return day(self.record.engagement.today(moment), self.record.today) if moment else ""  # type: ignore[arg-type]  # a datetime

    def table(
        self, columns: Sequence[tuple[str, str]], rows: Sequence[dict[str, str]], *, title: str = ""
    ) -> Block | None:
        """Return chosen columns of a table's rows, each as (key, label); None without rows. Empty columns are left out."""
        filled = [(key, label) for key, label in columns if any(row.get(key) for row in rows)]
        if not rows or not filled:
            return None
        return blocks.table(
            [label for _key, label in filled],
            [[row.get(key, "") for key, _label in filled] for row in rows[:MOST_ROWS]],
            title=title,
        )

    def whole(self, *parts: Block | None) -> list[Block]:
        """Return the document: what was written, what has no place of its own, and what is still missing."""
        found = [part for part in parts if part is not None]
        ends = [part for part in (self.rest(), self.lacking()) if part is not None]
        return [*found, *ends]


def has_answer(item: ItemView) -> bool:
    """Say whether there is anything to tell of an item."""
    return bool(item.rows) or item.value is not None or bool(item.words and item.words.value)


def set_aside(item: ItemView) -> str:
    """Name an item that does not apply, and why."""
    reason = str(Entry.Reason(item.entry.reason).label) if item.entry.reason else ""
    why_not = item.entry.reason_text or reason
    return f"{item.title} ({why_not})" if why_not else item.title


def holder(record: Record, item: ItemView) -> str:
    """Return who has an item: whoever finds it out, its owner, or a side."""
    entry = item.entry
    if entry.state == Entry.State.UNKNOWN and entry.finder:
        return entry.finder.user.display_name
    if entry.owner:
        return entry.owner.user.display_name
    return record.engagement.client.short_name if entry.held_by == Side.CLIENT else record.house.name


def by_when(record: Record, item: ItemView) -> str:
    """Return the day by which an item is to come."""
    entry = item.entry
    return day(entry.find_by if entry.state == Entry.State.UNKNOWN else entry.due_date, record.today)


def what_lacks(record: Record, item: ItemView) -> Cell:
    """Say why an item is not settled."""
    entry = item.entry
    if entry.conflict:
        return {"text": _("two answers compete"), "tone": "bad"}
    if entry.revisit:
        return {"text": why(record, item), "tone": "warn"}
    if entry.state == Entry.State.UNKNOWN:
        return _("not known yet")
    if item.type == "sign_off":
        return _("a signature")
    return _("begun") if entry.state == Entry.State.DRAFT else _("an answer")


def why(record: Record, item: ItemView) -> str:
    """Say why an answer is to be looked at again."""
    for reason in item.reasons:
        if reason.is_conflict:
            continue
        when = day(record.engagement.today(reason.at), record.today)
        if reason.source is not None:
            return _("To revisit: %(number)s %(title)s changed on %(day)s") % {
                "number": reason.source.number,
                "title": reason.source.title,
                "day": when,
            }
        return _("To revisit: something it rests on changed on %(day)s") % {"day": when}
    return _("To revisit")


def names(decision: Decision) -> str:
    """Return the two names under a decision."""
    return f"{decision.client.user.display_name}, {decision.firm.user.display_name}"


def changed(record: Record, decision: Decision) -> list[str]:
    """Name what a decision rests on and what has changed since; what this side may not know stands unnamed."""
    found = footing.visible(record.view, decision.footing.changed)
    return [f"{item.number} {item.title}" if item else _("something internal") for item, _value in found]


def shortened(text: str, most: int) -> str:
    """Return the beginning of a text, ending with a sentence where that is not far off."""
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    cut = text[:most]
    end = max(cut.rfind(mark) for mark in (". ", "; ", "? "))
    return cut[: end + 1] if end > most // 2 else cut.rsplit(" ", 1)[0] + " …"
