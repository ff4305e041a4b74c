"""Mark whether what a row of a public framework asks for is done by hand or by a machine."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.actions.entries import ChangedMeanwhile, NotPossible
from questionnaires.models import EvidenceMark


@transaction.atomic
def mark(*, desk: Desk, code: str, mark: str, seen: str, at: datetime | None = None) -> Event | None:
    """Mark a row, or take its mark away with an empty *mark*, unless it is no longer what was *seen*.

    Raises NotPossible and ChangedMeanwhile; returns None when nothing changes.
    """
    codes = {item.code for reference in desk.framework.references for item in reference.items}
    if code not in codes or (mark and mark not in EvidenceMark.Mark.values):
        raise NotPossible(_("There is no such row, or no such mark."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    standing = EvidenceMark.objects.filter(engagement=desk.engagement, code=code).first()
    before = standing.mark if standing else ""
    if before == mark:
        transaction.set_rollback(True)
        return None
    if before != seen:
        raise ChangedMeanwhile("mark", before)
    if not mark:
        EvidenceMark.objects.filter(engagement=desk.engagement, code=code).delete()
    else:
        EvidenceMark.objects.update_or_create(
            engagement=desk.engagement,
            code=code,
            defaults={"mark": mark, "by": desk.membership.user, "at": act.at, "event": act.number},
        )
    return act.finish("evidence.marked", data={"code": code, "mark": [before, mark]})
