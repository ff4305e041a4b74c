"""Reports: one rendering of a deliverable, from an immutable snapshot."""

import base64
import secrets
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Side, User
from engagements.models import Engagement, Redaction
from questionnaires.models import FrameworkVersion

# Letters and digits that nobody reads for one another.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
ATTEMPTS = 3
# What the names of files begin with that were set in parts: drafts, which are set whole next.
PARTS = "reports/parts-"
# What the kinds of documents begin with that tell what came of a meeting, followed by its id.
RECEIPT = "receipt-"


def new_code() -> str:
    """Return a check code such as K7Q4-2MTX, for people to type and machines to find."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _place in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class BrandQuerySet(models.QuerySet["Brand"]):
    """Read how documents are dressed."""

    def for_client(self, client: Client | None) -> Self:
        """Keep the firm's row and the client's own."""
        return self.filter(Q(client=None) | Q(client=client) if client else Q(client=None))


class Brand(models.Model):
    """How documents look: one row for the firm, one for each client that differs. What is empty is the firm's."""

    class Paper(models.TextChoices):
        A4 = "A4", _("A4")
        LETTER = "Letter", _("US Letter")

    client = models.OneToOneField(Client, models.CASCADE, null=True, blank=True, related_name="brand")
    name = models.CharField(_("name"), max_length=120, blank=True)
    # A PNG that we drew ourselves from what was uploaded.
    logo = models.BinaryField(null=True, blank=True, max_length=400_000)
    colour = models.CharField(_("main colour"), max_length=7, blank=True)
    accent = models.CharField(_("second colour"), max_length=7, blank=True)
    footer = models.CharField(_("footer"), max_length=160, blank=True)
    paper = models.CharField(_("paper"), max_length=6, choices=Paper, blank=True)
    language = models.CharField(_("language of the fixed words"), max_length=8, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    objects = BrandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client"], nulls_distinct=False, name="reports_brand_once"),
            models.CheckConstraint(
                condition=(Q(colour="") | Q(colour__regex=r"^#[0-9a-f]{6}$"))
                & (Q(accent="") | Q(accent__regex=r"^#[0-9a-f]{6}$")),
                name="reports_brand_colours",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def logo_address(self) -> str:
        """The logo as an address that holds the picture itself, "" for none."""
        return f"data:image/png;base64,{base64.b64encode(self.logo).decode()}" if self.logo else ""


class ReportQuerySet(models.QuerySet["Report"]):
    """Read reports."""

    def for_side(self, side: Side) -> Self:
        """Keep what *side* may see: the client what was released to it, and receipts, in its own edition."""
        if side == Side.FIRM:
            return self
        return self.filter(
            Q(stage__in=[Report.Stage.RELEASED, Report.Stage.SUPERSEDED]) | Q(kind__startswith=RECEIPT),
            edition=Side.CLIENT,
        )


class Report(models.Model):
    """A deliverable at one moment: what it says (the snapshot), how far its file is, and who may see it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Could not be made")
        CANCELLED = "cancelled", _("Stopped")

    class Stage(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("In review")
        RELEASED = "released", _("Released")
        SUPERSEDED = "superseded", _("Superseded")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    edition = models.CharField(max_length=6, choices=Side)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.DRAFT)
    title = models.CharField(max_length=200)
    code = models.CharField(max_length=9, unique=True, default=new_code)
    framework_version = models.ForeignKey(FrameworkVersion, models.PROTECT, related_name="+")
    # Plain data, all text; the file is a function of it. The fingerprint is its SHA-256 as it was written.
    snapshot = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    event = models.BigIntegerField()
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    doing = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=500, blank=True)
    # Parts that could not be set and stand in the file as plain text, as [section title, reason].
    degraded = models.JSONField(default=list)
    storage_name = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    # Words were taken out of the snapshot, and the file is made again from what is left.
    redaction = models.ForeignKey(Redaction, models.PROTECT, null=True, related_name="+")

    objects = ReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "kind", "edition", "number"], name="reports_report_number_once"
            ),
            models.CheckConstraint(condition=Q(attempts__lte=ATTEMPTS), name="reports_report_three_attempts"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                name="reports_report_running_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (~Q(storage_name="") & ~Q(sha256="") & Q(done_at__isnull=False)),
                name="reports_report_done_has_a_file",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["released", "superseded"])
                | (
                    (Q(state="done") | Q(redaction__isnull=False))
                    & Q(released_at__isnull=False, released_by__isnull=False)
                ),
                name="reports_report_released_by_somebody",
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="reports_report_percent"),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(state="queued"), name="reports_report_queued"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="reports_report_running"),
            models.Index(fields=["engagement", "kind", "fingerprint"], name="reports_report_same"),
        ]

    def __str__(self) -> str:
        return self.title if self.is_receipt else f"{self.title} {self.number}"

    @property
    def is_receipt(self) -> bool:
        """Say whether it tells what came of a meeting: there is one a side, which nobody has to release."""
        return self.kind.startswith(RECEIPT)

    @property
    def is_moving(self) -> bool:
        """Say whether its file is waiting to be made, or being made."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def in_parts(self) -> bool:
        """Say whether its file is a draft that was set in parts; the whole follows by itself."""
        return self.state == self.State.DONE and self.storage_name.startswith(PARTS)

    @property
    def filename(self) -> str:
        """The name under which it is saved by whoever downloads it."""
        return f"{self.engagement.code} {self}.pdf"
