"""How an engagement stands: kept for lists, and what somebody set by hand instead."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Side
from engagements.models import Engagement, Membership


class HealthLevel(models.TextChoices):
    """How an engagement or a step does."""

    ON_TRACK = "on_track", _("On track")
    WATCH = "watch", _("Watch")
    AT_RISK = "at_risk", _("At risk")


class HealthSummary(models.Model):
    """What the rules gave for one side of one engagement when last worked out, so that lists need not work it out.

    It follows the engagement by a second or two; the pages of one engagement work it out themselves.
    """

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="health_summaries")
    side = models.CharField(max_length=6, choices=Side)
    # The event up to which it was worked out, and when its days are not right any more.
    event = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)
    again_at = models.DateTimeField()
    level = models.CharField(max_length=8, choices=HealthLevel)
    with_client = models.PositiveIntegerField(default=0)
    with_firm = models.PositiveIntegerField(default=0)
    # Working days that the oldest open thing has been with a side; None with nothing open.
    client_days = models.PositiveIntegerField(null=True)
    firm_days = models.PositiveIntegerField(null=True)
    revisits = models.PositiveIntegerField(default=0)
    sign_offs_soon = models.PositiveSmallIntegerField(default=0)
    sign_offs_again = models.PositiveSmallIntegerField(default=0)
    # What the lists show besides, in plain values: see `health_summaries.plain`.
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "side"], name="questionnaires_healthsummary_once_per_side"
            ),
            models.CheckConstraint(
                condition=Q(again_at__gt=models.F("made_at")), name="questionnaires_healthsummary_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.side}: {self.level}"


class HealthOverrideQuerySet(models.QuerySet["HealthOverride"]):
    """Read what was set by hand."""

    def standing(self, today: date) -> Self:
        """Keep what holds on *today*."""
        return self.filter(ended_event=None, until__gte=today)


class HealthOverride(models.Model):
    """A health that somebody set by hand, why and until when. It shows as that and ends by itself."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="health_overrides")
    # Empty for the engagement as a whole.
    step_key = models.CharField(max_length=80, blank=True)
    level = models.CharField(max_length=8, choices=HealthLevel)
    reason = models.CharField(max_length=300)
    until = models.DateField()
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    # Taken back, or replaced by a later one. It does not hold after `until`, noticed or not.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_event = models.BigIntegerField(null=True)

    objects = HealthOverrideQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "step_key"],
                condition=Q(ended_event=None),
                name="questionnaires_healthoverride_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""), name="questionnaires_healthoverride_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_event=None)
                | Q(ended_at__isnull=False, ended_event__isnull=False),
                name="questionnaires_healthoverride_ended_by_an_event",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.engagement_id} {self.step_key or 'whole'}: {self.level} until {self.until}"
