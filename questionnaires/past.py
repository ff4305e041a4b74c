"""An engagement as it stood at any event: what is there now, with every later change taken back.

Answers come from their revisions. Entries, rows, signatures and conflicts are walked back: the value of a field at an
event is the old value in the first later event that changed it. See docs/architecture.md.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Model, Q

from engagements.models import Comment, Event, File, Membership, Thread, Wording
from questionnaires import advice, reading, talk
from questionnaires.access import Viewpoint
from questionnaires.document import Register, Step
from questionnaires.line import Line, signs
from questionnaires.models import (
    Answer,
    Cause,
    Conflict,
    Decision,
    Entry,
    Flag,
    Revision,
    Round,
    Row,
    SignOff,
)
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.models.flag import FlagQuerySet
from questionnaires.progress import Progress, counts_of
from questionnaires.reading import ItemView, SectionView
from questionnaires.throughline import Loop

# The old value of the first change after an event, for every field that changed since.
LATER = """
    WITH later AS (
        SELECT number, data FROM engagements_event WHERE engagement_id = %s AND number > %s
    ), pairs AS (
        SELECT number, 'entry' AS kind, thing.key::bigint AS id, pair.key AS field, pair.value->0 AS old
        FROM later, jsonb_each(data->'entries') thing, jsonb_each(thing.value) pair
        UNION ALL
        SELECT number, 'entry', thing.value::bigint, pair.key, pair.value->0
        FROM later, jsonb_array_elements(data->'together') alike, jsonb_each(alike->0) pair,
             jsonb_array_elements_text(alike->1) thing
        UNION ALL
        SELECT number, kinds.key, thing.key::bigint, pair.key, pair.value->0
        FROM later, jsonb_each(data->'altered') kinds, jsonb_each(kinds.value) thing, jsonb_each(thing.value) pair
    )
    SELECT DISTINCT ON (kind, id, field) kind, id, field, old FROM pairs ORDER BY kind, id, field, number
"""

Fields = dict[str, Any]


def at_moment(view: Viewpoint, moment: datetime) -> int:
    """Return the number of the newest event at or before *moment*; 1 when nothing had happened yet."""
    events = Event.objects.filter(engagement_id=view.engagement.pk, at__lte=moment)
    return events.order_by("-number").values_list("number", flat=True).first() or 1


@dataclass
class Past:
    """What one side saw when the event *number* had happened. Queries are made once and do not grow with the events."""

    view: Viewpoint
    number: int

    @cached_property
    def at(self) -> datetime:
        """When the event happened. Raises Event.DoesNotExist for a number that was never given."""
        return Event.objects.values_list("at", flat=True).get(
            engagement_id=self.view.engagement.pk, number=self.number
        )

    @cached_property
    def later(self) -> dict[str, dict[int, Fields]]:
        """The fields that changed later, with what they were: {"row": {id: {"rank": "…"}}}."""
        found: dict[str, dict[int, Fields]] = {}
        with connection.cursor() as cursor:
            cursor.execute(LATER, [self.view.engagement.pk, self.number])
            for kind, pk, name, old in cursor.fetchall():
                found.setdefault(kind, {}).setdefault(pk, {})[name] = json.loads(old)
        return found

    def take_back(self, things: Iterable[Model]) -> None:
        """Set the fields of *things* to what they were."""
        for thing in things:
            fields = self.later.get(thing._meta.model_name or "", {}).get(thing.pk, {})
            for name, old in fields.items():
                field = thing._meta.get_field(name)
                if getattr(field, "is_relation", False):
                    setattr(thing, f"{name}_id", old)
                else:
                    setattr(thing, name, field.to_python(old))  # type: ignore[union-attr]

    # ---- entries and their counters

    @cached_property
    def entries(self) -> list[Entry]:
        """The entries of each step's round of that moment, and the registers', with the people they name."""
        of_engagement = {"engagement_id": self.view.engagement.pk}
        entries = list(Entry.objects.filter(**of_engagement, event__lte=self.number).order_by("id"))
        rounds = Round.objects.filter(**of_engagement).in_bulk()
        self.take_back(entries)
        newest: dict[str, int] = {}
        for entry in entries:
            # An entry that was moved into a round of its own since was in its step's round then.
            entry.round = rounds.get(entry.round_id or 0)
            if entry.round and not entry.round.item_key:
                newest[entry.round.step_key] = max(newest.get(entry.round.step_key, 0), entry.round.number)
        entries = [
            entry
            for entry in entries
            if entry.round is None
            or (not entry.round.item_key and entry.round.number == newest[entry.round.step_key])
        ]
        self._name_people(entries)
        return entries

    def _name_people(self, entries: Sequence[Entry]) -> None:
        people = self.view.people
        users = people.users(
            {pk for entry in entries for pk in (entry.answered_by_id, entry.confirmed_by_id) if pk}
        )
        for entry in entries:
            entry.owner = people.by_membership.get(entry.owner_id or 0)
            entry.finder = people.by_membership.get(entry.finder_id or 0)
            entry.answered_by = users.get(entry.answered_by_id or 0)
            entry.confirmed_by = users.get(entry.confirmed_by_id or 0)

    @cached_property
    def progress(self) -> dict[str, Progress]:
        """How far each section was, counted from its entries."""
        found: dict[str, Progress] = {}
        for entry in self.entries:
            if entry.round is None or not self.view.framework.has_item(entry.item_key):
                continue
            item = self.view.framework.item(entry.item_key)
            if self.view.may_see(item):
                found.setdefault(item.section_key, Progress()).add(Progress(**counts_of(entry)))
        return found

    @cached_property
    def line(self) -> Line:
        """Which steps were signed, and what was to be looked at again."""
        framework = self.view.framework
        of_gate = {
            entry.pk: entry.item_key
            for entry in self.entries
            if entry.shown
            and framework.has_item(entry.item_key)
            and framework.item(entry.item_key).type == "sign_off"
        }
        signed: dict[str, dict[str, bool]] = {}
        for one in self._sign_offs(list(of_gate)):
            signed.setdefault(of_gate[one.entry_id], {})[one.function] = one.is_stale
        return Line(signs(self.view, signed), self._loops())

    def _loops(self) -> list[Loop]:
        shown = {
            entry.pk: self.view.framework.item(entry.item_key)
            for entry in self.entries
            if entry.shown and entry.revisit and self.view.framework.has_item(entry.item_key)
        }
        places = {step.key: index for index, step in enumerate(self.view.framework.steps)}
        counted: Counter[tuple[int, int]] = Counter()
        for flag in self._open_flags(list(shown)).filter(kind=Flag.Kind.REVISIT):
            item = shown[flag.entry_id]
            if flag.first.step_key in places and self.view.may_see(item):
                counted[places[flag.first.step_key], places[item.step_key]] += 1
        return [Loop(start, end, count) for (start, end), count in sorted(counted.items())]

    def _open_flags(self, entry_ids: Sequence[int]) -> FlagQuerySet:
        still = Q(cleared_event=None) | Q(cleared_event__gt=self.number)
        return Flag.objects.filter(still, entry__in=entry_ids, raised_event__lte=self.number).select_related(
            "first"
        )

    # ---- pages

    def sections(self, step: Step) -> list[SectionView]:
        """Return a step's sections with every entry, as this side saw them."""
        keys = {item.key for section in step.sections for item in section.items if self.view.may_see(item)}
        views = {
            item.key: item for item in self.items([entry for entry in self.entries if entry.item_key in keys])
        }
        sections = []
        for section in step.sections:
            items = [views[item.key] for item in section.items if item.key in views]
            if items:
                sections.append(SectionView(section, self.progress.get(section.key, Progress()), items))
        return sections

    def register(self, register: Register) -> ItemView | None:
        """Return a register as it was, or None before it was laid out."""
        key = REGISTER_PREFIX + register.key
        return next(iter(self.items([entry for entry in self.entries if entry.item_key == key])), None)

    def items(self, entries: Sequence[Entry]) -> list[ItemView]:
        """Return some of `entries` as pages show them, in at most ten queries whatever their number."""
        ids = [entry.pk for entry in entries]
        keys = {entry.item_key for entry in entries}
        rows = self._rows(ids)
        answers = self._answers(ids, rows)
        prepared: dict[str, dict[int | str, list[dict[str, Any]]]] = {
            "files_json": self._files(keys),
            "conflicts_json": self._conflicts(answers),
            "reasons_json": self._reasons(ids),
            "decisions_json": self._decisions(keys),
            # What was advised, asked and disputed has pages of its own.
            "advice_json": {},
            "clashes_json": {},
            "requests_json": {},
        }
        threads = self._threads(keys)
        for entry in entries:
            for name, found in prepared.items():
                setattr(entry, name, found.get(entry.item_key, found.get(entry.pk, [])))
            of_item = threads.get(entry.item_key, [])
            entry.threads_json = [found for found in of_item if not found["settled_at"]]  # type: ignore[attr-defined]
            entry.settled_threads = len(of_item) - len(entry.threads_json)  # type: ignore[attr-defined]
        views = reading.assembled(self.view, entries, answers)
        for sign_off in self._sign_offs([pk for pk, item in views.items() if item.type == "sign_off"]):
            views[sign_off.entry_id].sign_offs.append(sign_off)
        return list(views.values())

    # ---- what stands in and around an item

    def _rows(self, entry_ids: Sequence[int]) -> dict[int, Row]:
        rows = list(Row.objects.filter(entry__in=entry_ids, event__lte=self.number))
        self.take_back(rows)
        people = self.view.people.users({row.contested_by_id for row in rows if row.contested_by_id})
        for row in rows:
            row.contested_by = people.get(row.contested_by_id or 0)
        return {row.pk: row for row in rows}

    def _answers(self, entry_ids: Sequence[int], rows: Mapping[int, Row]) -> list[Answer]:
        answers = Answer.objects.filter(Q(row=None) | Q(row__in=list(rows)), entry__in=entry_ids)
        revisions = (
            Revision.objects.filter(answer__entry__in=entry_ids, event__lte=self.number)
            .order_by("answer_id", "-version")
            .distinct("answer_id")
            .select_related("by")
        )
        if not self.view.is_firm:
            answers = answers.exclude(part=Answer.Part.NOTE)
            revisions = revisions.exclude(answer__part=Answer.Part.NOTE)
        then = {revision.answer_id: revision for revision in revisions}
        found = list(answers.select_related("updated_by"))
        today = {answer.pk: answer.version for answer in found}
        self.take_back(found)
        for answer in found:
            revision = then.get(answer.pk)
            # What stands today, to offer what stood then only where it differs.
            answer.now = answer.value  # type: ignore[attr-defined]
            answer.row = rows.get(answer.row_id or 0)
            answer.value = revision.value if revision else None
            answer.version = revision.version if revision else 0
            answer.settled_version = min(answer.settled_version, answer.version)
            if revision is None or revision.version != today.get(answer.pk):
                answer.updated_by = revision.by if revision else None
                answer.updated_at = revision.at if revision else None
        return sorted(
            found, key=lambda answer: ((answer.row.rank, answer.row.pk) if answer.row else ("", 0), answer.pk)
        )

    def _conflicts(self, answers: Sequence[Answer]) -> dict[int | str, list[dict[str, Any]]]:
        by_id = {answer.pk: answer for answer in answers}
        conflicts = list(
            Conflict.objects.filter(
                # One that was carried into a later round belonged to another answer then.
                Q(answer__in=list(by_id)) | Q(pk__in=list(self.later.get("conflict", {}))),
                opened_event__lte=self.number,
            )
            .select_related("by")
            .order_by("id")
        )
        self.take_back(conflicts)
        conflicts = [
            conflict for conflict in conflicts if not conflict.outcome and conflict.answer_id in by_id
        ]
        if not conflicts:
            return {}
        saves = Event.objects.filter(
            engagement_id=self.view.engagement.pk,
            kind__in=["conflict.opened", "conflict.changed"],
            data__conflict__in=[conflict.pk for conflict in conflicts],
        ).order_by("number")
        changes: dict[int, list[Event]] = {}
        for event in saves:
            changes.setdefault(event.data["conflict"], []).append(event)
        found: dict[int | str, list[dict[str, Any]]] = {}
        for conflict in conflicts:
            answer = by_id[conflict.answer_id]
            if answer.row is not None and answer.row.deleted_at is not None:
                continue
            before = [event for event in changes[conflict.pk] if event.number <= self.number]
            found.setdefault(answer.entry_id, []).append(
                {
                    "id": conflict.pk,
                    "answer_id": answer.pk,
                    "row_id": answer.row_id,
                    "value": before[-1].data["value"][1],
                    "by_id": conflict.by_id,
                    "by_name": conflict.by.display_name,
                    "by_initials": conflict.by.initials,
                    "by_client": conflict.by.client_id,
                    "at": before[-1].at.isoformat(),
                    "saves": len(before),
                }
            )
        return found

    def _reasons(self, entry_ids: Sequence[int]) -> dict[int | str, list[dict[str, Any]]]:
        flags = list(self._open_flags(entry_ids).order_by("id"))
        if not flags:
            return {}
        causes: dict[tuple[str, str], list[Cause]] = {}
        for cause in (
            Cause.objects.filter(
                engagement_id=self.view.engagement.pk,
                event__lte=self.number,
                key__in={flag.first.key for flag in flags},
            )
            .select_related("by")
            .order_by("event")
        ):
            causes.setdefault((cause.kind, cause.key), []).append(cause)
        found: dict[int | str, list[dict[str, Any]]] = {}
        for flag in flags:
            last = causes[flag.first.kind, flag.first.key][-1]
            found.setdefault(flag.entry_id, []).append(
                {
                    "kind": last.kind,
                    "flag": flag.kind,
                    "key": last.key,
                    "path": flag.path,
                    "was": flag.first.data.get("told"),
                    "rows": last.data.get("rows"),
                    "rows_before": flag.first.data.get("rows"),
                    "now": last.data.get("told"),
                    "more": last.data.get("untold"),
                    "at": last.at.isoformat(),
                    "by": last.by.display_name if last.by else None,
                }
            )
        return found

    def _decisions(self, keys: Iterable[str]) -> dict[int | str, list[dict[str, Any]]]:
        # A decision goes along into a new round, so it is found by its item.
        made = Decision.objects.filter(
            engagement_id=self.view.engagement.pk, entry__item_key__in=list(keys), event__lte=self.number
        )
        newest = dict(made.order_by("number").values_list("entry__item_key", "pk"))
        found: dict[int | str, list[dict[str, Any]]] = {}
        for key, row in advice.decisions_json(Decision.objects.filter(pk__in=newest.values())).values_list(
            "entry__item_key", "json"
        ):
            reopened_at = row["reopened_at"] and datetime.fromisoformat(row["reopened_at"])
            if reopened_at is None or reopened_at > self.at:
                row |= {
                    "state": Decision.State.STANDING,
                    "reopened_at": None,
                    "reopened_by": None,
                    "reopened_why": "",
                }
            found[key] = [row | {"changed": {}}]
        return found

    def _files(self, keys: Iterable[str]) -> dict[int | str, list[dict[str, Any]]]:
        added = Event.objects.filter(
            engagement_id=self.view.engagement.pk,
            item_key__in=list(keys),
            kind="file.added",
            number__lte=self.number,
        ).values_list("data__file", flat=True)
        files = File.objects.for_side(self.view.side).filter(
            Q(removed_at=None) | Q(removed_at__gt=self.at), pk__in=list(added)
        )
        found: dict[int | str, list[dict[str, Any]]] = {}
        for file in files.order_by("id"):
            found.setdefault(file.item_key, []).append({"id": file.pk, "name": file.name, "side": file.side})
        return found

    def _sign_offs(self, entry_ids: Sequence[int]) -> list[SignOff]:
        if not entry_ids:
            return []
        signed = list(
            SignOff.objects.filter(entry__in=entry_ids, event__lte=self.number)
            .defer("covered")
            .order_by("signed_at")
        )
        self.take_back(signed)
        for one in signed:
            one.membership = self.view.people.by_membership[one.membership_id]
        return [sign_off for sign_off in signed if sign_off.withdrawn_at is None]

    def _threads(self, keys: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        threads = {
            thread.pk: thread
            for thread in Thread.objects.for_side(self.view.side)
            .filter(engagement_id=self.view.engagement.pk, item_key__in=list(keys), event__lte=self.number)
            .order_by("id")
        }
        if not threads:
            return {}
        comments: dict[int, list[dict[str, Any]]] = {}
        said = Comment.objects.filter(thread__in=list(threads), event__lte=self.number)
        wordings = (
            Wording.objects.filter(comment__in=said, event__lte=self.number)
            .order_by("comment_id", "-version")
            .distinct("comment_id")
            .select_related("comment__by")
        )
        for wording in wordings:
            comment = wording.comment
            comments.setdefault(comment.thread_id, []).append(
                {
                    "id": comment.pk,
                    "by_id": comment.by_id,
                    "name": comment.by.display_name,
                    "initials": comment.by.initials,
                    "client": comment.by.client_id,
                    "at": comment.at.isoformat(),
                    "text": wording.text,
                    "mentions": comment.mentions,
                    "version": wording.version,
                }
            )
        found: dict[str, list[dict[str, Any]]] = {}
        turns = self._turns(list(threads))
        for thread in threads.values():
            assigned, settled = turns.get(thread.pk, (None, None))
            found.setdefault(thread.item_key, []).append(
                {
                    "id": thread.pk,
                    "firm_only": thread.firm_only,
                    "assigned_id": assigned.user_id if assigned else None,
                    "assigned_name": assigned.user.display_name if assigned else None,
                    "settled_at": settled.at.isoformat() if settled else None,
                    "settled_by": settled.by.display_name if settled and settled.by else None,
                    "count": len(comments[thread.pk]),
                    # Newest first, and as many as the query of today gives.
                    "comments": comments[thread.pk][: -talk.SHOWN - 1 : -1],
                }
            )
        return found

    def _turns(self, thread_ids: Sequence[int]) -> dict[int, tuple[Membership | None, Event | None]]:
        """Return who looked after each thread, and the event that had settled it."""
        events = (
            Event.objects.filter(
                engagement_id=self.view.engagement.pk, number__lte=self.number, data__thread__in=thread_ids
            )
            .filter(
                Q(kind__in=["thread.assigned", "thread.settled", "thread.reopened"])
                | Q(kind="comment.added", data__reopens=True)
            )
            .select_related("by")
            .order_by("number")
        )
        assigned: dict[int, int | None] = {}
        settled: dict[int, Event | None] = {}
        for event in events:
            thread = event.data["thread"]
            if event.kind == "thread.assigned":
                assigned[thread] = event.data["assigned"][1]
            else:
                settled[thread] = event if event.kind == "thread.settled" else None
        members = self.view.people.by_membership
        return {pk: (members.get(assigned.get(pk) or 0), settled.get(pk)) for pk in {*assigned, *settled}}
