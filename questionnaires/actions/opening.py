"""Open an engagement's questionnaire from a framework version."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Side, User
from engagements import history
from engagements.actions import engagements
from engagements.models import Engagement
from questionnaires import conditions, progress
from questionnaires.document import Framework, Item
from questionnaires.models import Answer, Entry, FrameworkVersion, Questionnaire, Round, SectionProgress
from questionnaires.models.entry import REGISTER_PREFIX


@transaction.atomic
def open_engagement(
    *, by: User, manager: User, version: FrameworkVersion, at: datetime | None = None, **shell: Any
) -> Engagement:
    """Create an engagement's shell, led by *manager*, with the questions of *version* laid out."""
    engagement = engagements.create(by=by, manager=manager, at=at, **shell)
    open_questionnaire(engagement=engagement, version=version, by=by, at=at)
    return engagement


@transaction.atomic
def open_questionnaire(
    *, engagement: Engagement, version: FrameworkVersion, by: User, at: datetime | None = None
) -> Questionnaire:
    """Create the entries of round 1 for every item at the engagement's depth, and one for each register."""
    at = at or timezone.now()
    questionnaire = Questionnaire.objects.create(engagement=engagement, version=version)
    framework = questionnaire.framework
    number = history.lock(engagement)
    rounds = Round.objects.bulk_create(
        [
            Round(engagement=engagement, step_key=step.key, started_at=at, started_by=by, event=number)
            for step in framework.steps
        ]
    )
    round_of = {round_.step_key: round_ for round_ in rounds}
    create_entries(framework, framework.items_at(engagement.depth), engagement, round_of, at=at, event=number)
    Entry.objects.bulk_create(
        [
            Entry(
                engagement=engagement,
                item_key=REGISTER_PREFIX + register.key,
                held_by=Side.FIRM,
                held_since=at,
                event=number,
            )
            for register in framework.registers
        ]
    )
    history.record(
        "questionnaire.opened",
        engagement=engagement,
        number=number,
        by=by,
        at=at,
        data={"framework": framework.key, "version": framework.version, "depth": engagement.depth},
    )
    return questionnaire


def create_entries(
    framework: Framework,
    items: tuple[Item, ...],
    engagement: Engagement,
    round_of: dict[str, Round],
    *,
    at: datetime,
    event: int,
) -> list[Entry]:
    """Create entries and their first, empty answers in the given rounds, with their sections' counters.

    An item with a condition starts hidden unless the condition holds with nothing answered.
    """
    visible = conditions.visible_items(framework, {})
    entries = Entry.objects.bulk_create(
        [
            Entry(
                engagement=engagement,
                round=round_of[item.step_key],
                item_key=item.key,
                shown=item.key in visible,
                held_by=first_holder(item),
                held_since=at,
                event=event,
            )
            for item in items
        ],
        batch_size=500,
    )
    Answer.objects.bulk_create(
        [
            Answer(entry=entry, part=Answer.Part.WORDS if item.type == "table" else Answer.Part.VALUE)
            for entry, item in zip(entries, items, strict=True)
            if item.type != "sign_off"
        ],
        batch_size=500,
    )
    counters: dict[tuple[int, str, bool], SectionProgress] = {}
    for entry, item in zip(entries, items, strict=True):
        round_ = round_of[item.step_key]
        counter = counters.setdefault(
            (round_.pk, item.section_key, item.internal),
            SectionProgress(round=round_, section_key=item.section_key, internal=item.internal),
        )
        for name, count in progress.counts_of(entry).items():
            setattr(counter, name, getattr(counter, name) + count)
    SectionProgress.objects.bulk_create(counters.values())
    return entries


def first_holder(item: Item) -> Side:
    """Return whose turn an item is at first: the client's where only the client can answer it."""
    return Side.CLIENT if item.answered_by == "client" else Side.FIRM
