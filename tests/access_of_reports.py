"""Who may do what with reports, their links and their plans: lines of the access table."""

import uuid
from datetime import time, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Side
from engagements.actions import threads
from engagements.policy import Permission as P
from questionnaires.access import Desk
from reports.actions import release, scheduling, sharing, writing
from reports.models import Report

PUBLIC = "everybody"
SAID = {"body": {"text": "Words"}, "report_id": "draft_id"}
TALK = {**SAID, "thread_id": "report_thread_id"}

# Route, GET, POST, further words of `access_table.row`.
LINES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("reports", P.SEE, None, {}),
    ("write", None, P.WRITE_REPORT, {"body": {"kind": "status-report", "edition": "firm"}}),
    ("report", P.SEE, None, {}),
    ("read", P.SEE, None, {}),
    ("file", P.SEE, None, {}),
    ("word", P.SEE, None, {}),
    ("stop", None, P.WRITE_REPORT, {"does": 409}),
    ("retry", None, P.WRITE_REPORT, {"does": (302, 200)}),
    ("receipt", None, P.EXPORT, {"does": 409}),
    ("certificate", None, P.EXPORT, {"does": 302, "key": "gate_key"}),
    ("edit", None, P.WRITE_REPORT, {"report_id": "draft_id", "body": {"seen": "0"}, "does": 422}),
    ("review", None, P.WRITE_REPORT, {"report_id": "draft_id"}),
    ("anew", None, P.WRITE_REPORT, {}),
    ("release", P.RELEASE, P.RELEASE, {"does": 409}),
    ("comment", None, P.NOTE, SAID),
    ("comment-reply", None, P.NOTE, TALK),
    ("comment-settle", None, P.NOTE, TALK),
    ("comment-reopen", None, P.NOTE, TALK),
    ("share", P.RELEASE, P.RELEASE, {"does": 422}),
    ("send", P.RELEASE, P.RELEASE, {"does": 422}),
    ("link", P.RELEASE, None, {}),
    ("link-end", None, P.RELEASE, {}),
    ("plan", P.MANAGE, P.MANAGE, {"does": 422}),
    ("plan-end", None, P.MANAGE, {}),
    ("shared", PUBLIC, PUBLIC, {"token": "link_token", "does": 200}),
    ("check-ask", PUBLIC, None, {}),
    ("check", PUBLIC, None, {"code": "report_code"}),
]


def finished(report: Report) -> Report:
    """Give a report a file without setting one: who gets it is what counts here."""
    name = default_storage.save(f"reports/{uuid.uuid4().hex}.pdf", ContentFile(b"%PDF-"))
    Report.objects.filter(pk=report.pk).update(
        state=Report.State.DONE, storage_name=name, sha256="0" * 64, size=5, pages=1, done_at=timezone.now()
    )
    report.refresh_from_db()
    return report


def furnish(of_manager: Desk) -> dict[str, Any]:
    """Put a released report with a link, and a draft with a comment, into an engagement."""
    user = of_manager.membership.user
    report, _new = writing.write_report(desk=of_manager, kind="status-report", edition=Side.CLIENT)
    release.release(report=finished(report), by=user)
    draft, _new = writing.write_report(desk=of_manager, kind="risk-register", edition=Side.CLIENT)
    said = threads.open_thread(
        membership=of_manager.membership,
        subject=release.subject_of(draft),
        text="Words.",
        key=uuid.uuid4(),
        firm_only=True,
    )
    link, token = sharing.make_link(
        report=report,
        by=user,
        label="The board",
        expires_at=timezone.now() + timedelta(days=1),
        key=uuid.uuid4(),
    )
    today = of_manager.engagement.today(timezone.now())
    schedule = scheduling.plan(
        engagement=of_manager.engagement,
        questionnaire=of_manager.questionnaire,
        kind="decision-log",
        edition=Side.FIRM,
        every=2,
        first_on=today + timedelta(days=1),
        at=time(15),
        then=Report.Then.REVIEW,
        by=user,
    )
    return {
        "schedule_id": schedule.pk,
        "report_id": report.pk,
        "draft_id": finished(draft).pk,
        "report_thread_id": said.thread_id,
        "link_id": link.pk,
        "link_token": token,
        "report_code": report.code,
    }
