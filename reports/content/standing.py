"""How an engagement stands at a record's moment: health, what is open with whom, and how the counts went."""

from datetime import timedelta
from functools import cached_property

from django.utils.translation import gettext as _

from accounts.models import Side
from questionnaires import certainty, pictures
from questionnaires.course import Day, course
from questionnaires.health.gathering import Found, gather
from questionnaires.health.rules import Health
from questionnaires.models import Clash
from questionnaires.pictures import Picture
from questionnaires.waiting import Thing
from questionnaires.waiting.records import open_clashes
from reports.content.record import Record


class Standing:
    """What the status report and others tell beside the answers; read when first asked for."""

    SOON = timedelta(days=14)

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def found(self) -> Found:
        """Health with what it was worked out from."""
        return gather(self.record.view, self.record.at)

    @property
    def health(self) -> Health:
        """The health of the engagement."""
        return self.found.whole

    @property
    def things(self) -> list[Thing]:
        """Everything open, oldest first."""
        return self.found.things

    @property
    def with_client(self) -> list[Thing]:
        """What the client holds."""
        return [thing for thing in self.things if thing.side == Side.CLIENT]

    @property
    def with_firm(self) -> list[Thing]:
        """What the firm holds."""
        return [thing for thing in self.things if thing.side == Side.FIRM]

    @cached_property
    def clashes(self) -> list[Clash]:
        """The conflicts that were brought side by side and are open."""
        return open_clashes(self.record.view)

    @cached_property
    def course(self) -> list[Day]:
        """The counts day by day."""
        return course(self.record.view, self.record.at)

    def progress(self) -> Picture:
        """Return the picture of what was asked, settled and unknown."""
        return pictures.progress(self.course)

    def burn_down(self, *, small: bool = False) -> Picture:
        """Return the picture of what is left, with the forecast."""
        return pictures.burn_down(
            self.course, self.health.forecast, self.record.engagement.end_date, small=small
        )

    @cached_property
    def unknowns(self) -> Picture:
        """The picture of what is not known and what is assumed."""
        return pictures.unknowns(certainty.read(self.record.view, self.record.at).course)

    @cached_property
    def waiting_times(self) -> Picture:
        """The picture of how long things wait."""
        return pictures.waiting_times(
            [thing.days for thing in self.with_client],
            [thing.days for thing in self.with_firm],
            self.record.engagement.client.short_name,
            _("Us"),
        )
