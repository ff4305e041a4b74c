"""Answers, every value they ever had, and values that cannot both stand."""

import json
import uuid
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from engagements.models import Redaction
from questionnaires.models.entry import Entry, Row
from questionnaires.models.framework import FrameworkVersion


class Answer(models.Model):
    """One versioned value: of an item, of a cell, of a table's words, or of the firm's note on an item."""

    class Part(models.TextChoices):
        VALUE = "value"
        WORDS = "words"  # a table answered in a sentence first
        NOTE = "note"  # the firm's own; never reaches the client side

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="answers")
    row = models.ForeignKey(Row, models.CASCADE, null=True, related_name="answers")
    column = models.CharField(max_length=80, blank=True)
    part = models.CharField(max_length=5, choices=Part, default=Part.VALUE)
    value = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=0)
    settled_version = models.PositiveIntegerField(default=0)
    updated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "row", "column", "part"], nulls_distinct=False, name="questionnaires_answer_once_per_place"),
            models.CheckConstraint(condition=Q(settled_version__lte=F("version")), name="questionnaires_answer_settles_what_was_saved"),
            models.CheckConstraint(
                condition=Q(row=None, column="") | (Q(row__isnull=False, part="value") & ~Q(column="")),
                name="questionnaires_answer_cell_has_row_and_column",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"answer {self.pk} v{self.version}"

    @property
    def is_cell(self) -> bool:
        """Say whether this is a cell of a table."""
        return self.row_id is not None

    def write(
        self,
        value: Any,
        *,
        sent: Any = None,
        by: User,
        at: datetime,
        key: uuid.UUID,
        base: int,
        kind: str,
        event: int,
        framework_version: int,
        settle: bool,
    ) -> None:
        """Store *value* as the next version together with its revision, in one statement.

        The caller holds this answer's row lock and the engagement's. *sent* is the text as its author sent it,
        where the stored one differs; *base* is the version the author had seen.
        """
        version = self.version + 1
        settled = version if settle else self.settled_version
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH kept AS (
                    INSERT INTO questionnaires_revision
                        (answer_id, version, value, sent, by_id, at, key, base, kind, event, framework_version_id)
                    VALUES (%(id)s, %(version)s, %(value)s, %(sent)s, %(by)s, %(at)s, %(key)s, %(base)s, %(kind)s,
                            %(event)s, %(framework)s)
                )
                UPDATE questionnaires_answer
                SET value = %(value)s, version = %(version)s, settled_version = %(settled)s,
                    updated_by_id = %(by)s, updated_at = %(at)s
                WHERE id = %(id)s
                """,
                {
                    "id": self.pk,
                    "version": version,
                    "value": None if value is None else json.dumps(value, ensure_ascii=False),
                    "sent": None if sent is None else json.dumps(sent, ensure_ascii=False),
                    "by": by.pk,
                    "at": at,
                    "key": key,
                    "base": base,
                    "kind": kind,
                    "event": event,
                    "framework": framework_version,
                    "settled": settled,
                },
            )
        self.value, self.version, self.settled_version = value, version, settled
        self.updated_by, self.updated_at = by, at


class Revision(models.Model):
    """A value an answer had. Rows are only ever added; redaction alone may blank one."""

    class Kind(models.TextChoices):
        SAVED = "saved"
        MERGED = "merged"
        CHOSEN = "chosen"  # a conflict was decided
        RESTORED = "restored"
        CARRIED = "carried"  # taken over into a new round
        IMPORTED = "imported"
        DECIDED = "decided"  # a decision gave it, or keeps it in step

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    value = models.JSONField(null=True)
    sent = models.JSONField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    key = models.UUIDField()
    base = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    event = models.BigIntegerField()
    framework_version = models.ForeignKey(FrameworkVersion, models.PROTECT, related_name="+")
    # Words of it were taken out.
    redaction = models.ForeignKey(Redaction, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["answer", "version"], name="questionnaires_revision_version_once"
            ),
            models.UniqueConstraint(fields=["answer", "key"], name="questionnaires_revision_key_once"),
            models.CheckConstraint(
                condition=Q(base__lt=F("version")), name="questionnaires_revision_follows_its_base"
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.answer_id} v{self.version}"


class Conflict(models.Model):
    """A value that could not be merged: kept whole beside the current one until somebody decides."""

    class Outcome(models.TextChoices):
        OPEN = ""
        MINE = "mine"  # the author's value was taken
        THEIRS = "theirs"  # the current value stands
        COMBINED = "combined"

    answer = models.ForeignKey(Answer, models.CASCADE, related_name="conflicts")
    value = models.JSONField(null=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    base = models.PositiveIntegerField()
    # Every save that was folded into this conflict, so that a repeated one is recognised.
    keys = ArrayField(models.UUIDField(), default=list)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_event = models.BigIntegerField()
    changed_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True, default=Outcome.OPEN)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None, decided_by=None)
                | (~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="questionnaires_conflict_decided_by_somebody",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"conflict on answer {self.answer_id}"
