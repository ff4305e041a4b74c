"""One action on an engagement: what it changes, its event, and the counters it moves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone

from engagements import history
from engagements.models import Event, Membership
from questionnaires import progress
from questionnaires.document import Framework
from questionnaires.models import Answer, Entry, Questionnaire


@dataclass
class Act:
    """An action in progress. It holds the engagement's lock; `finish` writes everything it gathered.

    Entries and flags are only read for a decision after `begin`: whatever was read before the lock is
    current only while `is_stale` is False.
    """

    membership: Membership
    questionnaire: Questionnaire
    number: int
    at: datetime
    is_stale: bool
    changed: dict[int, dict[str, list[Any]]] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    before: dict[int, progress.Counts] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, membership: Membership, questionnaire: Questionnaire, *, at: datetime | None = None
    ) -> Act:
        """Take the engagement's lock, as the last lock of the transaction."""
        number = history.lock(membership.engagement)
        return cls(
            membership=membership,
            questionnaire=questionnaire,
            number=number,
            at=at or timezone.now(),
            is_stale=number != membership.engagement.last_event + 1,
        )

    @property
    def framework(self) -> Framework:
        """The framework of the engagement, with its overlay."""
        return self.questionnaire.framework

    def current(self, entry: Entry) -> Entry:
        """Return *entry* as it is under the lock, reading it again only where it may have moved."""
        if known := self.entries.get(entry.pk):
            return known
        if self.is_stale:
            entry.refresh_from_db()
        return self.adopt(entry)

    def adopt(self, entry: Entry) -> Entry:
        """Take *entry*, which was read under the lock, as current."""
        self.entries[entry.pk] = entry
        self.before[entry.pk] = progress.counts_of(entry)
        return entry

    def change(self, entry: Entry, **fields: Any) -> None:
        """Set *fields* of an entry, keeping old and new for the event."""
        entry = self.current(entry)
        for name, new in fields.items():
            old = getattr(entry, name)
            if old == new:
                continue
            setattr(entry, name, new)
            pairs = self.changed.setdefault(entry.pk, {})
            first = pairs[name][0] if name in pairs else plain(old)
            pairs[name] = [first, plain(new)]

    def write(
        self,
        answer: Answer,
        value: Any,
        *,
        kind: str,
        key: uuid.UUID,
        base: int,
        settle: bool,
        sent: Any = None,
    ) -> None:
        """Give *answer* its next version."""
        answer.write(
            value,
            sent=sent,
            by=self.membership.user,
            at=self.at,
            key=key,
            base=base,
            kind=kind,
            event=self.number,
            framework_version=self.questionnaire.version_id,
            settle=settle,
        )

    def finish(
        self,
        kind: str,
        *,
        entry: Entry | None = None,
        firm_only: bool = False,
        data: dict[str, Any] | None = None,
    ) -> Event:
        """Store the changed entries, move the counters and write the event."""
        framework = self.framework
        moves = []
        self._store()
        for pk in self.changed:
            changed = self.entries[pk]
            if changed.round_id is not None:
                item = framework.item(changed.item_key)
                moves.append(
                    (
                        changed.round_id,
                        item.section_key,
                        item.internal,
                        self.before[pk],
                        progress.counts_of(changed),
                    )
                )
        progress.move(moves)
        return history.record(
            kind,
            engagement=self.membership.engagement,
            number=self.number,
            by=self.membership.user,
            at=self.at,
            firm_only=firm_only or (entry is not None and self.is_internal(entry)),
            item_key=entry.item_key if entry else "",
            round_number=entry.round.number if entry and entry.round else 1,
            data={**(data or {}), "entries": {str(pk): pairs for pk, pairs in self.changed.items()}},
        )

    def _store(self) -> None:
        if len(self.changed) == 1:
            ((pk, pairs),) = self.changed.items()
            self.entries[pk].save(update_fields=[*pairs])
        elif self.changed:
            names = sorted({name for pairs in self.changed.values() for name in pairs})
            Entry.objects.bulk_update([self.entries[pk] for pk in self.changed], names, batch_size=500)

    def is_internal(self, entry: Entry) -> bool:
        """Say whether the entry belongs to an item that the client side never sees."""
        return entry.round_id is not None and self.framework.item(entry.item_key).internal


def plain(value: Any) -> Any:
    """Return *value* as JSON keeps it: rows as their id, times and days as ISO text."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value
