"""Rounds, entries, rows, and the counters that every save keeps right."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Side, User
from engagements.models import Engagement, Membership

REGISTER_PREFIX = "register:"


class Round(models.Model):
    """One pass through a step, numbered from 1, or an earlier pass through one question that is asked repeatedly.

    A question that repeats gets a new entry in its step's round each time; the entry before moves into a round of
    its own, with the question's key. Such a round is never the latest.
    """

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="rounds")
    step_key = models.CharField(max_length=80)
    item_key = models.CharField(max_length=80, blank=True)
    number = models.PositiveIntegerField(default=1)
    is_latest = models.BooleanField(default=True)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # The number of the event that began it.
    event = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "step_key", "item_key", "number"], name="questionnaires_round_number_once"
            ),
            models.UniqueConstraint(
                fields=["engagement", "step_key"],
                condition=Q(is_latest=True),
                name="questionnaires_round_one_latest",
            ),
            models.CheckConstraint(
                condition=Q(is_latest=True, ended_at=None, item_key="") | Q(is_latest=False, ended_at__isnull=False),
                name="questionnaires_round_ends_when_another_begins",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.step_key} round {self.number}"


class EntryQuerySet(models.QuerySet["Entry"]):
    """Read entries."""

    def of_latest_rounds(self) -> Self:
        """Keep the entries of each step's latest round, and the registers'."""
        return self.filter(Q(round__is_latest=True) | Q(round=None))

    def shown(self) -> Self:
        """Keep those that are asked at this depth under these conditions."""
        return self.filter(shown=True)


class Entry(models.Model):
    """The state of one item in one round: who holds it, how sure we are, whether it stands."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DRAFT = "draft", _("Begun")
        ANSWERED = "answered", _("Answered")
        CONFIRMED = "confirmed", _("Confirmed")
        NOT_APPLICABLE = "not_applicable", _("Not applicable")
        UNKNOWN = "unknown", _("We don't know yet")

    class Certainty(models.TextChoices):
        FACT = "fact", _("Fact")
        ESTIMATE = "estimate", _("Estimate")
        ASSUMPTION = "assumption", _("Assumption")

    class Reason(models.TextChoices):
        OUT_OF_SCOPE = "out-of-scope", _("Out of scope")
        DOES_NOT_EXIST = "does-not-exist-here", _("Does not exist here")
        COVERED = "covered-elsewhere", _("Covered elsewhere")
        NOT_PROPORTIONATE = "not-proportionate", _("Not proportionate")
        MAY_NOT_BE_SHARED = "may-not-be-shared", _("May not be shared")
        OTHER = "other", _("Other, in words")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="entries")
    # None for a register, which is not part of a step.
    round = models.ForeignKey(Round, models.CASCADE, null=True, related_name="entries")
    item_key = models.CharField(max_length=80)
    # The number of the event that made it.
    event = models.BigIntegerField(default=0)
    shown = models.BooleanField(default=True)
    state = models.CharField(max_length=14, choices=State, default=State.OPEN)
    revisit = models.BooleanField(default=False)
    conflict = models.BooleanField(default=False)
    certainty = models.CharField(max_length=10, choices=Certainty, blank=True)
    source = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="owned_entries")
    due_date = models.DateField(null=True, blank=True)
    # Whose turn it is while the entry is not settled, and since when.
    held_by = models.CharField(max_length=6, choices=Side)
    held_since = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    reason_text = models.CharField(max_length=300, blank=True)
    finder = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="finding_entries"
    )
    find_by = models.DateField(null=True, blank=True)
    # Until when an assumption or an estimate is to be checked.
    check_by = models.DateField(null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "round", "item_key"], nulls_distinct=False, name="questionnaires_entry_once_per_round"),
            models.CheckConstraint(
                condition=Q(round=None, item_key__startswith=REGISTER_PREFIX)
                | (Q(round__isnull=False) & ~Q(item_key__startswith=REGISTER_PREFIX)),
                name="questionnaires_entry_register_has_no_round",
            ),
            models.CheckConstraint(
                condition=~Q(state="not_applicable") | ~Q(reason=""),
                name="questionnaires_entry_not_applicable_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(reason="other") | ~Q(reason_text=""),
                name="questionnaires_entry_other_reason_in_words",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="questionnaires_entry_confirmed_by_somebody",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["owner", "state"], name="questionnaires_entry_of_owner")]

    def __str__(self) -> str:
        return f"{self.item_key} ({self.state})"

    @property
    def is_settled(self) -> bool:
        """Say whether it counts as done: answered or confirmed, with no flag."""
        return (
            self.state in (self.State.ANSWERED, self.State.CONFIRMED)
            and not self.revisit
            and not self.conflict
        )


COUNTS = (
    "asked",
    "settled",
    "begun",
    "unknown",
    "not_applicable",
    "revisit",
    "conflict",
    "with_firm",
    "with_client",
)


class SectionProgress(models.Model):
    """How far a section is, kept by every save. Internal items are counted apart: the client's view leaves them out."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="progress")
    section_key = models.CharField(max_length=80)
    internal = models.BooleanField(default=False)
    asked = models.IntegerField(default=0)
    settled = models.IntegerField(default=0)
    begun = models.IntegerField(default=0)
    unknown = models.IntegerField(default=0)
    not_applicable = models.IntegerField(default=0)
    revisit = models.IntegerField(default=0)
    conflict = models.IntegerField(default=0)
    with_firm = models.IntegerField(default=0)
    with_client = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "section_key", "internal"], name="questionnaires_sectionprogress_once"
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__gte": 0 for name in COUNTS}, settled__lte=models.F("asked")),
                name="questionnaires_sectionprogress_makes_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section_key}: {self.settled} of {self.asked}"


class RowQuerySet(models.QuerySet["Row"]):
    """Read rows."""

    def live(self) -> Self:
        """Keep rows that are not deleted, in their order."""
        return self.filter(deleted_at=None).order_by("rank", "id")


class Row(models.Model):
    """One line of a table item or of a register. Deleting marks it; it can come back."""

    class Keeper(models.TextChoices):
        DECISION = "decision"
        CLASH = "clash"
        ATTEMPT = "attempt"

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="rows")
    # A text that sorts; between any two there is always room for a third (see ranks.py).
    rank = models.CharField(max_length=1000)
    key = models.UUIDField(null=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    # The number of the event that made it.
    event = models.BigIntegerField(default=0)
    deleted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True, blank=True)
    # What keeps its cells in step, where that is not people: it is changed there, and never deleted.
    kept_by = models.CharField(max_length=8, choices=Keeper, blank=True)
    # Who had deleted it when a save of somebody else brought it back: to be decided, kept or deleted again.
    contested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = RowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "key"], name="questionnaires_row_key_once"),
            models.CheckConstraint(
                condition=Q(deleted_at=None, deleted_by=None)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
                name="questionnaires_row_both_deleted_at_and_by",
            ),
            models.CheckConstraint(condition=~Q(rank=""), name="questionnaires_row_has_a_rank"),
            models.CheckConstraint(
                condition=Q(kept_by="") | Q(deleted_at=None), name="questionnaires_row_kept_is_not_deleted"
            ),
            models.CheckConstraint(
                condition=Q(contested_by=None) | Q(deleted_at=None),
                name="questionnaires_row_contested_is_there",
            ),
        ]
        indexes = [models.Index(fields=["entry", "rank"], name="questionnaires_row_order")]

    def __str__(self) -> str:
        return f"row {self.pk}"
