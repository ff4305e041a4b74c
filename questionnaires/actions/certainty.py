"""Say until when an assumption is to be checked, and go on from an assumption where something is not known yet."""

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event
from questionnaires import values
from questionnaires.access import Desk
from questionnaires.actions import answers, entries
from questionnaires.actions.act import Act
from questionnaires.actions.entries import ChangedMeanwhile, NotPossible
from questionnaires.certainty import UNSURE
from questionnaires.models import Answer, Entry
from questionnaires.places import Base, Place

# What nobody can take for granted: a document is there or not, and a signature is given by a person.
NOT_ASSUMED = ("file", "sign_off")


@transaction.atomic
def set_check_by(
    *, desk: Desk, entry: Entry, check_by: date | None, seen: date | None, at: datetime | None = None
) -> Event | None:
    """Set until when an assumption or estimate is to be checked, unless the date is no longer what was *seen*.

    Raises ChangedMeanwhile and NotPossible; returns None when nothing changes.
    """
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    if entry.certainty not in UNSURE:
        raise NotPossible(_("This is not an assumption any more, so there is nothing to check."))
    if entry.check_by == check_by:
        transaction.set_rollback(True)
        return None
    if entry.check_by != seen:
        raise ChangedMeanwhile("check_by", entry.check_by)
    act.change(entry, check_by=check_by)
    return act.finish("entry.check-by-set", entry=entry)


@transaction.atomic
def assume(
    *,
    desk: Desk,
    entry: Entry,
    raw: Any,
    base: Base,
    key: uuid.UUID,
    source: str = "",
    check_by: date | None = None,
    at: datetime | None = None,
) -> Event | None:
    """Answer what is not known yet with *raw*, as an assumption to be checked by a date.

    Raises NotPossible, `values.BadValue` and what `answers.save` raises; nothing is stored then. Where somebody
    else wrote meanwhile, both texts are kept and the certainty is left for when they are settled; returns None.
    """
    item = desk.framework.item(entry.item_key)
    if entry.state != Entry.State.UNKNOWN:
        raise NotPossible(_("This has an answer by now. Change its certainty there."))
    if item.type in NOT_ASSUMED:
        raise NotPossible(_("A file or a signature cannot be assumed."))
    place = Place(item.key, part=Answer.Part.WORDS if item.type == "table" else Answer.Part.VALUE)
    if values.is_empty(answers.clean(desk, place, raw)):
        raise NotPossible(_("Say what we assume. It can change at any time."))
    saved = answers.save(desk=desk, place=place, raw=raw, base=base, key=key, settle=True, at=at)
    if saved.outcome == "conflict":
        return None
    entry.refresh_from_db()
    if entry.state == Entry.State.UNKNOWN:
        # The same words had been settled before it became unknown.
        entries.bring_back(desk=desk, entry=entry, at=at)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    act.change(
        entry,
        certainty=Entry.Certainty.ASSUMPTION,
        source=source.strip()[:300] or entry.source,
        check_by=check_by,
    )
    return act.finish("entry.assumed", entry=entry)
