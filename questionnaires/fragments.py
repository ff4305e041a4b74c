"""Draw an item, a row or a cell. The page and the live stream use the same templates, so they agree byte for byte.

A fragment holds what its side may see and nothing about its viewer: what a person may do is enabled by the page's
shell, and *yours* is marked on the page from data attributes (DESIGN rule 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import get_template
from django.utils import timezone

from engagements.models import Membership
from questionnaires import reading
from questionnaires.access import Viewpoint
from questionnaires.models import Entry
from questionnaires.reading import Cell, ItemView, RowView


@dataclass(frozen=True)
class Drawing:
    """One side's drawing of one engagement. Times are shown in the engagement's zone."""

    view: Viewpoint
    people: Sequence[Membership]

    @classmethod
    def of(cls, view: Viewpoint) -> "Drawing":
        """Read what every fragment of the engagement needs: its people, in one query."""
        return cls(view, reading.people(view))

    def context(self, **more: Any) -> dict[str, Any]:
        """Return what the templates of fragments expect."""
        return {
            "view": self.view,
            "engagement": self.view.engagement,
            "framework": self.view.framework,
            "people": self.people,
            "names": {member.pk: member.user.display_name for member in self.people},
            "today": self.view.engagement.today(timezone.now()),
            **more,
        }

    def item(self, item: ItemView, message: str = "") -> str:
        """Draw one item or register, or the empty place of an item that is not asked now.

        *message* stands above it when something did not go as asked; live fragments have none.
        """
        template = "questionnaires/_register.html" if item.register else "questionnaires/_item.html"
        return self.draw(template, item=item, message=message)

    def entry(self, entry_id: int) -> str:
        """Read one entry afresh and draw its item."""
        return self.item(reading.one_item(self.view, entry_id))

    def entries(self, entry_ids: Sequence[int]) -> list[str]:
        """Read several entries afresh, in three queries, and draw their items."""
        if not entry_ids:
            return []
        entries = reading.entries_for(self.view, Entry.objects.filter(pk__in=entry_ids).order_by("id"))
        return [self.item(item) for item in reading.item_views(self.view, entries).values()]

    def row(self, item: ItemView, row: RowView) -> str:
        """Draw one row of a table."""
        return self.draw("questionnaires/_row.html", item=item, row=row)

    def cell(self, item: ItemView, row: RowView, cell: Cell) -> str:
        """Draw one cell."""
        return self.draw("questionnaires/_cell.html", item=item, row=row, cell=cell)

    def draw(self, template: str, **more: Any) -> str:
        """Draw any fragment of the engagement."""
        with timezone.override(self.view.engagement.zone):
            return get_template(template).render(self.context(**more))
