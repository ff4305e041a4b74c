"""What follows when something is settled: flags on what rests on it, stale signatures, requests, contradictions."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Subquery

from engagements.models import InboxItem
from questionnaires import reasons, ripple
from questionnaires.actions import contradictions, flags, footings, stale
from questionnaires.actions.act import Act
from questionnaires.document import Framework, Item
from questionnaires.models import Answer, Cause, Entry, Flag
from questionnaires.places import subject_of

# One changed value of an entry: row key or None, column, part, before, after. The parts "state" and "signature" say
# that the entry was called unknown or set aside, and that somebody signed.
Change = tuple[str | None, str, str, Any, Any]

# More changes than this of one event are not kept with the cause; such a change never counts as taken back.
MOST_CHANGES = 200

STOOD = (Entry.State.ANSWERED, Entry.State.CONFIRMED, Entry.State.UNKNOWN, Entry.State.NOT_APPLICABLE)


def stood_as(entry: Entry) -> str:
    """Return what others could rest on before this action: a state, "open" for an answer once given, "" for nothing.

    An item that was called unknown or set aside keeps that while somebody is writing in it.
    """
    if entry.state in STOOD:
        return str(entry.state)
    if entry.finder_id:
        return Entry.State.UNKNOWN.value
    if entry.reason:
        return Entry.State.NOT_APPLICABLE.value
    return Entry.State.OPEN.value if entry.answered_at else ""


def state_change(before: str, entry: Entry) -> list[Change]:
    """Return the change between having an answer, being unknown and being set aside; [] when it is the same."""

    def told(state: str) -> str:
        answered = (Entry.State.ANSWERED, Entry.State.CONFIRMED, Entry.State.OPEN, Entry.State.DRAFT, "")
        return Entry.State.ANSWERED.value if state in answered else str(state)

    was, now = told(before), told(entry.state)
    return [(None, "", "state", was, now)] if was != now else []


def follow(
    act: Act,
    entry: Entry,
    *,
    before: str,
    changes: Sequence[Change],
    moved: Sequence[Entry] = (),
) -> None:
    """Do what follows from settling *entry*, whose new state is in *act* already.

    *before* is what `stood_as` said beforehand, *changes* what changed in substance, *moved* the entries that
    appeared or went with it.
    """
    item = act.framework.item(entry.item_key)
    if entry.revisit and item.type != "sign_off":
        answered_anew(act, entry, Flag.How.UPDATED if changes else Flag.How.HOLDS)
    if not changes and not moved:
        return
    keys = {item.key, *(other.item_key for other in moved)}
    because = _Because(act, item, changes, [other.item_key for other in moved])
    touched = _spread(act, item, before, because, [other.item_key for other in moved])
    touched += stale.recheck(act, keys, because)
    if item.reopens and changes and entry.state in flags.ANSWERED:
        touched += _ask_again(act, item)
    contradictions.judge(act, keys)
    footings.touched_by(act, {*keys, *touched})


class _Because:
    """The cause of one change, written down when the first flag needs it."""

    def __init__(self, act: Act, item: Item, changes: Sequence[Change], moved: Sequence[str]) -> None:
        self.act, self.item, self.changes, self.moved = act, item, changes, moved
        self.made: Cause | None = None

    def __call__(self) -> Cause:
        if self.made is None:
            data: dict[str, Any] = {
                "changes": [list(change) for change in self.changes[:MOST_CHANGES]],
                "told": reasons.to_tell(self.changes),
                "untold": max(0, len(self.changes) - reasons.MOST_TOLD),
            }
            if rows := self._rows(data["told"]):
                data["rows"] = rows
            if self.moved:
                data["moved"] = list(self.moved)
            if len(self.changes) > MOST_CHANGES:
                data["more"] = len(self.changes) - MOST_CHANGES
            self.made = flags.cause(
                self.act, Cause.Kind.CHANGED, self.item.key, step_key=self.item.step_key, data=data
            )
        return self.made

    def _rows(self, told: Iterable[Sequence[Any]]) -> dict[str, str]:
        """Return by what the rows go that changed: the text or choice in their first column. No statement without rows."""
        wanted = {row for row, column, *_rest in told if row and column}
        first = next(iter(self.item.columns), None)
        if not wanted or first is None or first.type not in ("text", "choice"):
            return {}
        cells = Answer.objects.filter(
            entry__engagement=self.act.engagement,
            entry__item_key=self.item.key,
            row__key__in=wanted,
            column=first.key,
            part=Answer.Part.VALUE,
        )
        return {str(row): value for row, value in cells.values_list("row__key", "value") if value}


def links_of(framework: Framework) -> ripple.Links:
    """Return the framework's links as the walk takes them: from a key to the keys that rest on it."""

    def links(key: str) -> Iterable[str]:
        return (item.key for item in framework.dependents(key))

    return links


def resting_on(framework: Framework, key: str, moved: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return what rests on an item, with the way to each. Signatures are left out: they are compared, not flagged."""
    paths = ripple.spread(key, moved, links_of(framework))
    return {reached: path for reached, path in paths.items() if framework.item(reached).type != "sign_off"}


def _spread(act: Act, item: Item, before: str, because: _Because, moved: Sequence[str]) -> list[str]:
    """Flag what rests on *item*, take newer changes into open flags, and clear what is as it was."""
    if not before or not (moved or act.framework.dependents(item.key)):
        return []
    paths = resting_on(act.framework, item.key, moved)
    source = flags.source_of(Cause.Kind.CHANGED, item.key)
    # What was emptied before carried its flags already; nothing rested on it since.
    starts = paths if before != Entry.State.OPEN else {}
    marks = flags.answered(act, starts, source=source)
    if not marks:
        return []
    cause = because()
    if flagged := [mark for mark in marks if mark.flag_id is not None]:
        _renew(act, cause, flagged)
    fresh = [mark for mark in marks if mark.flag_id is None]
    flags.raise_flags(act, Flag.Kind.REVISIT, cause, [(mark, paths[mark.item_key]) for mark in fresh])
    _tell_people(act, item, fresh)
    return [mark.item_key for mark in fresh]


def _renew(act: Act, cause: Cause, flagged: Sequence[flags.Mark]) -> None:
    """Take a further change of a source into the flags that it raised before, and clear what is as it was."""
    flags.renew([mark.flag_id for mark in flagged if mark.flag_id], cause)
    first = Cause.objects.filter(pk__in={mark.first_id for mark in flagged}).order_by("event").values("event")
    since = Cause.objects.filter(
        engagement=act.engagement, kind=cause.kind, key=cause.key, event__gte=Subquery(first[:1])
    ).order_by("-event")
    back = dict(
        zip((one.pk for one in since), ripple.has_returned([_cells(one) for one in since]), strict=True)
    )
    flags.clear(
        act,
        # A signature is compared with what was signed, not with the last change.
        [
            mark.flag_id
            for mark in flagged
            if mark.flag_id
            and back.get(mark.first_id or 0)
            and act.framework.item(mark.item_key).type != "sign_off"
        ],
        Flag.How.RETURNED,
    )


def _cells(cause: Cause) -> ripple.Changes | None:
    if "more" in cause.data:
        return None
    return {
        (row, column, part): (before, after) for row, column, part, before, after in cause.data["changes"]
    }


def answered_anew(act: Act, entry: Entry, how: str) -> list[str]:
    """Clear an entry's reasons to look again, and those behind it that led through it alone.

    Returns the keys of the entries that need no second look any more.
    """
    act.store()
    own = list(
        Flag.objects.open().filter(entry=entry, kind=Flag.Kind.REVISIT).values_list("pk", "source", "last_id")
    )
    if not own:
        act.change(entry, revisit=False)
        return [entry.item_key]
    free = flags.clear(act, [pk for pk, _source, _last in own], how)
    if not act.framework.dependents(entry.item_key):
        return free
    return free + flags.clear(
        act, _no_longer_reached(act, {last for _pk, _source, last in own}), Flag.How.UPSTREAM
    )


def _no_longer_reached(act: Act, cause_ids: set[int]) -> list[int]:
    """Return open flags that no way leads to any more, since what lies between was re-confirmed."""
    causes = Cause.objects.in_bulk(cause_ids)
    rows = Flag.objects.filter(last__in=cause_ids, entry__round__is_latest=True).values_list(
        "pk", "last_id", "entry__item_key", "cleared_how"
    )
    by_cause: dict[int, list[tuple[int, str, str]]] = {}
    for pk, last, key, how in rows:
        by_cause.setdefault(last, []).append((pk, key, how))
    found = []
    for cause_id, flagged in by_cause.items():
        cause = causes[cause_id]
        if cause.kind != Cause.Kind.CHANGED:
            continue
        standing = {key for _pk, key, how in flagged if not how}
        barriers = {key for _pk, key, how in flagged if how in (Flag.How.HOLDS, Flag.How.UPDATED)} - standing
        still = ripple.reached(cause.key, cause.data.get("moved", ()), links_of(act.framework), barriers)
        found += [pk for pk, key, how in flagged if not how and key not in still]
    return found


def _ask_again(act: Act, item: Item) -> list[str]:
    """Ask the owners of earlier answers to re-confirm them. It carries nothing further, so it may point backwards."""
    source = flags.source_of(Cause.Kind.REQUEST, item.key)
    marks = [mark for mark in flags.answered(act, item.reopens, source=source) if mark.flag_id is None]
    if not marks:
        return []
    cause = flags.cause(act, Cause.Kind.REQUEST, item.key, step_key=item.step_key)
    flags.raise_flags(act, Flag.Kind.REVISIT, cause, [(mark, (item.key, mark.item_key)) for mark in marks])
    _tell_people(act, item, marks)
    return [mark.item_key for mark in marks]


def _tell_people(act: Act, source: Item, marks: Sequence[flags.Mark]) -> None:
    """Tell whoever owns or gave the flagged answers that *source* changed, once each, if they may know of it."""
    people = sorted({mark.person for mark in marks if mark.person is not None})
    act.notices.append((people, InboxItem.Kind.REVISIT, subject_of(act.framework, source.key), ""))
