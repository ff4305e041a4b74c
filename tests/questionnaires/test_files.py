"""Evidence: what is taken, what is refused in words, and that bytes leave only through the door, as attachments."""

import hashlib

import pytest
from django.core.files import storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.urls import reverse

from engagements.actions.files import clean_name
from engagements.models import File, FileVersion
from questionnaires import integrity
from questionnaires.actions import act, evidence
from questionnaires.models import Entry
from tests.questionnaires.saves import answer_of, save

PDF = b"%PDF-1.7\n" + b"A signed agreement. " * 20
ITEM = "opening-request"


@pytest.fixture
def kept(settings, tmp_path):
    """Keep this test's files in a folder of their own and give it."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {**settings.STORAGES["default"]["OPTIONS"], "location": tmp_path / "files"},
        },
    }
    return tmp_path / "files"


@pytest.fixture(autouse=True)
def _sound(kept, world):
    yield
    assert list(integrity.problems()) == []


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def attach(browser, engagement, content=PDF, name="agreement.pdf", *, key=ITEM, **more):
    """Post an upload as the form does and return the response."""
    url = reverse("questionnaires:file-add", args=[engagement.pk, key])
    return browser.post(url, {"file": SimpleUploadedFile(name, content), **more})


def fetch(browser, engagement, file, number=None):
    """Return the response of a download, its bytes read, which closes the file."""
    numbered = ("questionnaires:file-version", [engagement.pk, file.pk, number])
    route, parts = numbered if number else ("questionnaires:file", [engagement.pk, file.pk])
    response = browser.get(reverse(route, args=parts))
    response.body = b"".join(response)
    return response


def listing(browser, engagement):
    return browser.get(reverse("questionnaires:files", args=[engagement.pk])).text


class TestAttaching:
    def test_keeps_the_bytes_with_their_hash_under_a_name_that_says_nothing(self, carla, engagement, kept):
        attach(carla, engagement)

        version = FileVersion.objects.get()
        assert (version.size, version.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
        (stored,) = files_in(kept)
        assert "agreement" not in str(stored)
        assert stored.stat().st_mode & 0o077 == 0
        assert "agreement.pdf" in listing(carla, engagement)

    def test_a_question_for_a_file_is_answered_with_it(self, carla, cem, engagement):
        key = "impact-assessment"
        save(carla, engagement, "materiality-tier", "high", settle="1")

        attach(cem, engagement, key=key)

        assert answer_of(engagement, key).value == [File.objects.get().pk]

    def test_a_newer_version_stands_beside_the_earlier_one(self, carla, cem, engagement):
        attach(carla, engagement)
        file = File.objects.get()
        url = reverse("questionnaires:file-replace", args=[engagement.pk, file.pk])

        cem.post(url, {"file": SimpleUploadedFile("agreement.pdf", PDF + b"with an annex")})

        assert fetch(cem, engagement, file).body.endswith(b"with an annex")
        assert fetch(cem, engagement, file, number=1).body == PDF
        assert fetch(cem, engagement, file, number=3).status_code == 404

    def test_a_reader_attaches_nothing(self, observer, client_for, engagement, kept):
        assert attach(client_for(observer), engagement).status_code == 403
        assert files_in(kept) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("setup.exe", b"MZ\x90\x00"),
            ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>"),
            ("page.html", b"<!doctype html><script>x()</script>"),
            ("picture.eps", b"%!PS-Adobe-3.0 EPSF-3.0"),
            ("no-ending", PDF),
        ],
    )
    def test_a_kind_that_browsers_run_or_nobody_knows_is_not_taken(
        self, carla, engagement, kept, name, content
    ):
        response = attach(carla, engagement, content, name)

        assert response.status_code == 422
        assert "Files of this kind are not kept here" in response.text
        assert files_in(kept) == []
        assert not File.objects.exists()

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("photo.png", b"<!doctype html><script>x()</script>"),
            ("photo.jpg", b"MZ\x90\x00this is a program"),
            ("plan.pdf", b"<html>%PDF-1.7"),
            ("plan.docx", b"%PDF-1.7"),
            ("data.csv", b"a,b\n\x00\x00\x00"),
        ],
    )
    def test_a_name_that_lies_about_the_content_is_said(self, carla, engagement, kept, name, content):
        response = attach(carla, engagement, content, name)

        assert response.status_code == 422
        assert "but it is not" in response.text
        assert files_in(kept) == []

    def test_an_empty_one_is_said(self, carla, engagement):
        response = attach(carla, engagement, b"")

        assert response.status_code == 422
        assert "empty" in response.text

    def test_one_that_is_too_large_is_said_with_the_limit(self, carla, engagement, settings, kept):
        settings.UPLOAD_MAX_BYTES = 1024 * 1024

        response = attach(carla, engagement, PDF + b"x" * 1024 * 1024)

        assert response.status_code == 422
        assert "larger than 1 MB" in response.text
        assert files_in(kept) == []

    def test_a_full_engagement_says_who_makes_room(self, carla, engagement, settings, kept):
        attach(carla, engagement)
        settings.UPLOAD_MAX_BYTES_PER_ENGAGEMENT = len(PDF) + 10

        response = attach(carla, engagement)

        assert response.status_code == 422
        assert "administrator" in response.text
        assert len(files_in(kept)) == 1

    def test_without_a_file_the_field_says_so(self, carla, engagement):
        url = reverse("questionnaires:file-add", args=[engagement.pk, ITEM])

        response = carla.post(url, {"file": "just words"})

        assert response.status_code == 422
        assert 'aria-invalid="true"' in response.text

    def test_a_row_that_cannot_be_written_leaves_no_bytes(
        self, consultant, engagement, desk, monkeypatch, kept
    ):
        def fails(*_args, **_options):
            raise IntegrityError("the event")

        monkeypatch.setattr(act.Act, "finish", fails)
        entry = Entry.objects.get(engagement=engagement, item_key=ITEM)

        with pytest.raises(IntegrityError):
            evidence.attach(
                desk=desk(consultant), entry=entry, upload=SimpleUploadedFile("agreement.pdf", PDF)
            )

        assert files_in(kept) == []


class TestNames:
    @pytest.mark.parametrize(
        ("given", "shown"),
        [
            ("../../etc/passwd.txt", "passwd.txt"),
            ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
            ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie: x=1.pdf"),
            ("invoice\u202efdp.pdf", "invoicefdp.pdf"),
            ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
            ("Größe „neu“.pdf", "Größe „neu“.pdf"),
        ],
    )
    def test_are_cleaned(self, given, shown):
        assert clean_name(given) == shown

    @pytest.mark.parametrize(
        "given", ["../../plan.pdf", 'a"; filename="b.pdf', "Größe „neu“.pdf", "a;b=c.pdf"]
    )
    def test_never_break_out_of_the_header(self, carla, engagement, given):
        attach(carla, engagement, PDF, given)
        file = File.objects.get()

        header = fetch(carla, engagement, file)["Content-Disposition"]

        assert "/" not in file.name
        assert header.startswith("attachment; filename")
        assert header.replace('\\"', "").count('"') in (0, 2)


class TestDownload:
    def test_is_an_attachment_that_no_browser_runs_or_keeps(self, carla, engagement):
        attach(carla, engagement)

        response = fetch(carla, engagement, File.objects.get())

        assert response.body == PDF
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["Cache-Control"] == "no-store"

    def test_what_only_the_firm_sees_is_not_there_for_the_client(self, carla, cem, engagement):
        attach(carla, engagement, firm_only="on")
        file = File.objects.get()

        assert fetch(carla, engagement, file).status_code == 200
        assert fetch(cem, engagement, file).status_code == 404
        assert "agreement.pdf" not in listing(cem, engagement)

    def test_a_client_cannot_hide_a_file_from_the_client_side(self, cem, sponsor, client_for, engagement):
        attach(cem, engagement, firm_only="on")

        assert fetch(client_for(sponsor), engagement, File.objects.get()).status_code == 200

    def test_a_member_of_another_engagement_meets_what_is_not_there(
        self, carla, other_client_member, client_for, engagement
    ):
        attach(carla, engagement)

        assert fetch(client_for(other_client_member), engagement, File.objects.get()).status_code == 404

    def test_bytes_that_are_gone_are_a_page_that_is_not_there(self, carla, engagement):
        attach(carla, engagement)
        version = FileVersion.objects.get()
        storage.default_storage.delete(version.storage_name)

        assert fetch(carla, engagement, version.file).status_code == 404

        version.delete()
        File.objects.all().delete()

    def test_words_beside_a_file_are_saved_as_always(self, carla, engagement):
        attach(carla, engagement)

        assert save(carla, engagement, ITEM, "See the agreement.").status_code == 200
