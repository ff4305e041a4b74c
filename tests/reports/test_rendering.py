"""Setting documents: in parts and whole, within bounds of memory, and the same bytes from the same snapshot."""

import os
import re

import pikepdf
import pytest

from reports.content import blocks
from reports.render import parts, process, work
from tests.reports.papers import FRAME, dossier, pages


@pytest.fixture(autouse=True)
def _end_child():
    yield
    process.end()


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    """Set a draft of six chapters in parts."""
    path = tmp_path_factory.mktemp("draft") / "draft.pdf"
    parts.render_in_parts(dossier(60, each=10), FRAME, path, at_once=2)
    return path


class TestParts:
    def test_hold_every_answer_once_and_in_order(self, draft):
        found = [int(number) for number in re.findall(r"Answer (\d+)\.", "".join(pages(draft)))]

        assert found == list(range(60))

    def test_number_every_page_but_the_cover(self, draft):
        texts = pages(draft)

        assert "1 / " not in texts[0]
        for number, text in enumerate(texts[1:], start=2):
            assert f"{number} / {len(texts)}" in text

    def test_the_contents_name_the_page_on_which_a_chapter_begins(self, draft):
        texts = pages(draft)
        listed = dict(re.findall(r"Chapter (\d).*?(\d+)$", texts[1], re.MULTILINE))

        assert len(listed) == 6
        for chapter, page in listed.items():
            assert f"PART {chapter}" in texts[int(page) - 1].upper()

    def test_bookmarks_lead_to_the_chapters(self, draft):
        with pikepdf.open(draft) as pdf, pdf.open_outline() as outline:
            assert [item.title for item in outline.root] == [f"Chapter {n}" for n in range(1, 7)]

    def test_are_the_same_bytes_each_time(self, draft, tmp_path):
        parts.render_in_parts(dossier(60, each=10), FRAME, tmp_path / "again.pdf", at_once=2)

        assert (tmp_path / "again.pdf").read_bytes() == draft.read_bytes()

    @pytest.mark.parametrize("most", [1, 2, 4, 9, 50])
    def test_are_runs_that_together_are_the_whole(self, most):
        groups = parts.divided(dossier(100, each=7), most)

        assert [place for group in groups for place in group] == list(range(15))
        assert 1 <= len(groups) <= most

    def test_one_chapter_is_one_part(self):
        assert parts.divided(dossier(5), 4) == [[0]]

    def test_the_others_end_when_one_cannot_be_set(self, tmp_path):
        broken = dossier(30, each=5)
        broken["paper"] = "Letter"
        job = parts._job(broken, "<p>" + "<blockquote>" * 400 + "x", str(tmp_path / "x.pdf"))

        with pytest.raises(process.RenderFailed):
            process.set_documents([job] * 3, seconds=60, at_once=2)

        assert process._idle == []


class TestWhole:
    def test_the_same_snapshot_gives_the_same_bytes_in_another_process(self, tmp_path):
        snapshot = dossier(12)
        work.render(snapshot, FRAME, tmp_path / "one.pdf")
        work.render(snapshot, FRAME, tmp_path / "two.pdf")
        process.end()
        work.render(snapshot, FRAME, tmp_path / "three.pdf")

        one, two, three = ((tmp_path / f"{name}.pdf").read_bytes() for name in ("one", "two", "three"))
        assert one == two == three

    def test_a_child_that_ends_leaves_no_files_behind(self, tmp_path):
        work.render(dossier(12), FRAME, tmp_path / "one.pdf")
        scratch = process._idle[-1].scratch
        assert list(scratch.iterdir())

        process.end()

        assert not scratch.exists()

    def test_html_by_itself_becomes_a_file(self):
        assert work.pdf_of("<!doctype html><html lang=en><title>T</title><p>Words").startswith(b"%PDF-")

    def test_progress_names_the_chapter_and_only_goes_forward(self, tmp_path):
        heard = []

        work.render(
            dossier(60, each=10), FRAME, tmp_path / "a.pdf", progress=lambda *told: heard.append(told)
        )

        percents = [percent for percent, _doing in heard if percent >= 0]
        assert percents == sorted(percents)
        assert {"Chapter 2", "Writing the file"} <= {doing for _percent, doing in heard}

    def test_stopping_ends_the_process_at_once(self, tmp_path):
        def stop(_percent, _doing):
            raise process.Stopped

        with pytest.raises(process.Stopped):
            work.render(dossier(40), FRAME, tmp_path / "a.pdf", progress=stop)

        assert process._idle == []
        assert list(tmp_path.iterdir()) == []


class TestMemory:
    def test_a_child_that_grew_too_large_is_replaced(self, tmp_path, monkeypatch):
        work.render(dossier(3), FRAME, tmp_path / "a.pdf")
        (first,) = process._idle
        monkeypatch.setattr(process, "RESIDENT", 1)

        work.render(dossier(3), FRAME, tmp_path / "b.pdf")

        assert first.process.poll() is not None

    def test_a_child_that_set_many_documents_is_replaced(self, tmp_path, monkeypatch):
        monkeypatch.setattr(process, "JOBS_PER_CHILD", 2)
        seen = set()
        for name in "abcd":
            work.render(dossier(2), FRAME, tmp_path / f"{name}.pdf")
            seen |= {child.process.pid for child in process._idle}

        assert len(seen) <= 2
        assert all(
            not os.path.exists(f"/proc/{pid}") for pid in seen - {c.process.pid for c in process._idle}
        )

    def test_forty_documents_leave_a_child_no_larger_than_twenty(self, tmp_path):
        sizes = []
        for number in range(40):
            work.render(dossier(6), FRAME, tmp_path / "a.pdf")
            if number in (19, 39):
                sizes.append(process._idle[0].resident())

        assert sizes[1] < sizes[0] * 1.1

    def test_the_limit_on_cpu_is_raised_for_every_document(self, tmp_path):
        job = {
            **parts._job(dossier(2), "<p>Words", str(tmp_path / "a.pdf")),
            "variant": None,
            "cpu": 1,
        }
        # Together more than a second; each of them less.
        for _document in range(60):
            process.set_document(job, seconds=30)

        assert process._idle[0].jobs == 60


class TestColumns:
    def test_are_set_once_wherever_the_page_ends(self, tmp_path):
        def column(name):
            return blocks.table(["What"], [[f"{name}{row}."] for row in range(14)], title=f"Column {name}")

        parts_of_it = []
        for number in range(12):
            # Each begins at another height of its page.
            parts_of_it.append(blocks.text("\n\n".join(["Filler."] * (number * 3 + 2))))
            parts_of_it.append(blocks.beside([column(f"Left{number}-")], [column(f"Right{number}-")]))
        paper = dossier(1)
        paper["sections"] = [blocks.section("one", "One", parts_of_it)]

        work.render(paper, FRAME, tmp_path / "a.pdf")

        found = re.findall(r"(?:Left|Right)\d+-\d+\.", "".join(pages(tmp_path / "a.pdf")))
        assert len(found) == len(set(found)) == 12 * 2 * 14

    def test_what_stands_beside_an_answer_is_set_once(self, tmp_path):
        answers = [
            blocks.answer(
                number=str(number),
                question="What do we know?",
                value=[blocks.text("Words. " * (number * 7 % 60 + 1))],
                side=[f"Source{number}.", "Said by somebody", "On a day"],
            )
            for number in range(90)
        ]
        paper = dossier(1)
        paper["sections"] = [blocks.section("one", "One", answers)]

        work.render(paper, FRAME, tmp_path / "a.pdf")

        found = re.findall(r"Source\d+\.", "".join(pages(tmp_path / "a.pdf")))
        assert len(found) == len(set(found)) == 90
