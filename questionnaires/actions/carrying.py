"""Carry entries into another round: what was said and decided, open conflicts, reasons for flags; a few statements."""

from collections.abc import Sequence

from django.db import connection

from questionnaires.actions import flags
from questionnaires.actions.act import Act
from questionnaires.models import Cause, Conflict, Entry, Round, Row

# ruff: noqa: S608 - the statements are put together from our own names only


def carry(act: Act, entries: Sequence[Entry], into: Round, cause: Cause) -> list[Entry]:
    """Copy entries with what was said in them into a round, flagged because of *cause*. Returns the new ones."""
    made = []
    for entry in entries:
        copy = Entry(
            **{
                field.attname: getattr(entry, field.attname)
                for field in Entry._meta.concrete_fields
                if not field.primary_key
            }
        )
        copy.round, copy.event = into, act.number
        copy.revisit = False
        if act.framework.item(entry.item_key).type == "sign_off":
            copy.state, copy.conflict = Entry.State.OPEN, False
            copy.confirmed_by = copy.confirmed_at = None
        elif entry.state in flags.ANSWERED:
            holder = (
                entry.owner.side if entry.owner else entry.answered_by.side if entry.answered_by else None
            )
            copy.revisit, copy.held_by, copy.held_since = True, holder or entry.held_by, act.at
        made.append(copy)
    Entry.objects.bulk_create(made, batch_size=500)
    ids = [entry.pk for entry in entries], [copy.pk for copy in made]
    with connection.cursor() as cursor:
        for statement in CARRY:
            cursor.execute(
                statement,
                {
                    "old": ids[0],
                    "new": ids[1],
                    "event": act.number,
                    "at": act.at,
                    "by": act.by.pk if act.by else None,
                    "framework": act.questionnaire.version_id,
                },
            )
        cursor.execute(MOVE_CONFLICTS, {"old": ids[0], "new": ids[1]})
        for conflict, was, now in cursor.fetchall():
            act.note(Conflict(pk=conflict), "answer", was, now)
        again = [copy for copy in made if copy.revisit]
        cursor.execute(
            FLAG,
            {
                "cause": cause.pk,
                "source": flags.source_of(cause.kind, cause.key),
                "key": cause.key,
                "event": act.number,
                "at": act.at,
                "new": [copy.pk for copy in again],
                "keys": [copy.item_key for copy in again],
            },
        )
    return made


ROW_COLUMNS = ", ".join(
    str(field.column)
    for field in Row._meta.concrete_fields
    if field.column not in ("id", "entry_id", "event")
)
OF_ROW = ", ".join(f"w.{column}" for column in ROW_COLUMNS.split(", "))
CARRIED = "unnest(%(old)s::bigint[], %(new)s::bigint[]) AS carried (old, new)"
# What an answer had, and the new answer in the same place. A row keeps its key in every round.
PAIRS = f"""
    FROM {CARRIED}
    JOIN questionnaires_answer a ON a.entry_id = carried.old
    LEFT JOIN questionnaires_row w ON w.id = a.row_id
    LEFT JOIN questionnaires_row copied ON copied.entry_id = carried.new AND copied.key = w.key
"""
TO_ANSWER = """
    JOIN questionnaires_answer n ON n.entry_id = carried.new AND n.row_id IS NOT DISTINCT FROM copied.id
        AND n.column = a.column AND n.part = a.part
"""
LIVE = "(a.row_id IS NULL OR w.deleted_at IS NULL)"
# An answer whose newest words are not settled yet comes over as two versions, the settled one first.
IS_BEHIND = "(a.settled_version > 0 AND a.settled_version < a.version)"
IS_EMPTY = f"(a.value IS NULL AND NOT {IS_BEHIND})"
REVISION = """
    INSERT INTO questionnaires_revision
        (answer_id, version, value, sent, by_id, at, key, base, kind, event, framework_version_id)
"""

CARRY: tuple[str, ...] = (
    "UPDATE questionnaires_row SET key = gen_random_uuid() WHERE key IS NULL AND entry_id = ANY(%(old)s)",
    f"""
    INSERT INTO questionnaires_row (entry_id, event, {ROW_COLUMNS})
    SELECT carried.new, %(event)s, {OF_ROW}
    FROM {CARRIED} JOIN questionnaires_row w ON w.entry_id = carried.old AND w.deleted_at IS NULL
    """,
    f"""
    INSERT INTO questionnaires_answer
        (entry_id, row_id, "column", part, value, version, settled_version, updated_by_id, updated_at)
    SELECT carried.new, copied.id, a.column, a.part, a.value,
           CASE WHEN {IS_EMPTY} THEN 0 WHEN {IS_BEHIND} THEN 2 ELSE 1 END,
           CASE WHEN {IS_EMPTY} OR a.settled_version = 0 THEN 0 ELSE 1 END,
           a.updated_by_id, a.updated_at
    {PAIRS} WHERE {LIVE}
    """,
    f"""
    {REVISION}
    SELECT n.id, 1, CASE WHEN {IS_BEHIND} THEN r.value ELSE a.value END, NULL,
           coalesce(%(by)s, a.updated_by_id), %(at)s, gen_random_uuid(), 0, 'carried', %(event)s, %(framework)s
    {PAIRS} {TO_ANSWER}
    LEFT JOIN questionnaires_revision r ON r.answer_id = a.id AND r.version = a.settled_version
    WHERE {LIVE} AND NOT {IS_EMPTY}
    """,
    f"""
    {REVISION}
    SELECT n.id, 2, a.value, NULL, coalesce(%(by)s, a.updated_by_id), %(at)s, gen_random_uuid(), 1, 'carried',
           %(event)s, %(framework)s
    {PAIRS} {TO_ANSWER} WHERE {LIVE} AND {IS_BEHIND}
    """,
    # The reasons for flags go along as well; those of the earlier round are cleared by the round itself.
    f"""
    INSERT INTO questionnaires_flag
        (kind, entry_id, source, first_id, last_id, path, raised_event, raised_at, cleared_how)
    SELECT f.kind, carried.new, f.source, f.first_id, f.last_id, f.path, f.raised_event, f.raised_at, ''
    FROM {CARRIED}
    JOIN questionnaires_flag f ON f.entry_id = carried.old AND f.cleared_event IS NULL
    JOIN questionnaires_entry e ON e.id = carried.new
    WHERE (f.kind = 'revisit' AND e.revisit) OR (f.kind = 'conflict' AND e.conflict)
    """,
    # Our advice and what was decided stand in the new round as well.
    f"UPDATE questionnaires_recommendation r SET entry_id = carried.new FROM {CARRIED} WHERE r.entry_id = carried.old",
    f"UPDATE questionnaires_decision d SET entry_id = carried.new FROM {CARRIED} WHERE d.entry_id = carried.old",
    """
    UPDATE questionnaires_flag
    SET cleared_event = %(event)s, cleared_at = %(at)s, cleared_by_id = %(by)s, cleared_how = 'round'
    WHERE entry_id = ANY(%(old)s) AND cleared_event IS NULL
    """,
)

MOVE_CONFLICTS = f"""
    UPDATE questionnaires_conflict c SET answer_id = n.id
    {PAIRS} {TO_ANSWER} WHERE c.answer_id = a.id AND c.outcome = '' AND {LIVE}
    RETURNING c.id, a.id, n.id
"""

FLAG = """
    INSERT INTO questionnaires_flag
        (kind, entry_id, source, first_id, last_id, path, raised_event, raised_at, cleared_how)
    SELECT 'revisit', made.entry_id, %(source)s, %(cause)s, %(cause)s, ARRAY[%(key)s, made.item_key], %(event)s,
           %(at)s, ''
    FROM unnest(%(new)s::bigint[], %(keys)s::text[]) AS made (entry_id, item_key)
    WHERE NOT EXISTS (
        SELECT 1 FROM questionnaires_flag f
        WHERE f.entry_id = made.entry_id AND f.source = %(source)s AND f.cleared_event IS NULL
    )
"""
