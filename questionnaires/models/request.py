"""What people of the client side want, and what cannot both stand."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from engagements.models import Engagement, Membership
from questionnaires.models.answer import Conflict
from questionnaires.models.entry import Row


class Level(models.TextChoices):
    """How much something is worth or costs, in words that need no unit."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class Weight(models.TextChoices):
    """How much somebody insists."""

    MUST = "must", _("Must")
    SHOULD = "should", _("Should")
    COULD = "could", _("Could")
    NOT_NOW = "not-now", _("Not now")


class Request(models.Model):
    """What somebody on the client side wants, and why."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        TAKEN = "taken", _("Taken up")
        PARTLY = "partly", _("Taken up in part")
        DECLINED = "declined", _("Not taken up")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="requests")
    number = models.PositiveIntegerField()
    author = models.ForeignKey(Membership, models.RESTRICT, related_name="requests")
    title = models.CharField(max_length=200)
    need = models.TextField()
    value = models.CharField(max_length=6, choices=Level, default=Level.MEDIUM)
    effort = models.CharField(max_length=6, choices=Level, default=Level.MEDIUM)
    moscow = models.CharField(max_length=7, choices=Weight, default=Weight.SHOULD)
    item_keys = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    # What came of it, in words.
    answer = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="questionnaires_request_number_once"),
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(need=""), name="questionnaires_request_says_what_and_why"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"request {self.number}"


class ClashQuerySet(models.QuerySet["Clash"]):
    """Read clashes."""

    def open(self) -> Self:
        """Keep those that wait for an outcome."""
        return self.filter(state=Clash.State.OPEN)

    def for_side(self, *, is_firm: bool) -> Self:
        """Leave out, for the client side, those about items that it never sees."""
        return self if is_firm else self.filter(internal=False)


class Clash(models.Model):
    """Requests or answers that cannot both stand, brought side by side and settled with the client.

    On screen it is a conflict. `Conflict` is the narrower thing: two values for one answer, of which one can be kept.
    """

    class Kind(models.TextChoices):
        REQUESTS = "requests"
        RULE = "rule"  # the framework says that these answers cannot both stand
        ANSWERS = "answers"  # two people gave different answers, and it takes more than a press to choose

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SETTLED = "settled", _("Settled")
        GONE = "gone", _("No longer there")  # the answers do not contradict each other any more

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="clashes")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    title = models.CharField(max_length=200)
    # Why both cannot stand.
    says = models.TextField()
    # The framework's contradiction, or the two values of one answer.
    rule_key = models.CharField(max_length=80, blank=True)
    conflict = models.OneToOneField(Conflict, models.RESTRICT, null=True, related_name="clash")
    item_keys = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    internal = models.BooleanField(default=False)
    options = models.TextField(blank=True)
    we_recommend = models.TextField(blank=True)
    pros = models.TextField(blank=True)
    cons = models.TextField(blank=True)
    # Until then our recommendation is for the firm only.
    offered_at = models.DateTimeField(null=True, blank=True)
    raised_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    raised_event = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    outcome = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Membership, models.RESTRICT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    informed = models.ManyToManyField(Membership, related_name="+")
    row = models.OneToOneField(Row, models.RESTRICT, null=True, related_name="clash")

    objects = ClashQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="questionnaires_clash_number_once"),
            models.UniqueConstraint(
                fields=["engagement", "rule_key"],
                condition=Q(state="open") & ~Q(rule_key=""),
                name="questionnaires_clash_rule_open_once",
            ),
            models.CheckConstraint(
                condition=(Q(kind="rule") & ~Q(rule_key="")) | (~Q(kind="rule") & Q(rule_key="")),
                name="questionnaires_clash_rule_has_a_key",
            ),
            models.CheckConstraint(
                condition=~Q(state="settled")
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(outcome="")),
                name="questionnaires_clash_settled_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"clash {self.number}"

    @property
    def is_open(self) -> bool:
        """Say whether it waits for an outcome."""
        return self.state == self.State.OPEN


class ClashSide(models.Model):
    """One of the things that cannot all stand."""

    clash = models.ForeignKey(Clash, models.CASCADE, related_name="sides")
    position = models.PositiveSmallIntegerField()
    request = models.ForeignKey(Request, models.RESTRICT, null=True, related_name="sides")
    item_key = models.CharField(max_length=80, blank=True)
    # What it comes to if this one is followed.
    consequence = models.TextField(blank=True)
    # The answer's words when the conflict was settled; until then the page shows the answer as it stands.
    words = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["clash", "position"], name="questionnaires_clashside_position_once"),
            models.CheckConstraint(
                condition=(Q(request__isnull=False) & Q(item_key="")) | (Q(request=None) & ~Q(item_key="")),
                name="questionnaires_clashside_request_or_item",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.clash_id}/{self.position}"


class Ranking(models.Model):
    """How one person of the client side ranks the sides of a clash. A later one replaces it; events keep them all."""

    clash = models.ForeignKey(Clash, models.CASCADE, related_name="rankings")
    by = models.ForeignKey(Membership, models.RESTRICT, related_name="+")
    # Positions of sides, the first choice first; or {"position": weight}. One of the two.
    order = models.JSONField(default=list)
    moscow = models.JSONField(default=dict)
    words = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clash", "by"], name="questionnaires_ranking_one_per_person"),
            models.CheckConstraint(
                condition=(~Q(order=[]) & Q(moscow={})) | (Q(order=[]) & ~Q(moscow={})),
                name="questionnaires_ranking_by_order_or_by_weight",
            ),
        ]

    def __str__(self) -> str:
        return f"ranking of {self.clash_id} by {self.by_id}"
