"""Threads as pages show them. An item's come with the query that reads its entry."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils.safestring import SafeString

from accounts.models import Side, first_name_of
from engagements import mentions
from engagements.models import Comment, Thread
from engagements.models.talk import ThreadQuerySet
from questionnaires.access import Viewpoint

# The newest comments of a thread that stand in an item's margin; the thread's own page has all of them.
SHOWN = 8
FORMS = uuid.UUID("6f0b1f4e-3f9e-4a39-8a2e-0d6f3c1f9a77")


@dataclass(slots=True)
class CommentView:
    """One comment, with what is needed to draw its author's face."""

    id: int
    by_id: int
    display_name: str
    initials: str
    is_firm: bool
    at: datetime
    text: str
    mentions: Mapping[str, int]
    version: int

    @property
    def first_name(self) -> str:
        """The author's name in a sentence."""
        return first_name_of(self.display_name)

    @property
    def is_edited(self) -> bool:
        """Say whether it was said differently at first."""
        return self.version > 1

    @property
    def html(self) -> SafeString:
        """The text as safe HTML, the names in it marked."""
        return mentions.to_html(self.text, self.mentions)


@dataclass(slots=True)
class ThreadView:
    """A thread with the newest of its comments, oldest first."""

    id: int
    firm_only: bool
    assigned_id: int | None
    assigned_name: str
    settled_at: datetime | None
    settled_by: str
    count: int
    comments: list[CommentView]
    # What somebody sent that could not be kept: its text and why.
    draft: Mapping[str, Any] | None = None

    @property
    def earlier(self) -> int:
        """How many comments are not among those shown."""
        return self.count - len(self.comments)

    @property
    def form_key(self) -> uuid.UUID:
        """A one-time key for the reply form: the same wherever it is drawn, another after the next comment."""
        return uuid.uuid5(FORMS, f"{self.id}/{self.comments[-1].id if self.comments else 0}")


def threads_json(side: Side, threads: ThreadQuerySet, shown: int = SHOWN) -> Any:
    """Return *threads* as JSON rows with their newest *shown* comments, as *side* may see them."""
    comments = (
        Comment.objects.filter(thread=OuterRef("pk"))
        .order_by("-id")[:shown]
        .values(
            json=JSONObject(
                id=F("pk"),
                by_id=F("by_id"),
                name=F("by__display_name"),
                initials=F("by__initials"),
                client=F("by__client_id"),
                at=F("at"),
                text=F("text"),
                mentions=F("mentions"),
                version=F("version"),
            )
        )
    )
    count = Comment.objects.filter(thread=OuterRef("pk")).values("thread").annotate(n=Count("pk")).values("n")
    return (
        threads.for_side(side)
        .order_by("id")
        .values(
            json=JSONObject(
                id=F("pk"),
                firm_only=F("firm_only"),
                assigned_id=F("assigned_to__user_id"),
                assigned_name=F("assigned_to__user__display_name"),
                settled_at=F("settled_at"),
                settled_by=F("settled_by__display_name"),
                count=Coalesce(Subquery(count), 0),
                comments=ArraySubquery(comments),
            )
        )
    )


def of_item(side: Side) -> dict[str, Any]:
    """Return what a query over entries is annotated with: the open threads of each item, and how many are settled."""
    threads = Thread.objects.filter(engagement_id=OuterRef("engagement_id"), item_key=OuterRef("item_key"))
    settled = (
        threads.for_side(side)
        .filter(settled_at__isnull=False)
        .values("item_key")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return {
        "threads_json": ArraySubquery(threads_json(side, threads.filter(settled_at=None))),
        "settled_threads": Coalesce(Subquery(settled), 0),
    }


def parse(found: Mapping[str, Any]) -> ThreadView:
    """Read one JSON row of `threads_json`."""
    return ThreadView(
        id=found["id"],
        firm_only=found["firm_only"],
        assigned_id=found["assigned_id"],
        assigned_name=found["assigned_name"] or "",
        settled_at=datetime.fromisoformat(found["settled_at"]) if found["settled_at"] else None,
        settled_by=found["settled_by"] or "",
        count=found["count"],
        comments=[_comment(one) for one in reversed(found["comments"])],
    )


def _comment(found: Mapping[str, Any]) -> CommentView:
    return CommentView(
        id=found["id"],
        by_id=found["by_id"],
        display_name=found["name"],
        initials=found["initials"],
        is_firm=found["client"] is None,
        at=datetime.fromisoformat(found["at"]),
        text=found["text"],
        mentions=found["mentions"],
        version=found["version"],
    )


def all_threads(view: Viewpoint, key: str) -> list[ThreadView]:
    """Return every thread about an item or register with all its comments, open ones first, in one query."""
    threads = Thread.objects.filter(engagement_id=view.engagement.pk, item_key=key)
    found = [parse(row["json"]) for row in threads_json(view.side, threads, shown=1000)]
    return sorted(found, key=lambda thread: (thread.settled_at is not None, thread.id))
