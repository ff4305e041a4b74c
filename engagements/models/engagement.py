"""One piece of work for a client, and the people in it."""

import zoneinfo
from datetime import date, datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Side, User, check_time_zone
from engagements.policy import AFTER_CLOSING, GRANTS, Permission, Role, side_of_role


class EngagementQuerySet(models.QuerySet["Engagement"]):
    """Read engagements."""

    def visible_to(self, user: User) -> Self:
        """Keep those that *user* is a member of today."""
        return self.filter(memberships__user=user, memberships__ended_at=None).exclude(
            status=Engagement.Status.PURGED
        )

    def running(self) -> Self:
        """Keep those where work goes on."""
        return self.filter(
            status__in=[Engagement.Status.DRAFT, Engagement.Status.ACTIVE, Engagement.Status.PAUSED]
        )


class Engagement(models.Model):
    """One piece of work for a client, from kick-off to hand-over."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        CLOSED = "closed", _("Closed")
        ARCHIVED = "archived", _("Archived")
        PURGED = "purged", _("Purged")

    class Depth(models.TextChoices):
        CORE = "core", _("Core: what every engagement needs")
        STANDARD = "standard", _("Standard: good practice")
        FULL = "full", _("Full: high stakes or regulated")

    client = models.ForeignKey(Client, models.PROTECT, related_name="engagements", verbose_name=_("client"))
    name = models.CharField(_("name"), max_length=120)
    aim = models.CharField(_("aim, in one sentence"), max_length=300)
    code = models.CharField(
        _("code"),
        max_length=20,
        validators=[
            RegexValidator(
                r"^[A-Z0-9][A-Z0-9-]*$", _("Use capital letters, digits and hyphens, such as NBH-01.")
            )
        ],
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    status_reason = models.CharField(_("reason"), max_length=300, blank=True)
    depth = models.CharField(_("depth"), max_length=10, choices=Depth, default=Depth.STANDARD)
    start_date = models.DateField(_("start"), null=True, blank=True)
    end_date = models.DateField(_("planned end"), null=True, blank=True)
    budget = models.DecimalField(
        _("budget"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    spent = models.DecimalField(
        _("spent so far"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(
        _("currency"),
        max_length=3,
        default="EUR",
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as EUR."))],
    )
    staffing = models.CharField(
        _("staffing"), max_length=120, blank=True, help_text=_("Such as: 2 consultants, 0.6 project manager.")
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Berlin", validators=[check_time_zone]
    )
    # Weekdays on which nobody is expected to work: they do not count in "since when".
    holidays = ArrayField(models.DateField(), default=list, blank=True, verbose_name=_("holidays"))
    # The number of the newest event. Bumping it is the engagement's lock, always taken last (DESIGN rule 2).
    last_event = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = EngagementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("code"), name="engagements_engagement_code_once"),
            models.CheckConstraint(
                condition=models.Q(start_date=None)
                | models.Q(end_date=None)
                | models.Q(end_date__gte=models.F("start_date")),
                name="engagements_engagement_ends_after_it_starts",
                violation_error_message=_("The planned end lies before the start."),
            ),
            models.CheckConstraint(
                condition=models.Q(last_event__gte=0), name="engagements_engagement_events_count_up"
            ),
            models.CheckConstraint(
                condition=models.Q(budget=None) | models.Q(budget__gte=0),
                name="engagements_engagement_budget_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client.name}: {self.name}"

    @property
    def is_open(self) -> bool:
        """Say whether its contents may change."""
        return self.status in (self.Status.DRAFT, self.Status.ACTIVE, self.Status.PAUSED)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone in which its dates are meant."""
        return zoneinfo.ZoneInfo(self.time_zone)

    def today(self, at: datetime) -> date:
        """Return the calendar day that *at* falls on here."""
        return at.astimezone(self.zone).date()


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Read memberships."""

    def current(self) -> Self:
        """Keep people who are in the engagement today and may sign in."""
        return self.filter(ended_at=None, user__is_active=True)


class Membership(models.Model):
    """A person's part in one engagement. It ends; it is never deleted, so names stay on the record."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    functions = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("functions")
    )
    may_sign = models.BooleanField(_("may sign"), default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The newest event this person has seen the engagement at ("since you last looked").
    seen_event = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "user"], name="engagements_membership_once_per_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    @property
    def side(self) -> Side:
        """The side whose view this person has."""
        return side_of_role(self.role)

    @property
    def is_firm(self) -> bool:
        """Say whether this person sees the firm's view."""
        return self.side == Side.FIRM

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this person may do in this engagement now."""
        granted = GRANTS[Role(self.role)]
        if not self.may_sign:
            granted -= {Permission.SIGN}
        return granted if self.engagement.is_open else granted & AFTER_CLOSING

    def may(self, permission: Permission) -> bool:
        """Say whether this person may do *permission* here now."""
        return permission in self.permissions


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Read invitations."""

    def open(self) -> Self:
        """Keep those that were neither used nor taken back, run out or not."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(models.Model):
    """A way in, sent by mail: one use, with an end, kept only as a hash."""

    class State(models.TextChoices):
        OPEN = "open", _("Invited")
        ENDED = "ended", _("Run out")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Taken back")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    display_name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role)
    functions = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name=_("functions")
    )
    may_sign = models.BooleanField(_("may sign"), default=False)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "engagement", Lower("email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="engagements_invitation_one_open_per_address",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(revoked_at=None),
                name="engagements_invitation_not_both_accepted_and_revoked",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.email

    def state(self, at: datetime) -> State:
        """Return what has become of it by *at*."""
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.revoked_at:
            return self.State.REVOKED
        return self.State.OPEN if at < self.expires_at else self.State.ENDED
