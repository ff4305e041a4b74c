"""What happened, numbered 1, 2, 3 ... within an engagement, without gaps."""

from typing import Self

from django.db import models
from django.utils import timezone

from accounts.models import Side, User
from engagements.models.engagement import Engagement


class EventQuerySet(models.QuerySet["Event"]):
    """Read events."""

    def for_side(self, side: Side) -> Self:
        """Keep what *side* may know of."""
        return self if side == Side.FIRM else self.filter(firm_only=False)

    def after(self, number: int) -> Self:
        """Keep those later than *number*, oldest first."""
        return self.filter(number__gt=number).order_by("number")


class Event(models.Model):
    """One action in an engagement. History, live updates, mail and reports read it."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="events")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    firm_only = models.BooleanField(default=False)
    item_key = models.CharField(max_length=80, blank=True)
    round_number = models.PositiveIntegerField(default=1)
    # Old and new of every entry and row the action changed, so that any past moment can be rebuilt:
    # {"entry": {"state": [old, new]}, ...}. Values of answers are in Revision, which names this event.
    data = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="engagements_event_number_once"),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="engagements_event_number_from_one"
            ),
        ]
        indexes = [
            models.Index(fields=["engagement", "item_key", "number"], name="engagements_event_of_item"),
            models.Index(fields=["engagement", "at"], name="engagements_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.engagement_id}/{self.number} {self.kind}"
