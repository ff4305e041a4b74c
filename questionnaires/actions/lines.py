"""Keep a register's line in step with the decision, conflict or attempt that it stands for."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from questionnaires import values
from questionnaires.actions.act import Act
from questionnaires.document import Column
from questionnaires.models import Answer, Entry, Revision, Row
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.ranks import between


class KeptElsewhere(Exception):
    """The line is kept by a decision, a conflict or an attempt, and is changed there."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This line belongs to a record of its own. Open it there to change it; nothing was changed here."
            )
        )


def require_free(row: Row | None) -> None:
    """Raise KeptElsewhere for a line that people do not write in."""
    if row is not None and row.kept_by:
        raise KeptElsewhere


def put(act: Act, register_key: str, cells: Mapping[str, Any], *, keeper: str, row: Row | None) -> Row | None:
    """Write *cells* into *row*, or into a new last line of the register; None where the framework lacks it.

    Columns that the register does not have, or that take another kind of value, are left out. The caller holds
    the engagement's lock; nobody else writes in such a line.
    """
    if not act.framework.has_register(register_key):
        return None
    columns = act.framework.register(register_key).columns
    wanted = {column.key: _fitting(column, cells[column.key]) for column in columns if column.key in cells}
    if row is None:
        row, answers = _new(act, register_key, columns, keeper)
    else:
        answers = list(Answer.objects.filter(row=row))
    changed = []
    for answer in answers:
        value = wanted.get(answer.column)
        if answer.column not in wanted or value == answer.value:
            continue
        answer.value, answer.updated_by, answer.updated_at = value, act.membership.user, act.at
        answer.version = answer.settled_version = answer.version + 1
        changed.append(answer)
    _store(act, changed)
    return row


def touched(row: Row | None, register_key: str) -> dict[str, list[int]]:
    """Return what the event says about the line, so that open pages of the register draw it again."""
    return {} if row is None else {REGISTER_PREFIX + register_key: [row.pk]}


def _fitting(column: Column, value: Any) -> Any:
    try:
        return values.clean(column, value)
    except values.BadValue:
        return None


def _new(act: Act, register_key: str, columns: tuple[Column, ...], keeper: str) -> tuple[Row, list[Answer]]:
    entry = Entry.objects.get(
        engagement_id=act.membership.engagement_id, item_key=REGISTER_PREFIX + register_key
    )
    last = Row.objects.filter(entry=entry).order_by("-rank").values_list("rank", flat=True).first() or ""
    row = Row.objects.create(
        entry=entry,
        rank=between(last, ""),
        key=uuid.uuid4(),
        created_by=act.membership.user,
        created_at=act.at,
        kept_by=keeper,
    )
    answers = [Answer(entry=entry, row=row, column=column.key) for column in columns]
    return row, Answer.objects.bulk_create(answers)


def _store(act: Act, changed: list[Answer]) -> None:
    if not changed:
        return
    Answer.objects.bulk_update(changed, ["value", "version", "settled_version", "updated_by", "updated_at"])
    Revision.objects.bulk_create(
        [
            Revision(
                answer=answer,
                version=answer.version,
                value=answer.value,
                by=act.membership.user,
                at=act.at,
                key=uuid.uuid4(),
                base=answer.version - 1,
                kind=Revision.Kind.DECIDED,
                event=act.number,
                framework_version_id=act.questionnaire.version_id,
            )
            for answer in changed
        ]
    )
