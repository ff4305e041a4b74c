"""Raise and clear flags. The reasons are rows; an entry's two booleans sum them up, and the counters follow.

Everything here goes over many entries in a few statements, under the engagement's lock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from questionnaires import progress
from questionnaires.actions.act import Act
from questionnaires.models import Cause, Entry, Flag


@dataclass(slots=True)
class Mark:
    """As much of an entry as flags and counters need."""

    pk: int
    item_key: str
    round_id: int
    shown: bool
    state: str
    revisit: bool
    conflict: bool
    held_by: str
    held_since: datetime
    # Whose turn it is when this is to be looked at again: the owner's side, else that of who answered.
    holder: str
    # Whom it concerns: the owner, else who answered. A user's id.
    person: int | None
    # The open flag of the source that was asked for, and what raised it.
    flag_id: int | None
    first_id: int | None

    @property
    def is_settled(self) -> bool:
        """Say whether it counts as done."""
        return self.state in ANSWERED and not self.revisit and not self.conflict


ANSWERED = (Entry.State.ANSWERED.value, Entry.State.CONFIRMED.value)

SIDE = "CASE WHEN {user}.client_id IS NULL THEN 'firm' ELSE 'client' END"
MARKS = f"""
    SELECT e.id, e.item_key, e.round_id, e.shown, e.state, e.revisit, e.conflict, e.held_by, e.held_since,
           CASE WHEN owner.id IS NOT NULL THEN {SIDE.format(user="owner")}
                WHEN author.id IS NOT NULL THEN {SIDE.format(user="author")}
                ELSE e.held_by END,
           coalesce(owner.id, author.id), f.id, f.first_id
    FROM questionnaires_entry e
    JOIN questionnaires_round r ON r.id = e.round_id AND r.is_latest
    LEFT JOIN engagements_membership m ON m.id = e.owner_id
    LEFT JOIN accounts_user owner ON owner.id = m.user_id
    LEFT JOIN accounts_user author ON author.id = e.answered_by_id
    LEFT JOIN LATERAL (
        -- The limit makes it one look into an index per entry, whatever the planner thinks of thousands of new flags.
        SELECT id, first_id FROM questionnaires_flag
        WHERE entry_id = e.id AND source = %s AND cleared_event IS NULL LIMIT 1
    ) f ON true
    WHERE e.engagement_id = %s
"""  # noqa: S608 - no part of it comes from outside


def answered(act: Act, keys: Iterable[str], *, source: str = "") -> list[Mark]:
    """Return the entries of *keys* that have an answer, and every entry with an open flag of *source*."""
    where = " AND ((e.item_key = ANY(%s) AND e.state = ANY(%s)) OR f.id IS NOT NULL)"
    return _marks(act, source, where, [list(keys), list(ANSWERED)])


def asked(act: Act, keys: Iterable[str], *, source: str = "") -> list[Mark]:
    """Return the entries of *keys* that are asked now, whatever their state, and those with a flag of *source*."""
    return _marks(act, source, " AND ((e.item_key = ANY(%s) AND e.shown) OR f.id IS NOT NULL)", [list(keys)])


def _marks(act: Act, source: str, where: str, parameters: list[Any]) -> list[Mark]:
    act.store()
    with connection.cursor() as cursor:
        cursor.execute(MARKS + where, [source, act.engagement.pk, *parameters])
        return [Mark(*row) for row in cursor.fetchall()]


def source_of(kind: str, key: str) -> str:
    """Return how flags name what raises them."""
    return f"{kind}:{key}"


def cause(act: Act, kind: str, key: str, *, step_key: str = "", data: dict[str, Any] | None = None) -> Cause:
    """Write down what happened, as the reason that flags will name."""
    return Cause.objects.create(
        engagement=act.engagement,
        kind=kind,
        key=key,
        step_key=step_key,
        event=act.number,
        at=act.at,
        by=act.by,
        data=data or {},
    )


def raise_flags(act: Act, kind: str, because: Cause, targets: Sequence[tuple[Mark, Sequence[str]]]) -> None:
    """Flag every target, each with the way to it. None of them may have an open flag of the same source."""
    if not targets:
        return
    source = source_of(because.kind, because.key)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO questionnaires_flag
                (kind, entry_id, source, first_id, last_id, path, raised_event, raised_at, cleared_how)
            SELECT %s, made.entry_id, %s, %s, %s, string_to_array(made.path, ' '), %s, %s, ''
            FROM unnest(%s::bigint[], %s::text[]) AS made (entry_id, path)
            """,
            [
                kind,
                source,
                because.pk,
                because.pk,
                act.number,
                act.at,
                [mark.pk for mark, _path in targets],
                [" ".join(path) for _mark, path in targets],
            ],
        )
    _touch(act, [mark.pk for mark, _path in targets])
    _set(act, [mark for mark, _path in targets], kind, value=True)


def renew(flag_ids: Sequence[int], cause: Cause) -> None:
    """Let open flags name *cause* as the newest of their source."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE questionnaires_flag SET last_id = %s WHERE id = ANY(%s)", [cause.pk, list(flag_ids)]
        )


def clear(act: Act, flag_ids: Sequence[int], how: str) -> list[str]:
    """Clear flags and, where no other reason is left, the entries' booleans. Returns the keys of those entries."""
    if not flag_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE questionnaires_flag
            SET cleared_event = %s, cleared_at = %s, cleared_by_id = %s, cleared_how = %s
            WHERE id = ANY(%s) AND cleared_event IS NULL
            RETURNING entry_id, kind
            """,
            [act.number, act.at, act.by.pk if act.by else None, how, list(flag_ids)],
        )
        touched = cursor.fetchall()
    _touch(act, [entry for entry, _kind in touched])
    free: list[str] = []
    for kind in sorted({kind for _entry, kind in touched}):
        free += settle(act, [entry for entry, of_kind in touched if of_kind == kind], kind)
    return free


def _touch(act: Act, entry_ids: Iterable[int]) -> None:
    # An entry whose boolean stays shows other reasons now, so the event names it without any change.
    for pk in entry_ids:
        act.changed.setdefault(pk, {})


def settle(act: Act, entry_ids: Sequence[int], kind: str) -> list[str]:
    """Take the flag of *kind* from those of the entries that have no reason left. Returns their keys."""
    where = f" AND e.id = ANY(%s) AND NOT EXISTS ({OPEN_FLAG})"
    parameters: list[Any] = [list(entry_ids), kind]
    if kind == Flag.Kind.CONFLICT:
        where += f" AND NOT EXISTS ({OPEN_CONFLICT}) AND NOT EXISTS ({CONTESTED_ROW})"
    marks = _marks(act, "", where, parameters)
    _set(act, marks, kind, value=False)
    return [mark.item_key for mark in marks]


OPEN_FLAG = (
    "SELECT 1 FROM questionnaires_flag o WHERE o.entry_id = e.id AND o.kind = %s AND o.cleared_event IS NULL"
)
OPEN_CONFLICT = """
    SELECT 1 FROM questionnaires_conflict c JOIN questionnaires_answer a ON a.id = c.answer_id
    LEFT JOIN questionnaires_row w ON w.id = a.row_id
    WHERE a.entry_id = e.id AND a.part <> 'note' AND c.outcome = '' AND w.deleted_at IS NULL
"""
CONTESTED_ROW = "SELECT 1 FROM questionnaires_row w WHERE w.entry_id = e.id AND w.contested_by_id IS NOT NULL"


def _set(act: Act, marks: Iterable[Mark], name: str, *, value: bool) -> None:
    changed: list[Mark] = []
    for mark in marks:
        if getattr(mark, name) == value:
            continue
        since = act.at if value and mark.is_settled else mark.held_since
        holder = mark.holder if value and mark.is_settled else mark.held_by
        if entry := act.entries.get(mark.pk):
            act.change(entry, **{name: value, "held_by": holder, "held_since": since})
            continue
        before = progress.counts_of(mark)
        pairs: dict[str, list[Any]] = {name: [not value, value]}
        if since != mark.held_since:
            pairs["held_since"] = [mark.held_since.isoformat(), since.isoformat()]
        if holder != mark.held_by:
            pairs["held_by"] = [mark.held_by, holder]
        setattr(mark, name, value)
        mark.held_by, mark.held_since = holder, since
        item = act.framework.item(mark.item_key)
        act.moves.append((mark.round_id, item.section_key, item.internal, before, progress.counts_of(mark)))
        earlier = act.changed.setdefault(mark.pk, {})
        for field, (old, new) in pairs.items():
            earlier[field] = [earlier[field][0] if field in earlier else old, new]
        changed.append(mark)
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE questionnaires_entry e SET {name} = %s, held_by = now.held_by, held_since = now.held_since
            FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS now (id, held_by, held_since)
            WHERE e.id = now.id
            """,  # noqa: S608 - the name is one of ours
            [
                value,
                [mark.pk for mark in changed],
                [mark.held_by for mark in changed],
                [mark.held_since for mark in changed],
            ],
        )
