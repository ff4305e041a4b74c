"""Give an open thing to somebody else with a note, and remind who holds one."""

import zoneinfo
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from engagements import doorbell
from engagements.models import Event, InboxItem, Membership
from questionnaires import reading, waiting
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.actions.entries import NotPossible, hold, is_internal
from questionnaires.calendar import calendar_of
from questionnaires.models import Entry, Nudge
from questionnaires.waiting import Thing


class TooSoon(Exception):
    """Somebody was reminded of this not long ago. Carries the day on which it is possible again."""

    def __init__(self, again: date) -> None:
        super().__init__(again)
        self.again = again


@transaction.atomic
def hand_over(
    *,
    desk: Desk,
    entry: Entry,
    to: Membership,
    words: str = "",
    due: date | None = None,
    at: datetime | None = None,
) -> Event:
    """Give an open entry to somebody else, who also finds out where it is not known yet. Raises NotPossible."""
    if to.ended_at is not None or to.engagement_id != entry.engagement_id:
        raise NotPossible(_("That person is not in this engagement any more. Choose somebody else."))
    if not to.is_firm and is_internal(desk, entry):
        raise NotPossible(_("The client side does not see this item. Choose somebody of the firm."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    if entry.is_settled or entry.state == Entry.State.NOT_APPLICABLE:
        raise NotPossible(_("This was settled meanwhile, so there is nothing to hand over."))
    if entry.state == Entry.State.UNKNOWN:
        act.change(entry, finder=to, find_by=due)
    else:
        act.change(entry, owner=to, due_date=due)
    hold(act, entry, to)
    act.tell([to.user_id], InboxItem.Kind.ASKED, entry, words)
    return act.finish("entry.handed-over", entry=entry, data={"to": to.pk, "words": words.strip()[:500]})


@transaction.atomic
def nudge(*, desk: Desk, key: str, at: datetime | None = None) -> list[Nudge]:
    """Remind whoever holds the open thing *key*: a mail gathers all of a person's reminders, one a day.

    Raises NotPossible when it is settled meanwhile or with nobody to remind, TooSoon within waiting.REST
    working days of the reminder before.
    """
    now = at or timezone.now()
    thing = find(desk, key, now)
    act = Act.begin(desk.membership, desk.questionnaire, at=now)
    people = [person for person in thing.people if person.pk != desk.membership.pk and person.user.is_active]
    if not people:
        raise NotPossible(_("Nobody else holds this. Hand it to somebody first."))
    calendar = calendar_of(desk.engagement)
    today = calendar.day(now)
    last = Nudge.objects.filter(engagement=desk.engagement, thing=key).order_by("-day").first()
    again = waiting.next_nudge(calendar, last.day if last else None, today)
    if again > today:
        raise TooSoon(again)
    made = Nudge.objects.bulk_create(
        [
            Nudge(
                engagement=desk.engagement,
                to=person,
                thing=key,
                by=desk.membership.user,
                at=now,
                day=today,
                event=act.number,
                send_after=waiting.mail_time(calendar, now, last_mail(person)),
            )
            for person in people
        ]
    )
    act.finish(
        "nudged",
        entry=thing.entry,
        firm_only=thing.firm_only,
        data={"thing": key, "to": [person.pk for person in people]},
    )
    doorbell.ring_on_commit()
    return made


def find(desk: Desk, key: str, now: datetime) -> Thing:
    """Return the open thing *key* as the member's side sees it. Raises NotPossible when there is none."""
    for thing in waiting.things(desk.view, now, reading.people(desk.view)):
        if thing.key == key:
            return thing
    raise NotPossible(_("This was settled meanwhile."))


def last_mail(person: Membership) -> date | None:
    """Return the day of the newest mail of reminders to a person, whichever engagement it was about."""
    newest = (
        Nudge.objects.filter(to__user=person.user_id, mail__isnull=False, done_at__isnull=False)
        .order_by("-done_at")
        .first()
    )
    if newest is None or newest.done_at is None:
        return None
    return newest.done_at.astimezone(zoneinfo.ZoneInfo(person.user.time_zone)).date()
