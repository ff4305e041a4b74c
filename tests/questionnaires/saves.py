"""Save through HTTP as the page does."""

import uuid

from django.test import Client as Browser
from django.urls import reverse

from engagements.models import Engagement
from questionnaires.models import Answer, Entry


def save(browser: Browser, engagement: Engagement, key: str, value, *, base="0", row=None, column="", **more):
    """Post one save and return the response."""
    if row is None:
        url = reverse("questionnaires:answer", args=[engagement.pk, key])
    else:
        url = reverse("questionnaires:cell", args=[engagement.pk, key, getattr(row, "pk", row), column])
    data = {"value": value, "base": str(base), "key": str(more.pop("once", uuid.uuid4())), **more}
    return browser.post(url, data, headers={"X-Fragment": "1"})


def answer_of(engagement: Engagement, key: str, *, part: str = "value", row=None, column: str = "") -> Answer:
    """Return the stored answer of the latest round."""
    return Answer.objects.get(entry=entry_of(engagement, key), part=part, row=row, column=column)


def entry_of(engagement: Engagement, key: str) -> Entry:
    """Return the entry of the latest round, or of a register."""
    return Entry.objects.of_latest_rounds().get(engagement=engagement, item_key=key)
