"""What pages and reports read: items with everything that stands around them, in a fixed number of queries."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject
from django.utils.safestring import mark_safe

from accounts.models import Side
from engagements.compiled import Compiled
from engagements.models import File, Membership
from questionnaires import advice, talk
from questionnaires.access import Viewpoint
from questionnaires.advice import Around
from questionnaires.document import Column, Item, Register, Section, Step
from questionnaires.models import Answer, Conflict, Entry, Round, Row, SectionProgress, SignOff
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.progress import Progress
from questionnaires.reasons import Reason, open_reasons, reasons


def dom_id(key: str) -> str:
    """Return an item's key, or a register's, as part of an element's id."""
    return key.replace(":", "-")


@dataclass(slots=True)
class ConflictView:
    """An open conflict: the kept value beside the current one."""

    id: int
    answer_id: int
    value: Any
    by_id: int
    by_name: str
    by_initials: str
    by_is_firm: bool
    at: datetime
    saves: int

    @property
    def by(self) -> "ConflictView":
        """Who wrote the kept value, for drawing their face."""
        return self

    @property
    def display_name(self) -> str:
        """The author's name."""
        return self.by_name

    @property
    def initials(self) -> str:
        """The author's initials."""
        return self.by_initials

    @property
    def is_firm(self) -> bool:
        """Say whether the author is of the firm."""
        return self.by_is_firm

    @property
    def by_first_name(self) -> str:
        """The author's name in a sentence."""
        return self.by_name.split()[0]


@dataclass(slots=True)
class Cell:
    """One cell of a row."""

    column: Column
    answer: Answer
    conflicts: list[ConflictView]

    @property
    def value(self) -> Any:
        """The stored value, or None."""
        return self.answer.value


@dataclass(slots=True)
class RowView:
    """One live row with its cells in the columns' order."""

    row: Row
    cells: list[Cell]


@dataclass(slots=True)
class ItemView:
    """An item as a page shows it: question, state, answer, rows, evidence, conflicts."""

    entry: Entry
    item: Item | None
    register: Register | None
    key: str
    number: str
    title: str
    columns: tuple[Column, ...]
    # Where its own page is; what can be done to it is below that.
    url: str
    answer: Answer | None = None
    words: Answer | None = None
    note: Answer | None = None
    rows: list[RowView] = field(default_factory=list)
    conflicts: list[ConflictView] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    sign_offs: list[SignOff] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    threads: list[talk.ThreadView] = field(default_factory=list)
    settled_threads: int = 0
    around: Around = field(default_factory=Around)

    @property
    def dom(self) -> str:
        """The key as part of an element's id."""
        return dom_id(self.key)

    @property
    def type(self) -> str:
        """The answer type; a register behaves like a table."""
        return self.item.type if self.item else "table"

    @property
    def value(self) -> Any:
        """The item's own value, or None."""
        return self.answer.value if self.answer else None

    @property
    def talk_key(self) -> UUID:
        """A one-time key for the form that begins a thread: the same wherever it is drawn, another after each thread."""
        newest = self.threads[-1].id if self.threads else 0
        return uuid5(talk.FORMS, f"{self.entry.pk}/{newest}/{self.settled_threads}")

    @property
    def is_decided(self) -> bool:
        """Say whether a decision stands behind the answer."""
        decision = self.around.decision
        return decision is not None and decision.stands and not decision.departs

    @property
    def shows_answer(self) -> bool:
        """Say whether the answer is shown by itself: where a decision gave a choice, its options say it."""
        return not self.is_decided or self.type in ("long_text", "table", "file", "sign_off")

    @property
    def look(self) -> str:
        """The one main state of the design's table, strongest first."""
        entry = self.entry
        if entry.conflict:
            return "conflict"
        if entry.revisit:
            return "revisit"
        if self.is_decided and entry.state in (Entry.State.ANSWERED, Entry.State.CONFIRMED):
            return "decided"
        return {
            Entry.State.NOT_APPLICABLE: "na",
            Entry.State.UNKNOWN: "dunno",
            Entry.State.DRAFT: "draft",
            Entry.State.ANSWERED: "answered",
            Entry.State.CONFIRMED: "confirmed",
        }.get(Entry.State(entry.state), "waiting" if entry.held_by == Side.CLIENT else "open")


@dataclass(slots=True)
class SectionView:
    """A section with its shown items and its counters."""

    section: Section
    progress: Progress
    items: list[ItemView]


def entries_for(view: Viewpoint, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Prepare *entries* for `item_views`: what stands around each comes with the same query, as JSON."""
    return prepared(view.side, entries)


def prepared(side: Side, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Prepare *entries* as `entries_for` does, for every view of a side."""
    return entries.select_related("round").annotate(**_around(side))


@functools.cache
def _around(side: Side) -> dict[str, RawSQL]:
    """Return what stands around an entry, as SQL that is the same for every engagement.

    Putting these subqueries together takes the ORM longer than PostgreSQL needs to run them; so it is done once.
    """
    query = Entry.objects.annotate(**_subqueries(side)).query
    compiler = query.get_compiler("default")
    compiled = {name: compiler.compile(expression) for name, expression in query.annotations.items()}
    return {
        name: RawSQL(sql, params, query.annotations[name].output_field)  # noqa: S611 - the ORM wrote it
        for name, (sql, params) in compiled.items()
    }


def _subqueries(side: Side) -> dict[str, Any]:
    files = (
        File.objects.for_side(side)
        .filter(engagement_id=OuterRef("engagement_id"), item_key=OuterRef("item_key"), removed_at=None)
        .order_by("id")
        .values(json=JSONObject(id=F("pk"), name=F("name"), side=F("side")))
    )
    conflicts = (
        Conflict.objects.filter(answer__entry=OuterRef("pk"), answer__row__deleted_at=None, outcome="")
        .order_by("id")
        .values(
            json=JSONObject(
                id=F("pk"),
                answer_id=F("answer_id"),
                row_id=F("answer__row_id"),
                value=F("value"),
                by_id=F("by_id"),
                by_name=F("by__display_name"),
                by_initials=F("by__initials"),
                by_client=F("by__client_id"),
                at=F("changed_at"),
                saves=F("keys__len"),
            )
        )
    )
    if side != Side.FIRM:
        conflicts = conflicts.exclude(answer__part=Answer.Part.NOTE)
    return {
        "files_json": ArraySubquery(files),
        "conflicts_json": ArraySubquery(conflicts),
        "reasons_json": open_reasons(),
        **talk.of_item(side),
        **advice.annotations(side),
    }


def item_views(view: Viewpoint, entries: Iterable[Entry], *, rows: bool = True) -> dict[int, ItemView]:
    """Return views of prepared entries by entry id, in at most four further queries whatever their number: answers,
    people, people who never were members, signatures.

    Without *rows* a table comes as its frame only, unless a conflict in one of its cells is to be shown.
    """
    entries = list(entries)
    answers = Answer.objects.filter(entry__in=[entry.pk for entry in entries])
    if not rows:
        needs = [
            entry.pk
            for entry in entries
            if any(found["row_id"] is not None for found in entry.conflicts_json)  # type: ignore[attr-defined]
        ]
        answers = answers.filter(Q(row=None) | Q(entry__in=needs))
    found_answers = list(
        _in_order(view, answers)
        .select_related("row")
        .defer("row__key", "row__created_by", "row__created_at", "row__deleted_by")
    )
    _add_people(view, entries, found_answers)
    views = assembled(view, entries, found_answers)
    gates = [pk for pk, item in views.items() if item.type == "sign_off"]
    if gates:
        for sign_off in (
            SignOff.objects.filter(entry__in=gates, withdrawn_at=None).defer("covered").order_by("signed_at")
        ):
            sign_off.membership = view.people.by_membership[sign_off.membership_id]
            views[sign_off.entry_id].sign_offs.append(sign_off)
    return views


def assembled(view: Viewpoint, entries: Iterable[Entry], answers: Iterable[Answer]) -> dict[int, ItemView]:
    """Return views by entry id from prepared entries and their answers, which come table row by table row."""
    views: dict[int, ItemView] = {}
    open_conflicts: dict[int, list[ConflictView]] = {}
    for entry in entries:
        entry.engagement = view.engagement
        item = views[entry.pk] = _item_view(view, entry)
        item.files = entry.files_json  # type: ignore[attr-defined]
        item.reasons = reasons(view, entry.reasons_json)  # type: ignore[attr-defined]
        item.threads = [talk.parse(found) for found in entry.threads_json]  # type: ignore[attr-defined]
        item.settled_threads = entry.settled_threads  # type: ignore[attr-defined]
        for found in entry.conflicts_json:  # type: ignore[attr-defined]
            conflict = _conflict(found)
            open_conflicts.setdefault(conflict.answer_id, []).append(conflict)
    placed: dict[int, RowView] = {}
    for answer in answers:
        item = views[answer.entry_id]
        conflicts = open_conflicts.get(answer.pk, [])
        item.conflicts += conflicts
        if answer.row is not None:
            if answer.row.deleted_at is None:
                _place_cell(item, placed, answer, conflicts)
        elif answer.part == Answer.Part.NOTE:
            item.note = answer
        elif answer.part == Answer.Part.WORDS:
            item.words = answer
        else:
            item.answer = answer
    for item in views.values():
        _sort_cells(item)
        if item.item:
            item.around = advice.around(view, item.entry, item.value)
            item.entry.decided = item.is_decided  # type: ignore[attr-defined]
    return views


def _in_order(view: Viewpoint, answers: QuerySet[Answer]) -> QuerySet[Answer]:
    """Return *answers* as this side may see them, tables row by row."""
    if not view.is_firm:
        answers = answers.exclude(part=Answer.Part.NOTE)
    return answers.order_by("row__rank", "row_id", "id")


def _with_row(answers: QuerySet[Answer]) -> QuerySet[Answer]:
    return answers.select_related("row__contested_by", "updated_by")


def _add_people(view: Viewpoint, entries: Sequence[Entry], answers: Sequence[Answer]) -> None:
    """Give entries, answers and rows the people they name. Joining them would cost more than all else of a page."""
    named = {answer.updated_by_id for answer in answers if answer.updated_by_id}
    contested = [answer.row for answer in answers if answer.row and answer.row.contested_by_id]
    named.update(row.contested_by_id for row in contested if row.contested_by_id)
    for entry in entries:
        named.update(pk for pk in (entry.answered_by_id, entry.confirmed_by_id) if pk)
    users = view.people.users(named) if named else {}
    for answer in answers:
        if answer.updated_by_id:
            answer.updated_by = users[answer.updated_by_id]
    for row in contested:
        row.contested_by = users[row.contested_by_id or 0]
    for entry in entries:
        if entry.answered_by_id:
            entry.answered_by = users[entry.answered_by_id]
        if entry.confirmed_by_id:
            entry.confirmed_by = users[entry.confirmed_by_id]
        if entry.owner_id:
            entry.owner = view.people.by_membership[entry.owner_id]
        if entry.finder_id:
            entry.finder = view.people.by_membership[entry.finder_id]


def _sort_cells(item: ItemView) -> None:
    order = {column.key: place for place, column in enumerate(item.columns)}
    for row in item.rows:
        row.cells.sort(key=lambda cell: order[cell.column.key])


def rows_of(view: Viewpoint, item: ItemView, row_ids: Iterable[int]) -> list[tuple[RowView, int | None]]:
    """Return those of *row_ids* that are live rows of *item*, in order, each with the live row before it or None.

    Two queries, whose cost does not grow with the table.
    """
    live = Row.objects.filter(entry=item.entry, deleted_at=None)
    before = live.filter(
        Q(rank__lt=OuterRef("rank")) | Q(rank=OuterRef("rank"), pk__lt=OuterRef("pk"))
    ).order_by("-rank", "-pk")
    neighbours = dict(
        live.filter(pk__in=list(row_ids))
        .annotate(before=Subquery(before.values("pk")[:1]))
        .values_list("pk", "before")
    )
    shown = ItemView(
        item.entry, item.item, item.register, item.key, item.number, item.title, item.columns, item.url
    )
    placed: dict[int, RowView] = {}
    in_conflict = _in_conflict(list(neighbours))
    for answer in _with_row(_in_order(view, Answer.objects.filter(row__in=list(neighbours)))):
        _place_cell(shown, placed, answer, in_conflict.get(answer.pk, []))
    _sort_cells(shown)
    return [(row, neighbours[row.row.pk]) for row in shown.rows]


def _in_conflict(row_ids: list[int]) -> dict[int, list[ConflictView]]:
    """Return the cells of rows that have two values; only that there are some is shown with a cell."""
    open_ones = (
        Conflict.objects.filter(answer__row__in=row_ids, outcome="")
        .select_related("by")
        .annotate(saves=F("keys__len"))
    )
    found: dict[int, list[ConflictView]] = {}
    for one in open_ones.order_by("pk"):
        kept = ConflictView(
            id=one.pk,
            answer_id=one.answer_id,
            value=one.value,
            by_id=one.by_id,
            by_name=one.by.display_name,
            by_initials=one.by.initials,
            by_is_firm=one.by.is_firm,
            at=one.changed_at,
            saves=one.saves,
        )
        found.setdefault(one.answer_id, []).append(kept)
    return found


def cells_of(view: Viewpoint, item: ItemView, answer_ids: Iterable[int]) -> list[tuple[RowView, Cell]]:
    """Return those of *answer_ids* that are cells in live rows of *item*, each with its row, in two queries."""
    wanted = Answer.objects.filter(
        entry=item.entry, pk__in=list(answer_ids), row__deleted_at=None, row__isnull=False
    )
    answers = list(_with_row(_in_order(view, wanted)))
    in_conflict = _in_conflict([answer.row_id for answer in answers if answer.row_id])
    columns = {column.key: column for column in item.columns}
    return [
        (RowView(answer.row, []), Cell(columns[answer.column], answer, in_conflict.get(answer.pk, [])))
        for answer in answers
        if answer.row is not None and answer.column in columns
    ]


def bare_item(view: Viewpoint, entry: Entry) -> ItemView:
    """Return the view of a prepared entry without its answers: what its single cells and rows are drawn with."""
    entry.engagement = view.engagement
    item = _item_view(view, entry)
    item.files = entry.files_json  # type: ignore[attr-defined]
    return item


def _item_view(view: Viewpoint, entry: Entry) -> ItemView:
    url = mark_safe(f"{view.url}items/{entry.item_key}/")  # noqa: S308 - keys have nothing that would need escaping
    if entry.item_key.startswith(REGISTER_PREFIX):
        register = view.framework.register(entry.item_key.removeprefix(REGISTER_PREFIX))
        return ItemView(entry, None, register, entry.item_key, "", register.title, register.columns, url)
    item = view.framework.item(entry.item_key)
    return ItemView(entry, item, None, item.key, item.number, item.title, item.columns, url)


def _conflict(found: dict[str, Any]) -> ConflictView:
    return ConflictView(
        id=found["id"],
        answer_id=found["answer_id"],
        value=found["value"],
        by_id=found["by_id"],
        by_name=found["by_name"],
        by_initials=found["by_initials"],
        by_is_firm=found["by_client"] is None,
        at=datetime.fromisoformat(found["at"]),
        saves=found["saves"],
    )


def _place_cell(
    item: ItemView, rows: dict[int, RowView], answer: Answer, conflicts: list[ConflictView]
) -> None:
    column = next((column for column in item.columns if column.key == answer.column), None)
    if column is None or answer.row is None:
        return
    row_view = rows.get(answer.row.pk)
    if row_view is None:
        row_view = rows[answer.row.pk] = RowView(answer.row, [])
        item.rows.append(row_view)
    row_view.cells.append(Cell(column, answer, conflicts))


def one_item(view: Viewpoint, entry_id: int) -> ItemView:
    """Return the view of one entry, in three queries."""
    entry = entries_for(view, Entry.objects.filter(pk=entry_id)).get()
    return item_views(view, [entry])[entry_id]


def step_sections(
    view: Viewpoint, step: Step, counted: dict[str, Progress], *, round_number: int | None = None
) -> list[SectionView]:
    """Return a step's sections with every entry, hidden ones included, as this side sees them."""
    wanted = [view.engagement.pk, step.key, *([round_number] if round_number else [])]
    entries = _of_step(view.side, bool(round_number))(*wanted)
    views = {item.key: item for item in item_views(view, entries).values()}
    sections = []
    for section in step.sections:
        items = [views[item.key] for item in section.items if item.key in views and view.may_see(item)]
        if items:
            sections.append(SectionView(section, counted.get(section.key, Progress()), items))
    return sections


@functools.cache
def _of_step(side: Side, is_numbered: bool) -> Compiled[Entry]:
    """Return the query for the entries of a step's latest round, or of a numbered one, prepared for `item_views`."""

    def build(engagement: int, step: str, number: int = 0) -> QuerySet[Entry]:
        entries = Entry.objects.filter(engagement_id=engagement, round__step_key=step)
        which = {"round__number": number, "round__item_key": ""} if number else {"round__is_latest": True}
        return prepared(side, entries.filter(**which))

    return Compiled(build, 1_000_000_001, "a step", *([1_000_000_002] if is_numbered else []))


def progress_by_section(view: Viewpoint, round_: Round | None = None) -> dict[str, Progress]:
    """Return the kept counters of every section's latest round, or of *round_*'s sections, in one query."""
    rows = SectionProgress.objects.filter(round__engagement_id=view.engagement.pk)
    rows = rows.filter(round=round_) if round_ else rows.filter(round__is_latest=True)
    if not view.is_firm:
        rows = rows.filter(internal=False)
    found: dict[str, Progress] = {}
    for row in rows:
        found.setdefault(row.section_key, Progress()).add(row)
    return found


def progress_of_step(step: Step, by_section: Mapping[str, Progress]) -> Progress:
    """Add up a step's sections."""
    total = Progress()
    for section in step.sections:
        if section.key in by_section:
            total.add(by_section[section.key])
    return total


def people(view: Viewpoint) -> Sequence[Membership]:
    """Return the engagement's people for pickers and names, former ones last."""
    return view.people.members


def register_counts(view: Viewpoint) -> dict[str, int]:
    """Return how many live rows each register holds, in one query."""
    counts = (
        Row.objects.filter(entry__engagement_id=view.engagement.pk, entry__round=None, deleted_at=None)
        .values_list("entry__item_key")
        .annotate(rows=Count("pk"))
        .order_by()
    )
    return {key.removeprefix(REGISTER_PREFIX): rows for key, rows in counts}
