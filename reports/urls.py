"""The addresses of reports."""

from django.urls import path

from reports.views import brand, receipts, redaction, reports

app_name = "reports"

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
    path("engagements/<int:engagement_id>/reports/<int:report_id>/", reports.report, name="report"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/file/", reports.download, name="file"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/word/", reports.word, name="word"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/stop/", reports.stop, name="stop"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/retry/", reports.retry, name="retry"),
    path("engagements/<int:engagement_id>/reports/<int:report_id>/release/", reports.release, name="release"),
]
