"""Show and hide conditional items when what they read is settled."""

from collections.abc import Mapping

from django.db.models import FilteredRelation, Q

from questionnaires import conditions, values
from questionnaires.actions.act import Act
from questionnaires.conditions import Value
from questionnaires.document import Framework, Item
from questionnaires.models import Answer, Entry


def settled_values(framework: Framework, engagement_id: int) -> Mapping[str, Value]:
    """Return what conditions read: the settled values of the items that any of them names, in one query.

    Unknown and not applicable count as unanswered, and so does what is only begun.
    """
    found: dict[str, Value] = {}
    rows = (
        Entry.objects.filter(
            engagement_id=engagement_id,
            round__is_latest=True,
            item_key__in=framework.triggers,
            state__in=[Entry.State.ANSWERED, Entry.State.CONFIRMED],
        )
        .annotate(
            main=FilteredRelation("answers", condition=Q(answers__row=None, answers__part=Answer.Part.VALUE))
        )
        .values_list("item_key", "main__value")
    )
    for key, value in rows:
        read = values.for_condition(framework.item(key), value)
        if read is not None:
            found[key] = read
    return found


def move(act: Act, item: Item, answer: Answer | None = None) -> list[Entry]:
    """Show or hide what depends on *item*, whose settled value or state has just changed.

    The entry of *item* itself must already carry its new state in *act*; *answer* is its value when the caller
    has just written it. Returns the entries that moved.
    """
    framework = act.framework
    watchers = framework.watchers(item.key)
    if not watchers:
        return []
    engagement_id = act.engagement.pk
    known = dict(settled_values(framework, engagement_id))
    for changed in act.entries.values():
        if changed.item_key in framework.triggers and not _is_answered(changed):
            known.pop(changed.item_key, None)
        elif changed.item_key in framework.triggers:
            known.update(_value_of(framework, changed, answer))
    act.known = known
    visible = conditions.visible_items(framework, known)
    moved = []
    entries = Entry.objects.filter(
        engagement_id=engagement_id, round__is_latest=True, item_key__in=[watcher.key for watcher in watchers]
    ).select_related("round")
    for entry in entries:
        shown = entry.item_key in visible
        if entry.shown != shown:
            # Read under the engagement's lock just now, so it needs no second look.
            act.adopt(entry)
            act.change(entry, shown=shown)
            moved.append(entry)
    return moved


def _is_answered(entry: Entry) -> bool:
    return entry.state in (Entry.State.ANSWERED, Entry.State.CONFIRMED)


def _value_of(framework: Framework, entry: Entry, answer: Answer | None) -> dict[str, Value]:
    if (
        answer is not None
        and answer.entry_id == entry.pk
        and not answer.is_cell
        and answer.part == Answer.Part.VALUE
    ):
        value = answer.value
    else:
        main = Answer.objects.filter(entry=entry, row=None, part=Answer.Part.VALUE)
        value = main.values_list("value", flat=True).first()
    read = values.for_condition(framework.item(entry.item_key), value)
    return {} if read is None else {entry.item_key: read}
