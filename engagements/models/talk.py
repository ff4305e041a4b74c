"""What people say about a part of an engagement: threads, comments, and every wording a comment ever had."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Side, User
from engagements.models.engagement import Engagement, Membership
from engagements.models.redaction import Redaction


class ThreadQuerySet(models.QuerySet["Thread"]):
    """Read threads."""

    def for_side(self, side: Side) -> Self:
        """Keep what *side* may see."""
        return self if side == Side.FIRM else self.filter(firm_only=False)


class Thread(models.Model):
    """A conversation about one item, register or other part, named by its key.

    It is shared or firm-only from its first word on and never becomes the other.
    """

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="threads")
    item_key = models.CharField(max_length=80)
    firm_only = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    assigned_to = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="assigned_threads")
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(item_key=""), name="engagements_thread_is_about_something"),
            models.CheckConstraint(
                condition=Q(settled_by=None, settled_at=None)
                | Q(settled_by__isnull=False, settled_at__isnull=False),
                name="engagements_thread_settled_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["engagement", "item_key"], name="engagements_thread_of_item")]

    def __str__(self) -> str:
        return f"thread {self.pk} on {self.item_key}"


class Comment(models.Model):
    """What one person said. They may say it better; nobody deletes it."""

    thread = models.ForeignKey(Thread, models.CASCADE, related_name="comments")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    # The form's one-time key, so that a second click adds nothing.
    key = models.UUIDField()
    text = models.TextField()
    version = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField(null=True)
    # The names in the text that are somebody's: {"Daniel Brandt": id of the person}.
    mentions = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], name="engagements_comment_key_once"),
            models.CheckConstraint(condition=~Q(text=""), name="engagements_comment_says_something"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} v{self.version}"


class Wording(models.Model):
    """A text a comment had. Rows are only ever added; redaction alone may blank one."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="wordings")
    version = models.PositiveIntegerField()
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    redaction = models.ForeignKey(Redaction, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "version"], name="engagements_wording_version_once")
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id} v{self.version}"
