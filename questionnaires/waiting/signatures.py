"""Open things that are signatures."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Event, Membership
from questionnaires import gates
from questionnaires.access import Viewpoint
from questionnaires.waiting.thing import Kind, Thing


def asked_for(view: Viewpoint) -> dict[tuple[str, str], datetime]:
    """Return when somebody was last asked to sign, by item and function, in one query."""
    events = Event.objects.filter(engagement=view.engagement, kind="signature.asked").order_by("number")
    return {
        (key, function): at for key, function, at in events.values_list("item_key", "data__function", "at")
    }


def of_gates(
    view: Viewpoint, standings: Iterable[gates.Standing], here: Sequence[Membership]
) -> Iterator[Thing]:
    """Give the signatures that are waited for: those that were asked for, follow another one, or lack nothing else."""
    by_id = {member.pk: member for member in here}
    asked = asked_for(view)
    for standing in standings:
        given = [line.sign_off for line in standing.lines if line.sign_off is not None]
        entry = standing.entry
        has_begun = bool(given or entry.owner_id or entry.due_date or not standing.unmet)
        since = _since(standing)
        for line in standing.unsigned:
            asked_at = asked.get((standing.item.key, line.function.key))
            if not has_begun and asked_at is None:
                continue
            yield Thing(
                key=f"sign:{standing.gate.key}:{line.function.key}",
                kind=Kind.SIGN_OFF,
                title=_("%(gate)s: signature as %(function)s")
                % {"gate": standing.gate.title, "function": line.function.title},
                number=standing.item.number,
                url=reverse("questionnaires:gate", args=[view.engagement.pk, standing.gate.key]),
                side=Side(line.function.side),
                people=[by_id[member.pk] for member in line.holders if member.pk in by_id],
                since=asked_at or since,
                days=0,
                step_key=standing.gate.step_key,
                due=entry.due_date,
                entry=entry,
                item=standing.item,
            )


def _since(standing: gates.Standing) -> datetime:
    """Return since when a gate's signatures are missing: its staleness, the first signature, or the last answer."""
    entry = standing.entry
    if standing.state == "stale" or entry.owner_id or entry.due_date:
        return entry.held_since
    dates = [
        line.sign_off.signed_at for line in standing.lines if line.sign_off and not line.sign_off.is_stale
    ]
    if dates:
        return min(dates)
    met = [other.confirmed_at or other.answered_at for _item, other in standing.covered]
    return max([entry.held_since, *(moment for moment in met if moment)])
