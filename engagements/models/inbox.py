"""What a person is told: in their inbox, and by mail where they want it."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Side, User
from engagements.models.engagement import Engagement, Membership
from engagements.models.mail import Mail
from engagements.policy import ROLES_OF_SIDE


class InboxItemQuerySet(models.QuerySet["InboxItem"]):
    """Read inbox items."""

    def readable(self) -> Self:
        """Keep those whose person may still see what they are about."""
        seats = Membership.objects.current().filter(user=OuterRef("user"), engagement=OuterRef("engagement"))
        of_firm = seats.filter(role__in=ROLES_OF_SIDE[Side.FIRM])
        return self.exclude(engagement__status=Engagement.Status.PURGED).filter(
            Exists(of_firm) | Q(Exists(seats), firm_only=False)
        )

    def unread(self) -> Self:
        """Keep those nobody has looked at yet."""
        return self.filter(read_at=None)


class InboxItem(models.Model):
    """One thing one person is told, because of one event."""

    class Kind(models.TextChoices):
        MENTION = "mention", _("Somebody mentions me")
        REPLY = "reply", _("Somebody replies where I wrote")
        ASKED = "asked", _("Somebody asks me a question")
        ASSIGNED = "assigned", _("A thread is given to me")
        CONFLICT = "conflict", _("Somebody else's answer meets mine")
        REVISIT = "revisit", _("Something I answered is to be looked at again")
        DECISION = "decision", _("A decision needs me")
        SETTLED = "settled", _("A conflict is settled, and I am to know")
        SIGNATURE = "signature", _("My signature is asked for")
        REPORT = "report", _("A report is released")
        REVIEW = "review", _("A draft is to be read")

    class ByMail(models.TextChoices):
        NOW = "now", _("At once")
        DIGEST = "digest", _("Once a day")
        NEVER = "never", _("Never")

    user = models.ForeignKey(User, models.CASCADE, related_name="inbox")
    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="+")
    event = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # What it is about: its key, its name as the person may read it, and the place on the page.
    item_key = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=300, blank=True)
    anchor = models.CharField(max_length=100, blank=True)
    firm_only = models.BooleanField(default=False)
    words = models.CharField(max_length=500, blank=True)
    read_at = models.DateTimeField(null=True)
    by_mail = models.CharField(max_length=6, choices=ByMail)
    mail = models.ForeignKey(Mail, models.SET_NULL, null=True, related_name="notices")

    objects = InboxItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "engagement", "event"], name="engagements_inboxitem_once_per_event"
            )
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="engagements_inboxitem_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="engagements_inboxitem_unread"),
            models.Index(
                fields=["user", "at"],
                condition=Q(by_mail="digest", mail=None, read_at=None),
                name="engagements_inboxitem_digest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id} ({self.engagement_id}/{self.event})"


# How each kind is sent until a person chooses otherwise: what somebody waits for at once, the rest once a day.
BY_MAIL: dict[str, InboxItem.ByMail] = {
    InboxItem.Kind.MENTION: InboxItem.ByMail.NOW,
    InboxItem.Kind.REPLY: InboxItem.ByMail.DIGEST,
    InboxItem.Kind.ASKED: InboxItem.ByMail.NOW,
    InboxItem.Kind.ASSIGNED: InboxItem.ByMail.NOW,
    InboxItem.Kind.CONFLICT: InboxItem.ByMail.DIGEST,
    InboxItem.Kind.REVISIT: InboxItem.ByMail.DIGEST,
    InboxItem.Kind.DECISION: InboxItem.ByMail.NOW,
    InboxItem.Kind.SETTLED: InboxItem.ByMail.DIGEST,
    InboxItem.Kind.SIGNATURE: InboxItem.ByMail.NOW,
    InboxItem.Kind.REPORT: InboxItem.ByMail.NOW,
    InboxItem.Kind.REVIEW: InboxItem.ByMail.NOW,
}


class MailChoice(models.Model):
    """How a person wants one kind of mail, where it is not the usual way."""

    user = models.ForeignKey(User, models.CASCADE, related_name="mail_choices")
    kind = models.CharField(max_length=10, choices=InboxItem.Kind)
    by_mail = models.CharField(max_length=6, choices=InboxItem.ByMail)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="engagements_mailchoice_once_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.by_mail}"
