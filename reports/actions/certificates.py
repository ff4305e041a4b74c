"""Have the certificate of a gate set as a document."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Engagement
from questionnaires import signed
from questionnaires.access import Desk, Viewpoint
from questionnaires.document import Gate
from reports.actions import writing
from reports.content import deliverables
from reports.content.record import record_of
from reports.models import CERTIFICATE, Report


class NothingSigned(Exception):
    """Nobody has signed at this gate, so there is nothing to certify."""


def write_certificate(*, desk: Desk, gate: Gate, edition: Side, at: datetime | None = None) -> Report:
    """Return the certificate of a gate as it stands, as a document of a side; the one that says the same where there is one.

    Nobody releases it: it tells each side what that side's page of the gate shows. Raises NothingSigned and
    writing.TooManyWaiting.
    """
    at = at or timezone.now()
    kind = f"{CERTIFICATE}{gate.key}"
    view = Viewpoint(desk.questionnaire, edition)
    writing.require_turn(desk.membership.user)
    if (known := writing.unchanged(view, kind, at)) is not None:
        return known
    with writing.one_moment():
        event = Engagement.objects.values_list("last_event", flat=True).get(pk=desk.engagement.pk)
        record = record_of(view, at)
        standing = next((one for one in record.gates if one.gate.key == gate.key), None)
        told = signed.certificate(view, gate.key, now=at)
        if standing is None or told is None or not told["signatures"]:
            raise NothingSigned(
                _("Nobody has signed here yet. The certificate can be had from the first signature on.")
            )
        data = deliverables.snapshot_of_gate(record, kind, standing, told) | {"event": event}
    with transaction.atomic():
        Engagement.objects.select_for_update(no_key=True).only("pk").get(pk=desk.engagement.pk)
        report, _is_new = writing.store(view, desk.questionnaire, kind, data, desk.membership.user, at)
    return report
