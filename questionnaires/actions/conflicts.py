"""Decide between two values that could not be merged."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.models import Event
from questionnaires import records
from questionnaires.access import Desk
from questionnaires.actions import clashes, lines
from questionnaires.actions.act import Act
from questionnaires.actions.answers import apply_settling, clean, settled_value
from questionnaires.models import Answer, Clash, Conflict, Entry, Flag, Revision, Row
from questionnaires.places import Place


class AlreadyDecided(Exception):
    """Somebody decided this conflict in the meantime. Both values are in the history."""


class NotWhatWasShown(Exception):
    """One of the two values changed after the page of the person deciding was drawn. Nothing was decided."""


class NoSuchVersion(Exception):
    """The answer never had a version of that number."""


@dataclass(frozen=True)
class Shown:
    """What somebody deciding had before them: the current value's version, and how often the kept one was saved."""

    version: int
    saves: int


def place_of(answer: Answer) -> Place:
    """Return the place of an answer whose entry is loaded."""
    return Place(
        answer.entry.item_key,
        row_id=answer.row_id,
        column=answer.column,
        part=answer.part,
        round_number=answer.entry.round.number if answer.entry.round else None,
    )


def is_contested(entry: Entry) -> bool:
    """Say whether anything in *entry* is to be decided: two values, a row deleted and written in, or a rule that it breaks.

    What is in a deleted row rests until the row comes back. Two versions of a firm's note concern nobody else.
    """
    conflicts = Conflict.objects.filter(answer__entry=entry, answer__row__deleted_at=None, outcome="")
    return (
        conflicts.exclude(answer__part=Answer.Part.NOTE).exists()
        or Row.objects.filter(entry=entry, contested_by__isnull=False).exists()
        or Flag.objects.open().filter(entry=entry, kind=Flag.Kind.CONFLICT).exists()
    )


@transaction.atomic
def decide(
    *,
    desk: Desk,
    conflict: Conflict,
    outcome: str,
    shown: Shown,
    combined: Any = None,
    agreed: clashes.Agreed | None = None,
    at: datetime | None = None,
) -> Event:
    """Settle a conflict: *mine* takes the kept value, *theirs* keeps the current one, *combined* takes a third.

    Where both were brought side by side that is settled too, with what was *agreed* there.

    Taking a value is a revision like any other, so neither text is ever lost. Raises AlreadyDecided, and
    NotWhatWasShown when either value moved on since *shown*: nobody removes words they have not seen.
    """
    if outcome not in (Conflict.Outcome.MINE, Conflict.Outcome.THEIRS, Conflict.Outcome.COMBINED):
        raise ValueError(outcome)
    answer = (
        Answer.objects.select_for_update(of=("self",))
        .select_related("entry__round", "row")
        .get(pk=conflict.answer_id)
    )
    answer.entry.engagement = desk.membership.engagement
    place = place_of(answer)
    if agreed is not None:
        agreed = clashes.checked(desk, agreed)
    words = _side_by_side(desk, conflict)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(answer.entry)
    conflict.refresh_from_db()
    if conflict.outcome:
        raise AlreadyDecided(_("This has been decided in the meantime. Both texts are in the history."))
    if shown != Shown(answer.version, len(conflict.keys)):
        raise NotWhatWasShown(
            _("One of the two texts has just changed. Look again, then choose; nothing was changed.")
        )
    before = settled_value(answer)
    value = clean(desk, place, combined) if outcome == Conflict.Outcome.COMBINED else conflict.value
    if outcome != Conflict.Outcome.THEIRS and value != answer.value:
        # Whoever decides calls it done.
        act.write(
            answer, value, kind=Revision.Kind.CHOSEN, key=uuid.uuid4(), base=answer.version, settle=True
        )
        if place.part != Answer.Part.NOTE and not place.is_register:
            apply_settling(act, entry, [(answer, before, value)])
    act.alter(conflict, outcome=outcome, decided_by=desk.membership.user, decided_at=act.at)
    act.change(entry, conflict=is_contested(entry))
    settled: dict[str, Any] = {}
    if words:
        agreed = agreed or clashes.Agreed(
            str(KEPT[Conflict.Outcome(outcome)]), _("Chosen at the question."), desk.membership
        )
        settled = clashes.answer_chosen(act, desk, conflict, words, agreed)
    return act.finish(
        "conflict.decided",
        entry=entry,
        firm_only=answer.part == Answer.Part.NOTE,
        data={
            "answer": answer.pk,
            "conflict": conflict.pk,
            "outcome": outcome,
            "row": answer.row_id,
            "column": answer.column,
            **settled,
        },
    )


# What is written down as agreed where somebody just chooses.
KEPT = {
    Conflict.Outcome.MINE: gettext_lazy("The second answer was kept."),
    Conflict.Outcome.THEIRS: gettext_lazy("What stood was kept."),
    Conflict.Outcome.COMBINED: gettext_lazy("Both were combined into one answer."),
}


def _side_by_side(desk: Desk, conflict: Conflict) -> dict[int, str]:
    """Return what both answers say where they were brought side by side, {} where they were not."""
    clash = Clash.objects.open().filter(conflict=conflict).select_related("conflict__answer").first()
    return records.words_of(desk.view, clash) if clash else {}


@transaction.atomic
def restore(*, desk: Desk, answer: Answer, version: int, at: datetime | None = None) -> Event | None:
    """Make an earlier value the newest one again; nothing between is lost."""
    answer = (
        Answer.objects.select_for_update(of=("self",)).select_related("entry__round", "row").get(pk=answer.pk)
    )
    answer.entry.engagement = desk.membership.engagement
    lines.require_free(answer.row)
    old = Revision.objects.filter(answer=answer, version=version).first()
    if old is None:
        raise NoSuchVersion
    if old.value == answer.value:
        return None
    place = place_of(answer)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(answer.entry)
    before = settled_value(answer)
    act.write(
        answer, old.value, kind=Revision.Kind.RESTORED, key=uuid.uuid4(), base=answer.version, settle=True
    )
    if not place.is_register and place.part != Answer.Part.NOTE:
        apply_settling(act, entry, [(answer, before, old.value)])
    return act.finish(
        "answer.restored",
        entry=entry,
        firm_only=answer.part == Answer.Part.NOTE,
        data={
            "answer": answer.pk,
            "version": answer.version,
            "from_version": version,
            "row": answer.row_id,
            "column": answer.column,
        },
    )
