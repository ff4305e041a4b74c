"""What a change of an answer would touch, told before it is settled."""

from dataclasses import dataclass

from django.db.models import Q

from questionnaires.access import Viewpoint
from questionnaires.actions.ripple import resting_on
from questionnaires.document import Gate, Item
from questionnaires.document.framework import FEW
from questionnaires.models import Entry, SignOff


@dataclass(frozen=True)
class Consequences:
    """The answers that would have to be looked at again, in document order, and the gates to be signed again."""

    items: list[Item]
    gates: list[Gate]

    @property
    def are_many(self) -> bool:
        """Say whether somebody should be told first."""
        return len(self.items) + len(self.gates) > FEW


def of_changing(view: Viewpoint, key: str) -> Consequences:
    """Return what changing an answer would touch, as *view*'s side may know it, in at most two queries.

    An item that never had an answer touches nothing: nobody rested on it.
    """
    framework = view.framework
    reached = resting_on(framework, key)
    entries = Entry.objects.filter(
        Q(item_key=key, answered_at__isnull=False)
        | Q(item_key__in=[*reached], state__in=[Entry.State.ANSWERED, Entry.State.CONFIRMED]),
        engagement=view.engagement,
        round__is_latest=True,
        shown=True,
    )
    answered = set(entries.values_list("item_key", flat=True))
    if key not in answered:
        return Consequences([], [])
    items = [
        item
        for item in sorted(map(framework.item, answered - {key}), key=lambda item: item.position)
        if view.may_see(item)
    ]
    covering = {gate.item_key: gate for gate in framework.gates if key in gate.covers}
    signed: set[str] = set()
    if covering:
        signatures = SignOff.objects.filter(
            entry__engagement=view.engagement,
            entry__round__is_latest=True,
            entry__item_key__in=covering,
            withdrawn_at=None,
            is_stale=False,
        )
        signed = set(signatures.values_list("entry__item_key", flat=True))
    return Consequences(items, [gate for item_key, gate in covering.items() if item_key in signed])
