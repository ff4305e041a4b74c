"""Save an answer: the one write path, whoever types and from wherever it comes."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from engagements.models import Event, InboxItem, Membership
from questionnaires import merge, values
from questionnaires.access import Desk
from questionnaires.actions import conditions, lines, locks, ripple
from questionnaires.actions.act import Act
from questionnaires.document import Column, Item
from questionnaires.gates import row_key
from questionnaires.models import Answer, Conflict, Entry, Revision, Row
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.places import Base, Place


class PlaceGone(Exception):
    """There is no such item, row or column in this engagement, or the author's side does not see it."""


class NotAnswerable(Exception):
    """The value fits the type but cannot stand here, such as a person who is not in the engagement."""


@dataclass
class Saved:
    """What became of a save."""

    answer: Answer
    # saved, merged, conflict, same (nothing to do) or replayed (it had been stored before)
    outcome: str
    base: Base
    event: Event | None = None
    merged_with: tuple[str, ...] = ()
    moved: list[Entry] = field(default_factory=list)


@transaction.atomic
def save(
    *,
    desk: Desk,
    place: Place,
    raw: Any,
    base: Base,
    key: uuid.UUID,
    settle: bool = False,
    at: datetime | None = None,
    kind: str = Revision.Kind.SAVED,
) -> Saved:
    """Store *raw* at *place* for an author whose text rests on *base*.

    Same base: saved. Newer version there: texts are merged word by word, sets element by element, other values
    are compared. What overlaps is kept whole as the author's open conflict, and the current value stays. A *key*
    seen before changes nothing. Choices, numbers, dates and people are settled at once; texts and cells when
    *settle* says so. A row that somebody deleted meanwhile comes back, to be decided about. Raises
    `values.BadValue`, `NotAnswerable` or `PlaceGone`; nothing is stored then.
    """
    check_place(desk, place)
    value = clean(desk, place, raw)
    answer = lock_answer(desk, place, key=key)
    if answer.replayed:  # type: ignore[attr-defined]
        return Saved(answer, "replayed", _base_now(answer, key, base))
    if answer.row is not None and answer.row.kept_by:
        raise NotAnswerable(str(lines.KeptElsewhere()))
    author = desk.membership.user
    if base.conflict and (mine := _kept(answer, base, author)) and not mine.outcome:
        return _update_conflict(desk, answer, mine, value, base, key, at)
    settle = settle or settles_at_once(desk, place)
    merged = _reconcile(desk, place, answer, value, base)
    if merged.overlaps and (
        mine := _taken_in(answer, value, author, is_text=place.takes_text(desk.framework))
    ):
        return _update_conflict(desk, answer, mine, value, base, key, at)
    if merged.overlaps:
        return _open_conflict(desk, answer, value, base, key, at)
    if merged.value == answer.value and not _is_deleted(answer):
        # The author's text still rests on what it rested on, unless it is the current one word for word.
        saved = Saved(answer, "same", Base(answer.version) if value == answer.value else base)
        if settle and answer.settled_version != answer.version:
            saved.event = settle_entry(desk=desk, entry=answer.entry, at=at)
        return saved

    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    before = answer.value
    settled_before = settled_value(answer)
    entry = act.current(answer.entry)
    took_in = merged.value != value
    act.write(
        answer,
        merged.value,
        kind=Revision.Kind.MERGED if took_in and kind == Revision.Kind.SAVED else kind,
        key=key,
        base=min(base.version, answer.version),
        settle=settle,
        sent=value if took_in else None,
    )
    revived = _revive(act, entry, answer)
    saved = Saved(
        answer, "merged" if took_in else "saved", Base(answer.version, took_in), merged_with=merged.names
    )
    if place.part != Answer.Part.NOTE and not place.is_register:
        changes = come_back(answer) if revived else []
        if settle:
            changes = [change for change in changes if change[0] != answer]
            changes.append((answer, None if revived else settled_before, answer.value))
        if changes:
            saved.moved = apply_settling(act, entry, changes)
        elif entry.state in (Entry.State.OPEN, Entry.State.UNKNOWN, Entry.State.NOT_APPLICABLE):
            # Who finds out, or why it was set aside, stays known until the new answer is settled.
            act.begin_work(entry)
    saved.event = act.finish(
        "note.saved" if place.part == Answer.Part.NOTE else "answer.saved",
        entry=entry,
        firm_only=place.part == Answer.Part.NOTE,
        data={
            "answer": answer.pk,
            "version": answer.version,
            "row": answer.row_id,
            "column": answer.column,
            "part": answer.part,
            "was_empty": before is None,
            "settled": settle,
            "merged_with": list(merged.names),
            "revived": revived,
        },
    )
    return saved


# What leaves an entry when it gets an answer after all.
CLEARED: dict[str, Any] = {"reason": "", "reason_text": "", "finder": None, "find_by": None}


def check_place(desk: Desk, place: Place) -> None:
    """Raise PlaceGone unless the framework has the place and the author's side sees it."""
    framework = desk.framework
    if place.is_register:
        exists = framework.has_register(place.item_key.removeprefix(REGISTER_PREFIX))
    else:
        exists = framework.has_item(place.item_key) and desk.may_see(framework.item(place.item_key))
    if not exists or (place.part == Answer.Part.NOTE and not desk.membership.is_firm):
        raise PlaceGone


def clean(desk: Desk, place: Place, raw: Any) -> Any:
    """Return *raw* in the canonical form of the place's type, or raise BadValue, NotAnswerable or PlaceGone."""
    if place.part != Answer.Part.VALUE:
        return values.clean_text(raw)
    spec = place.column_of(desk.framework) if place.column else place.item(desk.framework)
    if spec is None:
        raise PlaceGone
    if not place.column and spec.type in ("table", "sign_off"):
        raise NotAnswerable(_("This item is answered row by row, or by signing."))
    value = values.clean(spec, raw)
    if spec.type == "person" and isinstance(value, int):
        members = Membership.objects.filter(engagement_id=desk.membership.engagement_id, pk=value)
        if not members.exists():
            raise NotAnswerable(_("That person is not in this engagement."))
    return value


def settles_at_once(desk: Desk, place: Place) -> bool:
    """Say whether a value here is done when it is chosen: everything but texts and the cells of a table."""
    return place.part == Answer.Part.VALUE and not place.column and not place.takes_text(desk.framework)


def lock_answer(desk: Desk, place: Place, *, key: uuid.UUID) -> Answer:
    """Lock the answer at *place*, making it when this is its first value, with its entry and round.

    The result says whether *key* was stored before (`replayed`). Raises PlaceGone.
    """
    engagement_id = desk.membership.engagement_id
    answer = locks.answer_at(engagement_id, place, key)
    if answer is None:
        entry = Entry.objects.filter(engagement=engagement_id, **locks.of_entry(place)).first()
        if entry is None or (place.row_id and not Row.objects.filter(pk=place.row_id, entry=entry).exists()):
            raise PlaceGone
        missing = Answer(entry=entry, row_id=place.row_id, column=place.column, part=place.part)
        Answer.objects.bulk_create([missing], ignore_conflicts=True)
        answer = locks.answer_at(engagement_id, place, key)
    if answer is None:
        raise PlaceGone
    answer.entry.engagement = desk.membership.engagement
    return answer


@dataclass(frozen=True)
class _Reconciled:
    value: Any
    overlaps: bool = False
    names: tuple[str, ...] = ()


def _reconcile(desk: Desk, place: Place, answer: Answer, value: Any, base: Base) -> _Reconciled:
    """Bring *value*, which rests on *base*, together with what is there now."""
    if base.version == answer.version and not base.as_sent:
        return _Reconciled(value)
    if value == answer.value:
        return _Reconciled(value)
    known = base.version == 0
    rested_on: Any = None
    if base.conflict and (decided := _kept(answer, base, desk.membership.user)):
        known, rested_on = True, decided.value
    elif not known and (revision := Revision.objects.filter(answer=answer, version=base.version).first()):
        known = True
        rested_on = revision.sent if base.as_sent and revision.sent is not None else revision.value
    if not known:
        return _Reconciled(answer.value, overlaps=answer.value is not None)
    if rested_on == answer.value:
        return _Reconciled(value)
    if value == rested_on:
        return _Reconciled(answer.value)
    if place.takes_text(desk.framework):
        result = merge.merge(rested_on or "", answer.value or "", value or "")
        if not result.clean:
            return _Reconciled(answer.value, overlaps=True)
        return _Reconciled(result.text or None, names=_authors_between(answer, base, desk.membership.user))
    if isinstance(answer.value, list) and isinstance(value, list) and _is_set(desk, place):
        chosen = merge.merge_sets(rested_on or [], answer.value, value)
        return _Reconciled(
            clean(desk, place, chosen),
            names=_authors_between(answer, base, desk.membership.user),
        )
    return _Reconciled(answer.value, overlaps=True)


def _is_set(desk: Desk, place: Place) -> bool:
    item = place.item(desk.framework)
    return not place.column and item is not None and item.type == "multi_choice"


def _authors_between(answer: Answer, base: Base, author: User) -> tuple[str, ...]:
    names = (
        Revision.objects.filter(answer=answer, version__gt=base.version)
        .exclude(by=author)
        .order_by("by__display_name")
        .values_list("by__display_name", flat=True)
        .distinct()
    )
    return tuple(names)


def _base_now(answer: Answer, key: uuid.UUID, base: Base) -> Base:
    """Return what the text of a repeated save rests on: its revision, or the conflict that it was folded into."""
    if revision := Revision.objects.filter(answer=answer, key=key).only("version", "sent").first():
        return Base(revision.version, revision.sent is not None)
    conflict = Conflict.objects.get(answer=answer, keys__contains=[key])
    return replace(base, conflict=conflict.pk, saves=conflict.keys.index(key) + 1)


def _kept(answer: Answer, base: Base, author: User) -> Conflict | None:
    """Return the author's conflict that *base* names, if its kept value is still the one their text rests on."""
    conflict = Conflict.objects.filter(pk=base.conflict, answer=answer, by=author).first()
    return conflict if conflict and len(conflict.keys) == base.saves else None


def _taken_in(answer: Answer, value: Any, author: User, *, is_text: bool) -> Conflict | None:
    """Return an open conflict of the author whose kept value is still there in *value*, or is replaced by choosing.

    A text from another window that does not hold it is kept as a conflict of its own: both stay whole.
    """
    open_ones = Conflict.objects.filter(answer=answer, by=author, outcome="").order_by("-pk")
    return next((one for one in open_ones if not is_text or (one.value or "") in (value or "")), None)


def settled_value(answer: Answer) -> Any:
    """Return the value last called done; asks the database only when it is not the current one."""
    if answer.settled_version == answer.version:
        return answer.value
    if answer.settled_version == 0:
        return None
    # Read with the lock; nothing there may also mean that it was settled while somebody else held it.
    known = getattr(answer, "settled_before", None)
    if known is not None:
        return known
    return Revision.objects.values_list("value", flat=True).get(answer=answer, version=answer.settled_version)


def _open_conflict(
    desk: Desk, answer: Answer, value: Any, base: Base, key: uuid.UUID, at: datetime | None
) -> Saved:
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(answer.entry)
    conflict = Conflict.objects.create(
        answer=answer,
        value=value,
        by=desk.membership.user,
        base=base.version,
        keys=[key],
        opened_at=act.at,
        opened_event=act.number,
        changed_at=act.at,
    )
    if answer.part != Answer.Part.NOTE:
        act.contest(entry)
    # Its author sees it before them; who wrote what stands may be somewhere else by now.
    act.tell([answer.updated_by_id], InboxItem.Kind.CONFLICT, entry)
    return _conflicted(act, entry, answer, conflict, base)


def _update_conflict(
    desk: Desk,
    answer: Answer,
    conflict: Conflict,
    value: Any,
    base: Base,
    key: uuid.UUID,
    at: datetime | None,
) -> Saved:
    """Go on in the author's kept value: while their conflict is open they write in it."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(answer.entry)
    was = conflict.value
    conflict.value, conflict.changed_at = value, act.at
    conflict.keys = [*conflict.keys, key]
    conflict.save(update_fields=["value", "changed_at", "keys"])
    return _conflicted(act, entry, answer, conflict, base, was)


def _conflicted(
    act: Act, entry: Entry, answer: Answer, conflict: Conflict, base: Base, was: Any = None
) -> Saved:
    revived = _revive(act, entry, answer)
    if revived and entry.round_id is not None:
        apply_settling(act, entry, come_back(answer))
    event = act.finish(
        "conflict.opened" if conflict.opened_event == act.number else "conflict.changed",
        entry=entry,
        firm_only=answer.part == Answer.Part.NOTE,
        data={
            "answer": answer.pk,
            "conflict": conflict.pk,
            "row": answer.row_id,
            "column": answer.column,
            "part": answer.part,
            "value": [was, conflict.value],
            "revived": revived,
        },
    )
    return Saved(
        answer, "conflict", replace(base, conflict=conflict.pk, saves=len(conflict.keys)), event=event
    )


def _is_deleted(answer: Answer) -> bool:
    return answer.row is not None and answer.row.deleted_at is not None


def _revive(act: Act, entry: Entry, answer: Answer) -> bool:
    """Bring back a row that somebody deleted while its cell was being written, and leave it to people which holds."""
    if answer.row is None:
        return False
    if act.is_stale:
        # Rows only change under the engagement's lock, which this one was read without.
        answer.row.refresh_from_db()
    if answer.row.deleted_at is None:
        return False
    act.alter(answer.row, contested_by=answer.row.deleted_by, deleted_by=None, deleted_at=None)
    act.contest(entry)
    return True


def come_back(in_row: Answer | Row) -> list[tuple[Answer, Any, Any]]:
    """Return what settles when a deleted row comes back: each of its settled values, after nothing."""
    row = in_row.row_id if isinstance(in_row, Answer) else in_row.pk
    cells = Answer.objects.filter(row=row, settled_version__gt=0).select_related("row").order_by("id")
    return [(cell, None, settled_value(cell)) for cell in cells]


@transaction.atomic
def settle_entry(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Event | None:
    """Call everything saved in *entry* done. Returns None when there was nothing new."""
    unsettled = list(_unsettled(entry).select_for_update(of=("self",)))
    if not unsettled and entry.state != Entry.State.DRAFT:
        return None
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    changes = []
    for answer in unsettled:
        changes.append((answer, settled_value(answer), answer.value))
        act.note(answer, "settled_version", answer.settled_version, answer.version)
        answer.settled_version = answer.version
    Answer.objects.bulk_update(unsettled, ["settled_version"], batch_size=500)
    apply_settling(act, entry, changes)
    return act.finish(
        "answer.settled",
        entry=entry,
        data={
            "answers": [
                [answer.pk, answer.row_id, answer.column, answer.part, answer.version] for answer in unsettled
            ]
        },
    )


def _unsettled(entry: Entry) -> Any:
    return (
        Answer.objects.filter(entry=entry, settled_version__lt=F("version"))
        .exclude(part=Answer.Part.NOTE)
        .order_by("id")
    )


def apply_settling(act: Act, entry: Entry, changes: Iterable[tuple[Answer, Any, Any]]) -> list[Entry]:
    """Do what follows from settled values: the entry's state, and the items that appear or disappear.

    *changes* are (answer, settled before, settled now). Returns the entries whose visibility moved.
    """
    if entry.item_key.startswith("register:"):
        return []
    item = act.framework.item(entry.item_key)
    changes = list(changes)
    stood = ripple.stood_as(entry)
    told = [change for one in changes if (change := _in_substance(item, *one))]
    if has_content(entry, changes):
        stays = entry.state == Entry.State.CONFIRMED and not told
        if not stays:
            act.change(
                entry,
                state=Entry.State.ANSWERED,
                answered_by=act.by,
                answered_at=act.at,
                confirmed_by=None,
                confirmed_at=None,
                **CLEARED,
            )
    elif entry.state in (Entry.State.DRAFT, Entry.State.ANSWERED, Entry.State.CONFIRMED):
        act.change(entry, state=Entry.State.OPEN, confirmed_by=None, confirmed_at=None)
    moved = conditions.move(act, item, changes[0][0] if len(changes) == 1 else None)
    ripple.follow(act, entry, before=stood, changes=[*told, *ripple.state_change(stood, entry)], moved=moved)
    return moved


def _in_substance(item: Item, answer: Answer, before: Any, after: Any) -> ripple.Change | None:
    """Return what a settled value says now where it said something else, or None."""
    spec: Item | Column | None = item
    if answer.column:
        spec = next((column for column in item.columns if column.key == answer.column), None)
    if answer.part != Answer.Part.VALUE:
        spec = None
    if values.substance(spec, before) == values.substance(spec, after):
        return None
    return (row_key(answer), answer.column, str(answer.part), before, after)


def has_content(entry: Entry, changes: Iterable[tuple[Answer, Any, Any]] = ()) -> bool:
    """Say whether any live value or word of *entry* is filled; queries only when *changes* do not show it."""
    if any(
        after is not None
        for answer, _before, after in changes
        if answer.row is None or answer.row.deleted_at is None
    ):
        return True
    return (
        Answer.objects.filter(entry=entry, value__isnull=False, row__deleted_at=None)
        .exclude(part=Answer.Part.NOTE)
        .exists()
    )
