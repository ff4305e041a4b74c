"""Draw an item, a row or a cell. The page and the live stream use the same templates, so they agree byte for byte.

A fragment holds what its side may see and nothing about its viewer: what a person may do is enabled by the page's
shell, and *yours* is marked on the page from data attributes (DESIGN rule 5).
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from engagements.models import Membership
from questionnaires import reading
from questionnaires.access import Viewpoint
from questionnaires.actions.answers import Saved
from questionnaires.document import Section, Step
from questionnaires.line import line
from questionnaires.marks import marks
from questionnaires.models import Entry
from questionnaires.progress import Progress
from questionnaires.reading import Cell, ItemView, RowView, dom_id


def rail(view: Viewpoint, step: Step, counted: Mapping[str, Progress]) -> dict[str, Any]:
    """Return what the line beside a step's page is drawn from."""
    steps = view.framework.steps
    index = steps.index(step)
    drawn = line(view)
    return {
        "marks": marks(view, counted, drawn),
        "loops": drawn.loops,
        "index": index,
        "previous": steps[index - 1] if index else None,
        "next": steps[index + 1] if index + 1 < len(steps) else None,
    }


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

    def frame(self, item: ItemView, message: str = "") -> str:
        """Draw an item for a page that shows it: a table's rows stay as they are there, and come one by one."""
        template = "questionnaires/_register.html" if item.register else "questionnaires/_item.html"
        return self.draw(template, item=item, message=message, keeps_rows=True)

    def rows(self, item: ItemView, row_ids: Sequence[int]) -> str:
        """Draw rows of *item*, each with its place on the page, and take away those that are deleted."""
        found = reading.rows_of(self.view, item, row_ids)
        drawn = [
            f'<template data-put="rows-{item.dom}" data-after="{f"row-{before}" if before else f"none-{item.dom}"}">'
            f"{self.draw('questionnaires/_row.html', item=item, row=row)}</template>"
            for row, before in found
        ]
        left = {row.row.pk for row, _before in found}
        gone = [f'<template data-drop="row-{pk}"></template>' for pk in row_ids if pk not in left]
        return "".join(gone + drawn)

    def cells(self, item: ItemView, cells: Sequence[tuple[RowView, Cell]]) -> str:
        """Draw single cells."""
        return "".join(
            f"<template>{self.draw('questionnaires/_cell.html', item=item, row=row, cell=cell)}</template>"
            for row, cell in cells
        )

    def changed_rows(self, entry_id: int, row_ids: Sequence[int], message: str = "") -> str:
        """Read a table afresh and draw what an action on some of its rows changed on a page."""
        entry = reading.entries_for(self.view, Entry.objects.filter(pk=entry_id)).get()
        item = reading.item_views(self.view, [entry], rows=False)[entry_id]
        return self.frame(item, message) + self.rows(item, row_ids)

    def talk(self, item: ItemView, **more: Any) -> str:
        """Draw what is said about an item; *more* may hold what somebody sent that could not be kept."""
        return self.draw("questionnaires/_talk.html", item=item, **more)

    def section_progress(self, section: Section, progress: Progress) -> str:
        """Draw how far a section is."""
        return self.draw("questionnaires/_section_progress.html", section=section, progress=progress)

    def step_progress(self, step: Step, counted: Mapping[str, Progress]) -> str:
        """Draw how far a step is, and the line beside its page."""
        progress = self.draw(
            "questionnaires/_step_progress.html", progress=reading.progress_of_step(step, counted)
        )
        return progress + self.draw("questionnaires/_rail.html", **rail(self.view, step, counted))

    def draw(self, template: str, **more: Any) -> str:
        """Draw any fragment of the engagement."""
        with timezone.override(self.view.engagement.zone):
            return get_template(template).render(self.context(**more))
