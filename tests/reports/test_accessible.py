"""What we release can be read by everybody and kept: PDF/UA and PDF/A-3 by their structure, node for node."""

import re
import subprocess
from collections import Counter
from itertools import pairwise

import pikepdf
import pytest
from PIL import Image

from accounts.models import Side
from questionnaires.access import Viewpoint
from questionnaires.models import Questionnaire
from reports.content import deliverables
from reports.content.record import record_of
from reports.render import process, work
from tests.questionnaires.saves import save
from tests.reports.papers import FRAME


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


@pytest.fixture
def snapshot(engagement, consultant, sponsor, client_for):
    save(client_for(sponsor), engagement, "background", "Two incidents.\n\n- One\n- Two", settle="1")
    save(client_for(consultant), engagement, "hosting-model", "hybrid")
    questionnaire = Questionnaire.objects.select_related("engagement__client").get(engagement=engagement)
    return deliverables.snapshot(
        record_of(Viewpoint(questionnaire, Side.CLIENT)), "status-report", number=1, since=0
    )


@pytest.fixture
def path(snapshot, tmp_path):
    work.render(snapshot, FRAME, tmp_path / "report.pdf")
    return tmp_path / "report.pdf"


@pytest.fixture
def pdf(path):
    with pikepdf.open(path) as opened:
        yield opened


def nodes(pdf):
    """Give every structure element of a file, from the root on."""
    waiting = [pdf.Root.StructTreeRoot.K]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting.extend(node)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield node
            if "/K" in node:
                waiting.append(node.K)


class TestAccessible:
    def test_says_so(self, pdf):
        meta = pdf.Root.Metadata.read_bytes().decode()

        assert re.search(r'pdfuaid:part="1"', meta)
        assert "PDF/UA identification schema" in meta
        with pdf.open_metadata() as read:
            assert read.pdfa_status == "3A"

    def test_is_tagged_with_language_and_title(self, pdf):
        assert bool(pdf.Root.MarkInfo.Marked)
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert "Status report 1" in str(pdf.docinfo["/Title"])
        assert all(page.get("/Tabs") == "/S" for page in pdf.pages)
        assert all("/StructParents" in page for page in pdf.pages)

    def test_every_picture_has_words(self, pdf):
        figures = [node for node in nodes(pdf) if node.S == "/Figure"]

        assert figures
        assert all(str(figure.get("/Alt", "")).strip() for figure in figures)

    def test_tables_have_headers_that_say_what_they_head(self, pdf):
        found = Counter(str(node.S) for node in nodes(pdf))
        heads = [node for node in nodes(pdf) if node.S == "/TH"]

        assert {"/Table", "/TR", "/TD"} <= set(found)
        assert heads
        assert all("/Scope" in str(head.get("/A", "")) or "/ID" in head or "/A" in head for head in heads)

    def test_headings_step_down_one_at_a_time(self, pdf):
        # Depth first, in reading order.
        def walk(node):
            if isinstance(node, pikepdf.Array):
                for one in node:
                    yield from walk(one)
            elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
                if re.fullmatch(r"/H[1-6]", str(node.S)):
                    yield int(str(node.S)[2])
                if "/K" in node:
                    yield from walk(node.K)

        levels = list(walk(pdf.Root.StructTreeRoot.K))

        assert levels[0] == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))

    def test_every_node_names_its_parent(self, pdf):
        assert all("/P" in node for node in nodes(pdf))

    def test_bookmarks_lead_to_every_section(self, pdf, snapshot):
        with pdf.open_outline() as outline:
            titles = [item.title for item in outline.root]

        assert [section["title"] for section in snapshot["sections"]] == titles


class TestArchival:
    def test_has_an_output_intent_and_embeds_every_font(self, pdf):
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        fonts = [
            font.get("/DescendantFonts", [font])[0]
            for page in pdf.pages
            for font in page.get("/Resources", {}).get("/Font", {}).values()
        ]
        assert fonts
        assert all("/FontFile2" in f.FontDescriptor or "/FontFile3" in f.FontDescriptor for f in fonts)

    def test_carries_its_data_once_and_says_what_it_is(self, pdf, snapshot):
        assert list(pdf.attachments) == ["snapshot.json"]
        assert len(pdf.Root.AF) == 1
        assert pdf.Root.AF[0].AFRelationship == "/Source"
        assert pdf.Root.AF[0].EF.F.Subtype == "/application/json"

    def test_asks_nothing_of_the_world(self, pdf):
        actions = [
            annotation.A for page in pdf.pages for annotation in page.get("/Annots", []) if "/A" in annotation
        ]

        assert all(action.S == "/URI" for action in actions)
        assert all(str(action.URI).startswith("http://localhost/") for action in actions)
        assert "/OpenAction" not in pdf.Root
        assert "/AA" not in pdf.Root

    def test_qpdf_finds_nothing_wrong(self, path):
        run = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)

        assert run.returncode == 0, run.stdout + run.stderr

    def test_reads_without_colour(self, path, tmp_path):
        """Whatever is printed in colour is dark enough to be read in black and white."""
        subprocess.run(
            ["pdftoppm", "-gray", "-r", "40", "-png", str(path), str(tmp_path / "page")], check=True
        )
        for page in sorted(tmp_path.glob("page*.png")):
            darkest = min(value for _count, value in Image.open(page).convert("L").getcolors(256))
            assert darkest < 110, page
