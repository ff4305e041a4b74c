"""Begin another round of a step, or ask one question again: what was said is carried over, the earlier round is kept."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Engagement, InboxItem
from questionnaires import progress
from questionnaires.access import Desk
from questionnaires.actions import conditions, flags, ripple
from questionnaires.actions.act import Act
from questionnaires.actions.carrying import carry
from questionnaires.document import Step
from questionnaires.models import (
    Answer,
    Cause,
    Entry,
    Questionnaire,
    Round,
    SectionProgress,
)

# Months after which the questions that come round by the calendar are asked again. The others are asked again by
# hand: `iteration` and `review` happen when people hold one.
MONTHS: Mapping[str, int] = {"quarter": 3, "half-year": 6}


class NotDueAgain(Exception):
    """The question does not repeat, or has no answer that could be asked again."""


@transaction.atomic
def start_round(*, desk: Desk, step: Step, reason: str = "", at: datetime | None = None) -> Round:
    """Begin the next round of *step*: every answer is carried over, to be looked at again; signatures are not.

    The earlier round stays as it was, and is only read from now on. Open conflicts go along.
    """
    old = Round.objects.get(engagement=desk.engagement, step_key=step.key, is_latest=True)
    _lock_answers(Entry.objects.filter(round=old))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    # Somebody else may have begun one meanwhile; then this is one more after theirs.
    old = Round.objects.get(engagement=desk.engagement, step_key=step.key, is_latest=True)
    old.is_latest, old.ended_at = False, act.at
    old.save(update_fields=["is_latest", "ended_at"])
    made = Round.objects.create(
        engagement=desk.engagement,
        step_key=step.key,
        number=old.number + 1,
        started_at=act.at,
        started_by=act.by,
        reason=reason.strip()[:300],
        event=act.number,
    )
    cause = flags.cause(act, Cause.Kind.ROUND, step.key, step_key=step.key)
    entries = list(_with_people(Entry.objects.filter(round=old)))
    carried = carry(act, entries, made, cause)
    _count(act, made, carried)
    for before, after in zip(entries, carried, strict=True):
        if act.framework.item(after.item_key).type == "sign_off":
            _sign_again(act, before, after)
    act.finish(
        "round.started",
        data={"step": step.key, "round": made.number, "reason": made.reason, "carried": len(carried)},
    )
    return made


def ask_again(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Entry:
    """Ask a repeating question again: its answer is carried over to be looked at, and kept with its date.

    Raises NotDueAgain.
    """
    return _ask_again(desk.questionnaire, entry, desk=desk, at=at)


def ask_what_is_due(at: datetime) -> int:
    """Ask every question again whose quarter or half-year is over since it was answered. Returns how many.

    An answer given on 31 August is due on 30 November. What was asked again and still held counts from that day.
    """
    count = 0
    running = Questionnaire.objects.filter(engagement__in=Engagement.objects.running()).select_related(
        "engagement"
    )
    for questionnaire in running.order_by("pk"):
        every = {
            item.key: MONTHS[item.repeats]
            for item in questionnaire.framework.items
            if item.repeats is not None and item.repeats in MONTHS
        }
        entries = Entry.objects.filter(
            engagement=questionnaire.engagement,
            round__is_latest=True,
            shown=True,
            revisit=False,
            item_key__in=every,
            state__in=flags.ANSWERED,
            answered_at__isnull=False,
        )
        engagement = questionnaire.engagement
        asked = Round.objects.filter(engagement=engagement, item_key__in=every).values_list(
            "item_key", "ended_at"
        )
        last: dict[str, datetime] = {}
        for key, ended_at in asked.order_by("ended_at"):
            if ended_at is not None:
                last[key] = ended_at
        for entry in entries.order_by("pk"):
            since = max(moment for moment in (entry.answered_at, last.get(entry.item_key)) if moment)
            if later(engagement.today(since), every[entry.item_key]) > engagement.today(at):
                continue
            try:
                _ask_again(questionnaire, entry, at=at)
            except NotDueAgain:
                # Somebody answered, emptied or asked it again at this very moment.
                continue
            count += 1
    return count


def later(day: date, months: int) -> date:
    """Return the same day some months later, or the last day of that month where it is shorter."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("Every month has 28 days.")


@transaction.atomic
def _ask_again(
    questionnaire: Questionnaire, entry: Entry, *, desk: Desk | None = None, at: datetime | None = None
) -> Entry:
    item = questionnaire.framework.item(entry.item_key)
    if item.repeats is None:
        raise NotDueAgain(_("This question is asked once. A new round of its step asks it again."))
    _lock_answers(Entry.objects.filter(pk=entry.pk))
    if desk is not None:
        act = Act.begin(desk.membership, questionnaire, at=at)
    else:
        assert at is not None  # noqa: S101 - the calendar has a time
        act = Act.by_calendar(questionnaire, at=at)
    entry = _with_people(Entry.objects.filter(pk=entry.pk)).get()
    step_round = entry.round
    if step_round is None or not step_round.is_latest or entry.state not in flags.ANSWERED:
        raise NotDueAgain(_("There is no answer to ask again about; the question is open."))
    earlier = Round.objects.filter(engagement=act.engagement, step_key=item.step_key, item_key=item.key)
    last = earlier.order_by("-number").first()
    kept = Round.objects.create(
        engagement=act.engagement,
        step_key=item.step_key,
        item_key=item.key,
        number=last.number + 1 if last else 1,
        is_latest=False,
        started_at=last.ended_at if last and last.ended_at else step_round.started_at,
        ended_at=act.at,
        event=act.number,
    )
    before = progress.counts_of(entry)
    Entry.objects.filter(pk=entry.pk).update(round=kept)
    act.changed[entry.pk] = {"round": [step_round.pk, kept.pk]}
    cause = flags.cause(act, Cause.Kind.ROUND, item.key, step_key=item.step_key)
    (made,) = carry(act, [entry], step_round, cause)
    act.moves.append((step_round.pk, item.section_key, item.internal, before, progress.counts_of(made)))
    act.changed[made.pk] = {}
    holder = made.owner.user_id if made.owner else made.answered_by_id
    act.tell([holder], InboxItem.Kind.REVISIT, made)
    act.finish("item.repeated", entry=made, data={"pass": kept.number + 1})
    return made


def _sign_again(act: Act, before: Entry, after: Entry) -> None:
    """Let it follow that a gate is open again: nobody has signed for the new round yet."""
    act.adopt(after)
    given = before.sign_offs.filter(withdrawn_at=None).values_list("function", flat=True)
    changes: list[ripple.Change] = [(None, function, "signature", "signed", None) for function in given]
    if changes:
        moved = conditions.move(act, act.framework.item(after.item_key))
        ripple.follow(act, after, before=before.state, changes=changes, moved=moved)


def _with_people(entries: Any) -> Any:
    return entries.select_related("round", "owner__user", "answered_by").order_by("pk")


def _lock_answers(entries: Any) -> None:
    """Wait for saves that are under way, so that none of them is left behind in the earlier round."""
    list(
        Answer.objects.filter(entry__in=entries)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )


def _count(act: Act, round_: Round, entries: Iterable[Entry]) -> None:
    counters: dict[tuple[str, bool], SectionProgress] = {}
    for entry in entries:
        item = act.framework.item(entry.item_key)
        counter = counters.setdefault(
            (item.section_key, item.internal),
            SectionProgress(round=round_, section_key=item.section_key, internal=item.internal),
        )
        for name, count in progress.counts_of(entry).items():
            setattr(counter, name, getattr(counter, name) + count)
    SectionProgress.objects.bulk_create(counters.values())
