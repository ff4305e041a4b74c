"""What is kept of reports agrees with itself, and what nobody needs goes."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.files import storage
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from engagements.models import Engagement
from reports import integrity
from reports.actions import keeping
from reports.models import Report
from tests.reports.lives import draft_of, go_on, released_of


@pytest.fixture
def of_pm(desk, project_manager, engagement, client_for):
    go_on(client_for(project_manager), engagement, 0)
    return desk(project_manager)


@pytest.fixture(autouse=True)
def _no_files_of_other_tests(db):
    for name in keeping.orphans():
        storage.default_storage.delete(name)


def told(**more):
    return list(integrity.problems(**more))


class TestFsck:
    def test_finds_nothing_wrong_with_a_life(self, of_pm, client_for, project_manager, engagement):
        released_of(of_pm)
        go_on(client_for(project_manager), engagement, 1)
        released_of(of_pm)
        draft_of(of_pm, kind="risk-register")

        assert told() == []
        assert told(engagement=engagement) == []

    def test_finds_a_file_that_is_missing_and_one_that_was_changed(self, of_pm):
        report = released_of(of_pm)
        assert told(files=True) == [f"report {report.pk}: its file is not the one that was made"]

        storage.default_storage.delete(report.storage_name)

        assert told() == [f"report {report.pk}: its file is missing"]
        with pytest.raises(CommandError, match="1 problems"):
            call_command("fsck", stdout=io.StringIO())

    def test_finds_a_document_that_is_not_what_was_fingerprinted(self, of_pm):
        report = draft_of(of_pm)
        Report.objects.filter(pk=report.pk).update(title="Same", snapshot=report.snapshot | {"lede": "Other"})

        assert told() == [f"report {report.pk}: it does not say what its fingerprint was taken of"]

    def test_finds_files_that_belong_to_no_report(self, of_pm):
        name = storage.default_storage.save("reports/left-over.pdf", ContentFile(b"%PDF-"))

        assert told() == []
        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            assert told() == [f"{name}: a file that belongs to no report"]

    def test_finds_a_release_that_no_event_tells(self, of_pm):
        report = released_of(of_pm)
        of_pm.engagement.events.filter(kind="report.released").update(data={})

        assert told() == [f"report {report.pk}: no event says that it was released"]


class TestTidyingUp:
    def test_old_files_of_nobody_go_and_those_of_reports_stay(self, of_pm):
        report = released_of(of_pm)
        name = storage.default_storage.save("reports/left-over.pdf", ContentFile(b"%PDF-"))
        assert keeping.tidy_up() == 0

        assert keeping.tidy_up(now=timezone.now() + timedelta(days=2)) == 1

        assert not storage.default_storage.exists(name)
        assert storage.default_storage.exists(report.storage_name)
        assert keeping.tidy_up(now=timezone.now() + timedelta(days=2)) == 0

    def test_the_files_of_a_purged_engagement_go(self, of_pm, engagement):
        report = released_of(of_pm)
        Engagement.objects.filter(pk=engagement.pk).update(status="purged")

        assert keeping.tidy_up() == 1
        assert not storage.default_storage.exists(report.storage_name)
        assert told() == []
