"""Filled-in workbooks that were brought back."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from engagements.models import Engagement


class WorkbookImport(models.Model):
    """The differences that a workbook brings, kept so that they can be looked through before they count."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="workbook_imports")
    name = models.CharField(max_length=200)
    # As `questionnaires.workbook.reading.Change.plain` gives them.
    changes = models.JSONField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True, blank=True)
    # What became of each chosen difference: [[its place in the list, outcome or reason], ...].
    outcomes = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return f"workbook {self.pk}"
