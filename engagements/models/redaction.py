"""Words that were taken out of everything an engagement keeps."""

from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import User
from engagements.models.engagement import Engagement


class Redaction(models.Model):
    """That words were taken out, by whom and why. The words themselves are stored nowhere."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="redactions")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    # How many rows of which kind lost words: {"questionnaires.revision": 3, ...}.
    found: Any = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "event"], name="engagements_redaction_once_per_event"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="engagements_redaction_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"redaction {self.engagement_id}/{self.event}"
