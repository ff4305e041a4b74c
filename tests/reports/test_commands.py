"""Documents from the shell."""

import io

import pikepdf
import pytest
from django.core.management import CommandError, call_command

from reports.render import process


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


class TestReport:
    def test_writes_any_kind_in_either_language(self, engagement, tmp_path):
        out, path = io.StringIO(), tmp_path / "risks.pdf"

        call_command("report", "nbh-01", "risk-register", "--language", "de", "-o", str(path), stdout=out)

        assert "pages" in out.getvalue()
        with pikepdf.open(path) as pdf:
            assert str(pdf.Root.Lang) == "de"

    def test_names_the_kinds_there_are(self, engagement, tmp_path):
        with pytest.raises(CommandError, match=r"model-card.*handover-pack"):
            call_command("report", "NBH-01", "poem", "-o", str(tmp_path / "x.pdf"))


class TestSamples:
    def test_write_every_deliverable_into_a_folder(self, engagement, tmp_path):
        call_command("samples", "NBH-01", str(tmp_path), "--today", "2026-11-23", stdout=io.StringIO())

        written = {path.stem for path in tmp_path.iterdir()}
        assert {"kickoff-plan", "model-card", "status-report", "handover-pack"} <= written
        assert len(written) == 12

    def test_say_so_when_there_is_no_such_engagement(self, engagement, tmp_path):
        with pytest.raises(CommandError, match="XYZ-99"):
            call_command("samples", "XYZ-99", str(tmp_path))
