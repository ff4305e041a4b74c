"""Write down what something rests on, notice when that changes, and take somebody's word that it still holds."""

from collections.abc import Collection

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from questionnaires import footing
from questionnaires.actions.act import Act
from questionnaires.models import Decision, Footing


def lay(act: Act, keys: Collection[str]) -> Footing:
    """Keep the settled values of *keys* as what something made now rests on."""
    act.store()
    basis = footing.settled(act.framework, act.engagement.pk, keys)
    return Footing.objects.create(engagement=act.engagement, basis=basis)


def lay_again(act: Act, found: Footing, keys: Collection[str]) -> None:
    """Let something rest on *keys* as they are now, whatever it rested on before."""
    found.basis = footing.settled(act.framework, act.engagement.pk, keys)
    found.changed, found.changed_at = {}, None
    found.save(update_fields=["basis", "changed", "changed_at"])


def touched_by(act: Act, keys: Collection[str]) -> list[Footing]:
    """Compare what rests on *keys*, whose settled values may have changed, with how they are now.

    Recommendations, standing decisions and attempts that rest on a changed one are to be looked at again, with the
    value then and now; a value that is as it was counts as unchanged. Returns the footings that moved. One
    statement where nothing rests on the keys, two or three else. The caller holds the engagement's lock.
    """
    if not keys:
        return []
    resting = list(
        Footing.objects.filter(engagement=act.engagement, basis__has_any_keys=list(keys))
        .filter(
            Q(recommendation__isnull=False)
            | Q(decision__state=Decision.State.STANDING)
            | Q(attempt__isnull=False, attempt__replaced_by=None)
        )
        .annotate(of_entry=Coalesce(F("recommendation__entry_id"), F("decision__entry_id")))
        .order_by("id")
    )
    if not resting:
        return []
    act.store()
    now = footing.settled(act.framework, act.engagement.pk, {key for one in resting for key in one.basis})
    moved: list[Footing] = []
    for one in resting:
        changed = {
            key: [then, now[key]] for key, then in one.basis.items() if key in now and now[key] != then
        }
        if changed == one.changed:
            continue
        one.changed_at = (one.changed_at or act.at) if changed else None
        one.changed = changed
        moved.append(one)
        if one.of_entry:
            # Nothing of the entry itself changes, but pages that show it draw it again.
            act.changed.setdefault(one.of_entry, {})
    if moved:
        Footing.objects.bulk_update(moved, ["changed", "changed_at"], batch_size=500)
    return moved


def hold(act: Act, found: Footing, words: str = "") -> None:
    """Take the word of who acts that it still holds: from now on it rests on the values as they are."""
    lay_again(act, found, found.basis)
    found.held_by, found.held_at, found.held_words = act.by, act.at, words[:300]
    found.save(update_fields=["held_by", "held_at", "held_words"])
