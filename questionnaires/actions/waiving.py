"""Let an open point of a gate pass for a while: who, why, until when. It asks again by itself."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Engagement, Event
from questionnaires import gates
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.document import Gate
from questionnaires.models import Entry, Questionnaire, Waiver

LONGEST = timedelta(days=366)


class CannotWaive(Exception):
    """The point is met, is not one of the gate's, or the day does not fit; the message says which."""


@transaction.atomic
def give(
    *,
    desk: Desk,
    gate: Gate,
    entry: Entry,
    item_key: str,
    reason: str,
    until: date,
    at: datetime | None = None,
) -> Waiver:
    """Let the point *item_key* of *gate*, whose sign-off is *entry*, pass until a day, that day included.

    A point is an answer that is not settled. A missing signature cannot be waived: somebody else can be named to
    sign. Raises CannotWaive. A waiver that is there already is replaced.
    """
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    today = desk.engagement.today(act.at)
    if not reason.strip():
        raise CannotWaive(_("Say in a few words why this may stay open."))
    if not today <= until <= today + LONGEST:
        raise CannotWaive(_("Choose a day from today on, within a year."))
    point = (
        Entry.objects.filter(
            engagement=desk.engagement, round__is_latest=True, item_key=item_key, shown=True
        ).first()
        if item_key in gate.covers
        else None
    )
    if point is None or not gates.lacking(point):
        raise CannotWaive(_("This point is met by now, so there is nothing to let pass."))
    Waiver.objects.filter(entry=entry, item_key=item_key, ended_event=None).update(
        ended_at=act.at, ended_event=act.number
    )
    waiver = Waiver.objects.create(
        entry=entry,
        item_key=item_key,
        reason=reason.strip()[:500],
        until=until,
        approved_by=desk.membership,
        given_at=act.at,
        event=act.number,
    )
    act.finish(
        "waiver.given",
        entry=entry,
        firm_only=desk.framework.item(item_key).internal,
        data={"waiver": waiver.pk, "point": item_key, "until": until.isoformat(), "reason": waiver.reason},
    )
    return waiver


@transaction.atomic
def end(*, desk: Desk, waiver: Waiver, at: datetime | None = None) -> Event | None:
    """End a waiver before its day: the point is open again. Returns None when it had ended."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(waiver.entry)
    waiver.refresh_from_db()
    if waiver.ended_event is not None:
        transaction.set_rollback(True)
        return None
    waiver.ended_at, waiver.ended_event = act.at, act.number
    waiver.save(update_fields=["ended_at", "ended_event"])
    return act.finish(
        "waiver.ended",
        entry=entry,
        firm_only=desk.framework.item(waiver.item_key).internal,
        data={"waiver": waiver.pk, "point": waiver.item_key},
    )


def note_expired(at: datetime) -> int:
    """Write down which waivers have run out since yesterday, an event each. Returns how many.

    They do not hold from the day after their last one on, whether this runs or not.
    """
    open_ones = Waiver.objects.filter(
        ended_event=None,
        until__lt=(at + timedelta(days=1)).date(),
        entry__engagement__in=Engagement.objects.running(),
        entry__round__is_latest=True,
    ).select_related("entry__engagement__questionnaire")
    count = 0
    for waiver in open_ones.order_by("entry__engagement", "pk"):
        questionnaire: Questionnaire = waiver.entry.engagement.questionnaire
        questionnaire.engagement = waiver.entry.engagement
        if not waiver.holds(waiver.entry.engagement.today(at)):
            count += _expire(questionnaire, waiver, at)
    return count


@transaction.atomic
def _expire(questionnaire: Questionnaire, waiver: Waiver, at: datetime) -> bool:
    act = Act.by_calendar(questionnaire, at=at)
    # Another run, or somebody by hand, may have been first.
    ended = Waiver.objects.filter(pk=waiver.pk, ended_event=None).update(ended_at=at, ended_event=act.number)
    if not ended:
        transaction.set_rollback(True)
        return False
    act.finish(
        "waiver.expired",
        entry=waiver.entry,
        firm_only=act.framework.item(waiver.item_key).internal,
        data={"waiver": waiver.pk, "point": waiver.item_key},
    )
    return True
