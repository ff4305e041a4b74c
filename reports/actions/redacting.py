"""Take words out of everything that an engagement keeps, when somebody pasted what should not be there."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import F, JSONField, Model, Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements import doorbell, history, mail
from engagements.models import (
    Comment,
    Engagement,
    Event,
    File,
    InboxItem,
    Mail,
    Milestone,
    Redaction,
    Wording,
)
from questionnaires import footing, gates
from questionnaires.access import Desk
from questionnaires.actions import answers
from questionnaires.document import Framework
from questionnaires.models import (
    AgendaNote,
    AgendaPoint,
    Answer,
    Attempt,
    Cause,
    Clash,
    ClashSide,
    Conflict,
    Decision,
    Entry,
    Footing,
    HealthOverride,
    HealthSummary,
    Meeting,
    Questionnaire,
    Ranking,
    Reaction,
    RecommendationVersion,
    Request,
    Revision,
    Round,
    RunImport,
    SignOff,
    Waiver,
    WorkbookImport,
)
from questionnaires.places import Base, Place
from reports.blanking import CUT, FIGURE, Words
from reports.models import Report

# Places shown before anything is taken out.
SHOWN = 8
AROUND = 50


class NotThere(Exception):
    """The words stand nowhere in the engagement; the message says so."""


class NoReason(Exception):
    """Taking words out needs a reason, and one that does not repeat them."""


@dataclass(frozen=True)
class Spot:
    """One kind of row that holds words of an engagement, and how a person calls it."""

    model: type[Model]
    # The way from a row to its engagement.
    path: str
    fields: tuple[str, ...]
    label: Any
    # The way from a row to the key of its item, where there is one.
    key: str = ""
    # Rows can say which redaction changed them.
    marked: bool = False


ANSWERS = gettext_lazy("Answers and their versions")
TALK = gettext_lazy("Comments and their wordings")
MAIL = gettext_lazy("Inbox lines and mails kept here")
ADVICE = gettext_lazy("Recommendations, decisions, requests and conflicts")
ATTEMPTS = gettext_lazy("Attempts and imports")
MEETINGS = gettext_lazy("Meetings")
SIGNED = gettext_lazy("What signatures and waivers say")
RECORD = gettext_lazy("The record of what happened")
FRAME = gettext_lazy("The engagement itself")
FILES = gettext_lazy("Names of files")
REPORTS = gettext_lazy("Reports, whose files are made again")

SPOTS = (
    Spot(Answer, "entry__engagement", ("value",), ANSWERS, key="entry__item_key"),
    Spot(
        Revision,
        "answer__entry__engagement",
        ("value", "sent"),
        ANSWERS,
        key="answer__entry__item_key",
        marked=True,
    ),
    Spot(Conflict, "answer__entry__engagement", ("value",), ANSWERS, key="answer__entry__item_key"),
    Spot(Entry, "engagement", ("source", "reason_text"), ANSWERS, key="item_key"),
    Spot(Round, "engagement", ("reason",), ANSWERS),
    Spot(Questionnaire, "engagement", ("overlay",), ANSWERS),
    Spot(Comment, "thread__engagement", ("text",), TALK, key="thread__item_key"),
    Spot(
        Wording, "comment__thread__engagement", ("text",), TALK, key="comment__thread__item_key", marked=True
    ),
    Spot(InboxItem, "engagement", ("title", "words"), MAIL),
    Spot(Mail, "engagement", ("subject", "text", "html"), MAIL),
    Spot(RecommendationVersion, "recommendation__entry__engagement", ("options", "why"), ADVICE),
    Spot(Reaction, "recommendation__entry__engagement", ("words",), ADVICE),
    Spot(Decision, "engagement", ("value", "reasons", "look_again", "reopened_why"), ADVICE),
    Spot(Request, "engagement", ("title", "need", "answer"), ADVICE),
    Spot(
        Clash,
        "engagement",
        ("title", "says", "options", "we_recommend", "pros", "cons", "outcome", "reason"),
        ADVICE,
    ),
    Spot(ClashSide, "clash__engagement", ("consequence", "words"), ADVICE),
    Spot(Ranking, "clash__engagement", ("words",), ADVICE),
    Spot(
        Attempt,
        "engagement",
        (
            "name", "hypothesis", "approach", "data_version", "code_version", "settings", "measure", "criterion",
            "lesson", "run_id",
        ),
        ATTEMPTS,
    ),
    Spot(RunImport, "engagement", ("name", "runs"), ATTEMPTS),
    Spot(WorkbookImport, "engagement", ("name", "changes", "outcomes"), ATTEMPTS),
    Spot(Footing, "engagement", ("basis", "changed", "held_words"), RECORD),
    Spot(Cause, "engagement", ("data",), RECORD),
    Spot(Event, "engagement", ("data",), RECORD),
    Spot(HealthSummary, "engagement", ("data",), RECORD),
    Spot(HealthOverride, "engagement", ("reason",), RECORD),
    Spot(Milestone, "engagement", ("name",), RECORD),
    Spot(Redaction, "engagement", ("reason",), RECORD),
    Spot(Meeting, "engagement", ("title",), MEETINGS),
    Spot(AgendaPoint, "meeting__engagement", ("title", "note"), MEETINGS),
    Spot(AgendaNote, "point__meeting__engagement", ("text", "sent"), MEETINGS),
    Spot(SignOff, "entry__engagement", ("statement", "comment", "covered", "withdrawn_why"), SIGNED),
    Spot(Waiver, "entry__engagement", ("reason",), SIGNED),
    Spot(File, "engagement", ("name",), FILES),
    Spot(Engagement, "pk", ("name", "aim", "status_reason", "staffing"), FRAME),
    Spot(Report, "engagement", ("title", "snapshot", "edits", "doing", "error", "degraded"), REPORTS, marked=True),
)  # fmt: skip


@dataclass
class Found:
    """Where words stand: how often by kind of place, at which items, and a few places with what is around them."""

    by_label: Counter[str] = field(default_factory=Counter)
    by_model: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many rows hold them."""
        return sum(self.by_label.values())


def words_of(framework: Framework, text: str) -> Words:
    """Return the words to take out of an engagement with *framework*. Raises `blanking.TooShort`."""
    return Words(text, vocabulary(framework))


def look(*, engagement: Engagement, words: Words) -> Found:
    """Find everything that holds the words, and change nothing."""
    found = Found()
    for spot in SPOTS:
        for row, new in _changes(spot, engagement, words):
            _count(found, spot, row)
            for name in new:
                text = getattr(row, name)
                if (
                    isinstance(text, str)
                    and len(found.samples) < SHOWN
                    and (hit := words.pattern.search(text))
                ):
                    start, end = max(0, hit.start() - AROUND), hit.end() + AROUND
                    sample = (text[start : hit.start()], hit[0], text[hit.end() : end])
                    if sample not in found.samples:
                        found.samples.append(sample)
    return found


@transaction.atomic
def redact(*, desk: Desk, words: Words, reason: str, at: datetime | None = None) -> Redaction:
    """Put a mark in place of the words wherever the engagement keeps them. Raises NoReason and NotThere.

    The events, the versions and the fingerprints of signatures and reports stay. Answers keep their numbers of
    versions, and what rests on them is not asked to be looked at again: only words went. A figure or a date is
    emptied first as a person would, so that what depends on it follows. Files of reports are made again.
    """
    reason = " ".join(reason.split())
    if not reason or words.text(reason) != reason:
        raise NoReason(_("Say in a few words why, without repeating what is to go."))
    engagement, at = desk.engagement, at or timezone.now()
    _empty_figures(desk, words, at)
    number = history.lock(engagement)
    rests = Rests.read(desk)
    redaction = Redaction.objects.create(
        engagement=engagement, by=desk.membership.user, at=at, event=number, reason=reason[:300]
    )
    found = Found()
    for spot in SPOTS:
        for row, new in _changes(spot, engagement, words):
            _count(found, spot, row)
            if spot.model is Report:
                new |= _unmade(row)
            if spot.marked:
                new["redaction"] = redaction
            for name, value in new.items():
                setattr(row, name, value)
            row.save(update_fields=list(new))
            if isinstance(row, Mail):
                transaction.on_commit(partial(_write_mail_again, row.pk))
    if not found.total:
        raise NotThere(_("These words stand nowhere in this engagement. Nothing was changed."))
    rests.follow(desk)
    redaction.found = dict(found.by_model)
    redaction.save(update_fields=["found"])
    history.record(
        "redacted",
        engagement=engagement,
        number=number,
        by=desk.membership.user,
        at=at,
        data={"redaction": redaction.pk},
    )
    doorbell.ring_on_commit()
    return redaction


def _write_mail_again(mail_id: int) -> None:
    mail.rewrite_file(Mail.objects.get(pk=mail_id))


def _count(found: Found, spot: Spot, row: Model) -> None:
    found.by_label[str(spot.label)] += 1
    found.by_model[spot.model._meta.label_lower] += 1
    if spot.key:
        found.keys[row.key_of_item] += 1  # type: ignore[attr-defined]


def _candidates(spot: Spot, engagement: Engagement, words: Words) -> "models.QuerySet[Any]":
    """Return the rows that may hold the words; what is sure is said by looking at them."""
    rows: models.QuerySet[Any] = spot.model._default_manager.filter(**{spot.path: engagement.pk})
    if words.clue:
        holds = Q()
        for name in spot.fields:
            rows = rows.alias(**{f"{name}_text": Cast(name, TextField())})
            holds |= Q(**{f"{name}_text__icontains": words.clue}) | Q(**{f"{name}_text__contains": CUT})
        rows = rows.filter(holds)
    if spot.key:
        rows = rows.annotate(key_of_item=F(spot.key))
    needed = ("state", "storage_name") if spot.model is Report else ()
    return rows.only("pk", *spot.fields, *needed).order_by("pk")


def _changes(spot: Spot, engagement: Engagement, words: Words) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Give each row that holds the words, with the fields that change."""
    plain = {name: isinstance(spot.model._meta.get_field(name), JSONField) for name in spot.fields}
    for row in _candidates(spot, engagement, words).iterator(chunk_size=200):
        new = {}
        for name in spot.fields:
            old = getattr(row, name)
            value = old if old is None else words.data(old) if plain[name] else words.text(old)
            if value != old:
                new[name] = value
        if new:
            yield row, new


def _unmade(report: Report) -> dict[str, Any]:
    """Return what makes a report wait for its file again; the file that holds the words goes."""
    if report.state not in (Report.State.DONE, Report.State.RUNNING, Report.State.QUEUED):
        return {}
    if report.storage_name:
        name = report.storage_name
        transaction.on_commit(lambda: default_storage.delete(name))
    return {
        "state": Report.State.QUEUED,
        "attempts": 0,
        "lease_until": None,
        "percent": 0,
        "storage_name": "",
        "sha256": "",
        "size": 0,
        "pages": 0,
        "done_at": None,
    }


def _empty_figures(desk: Desk, words: Words, at: datetime) -> None:
    """Empty the figures and dates of today that are the words, after locking every answer that will change."""
    spot = SPOTS[0]
    ids = [answer.pk for answer, _new in _changes(spot, desk.engagement, words)]
    locked = (
        Answer.objects.filter(pk__in=ids)
        .select_for_update(of=("self",))
        .select_related("entry__round", "row")
        .order_by("pk")
    )
    for answer in list(locked):
        if not isinstance(answer.value, str) or words.data(answer.value) is not None:
            continue
        is_kept = answer.row is not None and (answer.row.kept_by or answer.row.deleted_at)
        is_over = answer.entry.round is not None and not answer.entry.round.is_latest
        if not is_kept and not is_over and FIGURE.fullmatch(answer.value):
            place = Place(answer.entry.item_key, answer.row_id, answer.column, answer.part)
            answers.save(
                desk=desk,
                place=place,
                raw=None,
                base=Base(answer.version),
                key=uuid.uuid4(),
                settle=True,
                at=at,
            )


@dataclass
class Rests:
    """What signatures and advice rest on before words go, so that afterwards they rest on the same without them."""

    signed: list[SignOff]
    basis: dict[str, footing.Settled]

    @classmethod
    def read(cls, desk: Desk) -> "Rests":
        """Read the valid signatures and everything that footings name."""
        of_engagement = {"entry__engagement": desk.engagement}
        signed = SignOff.objects.filter(
            **of_engagement, entry__round__is_latest=True, withdrawn_at=None, is_stale=False
        ).select_related("entry", "membership")
        return cls(list(signed), _standing(desk))

    def follow(self, desk: Desk) -> None:
        """Let them rest on what stands now."""
        now = _standing(desk)
        moved = {key: (told, now[key]) for key, told in self.basis.items() if now.get(key) != told}
        if moved:
            for one in Footing.objects.filter(engagement=desk.engagement).exclude(basis={}):
                if one.basis.keys() & moved.keys() or one.changed.keys() & moved.keys():
                    one.basis = {key: _moved(moved, key, told) for key, told in one.basis.items()}
                    one.changed = {
                        key: [_moved(moved, key, told) for told in pair] for key, pair in one.changed.items()
                    }
                    one.save(update_fields=["basis", "changed"])
        if self.signed:
            covers = gates.Covers(desk.questionnaire, desk.framework.gates)
            by_item = {gate.item_key: gate for gate in desk.framework.gates}
            for sign_off in self.signed:
                gate = by_item.get(sign_off.entry.item_key)
                if gate is None:
                    continue
                covered = covers.seen_by(sign_off.membership.side, gate)
                if gates.fingerprint(covered) != gates.fingerprint(sign_off.covered):
                    sign_off.covered = covered
                    sign_off.save(update_fields=["covered"])


def _standing(desk: Desk) -> dict[str, footing.Settled]:
    keys = {key for basis in Footing.objects.filter(engagement=desk.engagement).values_list("basis", flat=True) for key in basis}  # fmt: skip
    return footing.settled(desk.framework, desk.engagement.pk, keys)


def _moved(moved: dict[str, tuple[Any, Any]], key: str, told: Any) -> Any:
    before, after = moved.get(key, (told, told))
    return after if told == before else told


@lru_cache(maxsize=16)
def vocabulary(framework: Framework) -> frozenset[str]:
    """Return the words that the program itself reads in what it keeps: keys, values of choices, states."""
    words = {key for key, _label in _choices()}
    holders: Iterable[Any] = (*framework.items, *framework.registers)
    for holder in holders:
        words.add(holder.key)
        words.update(option.value for option in getattr(holder, "options", ()))
        for column in holder.columns:
            words.add(column.key)
            words.update(option.value for option in column.options)
    parts: Iterable[Any] = (
        *framework.phases,
        *framework.steps,
        *framework.gates,
        *framework.functions,
        *framework.deliverables,
        *framework.contradictions,
        *(section for step in framework.steps for section in step.sections),
    )
    words.update(part.key for part in parts)
    words.update(f"register:{register.key}" for register in framework.registers)
    return frozenset(words | {"yes", "no", "unsure"})


def _choices() -> Iterator[tuple[str, str]]:
    for label in ("engagements", "questionnaires", "reports"):
        for model in apps.get_app_config(label).get_models():
            for one in model._meta.concrete_fields:
                yield from ((str(key), str(name)) for key, name in one.flatchoices)


__all__ = ["Found", "NoReason", "NotThere", "look", "redact", "words_of"]
