"""Signatures over settled values, and what somebody let pass for a while."""

from datetime import date

from django.db import models
from django.db.models import Q
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
    # Taken back by the signer, with a reason, or replaced by a later signature, without one.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "function"],
                condition=Q(withdrawn_at=None),
                name="questionnaires_signoff_one_per_function",
            ),
            models.CheckConstraint(condition=~Q(fingerprint=""), name="questionnaires_signoff_has_a_fingerprint"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=False) | Q(withdrawn_why=""),
                name="questionnaires_signoff_reason_only_when_withdrawn",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.function} by {self.membership_id}"


class Waiver(models.Model):
    """A point of a gate that is not met and let pass until a day, by whom and why. It asks again by itself."""

    # The gate's sign-off, and the item it covers that is not settled.
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="waivers")
    item_key = models.CharField(max_length=80)
    reason = models.CharField(max_length=500)
    until = models.DateField()
    approved_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    # Ended by hand, or noticed to have expired. It does not hold after `until`, noticed or not.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_event = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "item_key"],
                condition=Q(ended_event=None),
                name="questionnaires_waiver_one_per_point",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="questionnaires_waiver_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_event=None)
                | Q(ended_at__isnull=False, ended_event__isnull=False),
                name="questionnaires_waiver_ended_by_an_event",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_key} until {self.until}"

    def holds(self, today: date) -> bool:
        """Say whether the point passes on *today*."""
        return self.ended_event is None and today <= self.until
