"""What was tried, with what result, and runs that are read from elsewhere."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from engagements.models import Engagement, Membership
from questionnaires.models.entry import Row
from questionnaires.models.footing import Footing


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Read attempts."""

    def counting(self) -> Self:
        """Leave out those that a later one replaces."""
        return self.filter(replaced_by=None)


class Attempt(models.Model):
    """One thing that was tried. A later one may supersede it; none is ever deleted."""

    class Outcome(models.TextChoices):
        WORKED = "worked", _("Worked")
        PARTLY = "partly", _("Partly")
        DID_NOT_WORK = "did not work", _("Did not work")
        INCONCLUSIVE = "inconclusive", _("Inconclusive")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    hypothesis = models.TextField(blank=True)
    approach = models.TextField(blank=True)
    data_version = models.CharField(max_length=200, blank=True)
    code_version = models.CharField(max_length=200, blank=True)
    settings = models.TextField(blank=True)
    measure = models.CharField(max_length=200, blank=True)
    result = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    # The agreed criterion in words, and as a figure where there is one.
    criterion = models.CharField(max_length=300, blank=True)
    threshold = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    higher_is_better = models.BooleanField(default=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    lesson = models.TextField(blank=True)
    by = models.ForeignKey(Membership, models.RESTRICT, null=True, related_name="attempts")
    on = models.DateField()
    # The run it was read from, such as an MLflow run's id; one run is one attempt.
    run_id = models.CharField(max_length=120, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    replaced_by = models.ForeignKey("self", models.RESTRICT, null=True, related_name="replaces")
    footing = models.OneToOneField(Footing, models.RESTRICT, related_name="attempt")
    row = models.OneToOneField(Row, models.RESTRICT, null=True, related_name="attempt")

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="questionnaires_attempt_number_once"),
            models.UniqueConstraint(
                fields=["engagement", "run_id"], condition=~Q(run_id=""), name="questionnaires_attempt_run_once"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="questionnaires_attempt_has_a_name"),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | ~Q(replaced_by=models.F("id")),
                name="questionnaires_attempt_not_replaced_by_itself",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"attempt {self.number}"

    @property
    def meets(self) -> bool | None:
        """Say whether the result reaches the threshold; None where one of the two is missing."""
        if self.result is None or self.threshold is None:
            return None
        return self.result >= self.threshold if self.higher_is_better else self.result <= self.threshold


class RunImport(models.Model):
    """Runs that were read from a file or a tracking server, kept so that they can be looked through before they count."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="run_imports")
    name = models.CharField(max_length=200)
    # [{"id", "name", "at", "state", "metrics": {...}, "params": {...}, "tags": {...}}, ...] as `questionnaires.runs` gives them.
    runs = models.JSONField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # The event that took them over; None while they are only looked at.
    event = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"import {self.pk}"
