"""Documents made to reach out, to hang or to break: they end within limits, nothing leaks, and a file is delivered."""

import http.server
import threading
from pathlib import Path

import pikepdf
import pytest

from reports.content import blocks
from reports.render import process
from reports.render.document import Frame
from reports.render.work import render

FRAME = Frame("K7Q4-2MTX", "http://localhost/check/")


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


def snapshot(*parts):
    """Return a small document of these blocks."""
    return {
        "language": "en",
        "title": "Status report",
        "number": 1,
        "client": "Client",
        "firm": "Firm",
        "name": "Name",
        "period": "now",
        "footer": "Confidential",
        "edition_words": "",
        "cover_title": "Cover",
        "lede": "Lede",
        "about": [],
        "paper": "A4",
        "at": "2026-11-23T12:00:00+00:00",
        "line": {"steps": [], "loops": [], "here": None},
        "sections": [
            blocks.section("one", "One", list(parts)),
            blocks.section("two", "Two", [blocks.text("Still here.")]),
        ],
    }


def words(path: Path) -> str:
    """Return the text of a PDF as its text layer has it."""
    import subprocess

    return subprocess.run(["pdftotext", str(path), "-"], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def trap():
    """A server on loopback that nobody should ever ask."""
    asked = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


class TestReachingOut:
    """The text goes straight into the child, past our own Markdown cleaning, as if that had failed."""

    ROUTES = (
        '<img src="{url}/img">',
        '<link rel="stylesheet" href="{url}/css">',
        '<style>@import "{url}/import"; @font-face {{ font-family: x; src: url({url}/font) }} p {{ font-family: x; background: url({url}/bg) }}</style><p>x',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/svg"/></svg>',
        '<object data="{url}/object"></object><embed src="{url}/embed">',
        '<p style="content: url({url}/content)">x',
        '<base href="{url}/base/"><img src="relative">',
        '<link rel="attachment" href="{url}/attachment"><a rel="attachment" href="{url}/a">x</a>',
        '<iframe src="{url}/iframe"></iframe>',
    )

    def job(self, html, target):
        return {
            "html": html,
            "sheets": [],
            "target": str(target),
            "variant": "pdf/ua-1",
            "epoch": 1_800_000_000,
            "cpu": 20,
        }

    @pytest.mark.parametrize("route", ROUTES)
    def test_asks_no_server(self, trap, tmp_path, route):
        url, asked = trap
        target = tmp_path / "out.pdf"

        try:
            process.set_document(
                self.job(f"<html lang=en><title>x</title>{route.format(url=url)}", target), seconds=30
            )
        except process.RenderFailed as error:
            refused = error.reason
        else:
            refused = "layout"

        assert (asked, refused) == ([], "layout")

    @pytest.mark.parametrize("route", ROUTES)
    def test_reads_no_file(self, tmp_path, route):
        secret = tmp_path / "secret.txt"
        secret.write_text("CANARY-IN-A-FILE")
        target = tmp_path / "out.pdf"

        try:
            html = f"<html lang=en><title>x</title>{route.format(url=secret.as_uri())}"
            process.set_document(self.job(html, target), seconds=30)
        except process.RenderFailed:
            assert not target.exists()
            return

        with pikepdf.open(target) as pdf:
            assert not list(pdf.attachments)
            assert not any(b"CANARY" in o.read_bytes() for o in pdf.objects if isinstance(o, pikepdf.Stream))

    def test_does_not_climb_out_of_the_assets(self, tmp_path):
        target = tmp_path / "out.pdf"
        html = '<html lang=en><title>x</title><link rel=stylesheet href="https://assets.invalid/css/../../config/settings.py"><p>x'

        process.set_document(self.job(html, target), seconds=30)

        assert target.exists()


class TestBreaking:
    @pytest.mark.parametrize(
        "markdown",
        [
            "> " * 300 + "deep",
            "".join("  " * level + "- x\n" for level in range(120)),
            "[" * 5000,
            "*" * 50_000,
            "|".join("x" * 3 for _column in range(2000)) + "\n" + "|".join("---" for _column in range(2000)),
            "x" * 200_000,
            "\u202e\u0301" * 5000,
            "<svg><use href='#a'/></svg>" * 200,
            "![x](file:///etc/passwd) <img src=file:///etc/passwd>",
        ],
    )
    def test_what_people_write_is_delivered_within_limits(self, tmp_path, markdown):
        target = tmp_path / "out.pdf"

        done = render(snapshot(blocks.text(markdown)), FRAME, target)

        assert done.pages >= 3
        assert "Still here." in words(target)

    def test_a_part_that_hangs_becomes_plain_text_with_a_note(self, tmp_path, monkeypatch):
        monkeypatch.setattr("reports.render.work.CPU_ALONE", 3)
        bomb = blocks.picture(
            "<p style='column-count:1'>bomb words</p><table>"
            + "<tr>"
            + "<td colspan=1000000>x</td>" * 40
            + "</tr></table>"
        )
        target = tmp_path / "out.pdf"

        done = render(snapshot(bomb, blocks.text("Beside it.")), FRAME, target, seconds=12)

        assert [title for title, _reason in done.degraded] == ["One"]
        said = words(target)
        assert "plain text" in said
        assert "Beside it." in said

    def test_the_child_lives_on_after_a_broken_document(self, tmp_path):
        with pytest.raises(process.RenderFailed):
            process.set_document(
                {"html": "<p>", "sheets": ["https://assets.invalid/css/none.css"], "cpu": "x"}, seconds=10
            )

        assert render(snapshot(blocks.text("Fine.")), FRAME, tmp_path / "out.pdf").pages >= 3
