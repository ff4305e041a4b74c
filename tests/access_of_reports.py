"""Who may do what with reports: lines of the access table."""

from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Side
from engagements.policy import Permission as P
from questionnaires.access import Desk
from reports.content import deliverables
from reports.content.record import Record
from reports.models import Report

WRITTEN = {"kind": "status-report", "edition": "client"}

# Route, GET, POST, further words of `access_table.row`. The report is released: each side sees it, and it stays as it is.
LINES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("reports", P.SEE, None, {}),
    ("report", P.SEE, None, {}),
    ("file", P.SEE, None, {}),
    ("word", P.SEE, None, {}),
    ("write", None, P.WRITE_REPORT, {"body": WRITTEN}),
    ("stop", None, P.WRITE_REPORT, {"does": 409}),
    ("retry", None, P.WRITE_REPORT, {"does": (302, 200)}),
    ("receipt", None, P.EXPORT, {"does": 409}),
    ("release", None, P.RELEASE, {"does": 409}),
]


def furnish(of_manager: Desk) -> dict[str, Any]:
    """Put a released report into an engagement, and return what the parts of addresses stand for in it."""
    name = default_storage.save("reports/of-the-table.pdf", ContentFile(b"%PDF-1.7"))
    report = Report.objects.create(
        engagement=of_manager.engagement,
        kind=WRITTEN["kind"],
        number=1,
        edition=Side.CLIENT,
        stage=Report.Stage.RELEASED,
        title="Status report",
        framework_version_id=of_manager.questionnaire.version_id,
        snapshot=deliverables.snapshot(
            Record(of_manager.view, timezone.now()), WRITTEN["kind"], number=1, since=0
        ),
        fingerprint="0" * 64,
        event=1,
        released_by=of_manager.membership.user,
        released_at=timezone.now(),
        state=Report.State.DONE,
        storage_name=name,
        sha256="0" * 64,
        done_at=timezone.now(),
    )
    return {"report_id": report.pk}
