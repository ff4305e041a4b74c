"""What advice, decisions and attempts stand on."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from engagements.models import Engagement


class Footing(models.Model):
    """The answers that something rests on as they were then, and what has changed of them since."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="footings")
    # {item key: settled value}, in the shape that `questionnaires.footing` gives; None where there was no answer.
    basis = models.JSONField(default=dict)
    # {item key: [value then, value now]}; empty while everything is as it was.
    changed = models.JSONField(default=dict)
    changed_at = models.DateTimeField(null=True, blank=True)
    # Who last said that it still holds, when, and in what words.
    held_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    held_at = models.DateTimeField(null=True, blank=True)
    held_words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(held_at=None, held_by=None) | Q(held_at__isnull=False, held_by__isnull=False),
                name="questionnaires_footing_held_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(changed={}, changed_at=None) | (~Q(changed={}) & Q(changed_at__isnull=False)),
                name="questionnaires_footing_changed_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"footing {self.pk}"

    @property
    def is_shaken(self) -> bool:
        """Say whether something it rests on has changed and nobody has looked at it since."""
        return bool(self.changed)
