"""Uploaded evidence: versions are never overwritten, names in storage say nothing."""

from typing import Self

from django.db import models
from django.utils import timezone

from accounts.models import Side, User
from engagements.models.engagement import Engagement


class FileQuerySet(models.QuerySet["File"]):
    """Read files."""

    def for_side(self, side: Side) -> Self:
        """Keep what *side* may see."""
        return self if side == Side.FIRM else self.filter(side=Side.CLIENT)


class File(models.Model):
    """A document of the engagement. Its side says who sees it: `client` means both."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="files")
    item_key = models.CharField(max_length=80, blank=True)
    side = models.CharField(max_length=6, choices=Side)
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = FileQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["engagement", "item_key"], name="engagements_file_of_item")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="engagements_file_has_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class FileVersion(models.Model):
    """The bytes of a file at one time."""

    file = models.ForeignKey(File, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    storage_name = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    uploaded_at = models.DateTimeField(default=timezone.now)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="engagements_fileversion_number_once"),
            models.CheckConstraint(
                condition=models.Q(size__gte=0), name="engagements_fileversion_size_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_id} v{self.number}"
