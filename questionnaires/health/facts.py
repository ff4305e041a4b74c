"""What the rules look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from django.urls import reverse

from engagements.models import Engagement
from questionnaires.calendar import Calendar
from questionnaires.document import Item, Step
from questionnaires.gates import Standing
from questionnaires.health.forecast import Forecast
from questionnaires.waiting import Thing


@dataclass
class Facts:
    """What the rules look at, for an engagement or one of its steps, as one side sees it."""

    engagement: Engagement
    calendar: Calendar
    today: date
    things: list[Thing]
    step: Step | None = None
    # Gates with a signature that does not hold any more.
    stale: list[Standing] = field(default_factory=list)
    # The ends of waivers, with the gate and the item.
    waivers: list[tuple[date, Standing, Item]] = field(default_factory=list)
    unowned: list[Item] = field(default_factory=list)
    # Working days since anything moved; None where there is nothing to move.
    quiet: int | None = None
    forecast: Forecast | None = None
    is_firm: bool = False

    def between(self, first: date, last: date) -> int:
        """Return the working days after one day up to another, by the engagement's calendar."""
        return self.calendar.between(first, last)

    def url(self, name: str, *args: object) -> str:
        """Return the address of one of the engagement's pages."""
        return reverse(f"questionnaires:{name}", args=[self.engagement.pk, *args])
