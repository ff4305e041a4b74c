"""Reminders: pressed by a person, gathered into one mail a day for each who is reminded."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from engagements.models import Engagement, Mail, Membership


class Nudge(models.Model):
    """One reminder about one open thing. A mail holds all that a person was reminded of since the one before."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="nudges")
    to = models.ForeignKey(Membership, models.CASCADE, related_name="nudges")
    # The open thing, such as ``item:data-trust``; see `waiting.Thing.key`.
    thing = models.CharField(max_length=160)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # The engagement's calendar day of `at`.
    day = models.DateField()
    event = models.BigIntegerField()
    send_after = models.DateTimeField()
    # Set when it went into a mail, or was let go because the thing is settled or with somebody else now.
    done_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(Mail, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "thing", "to", "day"], name="questionnaires_nudge_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(mail=None) | Q(done_at__isnull=False), name="questionnaires_nudge_mailed_is_done"
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_after"], condition=Q(done_at=None), name="questionnaires_nudge_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.thing} to {self.to_id}"
