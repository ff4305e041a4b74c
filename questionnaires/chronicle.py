"""The history of an engagement in words: who did what, where, with old and new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from engagements.models import Event, Milestone, Redaction, Wording
from engagements.templatetags.interface import day
from questionnaires import happenings
from questionnaires.access import Viewpoint
from questionnaires.actions.act import unpacked
from questionnaires.between import FACTS, Line, Words, label_of, spec_of, visible
from questionnaires.happenings import Happening
from questionnaires.models import Answer, Entry, Revision
from questionnaires.models.entry import REGISTER_PREFIX

# Events a page. The line of a page may gather several of them.
PAGE = 60
# Values told of one line; a paste has thousands.
TOLD = 6

# What people look for, and the beginnings of the kinds of events that belong to it.
KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "answers": (gettext_lazy("Answers"), ("answer.", "row.", "note.", "entry.", "item.", "round.")),
    "decisions": (
        gettext_lazy("Decisions and conflicts"),
        ("conflict.", "clash.", "decision.", "recommendation.", "request.", "attempt"),
    ),
    "signatures": (gettext_lazy("Signatures"), ("signed", "signature.", "waiver.")),
    "talk": (gettext_lazy("Comments"), ("thread.", "comment.")),
    "files": (gettext_lazy("Files"), ("file.", "evidence.")),
    "people": (gettext_lazy("People"), ("member.", "invitation.", "nudged")),
    "reports": (gettext_lazy("Reports"), ("report.", "schedule.")),
}


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to read about; nothing means everything."""

    by: int | None = None
    kind: str = ""
    step: str = ""
    item: str = ""
    since: datetime | None = None
    until: datetime | None = None
    # The number of the event from which on it was shown already.
    before: int | None = None

    def filter(self, view: Viewpoint, events: QuerySet[Event]) -> QuerySet[Event]:
        """Keep the events that are wanted."""
        framework = view.framework
        if self.by is not None:
            events = events.filter(by=self.by)
        if self.kind in KINDS:
            wanted = Q()
            for start in KINDS[self.kind][1]:
                wanted |= Q(kind__startswith=start)
            events = events.filter(wanted)
        if self.step:
            keys = [item.key for item in framework.items if item.step_key == self.step]
            events = events.filter(item_key__in=keys)
        if self.item:
            events = events.filter(item_key=self.item)
        if self.since is not None:
            events = events.filter(at__gte=self.since)
        if self.until is not None:
            events = events.filter(at__lte=self.until)
        if self.before is not None:
            events = events.filter(number__lt=self.before)
        return events


def page(view: Viewpoint, wanted: Wanted) -> tuple[list[Happening], int | None]:
    """Return lines, newest first, with old and new, and the number to go on before, or None at the beginning.

    At most ten queries, whatever happened.
    """
    events = Event.objects.filter(engagement_id=view.engagement.pk).for_side(view.side).select_related("by")
    found = list(wanted.filter(view, events).order_by("-number")[: PAGE + 1])
    older = found[PAGE - 1].number if len(found) > PAGE else None
    return tell(view, found[:PAGE]), older


def tell(view: Viewpoint, newest_first: Sequence[Event]) -> list[Happening]:
    """Return events as lines with old and new; neighbouring saves of one author are one line."""
    lines = happenings.told(view, list(newest_first))
    by_number = {event.number: event for event in newest_first}
    words = Words(view)
    values = _values(view, words, [event for event in newest_first if event.kind not in MANY])
    said = _said(newest_first)
    people = _people(newest_first)
    entries = _entry_keys(newest_first)
    milestones = _milestones(view, newest_first)
    reasons = _reasons(newest_first)
    for line in lines:
        events = [by_number[number] for number in line.numbers]
        line.changes = _joined(values, line.numbers)
        for event in events:
            line.changes += _facts(view, words, event, entries)
            if event.number in said:
                line.changes.append(Line("", "", said[event.number]))
            if (person := event.data.get("person")) in people:
                line.changes.append(Line("", "", people[person].display_name))
            if event.kind == "conflict.changed" or event.kind == "conflict.opened":
                line.changes += _beside(view, words, event)
            if event.number in milestones and event.kind == "milestone.named":
                line.changes.append(Line("", "", milestones[event.number]))
            if event.number in reasons:
                line.changes.append(Line(_("because"), "", reasons[event.number]))
        line.changes = line.changes[:TOLD]
    return lines


# Kinds whose events may write thousands of values; their count says enough.
MANY = {"row.added", "round.started", "item.repeated", "questionnaire.opened"}


def _values(view: Viewpoint, words: Words, events: Sequence[Event]) -> dict[int, list[tuple[int, Any]]]:
    """Return what each event wrote: {number: [(answer id, how to tell it with an older before), ...]}."""
    earlier = Revision.objects.filter(answer=OuterRef("answer"), version__lt=OuterRef("version"))
    revisions = (
        Revision.objects.filter(
            answer__entry__engagement_id=view.engagement.pk, event__in=[event.number for event in events]
        )
        .annotate(before=Subquery(earlier.order_by("-version").values("value")[:1]))
        .select_related("answer__entry", "redaction__by")
        .order_by("-event", "id")
    )
    if not view.is_firm:
        revisions = revisions.exclude(answer__part=Answer.Part.NOTE)
    found: dict[int, list[tuple[int, Any]]] = {}
    for revision in revisions[: PAGE * TOLD]:
        key = revision.answer.entry.item_key
        if not visible(view, key):
            continue
        spec = spec_of(view.framework, key, revision.answer.column, revision.answer.part)
        label = label_of(view.framework, revision.answer, key)
        if revision.redaction:
            label = f"{label} {redacted_by(revision.redaction)}".strip()

        def line(before: Any, after: Any = revision.value, spec: Any = spec, label: str = label) -> Line:
            return words.line(label, spec, before, after)

        before = revision.before
        found.setdefault(revision.event, []).append((revision.answer_id, (line, before)))
    return found


def redacted_by(redaction: Any) -> str:
    """Say that words were taken out, by whom and when."""
    return _("(redacted by %(name)s on %(day)s)") % {
        "name": redaction.by.display_name,
        "day": day(redaction.at),
    }


def _joined(values: Mapping[int, list[tuple[int, Any]]], numbers: Iterable[int]) -> list[Line]:
    """Tell what some events, newest first, made of each answer: from before the oldest to after the newest."""
    newest: dict[int, Any] = {}
    oldest: dict[int, Any] = {}
    for number in numbers:
        for answer_id, (line, before) in values.get(number, ()):
            newest.setdefault(answer_id, line)
            oldest[answer_id] = before
    return [line(oldest[answer_id]) for answer_id, line in newest.items()]


def _facts(view: Viewpoint, words: Words, event: Event, entries: Mapping[int, str]) -> list[Line]:
    """Tell what an event changed about the answer itself, and how many others it asks to look at again."""
    told = []
    again = 0
    for pk, pairs in unpacked(event.data).items():
        if entries.get(pk) == event.item_key and event.kind.startswith("entry."):
            told += [words.fact(name, *pairs[name]) for name in FACTS if name in pairs]
        elif pairs.get("revisit") == [False, True] and visible(view, entries.get(pk, "")):
            again += 1
    if again:
        told.append(Line(_("to look at again"), "", str(again)))
    return told


def _beside(view: Viewpoint, words: Words, event: Event) -> list[Line]:
    part, column = event.data.get("part", ""), event.data.get("column", "")
    if not visible(view, event.item_key):
        return []
    spec = spec_of(view.framework, event.item_key, column, part)
    before, after = event.data.get("value", [None, None])
    return [words.line("", spec, before, after)]


def _entry_keys(events: Sequence[Event]) -> dict[int, str]:
    ids = {pk for event in events for pk in unpacked(event.data)}
    return dict(Entry.objects.filter(pk__in=ids).values_list("pk", "item_key")) if ids else {}


def _said(events: Sequence[Event]) -> dict[int, str]:
    wanted = {event.data["comment"]: event.number for event in events if event.data.get("comment")}
    numbers = [event.number for event in events if event.data.get("comment")]
    if not wanted:
        return {}
    wordings = Wording.objects.filter(comment__in=list(wanted), event__in=numbers)
    return {wording.event: wording.text for wording in wordings}


def _people(events: Sequence[Event]) -> dict[Any, User]:
    ids = {event.data["person"] for event in events if isinstance(event.data.get("person"), int)}
    return User.objects.in_bulk(ids) if ids else {}


def _milestones(view: Viewpoint, events: Sequence[Event]) -> dict[int, str]:
    named = {event.data["milestone"]: event.number for event in events if event.kind == "milestone.named"}
    if not named:
        return {}
    found = Milestone.objects.filter(engagement_id=view.engagement.pk, pk__in=list(named))
    return {named[milestone.pk]: milestone.name for milestone in found}


def _reasons(events: Sequence[Event]) -> dict[int, str]:
    made = [event.data["redaction"] for event in events if event.kind == "redacted"]
    return dict(Redaction.objects.filter(pk__in=made).values_list("event", "reason")) if made else {}


def is_place(view: Viewpoint, key: str) -> bool:
    """Say whether *key* is an item or a register that this side sees."""
    return (
        bool(key) and (key.startswith(REGISTER_PREFIX) or view.framework.has_item(key)) and visible(view, key)
    )
