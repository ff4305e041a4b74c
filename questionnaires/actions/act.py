"""One action on an engagement: what it changes, its event, and the counters it moves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements import history
from engagements.models import Engagement, Event, InboxItem, Membership
from engagements.notify import Subject, notify
from questionnaires import progress
from questionnaires.access import RoundOver
from questionnaires.conditions import Value
from questionnaires.document import Framework
from questionnaires.models import Answer, Entry, Questionnaire
from questionnaires.places import subject_of

# An event names each changed entry by itself up to this many; more are put together by what changed.
ONE_BY_ONE = 40


@dataclass
class Act:
    """An action in progress. It holds the engagement's lock; `finish` writes everything it gathered.

    Entries and flags are only read for a decision after `begin`: whatever was read before the lock is
    current only while `is_stale` is False. `member` is None where the calendar acts and not a person.
    """

    engagement: Engagement
    member: Membership | None
    questionnaire: Questionnaire
    number: int
    at: datetime
    is_stale: bool
    changed: dict[int, dict[str, list[Any]]] = field(default_factory=dict)
    entries: dict[int, Entry] = field(default_factory=dict)
    before: dict[int, progress.Counts] = field(default_factory=dict)
    unstored: dict[int, set[str]] = field(default_factory=dict)
    altered: dict[str, dict[int, dict[str, list[Any]]]] = field(default_factory=dict)
    moves: list[progress.Move] = field(default_factory=list)
    notices: list[tuple[list[int], InboxItem.Kind, Subject, str]] = field(default_factory=list)
    # What conditions read after this action, where `conditions.move` has found it out.
    known: Mapping[str, Value] | None = None

    @classmethod
    def begin(
        cls, membership: Membership, questionnaire: Questionnaire, *, at: datetime | None = None
    ) -> Act:
        """Take the engagement's lock, as the last lock of the transaction."""
        return cls._locked(membership.engagement, membership, questionnaire, at)

    @classmethod
    def by_calendar(cls, questionnaire: Questionnaire, *, at: datetime) -> Act:
        """Take the lock for something that happens because of the date: nobody did it."""
        return cls._locked(questionnaire.engagement, None, questionnaire, at)

    @classmethod
    def _locked(
        cls,
        engagement: Engagement,
        member: Membership | None,
        questionnaire: Questionnaire,
        at: datetime | None,
    ) -> Act:
        number = history.lock(engagement)
        return cls(
            engagement=engagement,
            member=member,
            questionnaire=questionnaire,
            number=number,
            at=at or timezone.now(),
            is_stale=number != engagement.last_event + 1,
        )

    @property
    def membership(self) -> Membership:
        """The member who acts. Raises RuntimeError where the calendar does."""
        if self.member is None:
            raise RuntimeError("Nobody does this.")
        return self.member

    @property
    def by(self) -> User | None:
        """Who acts, or None where the calendar does."""
        return self.member.user if self.member else None

    @property
    def framework(self) -> Framework:
        """The framework of the engagement, with its overlay."""
        return self.questionnaire.framework

    def current(self, entry: Entry) -> Entry:
        """Return *entry* as it is under the lock, reading it again only where it may have moved.

        Raises RoundOver when a new round took it over meanwhile.
        """
        if known := self.entries.get(entry.pk):
            return known
        if self.is_stale:
            entry.refresh_from_db()
            if entry.round is not None and not entry.round.is_latest:
                raise RoundOver(
                    _("A new round has begun here meanwhile. Reload the page; nothing was stored here.")
                )
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
            # Of what an entry refers to, the id says enough; the row itself would be another statement.
            old = getattr(entry, getattr(Entry._meta.get_field(name), "attname", name))
            if old == (new.pk if isinstance(new, Model) else new):
                continue
            setattr(entry, name, new)
            pairs = self.changed.setdefault(entry.pk, {})
            first = pairs[name][0] if name in pairs else plain(old)
            pairs[name] = [first, plain(new)]
            self.unstored.setdefault(entry.pk, set()).add(name)

    def begin_work(self, entry: Entry) -> None:
        """Note that somebody works on an entry. Where nobody was asked for it, its waiting counts from here."""
        entry = self.current(entry)
        asked = entry.state != Entry.State.OPEN or entry.owner_id is not None
        self.change(entry, state=Entry.State.DRAFT, held_since=entry.held_since if asked else self.at)

    def contest(self, entry: Entry) -> None:
        """Mark an entry as having two answers; what waits since now is the choice between them."""
        entry = self.current(entry)
        self.change(entry, conflict=True, held_since=entry.held_since if entry.conflict else self.at)

    def alter(self, thing: Model, **fields: Any) -> None:
        """Set and store *fields* of a row, a signature or the like, keeping old and new for the event."""
        moved = []
        for name, new in fields.items():
            old = thing.__dict__[getattr(thing._meta.get_field(name), "attname", name)]
            if old != (new.pk if isinstance(new, Model) else new):
                self.note(thing, name, old, new)
                setattr(thing, name, new)
                moved.append(name)
        if moved:
            thing.save(update_fields=moved)

    def note(self, thing: Model, name: str, old: Any, new: Any) -> None:
        """Keep old and new of a field that is stored elsewhere, so that the moment before can be rebuilt."""
        pairs = self.altered.setdefault(thing._meta.model_name or "", {}).setdefault(thing.pk, {})
        pairs[name] = [pairs[name][0] if name in pairs else plain(old), plain(new)]

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
        if settle:
            self.note(answer, "settled_version", answer.settled_version, answer.version + 1)
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
        self.store()
        for pk in self.changed.keys() & self.entries.keys():
            changed = self.entries[pk]
            if changed.round_id is not None:
                item = self.framework.item(changed.item_key)
                self.moves.append(
                    (
                        changed.round_id,
                        item.section_key,
                        item.internal,
                        self.before[pk],
                        progress.counts_of(changed),
                    )
                )
        progress.move(self.moves)
        event = history.record(
            kind,
            engagement=self.engagement,
            number=self.number,
            by=self.by,
            at=self.at,
            firm_only=firm_only or (entry is not None and self.is_internal(entry)),
            item_key=entry.item_key if entry else "",
            round_number=entry.round.number if entry and entry.round else 1,
            data={**(data or {}), **packed(self.changed), **self._altered()},
        )
        for people, what, subject, words in self.notices:
            notify(event, people, what, subject, words=words)
        return event

    def _altered(self) -> dict[str, Any]:
        if not self.altered:
            return {}
        kept = {
            kind: {str(pk): pairs for pk, pairs in things.items()} for kind, things in self.altered.items()
        }
        return {"altered": kept}

    def tell(self, people: Iterable[int | None], kind: InboxItem.Kind, entry: Entry, words: str = "") -> None:
        """Tell *people*, by their ids, of this action on *entry* when its event is written; see `notify`."""
        known = [person for person in people if person is not None]
        self.notices.append((known, kind, subject_of(self.framework, entry.item_key), words))

    def store(self) -> None:
        """Store what was changed so far, so that statements over many entries see it. `finish` does it too."""
        if len(self.unstored) == 1:
            ((pk, names),) = self.unstored.items()
            self.entries[pk].save(update_fields=names)
        elif self.unstored:
            every = sorted({name for names in self.unstored.values() for name in names})
            Entry.objects.bulk_update([self.entries[pk] for pk in self.unstored], every, batch_size=500)
        self.unstored = {}

    def is_internal(self, entry: Entry) -> bool:
        """Say whether the entry belongs to an item that the client side never sees."""
        return entry.round_id is not None and self.framework.item(entry.item_key).internal


def packed(changed: Mapping[int, Mapping[str, list[Any]]]) -> dict[str, Any]:
    """Return changes of entries as an event keeps them; `unpacked` reads them.

    A few stand one by one under `entries`. Many stand under `together` as [what changed, [ids]], because most of
    what one action does to thousands of entries is the same.
    """
    if len(changed) <= ONE_BY_ONE:
        return {"entries": {str(pk): dict(pairs) for pk, pairs in changed.items()}}
    alike: dict[str, list[int]] = {}
    for pk, pairs in sorted(changed.items()):
        alike.setdefault(json.dumps(pairs, sort_keys=True), []).append(pk)
    return {"entries": {}, "together": [[json.loads(pairs), ids] for pairs, ids in alike.items()]}


def unpacked(data: Mapping[str, Any]) -> dict[int, dict[str, list[Any]]]:
    """Return old and new of every entry that an event changed, by entry id, from the event's data."""
    found = {int(pk): pairs for pk, pairs in data.get("entries", {}).items()}
    for pairs, ids in data.get("together", ()):
        found.update(dict.fromkeys(ids, pairs))
    return found


def plain(value: Any) -> Any:
    """Return *value* as JSON keeps it: rows as their id, times and days as ISO text."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return value
