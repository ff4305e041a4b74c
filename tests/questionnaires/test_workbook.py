"""The questionnaire as a spreadsheet: out, filled in, back, and nothing of anybody is lost on the way."""

import io
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from engagements.models import Event
from questionnaires import integrity
from questionnaires.models import Conflict, Revision, Row, WorkbookImport
from questionnaires.workbook import INDEX
from tests.questionnaires.saves import answer_of, save

INTERNAL = {"pm-knows-timeframe", "engagement-budget"}
FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def take(browser, engagement, step=""):
    """Return the workbook that the page gives."""
    response = browser.get(
        reverse("questionnaires:workbook-file", args=[engagement.pk]), {"step": step} if step else {}
    )
    assert response["Content-Disposition"].startswith("attachment")
    return load_workbook(io.BytesIO(response.content))


def bring(browser, engagement, book):
    """Bring a workbook back and return the response."""
    content = book
    if not isinstance(book, bytes):
        out = io.BytesIO()
        book.save(out)
        content = out.getvalue()
    upload = SimpleUploadedFile("filled-in.xlsx", content)
    return browser.post(
        reverse("questionnaires:workbook", args=[engagement.pk]), {"file": upload}, follow=True
    )


def take_over(browser, engagement, *chosen):
    """Take over the chosen differences of the newest workbook, all of them by default."""
    found = WorkbookImport.objects.latest("pk")
    url = reverse("questionnaires:workbook-import", args=[engagement.pk, found.pk])
    return browser.post(url, {"change": chosen or range(len(found.changes))}, follow=True)


def line_of(book, key):
    """Return the line of a question on its step's sheet."""
    for sheet in book:
        for line in sheet.iter_rows(min_row=2):
            if len(line) >= 7 and line[5].value == key:
                return line
    raise KeyError(key)


def table_of(book, key):
    """Return the sheet of a table."""
    name = next(
        line[0].value
        for line in book[INDEX].iter_rows()
        if [cell.value for cell in line][1:3] == ["table", key]
    )
    return book[name]


class TestTakingAlong:
    def test_holds_every_question_with_its_answer_and_how_to_answer(self, carla, engagement):
        save(carla, engagement, "opening-request", "Find strokes sooner.")
        save(carla, engagement, "start-date", "2026-09-01")

        book = take(carla, engagement)

        assert line_of(book, "opening-request")[2].value == "Find strokes sooner."
        assert line_of(book, "start-date")[2].value.date() == date(2026, 9, 1)
        assert "one of" in line_of(book, "hosting-model")[3].value
        assert len(book.sheetnames) > 60
        assert book[INDEX].sheet_state == "veryHidden"

    def test_the_client_side_finds_nothing_internal_in_it(self, carla, cem, engagement):
        save(carla, engagement, "opening-request", "Kanarienvogel", part="note")
        cells = [
            str(cell.value) for sheet in take(cem, engagement) for line in sheet.iter_rows() for cell in line
        ]

        assert "Kanarienvogel" not in " ".join(cells)
        assert not INTERNAL & set(cells)
        assert INTERNAL & {
            str(c.value) for sheet in take(carla, engagement) for line in sheet.iter_rows() for c in line
        }

    @pytest.mark.parametrize("text", FORMULAS)
    def test_nothing_that_people_wrote_becomes_a_formula(self, carla, engagement, text):
        save(carla, engagement, "opening-request", text)

        cell = line_of(take(carla, engagement), "opening-request")[2]

        assert (cell.data_type, cell.value) == ("s", text)

    def test_what_no_cell_can_hold_is_left_online(self, carla, engagement):
        save(carla, engagement, "opening-request", "word \x0b" + "long " * 8000)
        book = take(carla, engagement)

        assert "stays as it is online" in line_of(book, "opening-request")[2].value
        line_of(book, "opening-request")[2].value = "short"
        assert "nothing to take over" in bring(carla, engagement, book).text


class TestBringingBack:
    def test_an_untouched_one_differs_in_nothing(self, carla, engagement):
        save(carla, engagement, "opening-request", "Find strokes\nsooner.")
        save(carla, engagement, "data-volume", "12000")
        save(carla, engagement, "hosting-model", "on-premises")

        response = bring(carla, engagement, take(carla, engagement))

        assert "There is nothing to take over" in response.text

    def test_every_kind_of_answer_comes_home(self, carla, contributor, engagement):
        book = take(carla, engagement)
        line_of(book, "opening-request")[2].value = "Written on a train."
        line_of(book, "start-date")[2].value = date(2026, 10, 5)
        line_of(book, "downtime")[2].value = "unsure"
        line_of(book, "sponsor")[2].value = contributor.display_name

        response = bring(carla, engagement, book)
        assert "4 differences" in response.text
        assert Revision.objects.count() == 0
        response = take_over(carla, engagement)

        assert response.text.count("Taken over") >= 4
        assert answer_of(engagement, "opening-request").value == "Written on a train."
        assert answer_of(engagement, "start-date").value == "2026-10-05"
        assert answer_of(engagement, "sponsor").value == engagement.memberships.get(user=contributor).pk

    def test_tables_come_home_cell_by_cell_with_new_rows(self, carla, engagement):
        carla.post(reverse("questionnaires:row-add", args=[engagement.pk, "datasets"]))
        row = Row.objects.get()
        save(carla, engagement, "datasets", "Records", row=row, column="dataset")
        book = take(carla, engagement)
        sheet = table_of(book, "datasets")
        sheet["A2"].value = "Patient records"
        sheet["A3"].value = "Triage feed"

        bring(carla, engagement, book)
        take_over(carla, engagement)

        assert answer_of(engagement, "datasets", row=row, column="dataset").value == "Patient records"
        assert [row.answers.get(column="dataset").value for row in Row.objects.order_by("rank")] == [
            "Patient records",
            "Triage feed",
        ]

    def test_only_what_is_ticked_is_taken_over(self, carla, engagement):
        book = take(carla, engagement)
        line_of(book, "opening-request")[2].value = "One"
        line_of(book, "start-date")[2].value = date(2026, 10, 5)
        bring(carla, engagement, book)

        take_over(carla, engagement, 0)

        assert Revision.objects.count() == 1

    def test_pressed_twice_it_is_taken_over_once(self, carla, engagement):
        book = take(carla, engagement)
        line_of(book, "opening-request")[2].value = "Once"
        sheet = table_of(book, "datasets")
        sheet["A2"].value = "Triage feed"
        bring(carla, engagement, book)

        take_over(carla, engagement)
        events = Event.objects.count()
        take_over(carla, engagement)

        assert Event.objects.count() == events
        assert Row.objects.count() == 1

    def test_what_others_wrote_meanwhile_is_merged(self, carla, cem, engagement):
        save(carla, engagement, "opening-request", "We want alarms for strokes early.")
        book = take(carla, engagement)
        line_of(book, "opening-request")[2].value = "We really want alarms for strokes early."
        save(cem, engagement, "opening-request", "We want alarms for strokes early, at night too.", base="1")

        response = bring(carla, engagement, book)
        assert "changed this online meanwhile" in response.text
        response = take_over(carla, engagement)

        assert "Merged with what others wrote" in response.text
        merged = answer_of(engagement, "opening-request").value
        assert merged == "We really want alarms for strokes early, at night too."

    def test_what_cannot_both_stand_is_kept_beside_it(self, carla, cem, engagement):
        book = take(carla, engagement)
        line_of(book, "hosting-model")[2].value = "On premises"
        save(cem, engagement, "hosting-model", "cloud")

        bring(carla, engagement, book)
        response = take_over(carla, engagement)

        assert "Kept beside what others wrote" in response.text
        assert answer_of(engagement, "hosting-model").value == "cloud"
        assert Conflict.objects.filter(outcome="").count() == 1

    def test_what_does_not_fit_is_said_at_its_place_and_the_rest_goes_on(self, carla, engagement):
        book = take(carla, engagement)
        line_of(book, "hosting-model")[2].value = "on the moon"
        line_of(book, "sponsor")[2].value = "Somebody Else"
        line_of(book, "opening-request")[2].value = "Fits"

        response = bring(carla, engagement, book)
        take_over(carla, engagement)

        assert "is not one of the choices" in response.text
        assert "nobody’s name here" in response.text
        assert Revision.objects.count() == 1

    def test_a_reader_brings_nothing(self, carla, reviewer, client_for, engagement):
        assert bring(client_for(reviewer), engagement, take(carla, engagement)).status_code == 403

    def test_the_client_side_does_not_see_what_the_firm_brought(self, carla, cem, engagement):
        book = take(carla, engagement)
        line_of(book, "engagement-budget")[2].value = 5000
        bring(carla, engagement, book)
        url = reverse("questionnaires:workbook-import", args=[engagement.pk, WorkbookImport.objects.get().pk])

        assert carla.get(url).status_code == 200
        assert cem.get(url).status_code == 404


class TestRefusals:
    def bomb(self):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/worksheets/sheet1.xml", b"0" * 130 * 1024 * 1024)
        return out.getvalue()

    def of_another(self, engagement):
        book = Workbook()
        book.create_sheet(INDEX).append(["throughline-questionnaire/1", engagement.pk + 1, "HST-01", "firm"])
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    def test_anything_else_is_refused_with_a_sentence(self, carla, engagement):
        stranger = io.BytesIO()
        Workbook().save(stranger)
        entities = io.BytesIO()
        with zipfile.ZipFile(entities, "w") as packed:
            packed.writestr(
                "[Content_Types].xml", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
            )
        tried = {
            "no spreadsheet": b"PK\x03\x04 not really",
            "can be read": b"just text",
            "not written here": stranger.getvalue(),
            "another engagement": self.of_another(engagement),
            "unpacks to more": self.bomb(),
            "spreadsheet that can be read": entities.getvalue(),
        }

        for words, content in tried.items():
            response = bring(carla, engagement, content)
            assert response.status_code == 422, words
            assert words in response.text

        assert not WorkbookImport.objects.exists()

    def test_keys_and_versions_that_were_tampered_with_change_nothing(self, carla, engagement):
        book = take(carla, engagement)
        line_of(book, "opening-request")[2].value = "x"
        line_of(book, "opening-request")[6].value = "99"
        line_of(book, "start-date")[2].value = date(2026, 10, 5)
        line_of(book, "start-date")[5].value = "no-such-item"

        assert "nothing to take over" in bring(carla, engagement, book).text


class TestRegisters:
    @pytest.mark.parametrize("text", FORMULAS)
    def test_a_register_is_a_table_that_runs_nothing(self, carla, engagement, text):
        carla.post(reverse("questionnaires:row-add", args=[engagement.pk, "register:risks"]))
        save(carla, engagement, "register:risks", text, row=Row.objects.get(), column="risk")

        response = carla.get(reverse("questionnaires:register-csv", args=[engagement.pk, "risks"]))

        lines = response.content.decode("utf-8-sig").splitlines()
        assert lines[0].startswith("Risk,Kind,")
        assert not lines[1].lstrip('"').startswith(("=", "+", "-", "@", "\t"))
