"""Meetings: who comes, what is talked about for how long, what was noted."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Side, User
from engagements.models import Engagement, Membership
from questionnaires.models.entry import Entry


class MeetingQuerySet(models.QuerySet["Meeting"]):
    """Read meetings."""

    def for_side(self, side: Side) -> Self:
        """Keep what *side* may know of."""
        return self if side == Side.FIRM else self.filter(firm_only=False)

    def to_come(self) -> Self:
        """Keep those that were neither ended nor called off, the next one first."""
        return self.filter(ended_at=None, cancelled_at=None).order_by("starts_at", "id")


class Meeting(models.Model):
    """People of both sides at one time, with an agenda, notes and in the end a receipt."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="meetings")
    title = models.CharField(_("title"), max_length=120)
    starts_at = models.DateTimeField(_("begins"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(5), MaxValueValidator(480)]
    )
    people = models.ManyToManyField(Membership, related_name="meetings")
    # Nobody of the client side comes, so the client side knows nothing of it.
    firm_only = models.BooleanField(default=False)
    made_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    # The receipt tells what happened after the first of these events, up to the second.
    started_at = models.DateTimeField(null=True, blank=True)
    started_event = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_event = models.BigIntegerField(null=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at=None, started_event=None)
                | Q(started_at__isnull=False, started_event__isnull=False),
                name="questionnaires_meeting_starts_with_an_event",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_event=None)
                | Q(
                    ended_at__isnull=False,
                    ended_event__isnull=False,
                    started_event__isnull=False,
                    started_event__lte=F("ended_event"),
                ),
                name="questionnaires_meeting_ends_after_it_started",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(started_at=None),
                name="questionnaires_meeting_called_off_before_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=480), name="questionnaires_meeting_has_a_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.engagement_id})"

    @property
    def state(self) -> str:
        """`planned`, `running`, `ended` or `cancelled`."""
        if self.ended_at:
            return "ended"
        if self.started_at:
            return "running"
        return "cancelled" if self.cancelled_at else "planned"


class AgendaPoint(models.Model):
    """One point of an agenda: something open, or something in words. The parking lot is the last one, without a time."""

    class Kind(models.TextChoices):
        CONFLICT = "conflict", _("Two answers")
        DECISION = "decision", _("To decide")
        REVISIT = "revisit", _("To look at again")
        UNKNOWN = "unknown", _("Not known yet")
        SIGN_OFF = "sign_off", _("To sign")
        WAITING = "waiting", _("Waiting")
        WORDS = "words", _("In words")
        PARKING = "parking", _("Parking lot")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="points")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    # The open thing it is about, such as ``item:data-trust``, and its entry; both empty for a point in words.
    thing = models.CharField(max_length=160, blank=True)
    entry = models.ForeignKey(Entry, models.CASCADE, null=True, related_name="+")
    title = models.CharField(max_length=200)
    # The page of the thing it is about, empty for a point in words.
    url = models.CharField(max_length=300, blank=True)
    minutes = models.PositiveSmallIntegerField()
    # About something that the client side never sees.
    firm_only = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    note_version = models.PositiveIntegerField(default=0)
    noted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "thing"], condition=~Q(thing=""), name="questionnaires_agendapoint_once_per_thing"
            ),
            models.UniqueConstraint(
                fields=["meeting"], condition=Q(kind="parking"), name="questionnaires_agendapoint_one_parking_lot"
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
                name="questionnaires_agendapoint_done_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(title=""), name="questionnaires_agendapoint_has_a_title"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title


class AgendaNote(models.Model):
    """A text that a point's note had. Rows are only ever added."""

    point = models.ForeignKey(AgendaPoint, models.CASCADE, related_name="notes")
    version = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    # What its author sent, where the stored text differs.
    sent = models.TextField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    key = models.UUIDField()
    base = models.PositiveIntegerField()
    event = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["point", "version"], name="questionnaires_agendanote_version_once"
            ),
            models.UniqueConstraint(fields=["point", "key"], name="questionnaires_agendanote_key_once"),
            models.CheckConstraint(
                condition=Q(base__lt=F("version")), name="questionnaires_agendanote_follows_its_base"
            ),
        ]

    def __str__(self) -> str:
        return f"point {self.point_id} v{self.version}"
