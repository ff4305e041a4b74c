"""Signatures over settled values."""

from django.db import models
from django.utils import timezone

from engagements.models import Membership
from questionnaires.models.entry import Entry


class SignOff(models.Model):
    """One person's dated signature, for one function, over what a gate covered at that moment."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="sign_offs")
    function = models.CharField(max_length=40)
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="sign_offs")
    statement = models.TextField()
    comment = models.TextField(blank=True)
    signed_at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    # SHA-256 over the settled values as the signer's side sees them, and those values themselves.
    fingerprint = models.CharField(max_length=64)
    covered = models.JSONField()
    is_stale = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "function"],
                condition=models.Q(withdrawn_at=None),
                name="questionnaires_signoff_one_per_function",
            ),
            models.CheckConstraint(
                condition=~models.Q(fingerprint=""), name="questionnaires_signoff_has_a_fingerprint"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function} by {self.membership_id}"
