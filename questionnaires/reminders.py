"""Send reminders: everything a person was reminded of since the last mail in one, at most one mail a day."""

import zoneinfo
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from engagements import doorbell, mail
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import waiting
from questionnaires.access import Viewpoint
from questionnaires.calendar import calendar_of
from questionnaires.models import Nudge, Questionnaire
from questionnaires.waiting import Thing

# The oldest of each person's reminders stands for all of theirs.
WORK = doorbell.Work(
    task="questionnaires.send_reminders",
    due="""
        SELECT DISTINCT ON (m.user_id) n.id, n.send_after::text FROM questionnaires_nudge n
        JOIN engagements_membership m ON m.id = n.to_id
        WHERE n.done_at IS NULL AND n.send_after <= now()
        ORDER BY m.user_id, n.id LIMIT 100
    """,
)


@transaction.atomic
def send(nudge_id: int, *, now: datetime | None = None) -> None:
    """Write the mail with all that waits for the person of one reminder, unless it is somebody else's turn by now."""
    now = now or timezone.now()
    first = (
        Nudge.objects.filter(pk=nudge_id, done_at=None, send_after__lte=now)
        .select_related("to__user")
        .first()
    )
    if first is None:
        return
    user = first.to.user
    waiting_ones = list(
        Nudge.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(to__user=user, done_at=None)
        .select_related("to__engagement__client", "to__engagement__questionnaire", "by")
        .order_by("id")
    )
    if first not in waiting_ones:
        return
    day = now.astimezone(zoneinfo.ZoneInfo(user.time_zone)).date()
    last = Nudge.objects.filter(to__user=user, mail__once=f"nudge/{user.pk}/{day}").exists()
    if last:
        calendar = calendar_of(first.to.engagement)
        for nudge in waiting_ones:
            nudge.send_after = waiting.mail_time(calendar, now, day)
        Nudge.objects.bulk_update(waiting_ones, ["send_after"])
        return
    with translation.override(user.language):
        groups = _still_open(waiting_ones, now)
        named = {(membership.pk, thing.key) for membership, things in groups for thing in things}
        told = [nudge for nudge in waiting_ones if (nudge.to_id, nudge.thing) in named]
        sent = None
        if told:
            sent = mail.queue(
                "nudge",
                once=f"nudge/{user.pk}/{day}",
                user=user,
                template="reminder",
                context={
                    "user": user,
                    "count": len(named),
                    "groups": groups,
                    "names": sorted({nudge.by.display_name for nudge in told}),
                    "act_url": mail.link(reverse("questionnaires:work")),
                },
            )
    for nudge in waiting_ones:
        nudge.done_at = now
        nudge.mail = sent if nudge in told else None
    Nudge.objects.bulk_update(waiting_ones, ["done_at", "mail"])


def _still_open(nudges: list[Nudge], now: datetime) -> list[tuple[Membership, list[Thing]]]:
    """Return by membership the things that are still open and still with that person."""
    members = {nudge.to_id: nudge.to for nudge in nudges}
    found = []
    for pk, membership in members.items():
        engagement = membership.engagement
        if membership.ended_at is not None or not engagement.is_open or not membership.may(Permission.SEE):
            continue
        questionnaire: Questionnaire = engagement.questionnaire
        questionnaire.engagement = engagement
        wanted = {nudge.thing for nudge in nudges if nudge.to_id == pk}
        things = [
            thing
            for thing in waiting.things(Viewpoint(questionnaire, membership.side), now)
            if thing.key in wanted and thing.is_held_by(membership)
        ]
        for thing in things:
            thing.url = mail.link(thing.url)
        if things:
            found.append((membership, things))
    return found
