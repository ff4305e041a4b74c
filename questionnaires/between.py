"""What differs between two moments, value by value, in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from accounts.models import User
from engagements.models import File
from engagements.templatetags.interface import day as written_day
from questionnaires import merge, values
from questionnaires.access import Viewpoint
from questionnaires.document import Column, Framework, Item
from questionnaires.models import Answer, Entry, Revision, Row
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.past import Past
from questionnaires.places import Place, subject_of

# More changed values than this are counted, not listed.
MOST = 400
# What is known about an answer besides its value, and shows when two moments are compared.
FACTS = ("state", "certainty", "source", "owner", "due_date", "reason", "finder", "find_by")

ATTRIBUTES = {name: getattr(Entry._meta.get_field(name), "attname", name) for name in FACTS}


@dataclass
class Line:
    """One value before and after; `words` are the differences of a text, and empty for anything else."""

    label: str
    before: str
    after: str
    words: list[merge.Change] = field(default_factory=list)


@dataclass
class Changed:
    """What changed at one item or register, by whom, and when last."""

    key: str
    title: str
    item: Item | None
    lines: list[Line] = field(default_factory=list)
    people: dict[int, User] = field(default_factory=dict)
    at: datetime | None = None

    def note(self, by: User | None, at: datetime | None) -> None:
        """Take note of who changed something here, and when."""
        if by is not None:
            self.people[by.pk] = by
        if at is not None:
            self.at = max(self.at or at, at)


@dataclass
class Words:
    """Says values as people read them; names of people and files are read once, when the first is needed."""

    view: Viewpoint

    @cached_property
    def names(self) -> Mapping[int, str]:
        """The names of the engagement's people by membership."""
        return self.view.people.names

    @cached_property
    def files(self) -> Mapping[int, str]:
        """The names of the files that this side sees."""
        files = File.objects.for_side(self.view.side).filter(engagement_id=self.view.engagement.pk)
        return dict(files.values_list("pk", "name"))

    def of(self, spec: Item | Column | None, value: Any) -> str:
        """Return a value in words; *spec* None stands for a text."""
        if value is None:
            return ""
        if spec is None or (isinstance(value, str) and spec.type in ("text", "long_text")):
            return str(value)
        if spec.type == "date" and isinstance(value, str):
            return written_day(parse_date(value))
        return values.as_text(spec, value, self._look_up, currency=self.view.engagement.currency, translate=_)

    def _look_up(self, kind: str, pk: int) -> str:
        return (
            self.names.get(pk, "") if kind == "person" else self.files.get(pk, _("a file that was removed"))
        )

    def line(self, label: str, spec: Item | Column | None, before: Any, after: Any) -> Line:
        """Return two values side by side; of texts the words that differ."""
        was, now = self.of(spec, before), self.of(spec, after)
        is_text = spec is None or spec.type in ("text", "long_text")
        return Line(label, was, now, merge.word_diff(was, now) if is_text else [])

    def fact(self, name: str, before: Any, after: Any) -> Line:
        """Return what is known about an answer, before and after."""
        label, show = _facts(self)[name]
        return Line(str(label), show(before), show(after))


def _facts(words: Words) -> dict[str, tuple[str, Any]]:
    def choice(choices: Sequence[tuple[str, Any]]) -> Any:
        labels = dict(choices)
        return lambda value: str(labels.get(value, value or ""))

    def person(value: Any) -> str:
        return words.names.get(value, "") if value else ""

    def day(value: Any) -> str:
        return written_day(parse_date(value) if isinstance(value, str) else value)

    return {
        "state": (_("State"), choice(Entry.State.choices)),
        "certainty": (_("Certainty"), choice(Entry.Certainty.choices)),
        "source": (_("Source"), str),
        "owner": (_("Who holds it"), person),
        "due_date": (_("Due"), day),
        "reason": (_("Why not"), choice(Entry.Reason.choices)),
        "finder": (_("Who finds out"), person),
        "find_by": (_("To find out by"), day),
    }


def spec_of(framework: Framework, key: str, column: str, part: str) -> Item | Column | None:
    """Return what an answer is an answer to: an item, a column, or None for words and notes."""
    if part != Answer.Part.VALUE:
        return None
    place = Place(key, column=column)
    return place.column_of(framework) if column else place.item(framework)


def label_of(framework: Framework, answer: Answer, key: str) -> str:
    """Say which of an item's values an answer is; nothing for the value itself."""
    if answer.part == Answer.Part.NOTE:
        return _("firm’s note")
    if answer.part == Answer.Part.WORDS:
        return _("in words")
    if answer.column:
        column = Place(key).columns(framework)
        return next((one.label for one in column if one.key == answer.column), answer.column)
    return ""


def visible(view: Viewpoint, key: str) -> bool:
    """Say whether this side sees the item or register *key*, and the framework still has it."""
    if key.startswith(REGISTER_PREFIX):
        return view.framework.has_register(key.removeprefix(REGISTER_PREFIX))
    return view.framework.has_item(key) and view.may_see(view.framework.item(key))


@dataclass
class Between:
    """What one side sees differ between the events *since* and *until*, at some items or at all of them."""

    view: Viewpoint
    since: int
    until: int
    keys: Iterable[str] | None = None
    # Leave out what this person changed themselves.
    but: User | None = None

    @cached_property
    def words(self) -> Words:
        """How values are said."""
        return Words(self.view)

    @cached_property
    def changes(self) -> list[Changed]:
        """The items with what changed there, in the order of the document, registers last."""
        found: dict[str, Changed] = {}
        self._rows(found)
        self._values(found)
        if self.but is None:
            self._facts(found)
        framework = self.view.framework
        order = {item.key: place for place, item in enumerate(framework.items)}
        return sorted(
            (changed for changed in found.values() if changed.lines),
            key=lambda changed: (order.get(changed.key, len(order)), changed.key),
        )

    @cached_property
    def more(self) -> int:
        """How many changed values are not listed."""
        return max(0, self._revisions().count() - MOST)

    @cached_property
    def then(self) -> Past:
        """The earlier moment."""
        return Past(self.view, self.since)

    @cached_property
    def now(self) -> Past:
        """The later moment."""
        return Past(self.view, self.until)

    def _at(self, found: dict[str, Changed], key: str) -> Changed:
        if key not in found:
            item = self.view.framework.item(key) if self.view.framework.has_item(key) else None
            found[key] = Changed(key, subject_of(self.view.framework, key).title, item)
        return found[key]

    def _in_keys(self, path: str) -> Q:
        return Q() if self.keys is None else Q(**{f"{path}item_key__in": list(self.keys)})

    def _revisions(self) -> QuerySet[Revision]:
        """Return the newest value in between of every answer that changed in between."""
        revisions = Revision.objects.filter(
            self._in_keys("answer__entry__"),
            answer__entry__engagement_id=self.view.engagement.pk,
            event__gt=self.since,
            event__lte=self.until,
        ).exclude(kind=Revision.Kind.CARRIED)
        if self.but is not None:
            revisions = revisions.exclude(by=self.but)
        if not self.view.is_firm:
            revisions = revisions.exclude(answer__part=Answer.Part.NOTE)
        return revisions.order_by("answer_id", "-version").distinct("answer_id")

    def _values(self, found: dict[str, Changed]) -> None:
        earlier = Revision.objects.filter(answer=OuterRef("answer"), event__lte=self.since).order_by(
            "-version"
        )
        revisions = (
            self._revisions()
            .annotate(before=Subquery(earlier.values("value")[:1]))
            .select_related("answer__entry", "answer__row", "by")
        )
        told = self._told_rows
        for revision in revisions[:MOST]:
            answer, key = revision.answer, revision.answer.entry.item_key
            before = revision.before
            if not visible(self.view, key) or answer.row_id in told or before == revision.value:
                continue
            changed = self._at(found, key)
            changed.note(revision.by, revision.at)
            spec = spec_of(self.view.framework, key, answer.column, answer.part)
            label = label_of(self.view.framework, answer, key)
            changed.lines.append(self.words.line(label, spec, before, revision.value))

    @cached_property
    def _moved_rows(self) -> list[Row]:
        ids = {*self.then.later.get("row", {})} - {*self.now.later.get("row", {})}
        touched = {*self.then.later.get("row", {})}
        made = Q(event__gt=self.since, event__lte=self.until)
        rows = Row.objects.filter(
            self._in_keys("entry__"),
            made | Q(pk__in=ids | touched),
            entry__engagement_id=self.view.engagement.pk,
        )
        return list(rows.select_related("entry", "created_by").order_by("entry_id", "rank", "pk")[:MOST])

    @cached_property
    def _told_rows(self) -> set[int]:
        """The rows that came or went in between: their cells are not told one by one."""
        return {row.pk for row, _was, _is in self._rows_between}

    @cached_property
    def _rows_between(self) -> list[tuple[Row, bool, bool]]:
        """Return (row, whether it stood then, whether it stands now) for rows where that differs."""
        found = []
        for row in self._moved_rows:
            was = row.event <= self.since and self._stood(self.then, row)
            stands = row.event <= self.until and self._stood(self.now, row)
            if was != stands:
                found.append((row, was, stands))
        return found

    @staticmethod
    def _stood(past: Past, row: Row) -> bool:
        fields = past.later.get("row", {}).get(row.pk, {})
        return fields.get("deleted_at", row.deleted_at) is None

    def _rows(self, found: dict[str, Changed]) -> None:
        rows = [
            (row, stands)
            for row, _was, stands in self._rows_between
            if visible(self.view, row.entry.item_key)
        ]
        names = self._names_of([row for row, _stands in rows])
        for row, stands in rows:
            if self.but is not None and stands and row.created_by_id == self.but.pk:
                continue
            changed = self._at(found, row.entry.item_key)
            changed.note(row.created_by if stands else None, row.created_at if stands else row.deleted_at)
            name = names.get(row.pk) or _("an empty row")
            line = Line(_("row added"), "", name) if stands else Line(_("row deleted"), name, "")
            changed.lines.append(line)

    def _names_of(self, rows: Sequence[Row]) -> dict[int, str]:
        """Return what each row said in its first filled cell at the later moment."""
        cells = (
            Revision.objects.filter(answer__row__in=rows, event__lte=self.until)
            .select_related("answer__entry")
            .order_by("answer_id", "-version")
            .distinct("answer_id")
        )
        found: dict[int, tuple[int, str]] = {}
        for cell in cells:
            answer = cell.answer
            columns = Place(answer.entry.item_key).columns(self.view.framework)
            place = next((place for place, one in enumerate(columns) if one.key == answer.column), None)
            if cell.value is None or place is None or answer.row_id is None:
                continue
            if answer.row_id not in found or place < found[answer.row_id][0]:
                found[answer.row_id] = (place, self.words.of(columns[place], cell.value))
        return {pk: name for pk, (_place, name) in found.items()}

    def _facts(self, found: dict[str, Changed]) -> None:
        then, now = self.then.later.get("entry", {}), self.now.later.get("entry", {})
        entries = Entry.objects.filter(
            self._in_keys(""), Q(round__item_key="") | Q(round=None), pk__in=list(then), event__lte=self.since
        )
        for entry in entries.order_by("id"):
            if not visible(self.view, entry.item_key):
                continue
            for name in FACTS:
                today = getattr(entry, ATTRIBUTES[name])
                before = then[entry.pk].get(name, today)
                after = now.get(entry.pk, {}).get(name, today)
                if str(before or "") != str(after or ""):
                    self._at(found, entry.item_key).lines.append(self.words.fact(name, before, after))
