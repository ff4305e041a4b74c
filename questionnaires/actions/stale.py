"""Compare signatures with what stands now, whenever something that a gate covers was settled."""

from collections.abc import Callable, Collection

from django.utils.translation import gettext as _

from engagements.models import InboxItem
from questionnaires import gates
from questionnaires.actions import flags
from questionnaires.actions.act import Act
from questionnaires.models import Cause, Flag, SignOff


def recheck(act: Act, keys: Collection[str], because: Callable[[], Cause]) -> list[str]:
    """Mark signatures stale whose gate covers one of *keys* and says something else now, or sound when it is as signed.

    A gate with a stale signature is flagged because of what *because* gives. Returns the keys of the gates' items
    whose signatures moved, in at most seven queries whatever was signed.
    """
    concerned = [gate for gate in act.framework.gates if not set(gate.covers).isdisjoint(keys)]
    if not concerned:
        return []
    signed = list(
        SignOff.objects.filter(
            entry__engagement=act.engagement,
            entry__round__is_latest=True,
            entry__item_key__in=[gate.item_key for gate in concerned],
            withdrawn_at=None,
        ).select_related("entry", "membership")
    )
    if not signed:
        return []
    act.store()
    covers = gates.Covers(act.questionnaire, concerned)
    gate_of = {gate.item_key: gate for gate in concerned}
    seen = {
        (gate.item_key, side): gates.fingerprint(covers.seen_by(side, gate))
        for gate in concerned
        for side in {one.membership.side for one in signed if one.entry.item_key == gate.item_key}
    }
    moved = []
    for one in signed:
        is_stale = not gates.still_says(one, seen[one.entry.item_key, one.membership.side])
        if is_stale != one.is_stale:
            act.note(one, "is_stale", one.is_stale, is_stale)
            one.is_stale = is_stale
            moved.append(one)
    if not moved:
        return []
    SignOff.objects.bulk_update(moved, ["is_stale"])
    touched = {one.entry.item_key for one in moved}
    stale = {one.entry.item_key for one in signed if one.is_stale} & touched
    for key in sorted(stale):
        signers = [one for one in moved if one.is_stale and one.entry.item_key == key]
        people = [one.membership.user_id for one in signers]
        act.tell(people, InboxItem.Kind.SIGNATURE, signers[0].entry, _("An answer changed since you signed."))
    if stale:
        cause = because()
        source = flags.source_of(cause.kind, cause.key)
        marks = [
            mark
            for mark in flags.asked(act, stale, source=source)
            if mark.item_key in stale and mark.flag_id is None
        ]
        flags.raise_flags(
            act, Flag.Kind.REVISIT, cause, [(mark, (cause.key, mark.item_key)) for mark in marks]
        )
    sound = [one.entry_id for one in moved if one.entry.item_key not in stale]
    if sound:
        opened = Flag.objects.open().filter(entry__in=sound, kind=Flag.Kind.REVISIT)
        flags.clear(act, list(opened.values_list("pk", flat=True)), Flag.How.RETURNED)
    return [gate_of[key].item_key for key in sorted(touched)]
