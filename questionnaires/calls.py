"""Tell those who come that a meeting was planned, changed or called off."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone, translation

from engagements import mail
from engagements.models import Event, Membership
from engagements.notify import NEWS
from questionnaires import agenda
from questionnaires.models import AgendaPoint, Meeting


def call(meeting: Meeting, event: Event) -> None:
    """Write to everybody who comes but whoever did it, in the transaction that wrote *event*, with the agenda."""
    if event.at < timezone.now() - NEWS:
        return
    people: Iterable[Membership] = (
        meeting.people.filter(ended_at=None, user__is_active=True)
        .exclude(user=event.by)
        .select_related("user", "engagement__client")
    )
    for member in people:
        engagement = member.engagement
        points = [
            point
            for point in agenda.points_of(meeting, is_firm=member.is_firm)
            if point.kind != AgendaPoint.Kind.PARKING
        ]
        with translation.override(member.user.language), timezone.override(engagement.zone):
            agenda.in_time(meeting, points)
            mail.queue(
                "meeting",
                once=f"meeting/{meeting.pk}/{event.number}/{member.user_id}",
                user=member.user,
                engagement=engagement,
                template="meeting",
                context={
                    "user": member.user,
                    "by": event.by,
                    "what": event.kind.partition(".")[2],
                    "meeting": meeting,
                    "points": points,
                    "engagement": engagement,
                    "act_url": mail.link(reverse("questionnaires:meeting", args=[engagement.pk, meeting.pk])),
                },
            )
