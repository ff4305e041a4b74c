"""The addresses of reports."""

from django.urls import path

from reports.views import brand, certificates, check, plans, receipts, redaction, reports, sharing, talk

app_name = "reports"

TALK = "engagements/<int:engagement_id>/reports/<int:report_id>/talk/<int:thread_id>/"
LINK = "engagements/<int:engagement_id>/reports/<int:report_id>/links/<int:link_id>/"

urlpatterns = [
    path("administration/documents/", brand.of_firm, name="admin-brand"),
    path("administration/documents/preview.svg", brand.firm_preview, name="admin-brand-preview"),
    path("engagements/<int:engagement_id>/reports/look/", brand.of_client, name="brand"),
    path(
        "engagements/<int:engagement_id>/reports/look/preview.svg", brand.client_preview, name="brand-preview"
    ),
    path("engagements/<int:engagement_id>/redact/", redaction.redact, name="redact"),
    path("engagements/<int:engagement_id>/reports/", reports.reports, name="reports"),
    path("engagements/<int:engagement_id>/reports/write/", reports.write, name="write"),
    path(
        "engagements/<int:engagement_id>/reports/receipts/<int:meeting_id>/", receipts.receipt, name="receipt"
    ),
    path("engagements/<int:engagement_id>/reports/plan/", plans.plan, name="plan"),
    path("engagements/<int:engagement_id>/reports/plan/<int:schedule_id>/end/", plans.end, name="plan-end"),
    path(
        "engagements/<int:engagement_id>/reports/certificates/<slug:key>/",
        certificates.certificate,
        name="certificate",
    ),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/", reports.report, name="report"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/file/", reports.download, name="file"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/word/", reports.word, name="word"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/stop/", reports.stop, name="stop"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/retry/", reports.retry, name="retry"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/read/", reports.read, name="read"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/edit/", reports.edit, name="edit"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/review/", reports.review, name="review"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/anew/", reports.write_anew, name="anew"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/release/", reports.release, name="release"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/talk/", talk.comment, name="comment"),
    path(f"{TALK}reply/", talk.reply, name="comment-reply"),
    path(f"{TALK}settle/", talk.settle, name="comment-settle"),
    path(f"{TALK}reopen/", talk.reopen, name="comment-reopen"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/links/", sharing.share, name="share"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/mail/", sharing.send, name="send"),
    path(f"{LINK}", sharing.link, name="link"),
    path(f"{LINK}end/", sharing.end, name="link-end"),
    path("shared/<str:token>/", sharing.shared, name="shared"),
    path("check/", check.check, name="check-ask"),
    path("check/<str:code>/", check.check, name="check"),
]
