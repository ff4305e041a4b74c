"""Reports as Word documents: the same content with real styles, for both sides."""

import io
import zipfile

import pytest
from django.urls import reverse
from django.utils import timezone
from docx import Document

from accounts.models import Side, User
from engagements.policy import Permission as P
from questionnaires.access import get_desk
from reports.actions.writing import write_report
from reports.content import blocks, deliverables
from reports.content.record import Record
from reports.render.document import Frame
from reports.render.word import write
from tests.questionnaires.saves import save

SNAPSHOT = {
    "language": "en", "title": "Discovery report", "name": "Stroke-risk model", "client": "Northbridge", "firm": "A & V",
    "footer": "", "edition_words": "for Northbridge", "cover_title": "Discovery", "lede": "What we found.",
    "about": [["Status", "Draft"]], "at": "2026-11-23T09:00:00+00:00", "sections": [],
}  # fmt: skip
FRAME = Frame(code="K7Q4-2MTX", check_url="http://localhost/check/K7Q4-2MTX/")


def written(*parts):
    """Return the document of a snapshot with one chapter made of *parts*."""
    chapter = blocks.section("one", "The need", parts, over="1", lede="Why")
    return Document(io.BytesIO(write(SNAPSHOT | {"sections": [chapter]}, FRAME)))


def texts(document, style):
    return [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == style]


class TestBlocks:
    def test_chapters_and_questions_are_headings(self):
        document = written(
            blocks.answer(
                number="2.1", question="What is wanted?", value=[blocks.text("Alarms.")], side=["Fact"]
            ),
            blocks.heading("Then"),
        )

        assert texts(document, "Heading 1") == ["1  The need"]
        assert "2.1  What is wanted?" in texts(document, "Heading 2")
        assert texts(document, "Heading 3") == ["Then"]

    def test_markdown_becomes_lists_and_emphasis(self):
        document = written(
            blocks.text("Wants **two** things:\n\n- *alarms*\n  1. early\n\n[more](https://x.example)")
        )

        assert texts(document, "List Bullet") == ["alarms"]
        assert texts(document, "List Number 2") == ["early"]
        assert [run.text for paragraph in document.paragraphs for run in paragraph.runs if run.bold] == [
            "two"
        ]
        assert "more (https://x.example)" in "\n".join(paragraph.text for paragraph in document.paragraphs)

    def test_a_table_repeats_its_head(self):
        document = written(blocks.table(["Risk", ("Days", "r")], [["Late data", "3"]], title="Risks"))

        table = document.tables[-1]
        assert [cell.text for cell in table.rows[0].cells] == ["Risk", "Days"]
        assert b"tblHeader" in table.rows[0]._tr.xml.encode()

    def test_a_picture_is_told_in_words(self):
        document = written(blocks.picture('<svg aria-label="Two lines that meet"></svg>'))

        assert "Picture: Two lines that meet" in "\n".join(
            paragraph.text for paragraph in document.paragraphs
        )

    @pytest.mark.parametrize(
        "text", ["a\x00b\x0b", "<w:p>&amp;</w:p>", "\ud800", "x" * 70_000, "> " * 300 + "deep"]
    )
    def test_whatever_is_typed_is_a_whole_document(self, text):
        document = written(blocks.text(text), blocks.strong(text), blocks.table(["A"], [[text]]))

        assert texts(document, "Heading 1") == ["1  The need"]

    def test_dates_come_from_the_snapshot(self):
        document = written()

        assert document.core_properties.created.isoformat().startswith("2026-11-23T09:00:00")
        assert document.core_properties.title == "Discovery report, Northbridge"


class TestDownload:
    def test_the_client_gets_the_released_edition_and_nothing_internal(
        self, consultant, client_for, engagement, desk, project_manager
    ):
        carla = client_for(consultant)
        save(carla, engagement, "opening-request", "Find strokes sooner.", settle="1")
        save(carla, engagement, "opening-request", "Kanarienvogel", part="note")
        report, _new = write_report(desk=desk(project_manager), kind="discovery-report", edition=Side.CLIENT)

        response = carla.get(reverse("reports:word", args=[engagement.pk, report.pk]))

        assert response.status_code == 200
        assert response["Content-Disposition"].startswith("attachment")
        xml = zipfile.ZipFile(io.BytesIO(response.content)).read("word/document.xml").decode()
        assert "Find strokes sooner." in xml
        assert "Kanarienvogel" not in xml

    def test_every_deliverable_can_be_written(self, demo):
        found = get_desk(
            User.objects.get(email="ines.carvalho@alder-voss.example"), demo["NBH-01"].pk, can=P.SEE
        )

        for kind in deliverables.titles(found.framework):
            content = write(
                deliverables.snapshot(Record(found.view, timezone.now()), kind, number=1, since=0), FRAME
            )
            assert len(Document(io.BytesIO(content)).paragraphs) > 20
