"""Draw an item, a row or a cell. The page and the live stream use the same templates, so they agree byte for byte.

A fragment holds what its side may see and nothing about its viewer: what a person may do is enabled by the page's
shell, and *yours* is marked on the page from data attributes (DESIGN rule 5).
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from engagements.models import Membership
from questionnaires import reading
from questionnaires.access import Viewpoint
from questionnaires.actions.answers import Saved
from questionnaires.models import Entry
from questionnaires.reading import Cell, ItemView, RowView, dom_id


class Drawing:
    """One side's drawing of one engagement. Times are shown in the engagement's zone."""

    def __init__(self, view: Viewpoint) -> None:
        self.view = view

    @cached_property
    def people(self) -> Sequence[Membership]:
        """The engagement's people; asked for once, and only by fragments that name or offer somebody."""
        return reading.people(self.view)

    @cached_property
    def names(self) -> dict[int, str]:
        """Names by membership id."""
        return {member.pk: member.user.display_name for member in self.people}

    def context(self, **more: Any) -> dict[str, Any]:
        """Return what the templates of fragments expect."""
        return {
            "view": self.view,
            "engagement": self.view.engagement,
            "framework": self.view.framework,
            "people": SimpleLazyObject(lambda: self.people),
            "names": SimpleLazyObject(lambda: self.names),
            "today": self.view.engagement.today(timezone.now()),
            **more,
        }

    def saved(self, saved: Saved) -> str:
        """Draw what a save changed for its author: the state, the words as they read now, and that they are kept.

        Everything else of the item reaches every open page, the author's included, by the live stream.
        """
        answer, entry = saved.answer, saved.answer.entry
        register = entry.round_id is None
        item = None if register else self.view.framework.item(entry.item_key)
        return self.draw(
            "questionnaires/_saved.html",
            saved=saved,
            answer=answer,
            entry=entry,
            item=item,
            dom=dom_id(entry.item_key),
        )

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
