"""Our advice on an item, what the client says to it, and the decision that comes of it."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from engagements.models import Engagement, Membership
from questionnaires.models.entry import Entry, Row
from questionnaires.models.footing import Footing

LETTERS = "ABCD"


class Recommendation(models.Model):
    """Our advice on one item. The client side sees it once it is offered, and only the version that was offered."""

    class State(models.TextChoices):
        PREPARED = "prepared", _("Prepared")
        OFFERED = "offered", _("Offered")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    entry = models.OneToOneField(Entry, models.CASCADE, related_name="recommendation")
    footing = models.OneToOneField(Footing, models.RESTRICT, related_name="recommendation")
    state = models.CharField(max_length=9, choices=State, default=State.PREPARED)
    # The newest version, and the one that the client side sees.
    version = models.PositiveIntegerField(default=1)
    offered_version = models.PositiveIntegerField(null=True, blank=True)
    offered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="offered", offered_version__isnull=False, offered_at__isnull=False)
                | (~Q(state="offered") & Q(offered_version=None)),
                name="questionnaires_recommendation_offered_is_a_version",
            ),
            models.CheckConstraint(
                condition=Q(offered_version=None) | Q(offered_version__lte=F("version")),
                name="questionnaires_recommendation_offers_what_there_is",
            ),
        ]

    def __str__(self) -> str:
        return f"recommendation on {self.entry_id} v{self.version}"


class RecommendationVersion(models.Model):
    """What a recommendation said at one time. It never changes; a later thought is a later version."""

    recommendation = models.ForeignKey(Recommendation, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # [{"title", "value", "pros": [...], "cons": [...], "effort", "risk", "cost"}, ...], two to four.
    options = models.JSONField()
    # From 1.
    pick = models.PositiveSmallIntegerField()
    why = models.TextField(blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recommendation", "number"], name="questionnaires_recommendationversion_once"
            ),
            models.CheckConstraint(
                condition=Q(pick__gte=1, pick__lte=4), name="questionnaires_recommendationversion_picks_an_option"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"recommendation {self.recommendation_id} v{self.number}"

    def option(self, number: int) -> dict[str, Any]:
        """Return the option of that number, from 1."""
        found: dict[str, Any] = self.options[number - 1]
        return found


class Reaction(models.Model):
    """What somebody of the client side says to an offered recommendation."""

    class Kind(models.TextChoices):
        AGREE = "agree", _("Agrees")
        QUESTION = "question", _("Asks")
        CHOOSE = "choose", _("Would choose another")

    recommendation = models.ForeignKey(Recommendation, models.CASCADE, related_name="reactions")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    option = models.PositiveSmallIntegerField(null=True, blank=True)
    words = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(Membership, models.RESTRICT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="choose", option__gte=1, option__lte=4)
                | (~Q(kind="choose") & Q(option=None)),
                name="questionnaires_reaction_choice_names_an_option",
            ),
            models.CheckConstraint(
                condition=~Q(kind="question") | ~Q(words=""), name="questionnaires_reaction_question_has_words"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} by {self.by_id}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Read decisions."""

    def standing(self) -> Self:
        """Keep those that hold now."""
        return self.filter(state=Decision.State.STANDING)


class Decision(models.Model):
    """A choice between the options of a recommendation, under two names, with its reasons. It is never deleted."""

    class State(models.TextChoices):
        STANDING = "standing", _("Stands")
        REOPENED = "reopened", _("Reopened")
        SUPERSEDED = "superseded", _("Superseded")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()
    entry = models.ForeignKey(Entry, models.CASCADE, related_name="decisions")
    version = models.ForeignKey(RecommendationVersion, models.RESTRICT, related_name="decisions")
    # From 1, among the options of that version.
    option = models.PositiveSmallIntegerField()
    # The value the item was given; None where the item takes none.
    value = models.JSONField(null=True)
    reasons = models.TextField()
    look_again = models.CharField(max_length=200, blank=True)
    client = models.ForeignKey(Membership, models.RESTRICT, related_name="+")
    firm = models.ForeignKey(Membership, models.RESTRICT, related_name="+")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    event = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.STANDING)
    reopened_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_why = models.TextField(blank=True)
    replaces = models.OneToOneField("self", models.RESTRICT, null=True, related_name="replaced_by")
    footing = models.OneToOneField(Footing, models.RESTRICT, related_name="decision")
    # None where the framework has no such register.
    row = models.OneToOneField(Row, models.RESTRICT, null=True, related_name="decision")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="questionnaires_decision_number_once"),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state="standing"), name="questionnaires_decision_one_stands"
            ),
            models.CheckConstraint(condition=~Q(reasons=""), name="questionnaires_decision_has_reasons"),
            models.CheckConstraint(
                condition=Q(option__gte=1, option__lte=4), name="questionnaires_decision_names_an_option"
            ),
            models.CheckConstraint(
                condition=Q(reopened_at=None, reopened_by=None, reopened_why="")
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopened_why="")),
                name="questionnaires_decision_reopened_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="reopened") | Q(reopened_at__isnull=False),
                name="questionnaires_decision_reopened_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"decision {self.number}"

    @property
    def letter(self) -> str:
        """The chosen option as it is called on screen."""
        return LETTERS[self.option - 1]

    @property
    def chosen(self) -> dict[str, Any]:
        """The chosen option."""
        return self.version.option(self.option)
