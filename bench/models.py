"""The two tables of the limit: a value, and every value it had."""

from django.conf import settings
from django.db import models


class Value(models.Model):
    """What is saved."""

    text = models.TextField(default="")
    version = models.IntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"value {self.pk}"


class Past(models.Model):
    """What it was, by whom."""

    value = models.ForeignKey(Value, models.CASCADE)
    version = models.IntegerField()
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"version {self.version} of {self.value_id}"
