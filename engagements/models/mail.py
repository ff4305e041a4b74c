"""Mail as rows: written in the transaction that causes it, sent afterwards."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from engagements.models.engagement import Engagement


class Mail(models.Model):
    """One message to one person, with its state and the lease of whoever is sending it."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        DROPPED = "dropped"  # the person may no longer see what it is about

    to = models.EmailField()
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    engagement = models.ForeignKey(Engagement, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    # One mail per event and person, however often an action is retried.
    once = models.CharField(max_length=120, unique=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    # A stored file that goes with it, and the name it has there.
    attachment = models.CharField(max_length=100, blank=True)
    attachment_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    send_after = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["send_after"], condition=models.Q(state="queued"), name="engagements_mail_queued"
            ),
            models.Index(
                fields=["lease_until"], condition=models.Q(state="sending"), name="engagements_mail_sending"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(attempts__lte=3), name="engagements_mail_three_attempts"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False),
                name="engagements_mail_sent_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"
