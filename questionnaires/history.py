"""An item's history in words: grouped saves, with the words that changed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from engagements.models import Redaction
from questionnaires import merge
from questionnaires.access import Viewpoint
from questionnaires.models import Answer, Entry, Revision

# One author's saves closer together than this are one change to a reader; every row is kept (DESIGN rule 6).
GROUP = timedelta(minutes=5)


@dataclass
class Change:
    """What one person did to one answer in one sitting."""

    answer: Answer
    by: User
    at: datetime
    version: int
    kind: str
    before: Any
    after: Any
    # The id of the newest revision of the sitting.
    revision: int
    redaction: Redaction | None = None
    is_newest: bool = False
    words: list[merge.Change] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        """Say whether the words themselves are compared."""
        return isinstance(self.before or self.after or "", str)


def of_entry(view: Viewpoint, entry: Entry, *, limit: int = 200) -> list[Change]:
    """Return an entry's changes, newest first, in one query; the firm's note only for the firm."""
    revisions = Revision.objects.filter(answer__entry=entry).select_related(
        "answer__row", "by", "redaction__by"
    )
    if not view.is_firm:
        revisions = revisions.exclude(answer__part=Answer.Part.NOTE)
    return group(list(revisions.order_by("-event", "-id")[: limit * 10]))[:limit]


def group(newest_first: list[Revision]) -> list[Change]:
    """Fold one author's neighbouring saves of one answer into one change."""
    values = {(revision.answer_id, revision.version): revision.value for revision in newest_first}
    changes: list[Change] = []
    latest: dict[int, Change] = {}
    for revision in newest_first:
        known = latest.get(revision.answer_id)
        if (
            known is not None
            and known.by == revision.by
            and known.kind == revision.kind == Revision.Kind.SAVED
            and known.at - revision.at < GROUP
        ):
            known.before = values.get((revision.answer_id, revision.version - 1))
            continue
        change = Change(
            revision.answer,
            revision.by,
            revision.at,
            revision.version,
            revision.kind,
            values.get((revision.answer_id, revision.version - 1)),
            revision.value,
            revision.pk,
            revision.redaction,
            is_newest=known is None,
        )
        latest[revision.answer_id] = change
        changes.append(change)
    for change in changes:
        if change.is_text:
            change.words = merge.word_diff(change.before or "", change.after or "")
    return changes
