"""Why an answer is to be looked at again, or cannot stand beside another."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from engagements.models import Engagement
from questionnaires.models.entry import Entry


class Cause(models.Model):
    """Something that happened, and because of which entries carry a flag: one row an event, however many it touches."""

    class Kind(models.TextChoices):
        CHANGED = "changed"  # an answer changed in substance
        ROUND = "round"  # a new round of a step or of one question began
        REQUEST = "request"  # a later answer asks earlier ones to be re-confirmed
        REOPENED = "reopened"  # the decision that gave the answer is open again
        RULE = "rule"  # the framework says that these answers cannot both stand

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="causes")
    kind = models.CharField(max_length=8, choices=Kind)
    # The item that changed or asks, the step or the item of the round, or the rule.
    key = models.CharField(max_length=80)
    # Where it comes from, for the drawing of the line; "" for a rule, which is of no step.
    step_key = models.CharField(max_length=80, blank=True)
    event = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    # For a change: {"changes": [[row key or None, column, part, before, after], ...] with settled values, "told": the
    # first of them as they are shown, "moved": [keys that appeared or went with it], "more": how many are left out}.
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "event", "kind", "key"], name="questionnaires_cause_once_per_event")
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["engagement", "kind", "key", "event"], name="questionnaires_cause_of_key")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} ({self.event})"


class FlagQuerySet(models.QuerySet["Flag"]):
    """Read flags."""

    def open(self) -> Self:
        """Keep those that still stand."""
        return self.filter(cleared_event=None)


class Flag(models.Model):
    """One reason for one entry's flag. `Entry.revisit` and `Entry.conflict` sum the open ones up.

    Two people's values for one place are reasons as well; those are `Conflict` and `Row.contested_by`.
    """

    class Kind(models.TextChoices):
        REVISIT = "revisit"
        CONFLICT = "conflict"

    class How(models.TextChoices):
        OPEN = ""
        HOLDS = "holds"  # somebody said that it still holds
        UPDATED = "updated"  # it was answered anew, set aside or signed again
        RETURNED = "returned"  # what had changed is as it was
        UPSTREAM = "upstream"  # what it rests on holds, and nothing else leads here
        ROUND = "round"  # a new round took it over
        DECIDED = "decided"  # people decided that it may stand
        RESOLVED = "resolved"  # the answers no longer contradict each other

    kind = models.CharField(max_length=8, choices=Kind)
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="flags")
    # The kind and key of its causes. Further causes of one source change an open flag; they do not add another.
    source = models.CharField(max_length=100)
    # What raised it, and the newest of the same source: together they say what was and what is now.
    first = models.ForeignKey(Cause, models.PROTECT, related_name="first_of")
    last = models.ForeignKey(Cause, models.PROTECT, related_name="last_of")
    # Keys from the source to here, both included; "" stands for a part that is left out of a long way.
    path = ArrayField(models.CharField(max_length=80), default=list)
    raised_event = models.BigIntegerField()
    raised_at = models.DateTimeField(default=timezone.now)
    cleared_event = models.BigIntegerField(null=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    cleared_how = models.CharField(max_length=8, choices=How, blank=True, default=How.OPEN)

    objects = FlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "source"], condition=Q(cleared_event=None), name="questionnaires_flag_one_open_per_source"),
            models.CheckConstraint(
                condition=Q(cleared_event=None, cleared_at=None, cleared_how="")
                | (Q(cleared_event__isnull=False, cleared_at__isnull=False) & ~Q(cleared_how="")),
                name="questionnaires_flag_cleared_says_when_and_how",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["source", "last"], name="questionnaires_flag_of_source")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.entry_id} because of {self.source}"
