"""Write, make, stop, retry, release and fetch reports."""

import io
import os
import signal
import threading
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from django.core.files import storage
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from engagements.models import Event
from reports.actions import setting, writing
from reports.models import Report
from reports.render import parts, process
from tests.questionnaires.saves import save

CANARY = "Kestrel"


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


@pytest.fixture
def manager(project_manager, client_for):
    return client_for(project_manager)


@pytest.fixture
def answered(engagement, consultant, sponsor, client_for):
    """Answer a few questions, with a note that only the firm may see."""
    maya, helen = client_for(consultant), client_for(sponsor)
    save(helen, engagement, "background", "Two incidents in one quarter, both avoidable.", settle="1")
    save(maya, engagement, "pm-knows-timeframe", "no")
    save(maya, engagement, "background", f"{CANARY}: the supplier still lobbies.", part="note")
    save(maya, engagement, "hosting-model", "hybrid")
    return engagement


def write(browser, engagement, edition="client", kind="status-report"):
    """Press the button; return the report it leads to."""
    response = browser.post(
        reverse("reports:write", args=[engagement.pk]), {"kind": kind, "edition": edition}
    )
    assert response.status_code == 302, response.text
    return Report.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


def made(report):
    """Let the worker's function make the file, and read the row again."""
    setting.set_report(report.pk)
    report.refresh_from_db()
    return report


def pdf_of(report):
    """Open the stored file."""
    with storage.default_storage.open(report.storage_name) as stored:
        return pikepdf.open(io.BytesIO(stored.read()))


def rendering():
    """Return the processes that set documents for this one."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = place.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            command = place.joinpath("cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == os.getpid() and b"reports.render.child" in command:
            found.append(int(place.name))
    return found


class TestWriting:
    def test_leads_to_a_row_that_waits_and_then_to_a_file(self, manager, answered):
        report = write(manager, answered)
        assert report.state == "queued"

        made(report)

        assert (report.state, report.percent, report.error) == ("done", 100, "")
        assert report.pages >= 4
        page = manager.get(reverse("reports:report", args=[answered.pk, report.pk]))
        assert "Download the PDF" in page.text

    def test_the_page_moves_by_itself_while_it_is_made(self, manager, answered):
        report = write(manager, answered)
        url = reverse("reports:report", args=[answered.pk, report.pk])
        assert 'hx-trigger="every 1s"' in manager.get(url, headers={"HX-Request": "true"}).text

        made(report)

        assert "hx-trigger" not in manager.get(url, headers={"HX-Request": "true"}).text

    def test_nothing_new_means_the_same_report(self, manager, answered):
        first = write(manager, answered)

        assert write(manager, answered) == first
        assert Report.objects.count() == 1

    def test_a_changed_answer_means_another_one(self, manager, answered, consultant, client_for):
        first = write(manager, answered)
        save(client_for(consultant), answered, "background", "Three incidents by now.", base=1, settle="1")

        second = write(manager, answered)

        assert (second.number, first.number) == (2, 1)

    def test_an_unknown_deliverable_is_refused(self, manager, answered):
        url = reverse("reports:write", args=[answered.pk])

        assert manager.post(url, {"kind": "poem"}).status_code == 422
        assert manager.post(url, {"kind": "status-report", "edition": "moon"}).status_code == 422
        assert Report.objects.count() == 0

    def test_the_snapshot_takes_the_same_statements_however_much_is_answered(
        self, answered, project_manager, desk, consultant, client_for, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(52):
            writing.write_report(desk=desk(project_manager), kind="status-report", edition="client")
        maya = client_for(consultant)
        for key in ("opening-request", "problem-statement", "ml-objective", "downtime"):
            save(maya, answered, key, "yes" if key == "downtime" else "More", settle="1")
        with django_assert_max_num_queries(52):
            writing.write_report(desk=desk(project_manager), kind="status-report", edition="client")

    def test_an_unchanged_one_is_found_in_few_statements(
        self, manager, answered, project_manager, desk, django_assert_max_num_queries
    ):
        first = made(write(manager, answered))
        at_the_desk = desk(project_manager)

        with django_assert_max_num_queries(8):
            again, is_new = writing.write_report(desk=at_the_desk, kind="status-report", edition="client")

        assert (again.pk, is_new) == (first.pk, False)

    def test_whatever_happened_since_makes_a_new_one(self, manager, answered, consultant, client_for):
        first = write(manager, answered)
        save(client_for(consultant), answered, "background", "Three incidents.", base=1, settle="1")

        assert write(manager, answered).pk != first.pk

    def test_on_another_day_it_is_written_anew(self, manager, answered):
        first = write(manager, answered)
        Report.objects.filter(pk=first.pk).update(requested_at=timezone.now() - timedelta(days=1))

        again = write(manager, answered)

        assert (
            again.requested_at.date() != (timezone.now() - timedelta(days=1)).date() or again.pk == first.pk
        )


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_many_who_ask_get_one_report(self, answered, project_manager, desk):
        found, at_the_desk = [], desk(project_manager)

        def ask():
            try:
                found.append(
                    writing.write_report(desk=at_the_desk, kind="status-report", edition="client")[0].pk
                )
            finally:
                connection.close()

        askers = [threading.Thread(target=ask) for _asker in range(4)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()

        assert len(found) == 4
        assert len(set(found)) == 1
        assert Report.objects.count() == 1

    def test_nobody_who_writes_waits_while_a_snapshot_is_read(
        self, answered, project_manager, desk, consultant, client_for
    ):
        carla = client_for(consultant)
        saved = []

        def write_meanwhile():
            try:
                saved.append(save(carla, answered, "problem-statement", "Meanwhile", settle="1").status_code)
            finally:
                connection.close()

        with writing.one_moment():
            before = Event.objects.count()
            writer = threading.Thread(target=write_meanwhile)
            writer.start()
            writer.join(20)

            assert saved == [200]
            # And what is read goes on as of the moment at which reading began.
            assert Event.objects.count() == before

        assert Event.objects.count() > before


class TestLong:
    """A long draft is there soon, set in parts; what can be released follows by itself."""

    @pytest.fixture
    def long(self, manager, answered, monkeypatch):
        monkeypatch.setattr(parts, "LONG", 1)
        return made(write(manager, answered))

    def test_a_draft_is_there_to_be_read_and_cannot_be_released(self, manager, answered, long):
        assert long.in_parts
        address = [answered.pk, long.pk]
        file = manager.get(reverse("reports:file", args=address))
        assert file.content.startswith(b"%PDF-")

        refused = manager.post(reverse("reports:release", args=address))

        assert refused.status_code == 409
        assert "quick draft" in refused.text

    def test_the_whole_takes_its_place(self, manager, answered, long):
        draft = long.storage_name
        with connection.cursor() as cursor:
            cursor.execute(setting.WORK.due)
            assert [row[0] for row in cursor.fetchall()] == [long.pk]

        made(long)

        assert not long.in_parts
        assert long.state == "done"
        assert not storage.default_storage.exists(draft)
        with pdf_of(long) as pdf:
            assert "/StructTreeRoot" in pdf.Root
        assert manager.post(reverse("reports:release", args=[answered.pk, long.pk])).status_code == 302

    def test_the_whole_is_set_by_one_worker_at_a_time(self, long):
        assert setting.claim(long.pk) == 1
        assert setting.claim(long.pk) is None

    def test_three_deaths_of_the_whole_are_told(self, long):
        for _death in range(3):
            setting.claim(long.pk)
            Report.objects.filter(pk=long.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

        made(long)

        assert long.state == "failed"
        assert "three times" in long.error


class TestEditions:
    def test_the_clients_holds_nothing_of_the_firms_own(self, manager, answered):
        report = made(write(manager, answered, "client"))

        assert CANARY not in str(report.snapshot)
        assert "pm-knows-timeframe" not in str(report.snapshot)
        with pdf_of(report) as pdf:
            assert CANARY not in str(pdf.attachments["snapshot.json"].get_file().read_bytes())

    def test_a_client_sees_what_was_released_and_nothing_before(self, manager, answered, sponsor, client_for):
        report = made(write(manager, answered, "client"))
        helen = client_for(sponsor)
        address = [answered.pk, report.pk]
        assert helen.get(reverse("reports:report", args=address)).status_code == 404
        assert helen.get(reverse("reports:file", args=address)).status_code == 404

        manager.post(reverse("reports:release", args=address))

        assert "Status report 1" in helen.get(reverse("reports:reports", args=[answered.pk])).text
        response = helen.get(reverse("reports:file", args=address))
        assert response["Content-Disposition"].startswith("attachment")
        assert response.content.startswith(b"%PDF-")

    def test_the_firms_own_is_never_released(self, manager, answered):
        report = made(write(manager, answered, "firm"))

        response = manager.post(reverse("reports:release", args=[answered.pk, report.pk]))

        assert response.status_code == 409
        report.refresh_from_db()
        assert report.stage == "draft"

    def test_a_new_release_supersedes_the_one_before(self, manager, answered, consultant, client_for):
        first = made(write(manager, answered))
        manager.post(reverse("reports:release", args=[answered.pk, first.pk]))
        save(client_for(consultant), answered, "background", "Three incidents by now.", base=1, settle="1")
        second = made(write(manager, answered))

        manager.post(reverse("reports:release", args=[answered.pk, second.pk]))

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.stage, second.stage) == ("superseded", "released")
        assert second.snapshot["about"][-1][1].startswith("Status report 1 of")

    def test_what_is_not_ready_is_not_released(self, manager, answered):
        report = write(manager, answered)

        assert manager.post(reverse("reports:release", args=[answered.pk, report.pk])).status_code == 409


class TestTheFile:
    @pytest.fixture
    def report(self, manager, answered):
        return made(write(manager, answered))

    def test_is_tagged_titled_and_archival(self, report):
        with pdf_of(report) as pdf:
            root = pdf.Root
            assert root.MarkInfo.Marked
            assert str(root.Lang) == "en"
            assert root.ViewerPreferences.DisplayDocTitle
            assert "/StructTreeRoot" in root
            assert "/Outlines" in root
            meta = str(root.Metadata.read_bytes(), "utf-8")
        assert "pdfaid" in meta
        assert "pdfuaid" in meta
        assert "Status report 1" in meta

    def test_embeds_every_font(self, report):
        with pdf_of(report) as pdf:
            fonts = [
                font.get("/DescendantFonts", [font])[0]
                for page in pdf.pages
                for font in page.get("/Resources", {}).get("/Font", {}).values()
            ]
            assert fonts
            assert all("/FontFile2" in f.FontDescriptor or "/FontFile3" in f.FontDescriptor for f in fonts)

    def test_carries_its_data(self, report):
        with pdf_of(report) as pdf:
            assert list(pdf.attachments) == ["snapshot.json"]
            assert b"Two incidents in one quarter" in pdf.attachments["snapshot.json"].get_file().read_bytes()

    def test_the_same_snapshot_gives_the_same_bytes(self, report):
        sha256 = report.sha256
        process.end()
        Report.objects.filter(pk=report.pk).update(
            state="queued", attempts=0, sha256="", storage_name="", done_at=None
        )

        assert made(report).sha256 == sha256


class TestJobs:
    def test_a_row_is_made_once_however_often_it_is_rung(self, manager, answered):
        report = made(write(manager, answered))
        done_at = report.done_at

        made(report)

        assert report.done_at == done_at

    def test_a_row_whose_worker_died_is_taken_up_again(self, manager, answered):
        report = write(manager, answered)
        assert setting.claim(report.pk) == 1
        assert setting.claim(report.pk) is None
        Report.objects.filter(pk=report.pk).update(lease_until=timezone.now() - timedelta(seconds=1))

        made(report)

        assert (report.state, report.attempts) == ("done", 2)

    def test_after_three_deaths_it_says_so_and_can_be_tried_again(self, manager, answered):
        report = write(manager, answered)
        for _death in range(3):
            setting.claim(report.pk)
            Report.objects.filter(pk=report.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        made(report)
        assert report.state == "failed"
        assert "three times" in report.error

        manager.post(reverse("reports:retry", args=[answered.pk, report.pk]))

        assert made(report).state == "done"

    def test_the_worker_that_lost_its_lease_writes_nothing(self, manager, answered):
        report = write(manager, answered)
        attempt = setting.claim(report.pk)
        Report.objects.filter(pk=report.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        made(report)
        files = set(storage.default_storage.listdir("reports")[1])

        with pytest.raises(process.Stopped):
            setting.finish(report, attempt)

        assert set(storage.default_storage.listdir("reports")[1]) == files

    def test_stopping_ends_it(self, manager, answered):
        report = write(manager, answered)

        manager.post(reverse("reports:stop", args=[answered.pk, report.pk]))

        assert made(report).state == "cancelled"

    def test_the_due_rows_take_turns_between_people(self, manager, answered, consultant, client_for):
        for number in range(3):
            save(
                client_for(consultant),
                answered,
                "background",
                f"Version {number}",
                base=number + 1,
                settle="1",
            )
            write(manager, answered)
        other = write(client_for(consultant), answered, "firm")

        with connection.cursor() as cursor:
            cursor.execute(setting.WORK.due)
            turns = [row[0] for row in cursor.fetchall()]

        assert turns.index(other.pk) == 1

    @pytest.mark.django_db(transaction=True)
    def test_a_child_killed_in_the_middle_is_replaced(self, manager, answered):
        report = write(manager, answered)
        process.end()
        killed = []

        def kill():
            deadline = timezone.now() + timedelta(seconds=30)
            while timezone.now() < deadline and not killed:
                for pid in rendering():
                    os.kill(pid, signal.SIGKILL)
                    killed.append(True)

        killer = threading.Thread(target=kill)
        killer.start()
        made(report)
        killer.join()

        assert killed
        assert (report.state, report.attempts, report.degraded) == ("done", 1, [])

    def test_is_an_event_that_the_client_does_not_hear_of(self, manager, answered):
        write(manager, answered)

        assert Event.objects.get(kind="report.written").firm_only


class TestCommand:
    def test_writes_the_same_without_a_worker(self, answered, tmp_path, capsys):
        target = tmp_path / "status.pdf"

        call_command("report", "nbh-01", "status-report", "--side", "client", "-o", str(target))

        assert target.read_bytes().startswith(b"%PDF-")
        assert "pages" in capsys.readouterr().out
