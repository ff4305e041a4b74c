"""Gates as they stand: what each covers, what is missing and with whom, who signed what. A gate shows, it never locks."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import Side
from engagements.models import File, FileVersion, Membership
from questionnaires import values
from questionnaires.access import Viewpoint
from questionnaires.document import Column, Framework, Function, Gate, Item
from questionnaires.models import Answer, Entry, Questionnaire, Revision, SignOff, Waiver
from questionnaires.places import Place

# What a signature covers: by item key the state and the settled values, [row key, column, part, value] each.
Covered = dict[str, dict[str, Any]]

# A confirmed answer says the same as an answered one, and what is only begun says nothing yet.
STATES = {Entry.State.CONFIRMED: Entry.State.ANSWERED.value, Entry.State.DRAFT: Entry.State.OPEN.value}


class Settled:
    """What was settled in some entries, read once for both sides in at most three queries; `said` gives a side's view."""

    def __init__(self, questionnaire: Questionnaire, entries: Iterable[Entry]) -> None:
        self.framework = questionnaire.framework
        self.entries = list(entries)
        self.answers: dict[int, list[tuple[Answer, Any]]] = {entry.pk: [] for entry in self.entries}
        for answer, value in settled(self.answers):
            self.answers[answer.entry_id].append((answer, value))
        self.files = self._files(questionnaire.pk)

    def _files(self, engagement_id: int) -> dict[int, File]:
        ids = {
            pk
            for entry in self.entries
            for answer, value in self.answers[entry.pk]
            if isinstance(value, list) and self._is_file(entry, answer)
            for pk in value
        }
        if not ids:
            return {}
        newest = FileVersion.objects.filter(file=OuterRef("pk")).order_by("-number")
        files = File.objects.filter(engagement_id=engagement_id, pk__in=ids, removed_at=None)
        return {
            file.pk: file
            for file in files.annotate(
                sha256=Subquery(newest.values("sha256")[:1]), newest=Subquery(newest.values("number")[:1])
            )
        }

    def _spec(self, entry: Entry, answer: Answer) -> Item | Column | None:
        if answer.part != Answer.Part.VALUE:
            return None
        place = Place(entry.item_key, column=answer.column)
        return place.column_of(self.framework) if answer.column else place.item(self.framework)

    def _is_file(self, entry: Entry, answer: Answer) -> bool:
        spec = self._spec(entry, answer)
        return spec is not None and spec.type == "file"

    def said(self, entry: Entry, side: Side) -> dict[str, Any]:
        """Return what an entry says, as *side* may know it: its state, and each value with its place.

        The order of rows says nothing, and neither do white space at the end of a line and whether it was confirmed.
        """
        found = []
        for answer, value in self.answers[entry.pk]:
            if self._is_file(entry, answer):
                shown = self._shown_files(value, side)
            else:
                shown = values.substance(self._spec(entry, answer), value)
            if shown is not None:
                found.append([row_key(answer), answer.column, answer.part, shown])
        found.sort(key=lambda one: (str(one[0] or ""), one[1], one[2]))
        told = {"state": STATES.get(Entry.State(entry.state), entry.state), "values": found}
        if entry.state == Entry.State.NOT_APPLICABLE:
            told["reason"] = [entry.reason, entry.reason_text]
        return told

    def _shown_files(self, value: Any, side: Side) -> Any:
        if not isinstance(value, list):
            return value
        return [
            [file.pk, file.name, file.newest, file.sha256]  # type: ignore[attr-defined]
            for pk in value
            if (file := self.files.get(pk)) is not None and (side == Side.FIRM or file.side == Side.CLIENT)
        ]


class Covers(Settled):
    """What gates cover now, in at most four queries; `seen_by` gives one side's view of one gate."""

    def __init__(self, questionnaire: Questionnaire, gates: Iterable[Gate]) -> None:
        keys = {key for gate in gates for key in gate.covers}
        super().__init__(
            questionnaire,
            Entry.objects.filter(
                engagement_id=questionnaire.pk, round__is_latest=True, item_key__in=keys, shown=True
            ),
        )
        self.by_key = {entry.item_key: entry for entry in self.entries}

    def seen_by(self, side: Side, gate: Gate) -> Covered:
        """Return what *gate* covers, as *side* sees it: no internal items, no files of the other side.

        What is not asked, at the engagement's depth or under its conditions, is left out.
        """
        return {
            key: self.said(self.by_key[key], side)
            for key in gate.covers
            if key in self.by_key and (side == Side.FIRM or not self.framework.item(key).internal)
        }


def row_key(answer: Answer) -> str | None:
    """Return what names the answer's row in every round; None for what is in no row."""
    if answer.row is None:
        return None
    return str(answer.row.key or answer.row_id)


def settled(entry_ids: Iterable[int]) -> Iterable[tuple[Answer, Any]]:
    """Return the answers of entries with the values last called done, without firm notes, in at most two queries."""
    answers = list(
        Answer.objects.filter(entry__in=list(entry_ids), settled_version__gt=0, row__deleted_at=None)
        .exclude(part=Answer.Part.NOTE)
        .select_related("row")
        .order_by("row__rank", "row_id", "column", "id")
    )
    behind = [answer.pk for answer in answers if answer.settled_version != answer.version]
    older = {}
    if behind:
        revisions = Revision.objects.filter(answer__in=behind).values_list("answer_id", "version", "value")
        older = {(answer_id, version): value for answer_id, version, value in revisions}
    for answer in answers:
        value = (
            answer.value
            if answer.settled_version == answer.version
            else older.get((answer.pk, answer.settled_version))
        )
        if value is not None:
            yield answer, value


def fingerprint(covered: Covered) -> str:
    """Return the SHA-256 over covered values in canonical JSON."""
    return hashlib.sha256(
        json.dumps(covered, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def still_says(sign_off: SignOff, mark: str) -> bool:
    """Say whether *mark*, the fingerprint of what stands now, is of what was signed.

    Where words were taken out since, the fingerprint of the signature stays that of what its signer saw, and what is
    kept of it says the rest.
    """
    return mark in (sign_off.fingerprint, fingerprint(sign_off.covered))


@dataclass(slots=True)
class Point:
    """Something a gate covers that is not settled, with who has it."""

    item: Item
    entry: Entry
    # open, draft, unknown, revisit or conflict
    what: str
    person: Membership | None
    waiver: Waiver | None = None

    @property
    def side(self) -> str:
        """Whose turn it is."""
        return self.entry.held_by


@dataclass(slots=True)
class Line:
    """One required function of a gate: its signature, or who could give it."""

    function: Function
    sign_off: SignOff | None
    holders: list[Membership]

    @property
    def is_valid(self) -> bool:
        """Say whether it is signed and nothing changed since."""
        return self.sign_off is not None and not self.sign_off.is_stale


@dataclass(slots=True)
class Standing:
    """One gate as one side sees it."""

    gate: Gate
    item: Item
    entry: Entry
    covered: list[tuple[Item, Entry]]
    lines: list[Line]
    missing: list[Point] = field(default_factory=list)

    @property
    def state(self) -> str:
        """`signed` when every function signed and all still holds, `stale` when something changed since, else `open`."""
        return sign_state(self.lines)

    @property
    def unmet(self) -> list[Point]:
        """What is missing and not waived."""
        return [point for point in self.missing if point.waiver is None]

    @property
    def waived(self) -> list[Point]:
        """What is missing and let pass for now."""
        return [point for point in self.missing if point.waiver is not None]

    @property
    def unsigned(self) -> list[Line]:
        """The functions whose valid signature is missing."""
        return [line for line in self.lines if not line.is_valid]

    @property
    def is_begun(self) -> bool:
        """Say whether anybody has signed."""
        return any(line.sign_off is not None for line in self.lines)

    @property
    def settled(self) -> int:
        """How many of the covered items are settled or set aside."""
        return len(self.covered) - len(self.missing)


def sign_state(lines: Sequence[Line]) -> str:
    """Return `signed`, `stale` or `open` for the functions of a gate."""
    if any(line.sign_off is not None and line.sign_off.is_stale for line in lines):
        return "stale"
    return "signed" if lines and all(line.is_valid for line in lines) else "open"


def standings(view: Viewpoint, *, only: str = "", now: datetime | None = None) -> list[Standing]:
    """Return the gates as *view*'s side sees them, in document order, in four queries whatever their number.

    *only* names one gate. Those whose sign-off is not asked at the engagement's depth are left out.
    """
    framework = view.framework
    gates = [gate for gate in framework.gates if only in ("", gate.key)]
    today = view.engagement.today(now or timezone.now())
    keys = {gate.item_key for gate in gates} | {key for gate in gates for key in gate.covers}
    entries = {
        entry.item_key: entry
        for entry in Entry.objects.filter(
            engagement=view.engagement, round__is_latest=True, item_key__in=keys, shown=True
        ).select_related("round", "owner__user", "finder__user", "answered_by", "confirmed_by")
    }
    of_gates = [entries[gate.item_key].pk for gate in gates if gate.item_key in entries]
    signed = {
        (sign_off.entry_id, sign_off.function): sign_off
        for sign_off in SignOff.objects.filter(entry__in=of_gates, withdrawn_at=None).select_related(
            "membership__user"
        )
    }
    waivers = {
        (waiver.entry_id, waiver.item_key): waiver
        for waiver in Waiver.objects.filter(entry__in=of_gates, ended_event=None).select_related(
            "approved_by__user"
        )
    }
    members = list(
        Membership.objects.current()
        .filter(engagement=view.engagement, may_sign=True)
        .select_related("user")
        .order_by("user__display_name")
    )
    found = []
    for gate in gates:
        entry = entries.get(gate.item_key)
        if entry is None:
            continue
        covered = [
            (framework.item(key), entries[key])
            for key in gate.covers
            if key in entries and view.may_see(framework.item(key))
        ]
        standing = Standing(
            gate,
            framework.item(gate.item_key),
            entry,
            covered,
            lines_of(framework, gate, entry, signed, members),
        )
        for item, other in covered:
            if what := lacking(other):
                waiver = waivers.get((entry.pk, item.key))
                standing.missing.append(
                    Point(
                        item,
                        other,
                        what,
                        other.finder if what == "unknown" and other.finder else other.owner,
                        waiver if waiver and waiver.holds(today) else None,
                    )
                )
        found.append(standing)
    return found


def lines_of(
    framework: Framework,
    gate: Gate,
    entry: Entry,
    signed: Mapping[tuple[int, str], SignOff],
    members: Sequence[Membership],
) -> list[Line]:
    """Return a gate's required functions with their signatures and who could give them."""
    titles = {function.key: function for function in framework.functions}
    return [
        Line(
            titles.get(key) or Function(key, key, Side.FIRM),
            signed.get((entry.pk, key)),
            [member for member in members if key in member.functions],
        )
        for key in gate.functions
    ]


def lacking(entry: Entry) -> str:
    """Return what is missing for an entry to be settled, or "" when it is settled or set aside."""
    if entry.state == Entry.State.NOT_APPLICABLE or entry.is_settled:
        return ""
    if entry.conflict:
        return "conflict"
    if entry.revisit:
        return "revisit"
    return entry.state
