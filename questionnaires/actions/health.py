"""Set a health by hand, with a reason and an end, and take it back."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.actions.entries import NotPossible
from questionnaires.models import HealthLevel, HealthOverride


@transaction.atomic
def override(
    *, desk: Desk, step_key: str, level: str, reason: str, until: date, at: datetime | None = None
) -> HealthOverride:
    """Set the health of a step, or of the engagement with an empty *step_key*, until a day. Raises NotPossible.

    It replaces what was set before. What the rules say stays visible beside it.
    """
    reason = reason.strip()[:300]
    if level not in HealthLevel.values:
        raise NotPossible(_("Choose one of the three."))
    if not reason:
        raise NotPossible(_("Say in a few words why this is set by hand."))
    if step_key and step_key not in {step.key for step in desk.framework.steps}:
        raise NotPossible(_("There is no such step."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    if until < desk.engagement.today(act.at):
        raise NotPossible(_("That day has passed. Choose one that lies ahead."))
    before = _end(act, step_key)
    made = HealthOverride.objects.create(
        engagement=desk.engagement,
        step_key=step_key,
        level=level,
        reason=reason,
        until=until,
        by=desk.membership,
        at=act.at,
        event=act.number,
    )
    act.finish(
        "health.set",
        data={
            "step": step_key,
            "health": [before, str(level)],
            "until": until.isoformat(),
            "reason": reason,
        },
    )
    return made


@transaction.atomic
def take_back(*, desk: Desk, step_key: str, at: datetime | None = None) -> Event | None:
    """Let the rules speak again; returns None when nothing is set by hand."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    before = _end(act, step_key)
    if before is None:
        transaction.set_rollback(True)
        return None
    return act.finish("health.taken-back", data={"step": step_key, "health": [before, None]})


def _end(act: Act, step_key: str) -> str | None:
    """End what is set by hand, under the lock. Returns what it was."""
    standing = HealthOverride.objects.filter(
        engagement=act.engagement, step_key=step_key, ended_event=None
    ).first()
    if standing is None:
        return None
    standing.ended_at, standing.ended_event = act.at, act.number
    standing.save(update_fields=["ended_at", "ended_event"])
    return str(standing.level)
