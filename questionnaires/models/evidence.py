"""What the firm judged about a row of a public framework."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from engagements.models import Engagement


class EvidenceMark(models.Model):
    """Whether what a row asks for is done by hand or by a machine."""

    class Mark(models.TextChoices):
        MANUAL = "manual"
        AUTOMATED = "automated"

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="evidence_marks")
    code = models.CharField(max_length=80)
    mark = models.CharField(max_length=9, choices=Mark)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "code"], name="questionnaires_evidencemark_once")
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.mark}"
