"""Draw an item, a row or a cell. The page and the live stream use the same templates, so they agree byte for byte.

A fragment holds what its side may see and nothing about its viewer: what a person may do is enabled by the page's
shell, and *yours* is marked on the page from data attributes (DESIGN rule 5).
"""

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from questionnaires import drawn, reading
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


# What `{% csrf_token %}` gives in a fragment. A page puts its own there; in what a stream sends there is none, because
# scripts send it in a header. Nothing that people write can look like it: it would be escaped.
TOKEN = "of-the-page"  # noqa: S105 - it stands for one
TOKEN_FIELD = f'<input type="hidden" name="csrfmiddlewaretoken" value="{TOKEN}">'


class Drawing:
    """One side's drawing of one engagement. Times are shown in the engagement's zone.

    With the *token* of a page its forms work without scripts; without one they are drawn as for a stream.
    """

    def __init__(self, view: Viewpoint, *, token: str = "") -> None:
        self.view = view
        self._token = TOKEN_FIELD.replace(TOKEN, token) if token else ""
        self._named_people = False

    @cached_property
    def today(self) -> date:
        """The day it is in the engagement's zone."""
        return self.view.engagement.today(timezone.now())

    @cached_property
    def _facts(self) -> Hashable:
        return drawn.facts_of(self.view, self.today, get_language() or "")

    @cached_property
    def _people(self) -> Hashable:
        return drawn.facts_of_people(self.view)

    def _ask(self, name: str) -> Any:
        """Give a fragment the engagement's people, and take notice that it shows them."""
        self._named_people = True
        return getattr(self.view.people, name)

    def context(self, **more: Any) -> dict[str, Any]:
        """Return what the templates of fragments expect."""
        return {
            "drawing": self,
            "view": self.view,
            "engagement": self.view.engagement,
            "framework": self.view.framework,
            "people": SimpleLazyObject(lambda: self._ask("members")),
            "names": SimpleLazyObject(lambda: self._ask("names")),
            "today": self.today,
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
        return self._item(item, message, keeps_rows=False)

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
        return self._item(item, message, keeps_rows=True)

    def _item(self, item: ItemView, message: str, *, keeps_rows: bool) -> str:
        """Draw an item, or give what was drawn before from exactly the same; see `drawn`."""
        key = (self._facts, drawn.content(item), message, keeps_rows)
        kept = drawn.KEPT.get(key)
        # Who the people are is only asked for where the fragment shows them.
        if kept is None or (kept.people is not None and kept.people != self._people):
            template = "questionnaires/_register.html" if item.register else "questionnaires/_item.html"
            self._named_people = False
            html = self._drawn(template, item=item, message=message, keeps_rows=keeps_rows)
            kept = drawn.Fragment(html, self._people if self._named_people else None)
            drawn.KEPT.put(key, kept)
        return self._with_token(kept.html)

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
        return self._with_token(self._drawn(template, **more))

    def _drawn(self, template: str, **more: Any) -> str:
        with timezone.override(self.view.engagement.zone):
            return get_template(template).render(self.context(csrf_token=TOKEN, **more))

    def _with_token(self, html: str) -> str:
        return mark_safe(html.replace(TOKEN_FIELD, self._token))  # noqa: S308 - drawn by our templates
