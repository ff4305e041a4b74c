"""Frameworks: immutable documents, parsed once per process."""

import json
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils import timezone

from engagements.models import Engagement
from questionnaires import document


class Framework(models.Model):
    """A method that engagements can be opened from."""

    key = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.title


class FrameworkVersion(models.Model):
    """One published edition of a framework. It never changes; a new edition is a new row."""

    framework = models.ForeignKey(Framework, models.PROTECT, related_name="versions")
    version = models.CharField(max_length=40)
    language = models.CharField(max_length=8)
    content_hash = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["framework", "version"], name="questionnaires_frameworkversion_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.framework_id} {self.version}"


class Questionnaire(models.Model):
    """What one engagement asks: a framework version, with items added and left out."""

    engagement = models.OneToOneField(Engagement, models.CASCADE, primary_key=True)
    version = models.ForeignKey(FrameworkVersion, models.PROTECT, related_name="+")
    overlay = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"questionnaire of {self.engagement_id}"

    @property
    def framework(self) -> document.Framework:
        """The framework as this engagement has it. The first use in a process may query once per version."""
        return framework_of(self.version_id, json.dumps(self.overlay, sort_keys=True) if self.overlay else "")


@lru_cache(maxsize=64)
def _parsed(version_id: int) -> document.Framework:
    return document.parse(FrameworkVersion.objects.values_list("text", flat=True).get(pk=version_id))


@lru_cache(maxsize=256)
def framework_of(version_id: int, overlay: str = "") -> document.Framework:
    """Return the parsed version, with an overlay given as JSON applied. Both are immutable, so both are kept."""
    framework = _parsed(version_id)
    if not overlay:
        return framework
    changes: dict[str, Any] = json.loads(overlay)
    return document.with_overlay(framework, document.Overlay.from_json(changes))
