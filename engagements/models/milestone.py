"""Points in an engagement's time that have a name."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from engagements.models.engagement import Engagement


class Milestone(models.Model):
    """A named point: everything up to and with an event."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="milestones")
    name = models.CharField(max_length=120)
    # The newest event that belongs to the point.
    event = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "name"], name="engagements_milestone_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="engagements_milestone_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
