"""Reports: one rendering of a deliverable, from an immutable snapshot."""

import base64
import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Side, User
from engagements.models import Engagement, Membership, Redaction
from questionnaires.models import FrameworkVersion

# Letters and digits that nobody reads for one another.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
ATTEMPTS = 3
# What the names of files begin with that were set in parts: drafts, which are set whole next.
PARTS = "reports/parts-"
# What the kinds of documents begin with that tell what came of a meeting, followed by its id.
RECEIPT = "receipt-"
# What the keys of threads and notices about reports begin with.
KEY = "report:"
# And of those that certify the signatures of a gate, followed by its key.
CERTIFICATE = "certificate-"


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
        """Keep what *side* may see: the client what was released to it, receipts and certificates, in its own edition."""
        if side == Side.FIRM:
            return self
        return self.filter(
            Q(stage__in=[Report.Stage.RELEASED, Report.Stage.SUPERSEDED])
            | Q(kind__startswith=RECEIPT)
            | Q(kind__startswith=CERTIFICATE),
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

    class Then(models.TextChoices):
        STAY = "", _("stays a draft")
        REVIEW = "review", _("goes into review")
        RELEASE = "release", _("is released")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    edition = models.CharField(max_length=6, choices=Side)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.DRAFT)
    title = models.CharField(max_length=200)
    code = models.CharField(max_length=9, unique=True, default=new_code)
    framework_version = models.ForeignKey(FrameworkVersion, models.PROTECT, related_name="+")
    # Plain data, all text. What people add to it before it is released and what they leave out stands beside it, as
    # {"foreword": "", "texts": {section: text}, "left_out": [section]}; `content.edits` puts both together into
    # the document that the file is a function of. A released report's snapshot is that document.
    snapshot = models.JSONField()
    edits = models.JSONField(default=dict)
    # SHA-256 of what the record said, and of the document as it is now.
    written = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    # How often it was edited: forms, and workers that set it, name the edit that they are about.
    edited = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    event = models.BigIntegerField()
    requested_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)
    # The report that was released when this one was written, which it is compared with.
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    superseded_at = models.DateTimeField(null=True, blank=True)
    # What is done with it once its file is there.
    then = models.CharField(max_length=7, choices=Then, blank=True, default=Then.STAY)
    # The plan it was written on, and for which day.
    schedule = models.ForeignKey("Schedule", models.PROTECT, null=True, blank=True, related_name="reports")
    due_on = models.DateField(null=True, blank=True)

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
            models.UniqueConstraint(
                fields=["engagement", "kind", "edition"],
                condition=Q(stage="released"),
                name="reports_report_one_is_current",
            ),
            models.CheckConstraint(
                condition=(
                    Q(stage="superseded", superseded_by__isnull=False, superseded_at__isnull=False)
                    | (~Q(stage="superseded") & Q(superseded_by=None, superseded_at=None))
                ),
                name="reports_report_superseded_by_another",
            ),
            models.UniqueConstraint(fields=["schedule", "due_on"], name="reports_report_once_per_due_day"),
            models.CheckConstraint(
                condition=Q(edition="client") | ~Q(stage__in=["released", "superseded"]),
                name="reports_report_only_the_clients_is_released",
            ),
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(state="queued"), name="reports_report_queued"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="reports_report_running"),
            models.Index(fields=["engagement", "kind", "written"], name="reports_report_same"),
        ]

    def __str__(self) -> str:
        return self.title if self.is_receipt else f"{self.title} {self.number}"

    @property
    def is_receipt(self) -> bool:
        """Say whether it tells what came of a meeting: there is one a side, which nobody has to release."""
        return self.kind.startswith(RECEIPT)

    @property
    def needs_no_release(self) -> bool:
        """Say whether both sides read at once, in editions of their own, what it tells: a receipt, a certificate."""
        return self.kind.startswith((RECEIPT, CERTIFICATE))

    @property
    def is_moving(self) -> bool:
        """Say whether its file is waiting to be made, or being made."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def is_released(self) -> bool:
        """Say whether it was released; it does not change any more."""
        return self.stage in (self.Stage.RELEASED, self.Stage.SUPERSEDED)

    @property
    def is_fixed(self) -> bool:
        """Say whether nothing can be written into it: it was released, or is a receipt or a certificate."""
        return self.is_released or self.needs_no_release

    @property
    def key(self) -> str:
        """What threads and notices about it are kept under."""
        return f"{KEY}{self.pk}"

    @property
    def name(self) -> str:
        """Its title with its number, where it has one."""
        return str(self)

    @property
    def in_parts(self) -> bool:
        """Say whether its file is a draft that was set in parts; the whole follows by itself."""
        return self.state == self.State.DONE and self.storage_name.startswith(PARTS)

    @property
    def filename(self) -> str:
        """The name under which it is saved by whoever downloads it."""
        return f"{self.engagement.code} {self}.pdf"


class Schedule(models.Model):
    """When a deliverable is written by itself: every so many weeks, at a time of day in the engagement's zone."""

    class Every(models.IntegerChoices):
        WEEK = 1, _("every week")
        SECOND_WEEK = 2, _("every second week")
        FOURTH_WEEK = 4, _("every fourth week")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="schedules")
    kind = models.CharField(max_length=40)
    edition = models.CharField(max_length=6, choices=Side)
    every = models.PositiveSmallIntegerField(choices=Every)
    # The next day and the time of day, by the engagement's calendar and clock. The moment follows from its zone.
    next_on = models.DateField()
    at = models.TimeField()
    then = models.CharField(max_length=7, choices=Report.Then, blank=True)
    # Who gets it by mail once it is released, whoever releases it; with the file, or only the way to it.
    people = models.ManyToManyField(Membership, related_name="+")
    with_file = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # What came of the last time, where it was not a report.
    last_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "kind", "edition"],
                condition=Q(ended_at=None),
                name="reports_schedule_one_for_each",
            ),
            models.CheckConstraint(condition=Q(every__in=[1, 2, 4]), name="reports_schedule_in_weeks"),
            models.CheckConstraint(
                condition=Q(edition="client") | ~Q(then="release"),
                name="reports_schedule_releases_the_clients",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="reports_schedule_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} every {self.every} weeks"


class Link(models.Model):
    """A way to one released report for whoever has its address, and its password where there is one."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    # The form's one-time key, so that a second click makes no second link.
    key = models.UUIDField(unique=True)
    label = models.CharField(max_length=120)
    mailed_to = models.EmailField(blank=True)
    password = models.CharField(max_length=128, blank=True)
    expires_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("created_at")), name="reports_link_lasts_a_while"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="reports_link_revoked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.pk} to report {self.report_id}"

    def is_open(self, at: datetime) -> bool:
        """Say whether it leads to the report at a moment."""
        return self.revoked_at is None and at < self.expires_at


class Opening(models.Model):
    """One time somebody used a link: they got the file, or their password was wrong."""

    class Outcome(models.TextChoices):
        OPENED = "opened", _("opened it")
        WRONG = "wrong", _("wrong password")

    link = models.ForeignKey(Link, models.CASCADE, related_name="openings")
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=6, choices=Outcome)
    # Where from, without the part of the address that names one machine; and with what.
    network = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["link", "-at"], name="reports_opening_of_link")]

    def __str__(self) -> str:
        return f"{self.outcome} at {self.at}"
