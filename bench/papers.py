"""Workloads 6, 7 and 8: a status report from click to file, dossiers of 200 and 800 questions, and what a warm child holds."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings

from accounts.models import Side
from bench import seed
from bench.browser import Browser
from bench.figures import ROUNDS, Line, Result, Target, line_of, sample
from bench.processes import Postgres, cpu_of, memory_of, running, web
from engagements.actions import engagements
from questionnaires.access import Viewpoint
from questionnaires.actions import publishing
from questionnaires.models import Questionnaire
from reports.content import deliverables
from reports.content.kinds import STATUS
from reports.content.record import record_of
from reports.models import Report
from reports.render import parts, process, work
from reports.render.child import ASSETS, make_fetcher
from reports.render.document import Frame, html

FRAME = Frame("ABCD-EFGH", "http://localhost:8000/check/ABCD-EFGH/")
# The bench's frameworks let every question feed this one.
DOSSIER = "discovery-report"
CLICKS = 5
JOBS = 25
PATIENCE = 60.0  # s


@dataclass
class Paper:
    """One document, set by us or by WeasyPrint alone: CPU and wall milliseconds, pages and bytes."""

    cpu: float
    wall: float
    pages: int
    size: int


class Bare:
    """WeasyPrint with the same style sheets in this process, warm, and nothing around it."""

    def __init__(self) -> None:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        self.fetcher = make_fetcher(Path(settings.ROOT) / "static")
        self.fonts = FontConfiguration()
        self.sheets = [
            weasyprint.CSS(url=name, url_fetcher=self.fetcher, font_config=self.fonts)
            for name in work.sheets()
        ]

    def set_document(self, snapshot: dict[str, Any]) -> Paper:
        """Set the HTML of a snapshot, which is made beforehand, without tags, archive format or attachments."""
        import weasyprint

        text = html(snapshot, FRAME)
        style = weasyprint.CSS(
            string=work.page_style(snapshot), url_fetcher=self.fetcher, font_config=self.fonts
        )
        cpu, wall = time.process_time(), time.perf_counter()
        document = weasyprint.HTML(string=text, base_url=ASSETS, url_fetcher=self.fetcher).render(
            stylesheets=[*self.sheets, style], font_config=self.fonts
        )
        written = document.write_pdf()
        return Paper(
            1000 * (time.process_time() - cpu),
            1000 * (time.perf_counter() - wall),
            len(document.pages),
            len(written),
        )


def ours(snapshot: dict[str, Any]) -> Paper:
    """Set a snapshot as the worker does: HTML here, layout in the warm child, tagged, with its data inside."""
    with tempfile.TemporaryDirectory() as place:
        child = process.child_id()
        cpu, wall = time.process_time() + (cpu_of(child) if child else 0.0), time.perf_counter()
        done = work.render(snapshot, FRAME, Path(place) / "file.pdf")
        used = time.process_time() + cpu_of(process.child_id()) - cpu
        return Paper(1000 * used, 1000 * (time.perf_counter() - wall), done.pages, done.size)


def run() -> Result:
    """Set documents in turns with WeasyPrint alone, then press the button in a running product."""
    manager, client = seed.cast()
    built_in = seed.engagement(manager, client, publishing.builtin(), "BENCH-PAPER")
    dossiers = {size: seed.sized((manager, client), size) for size in (200, 800)}
    snapshots = {"status report": _snapshot(built_in, STATUS)} | {
        f"dossier of {size} questions": _snapshot(opened, DOSSIER) for size, opened in dossiers.items()
    }
    lines, of = _against_bare(snapshots)
    in_parts, share = _in_parts(snapshots["dossier of 800 questions"])
    memory = _memory(snapshots["status report"])
    process.end()
    clicked, again = _clicks(built_in, manager)
    report, short, long = (f"{name}" for name in snapshots)
    return Result(
        [
            *lines,
            in_parts,
            clicked,
            again,
            Line(
                f"memory of the warm child, job 5 to {JOBS + 5}",
                {"MB before": memory[0], "MB after": memory[1]},
            ),
        ],
        [
            Target(
                "a status report from click to file, warm",
                clicked.figures["p50 ms"] / 1000,
                1.0,
                "s",
                clock=True,
            ),
            Target("CPU of a status report against bare WeasyPrint", of[report], 1.3, "times"),
            Target("CPU of a dossier of 200 questions against bare WeasyPrint", of[short], 1.4, "times"),
            Target(
                "CPU of 800 questions against 200",
                _figure(lines, long) / _figure(lines, short),
                4.2,
                "times",
            ),
            Target("a draft of 800 questions in parts against the whole", share, 0.7, "times", clock=True),
            Target("CPU to send an unchanged document", again.figures["CPU ms"], 20, "ms"),
            Target("memory of the warm child after many jobs", memory[1] / memory[0], 1.2, "times"),
        ],
    )


def _snapshot(opened: Any, kind: str) -> dict[str, Any]:
    questionnaire = Questionnaire.objects.select_related("engagement__client").get(pk=opened.pk)
    record = record_of(Viewpoint(questionnaire, Side.CLIENT))
    return deliverables.snapshot(record, kind, number=1, since=0)


def _against_bare(snapshots: dict[str, dict[str, Any]]) -> tuple[list[Line], dict[str, float]]:
    """Set each in turns; return a line for each and how many times bare WeasyPrint's CPU it took."""
    bare = Bare()
    first = next(iter(snapshots.values()))
    ours(first), bare.set_document(first)
    lines, ratios = [], {}
    for what, snapshot in snapshots.items():
        rounds = ROUNDS if "800" not in what else 1
        pairs = [(ours(snapshot), bare.set_document(snapshot)) for _round in range(rounds)]
        for name, found in (
            (what, [one for one, _other in pairs]),
            ("limit: bare WeasyPrint, the same HTML", [other for _one, other in pairs]),
        ):
            lines.append(
                Line(
                    name,
                    {
                        "p50 ms": median(one.wall for one in found),
                        "CPU ms": median(one.cpu for one in found),
                        "KB": found[0].size / 1024,
                        "pages": found[0].pages,
                    },
                )
            )
        ratios[what] = median(one.cpu / other.cpu for one, other in pairs)
    return lines, ratios


def _in_parts(snapshot: dict[str, Any]) -> tuple[Line, float]:
    """Set a draft in parts on all cores and whole, in turns; return its line and its share of the whole's time."""
    shares, found = [], []
    with tempfile.TemporaryDirectory() as place:
        for _round in range(2):
            whole = ours(snapshot)
            began = time.perf_counter()
            done = parts.render_in_parts(snapshot, FRAME, Path(place) / "draft.pdf")
            found.append(1000 * (time.perf_counter() - began))
            shares.append(found[-1] / whole.wall)
    figures = {"p50 ms": median(found), "KB": done.size / 1024, "pages": done.pages}
    return Line(f"a draft of 800 questions in parts on {parts.cores()} cores", figures), min(shares)


def _figure(lines: list[Line], what: str) -> float:
    return next(line.figures["CPU ms"] for line in lines if line.what == what)


def _memory(snapshot: dict[str, Any]) -> tuple[float, float]:
    """Return what the child holds after five and after many jobs, in MB."""
    process.end()
    found = []
    for jobs in (5, JOBS):
        for _job in range(jobs):
            ours(snapshot)
        found.append(memory_of(process.child_id()) / 1024**2)
    return found[0], found[1]


def _clicks(opened: Any, manager: Any) -> tuple[Line, Line]:
    """Press *Write* in a running product until the file is there; then send the last file again and again."""
    with web() as server, _worker():
        browser = Browser(server, manager)
        url = f"/engagements/{opened.pk}/reports/"
        waited = []
        for click in range(CLICKS + 1):
            engagements.set_frame(engagement=opened, by=manager, name=f"Bench, version {click}")
            began = time.perf_counter()
            browser.post(f"{url}write/", kind=STATUS, edition="client", expect=302)
            while not Report.objects.filter(engagement=opened, state=Report.State.DONE).count() > click:
                if time.perf_counter() - began > PATIENCE:
                    raise RuntimeError(f"no file: {Report.objects.values_list('state', 'error')}")
                time.sleep(0.01)
            waited.append(time.perf_counter() - began)
        report = Report.objects.filter(engagement=opened).latest("pk")
        file = f"{url}{report.pk}/file/"
        browser.get(file)
        sent = [sample(server, Postgres(), [lambda: browser.get(file)] * 10) for _round in range(ROUNDS)]
    seconds = sorted(waited[1:])
    clicked = Line(
        "a status report from click to file, warm worker",
        {"p50 ms": 1000 * median(seconds), "p95 ms": 1000 * seconds[-1], "first ms": 1000 * waited[0]},
    )
    return clicked, line_of("send an unchanged document", sent)


@contextlib.contextmanager
def _worker() -> Iterator[None]:
    """Run a worker as `make up` does."""
    with tempfile.TemporaryDirectory() as place:
        command = [
            *(sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "worker"),
            *("--beat", "--schedule", os.fspath(Path(place) / "schedule")),
            *("--concurrency", "2", "--loglevel", "ERROR", "--hostname", "bench@%h"),
            *("--without-gossip", "--without-mingle"),
        ]
        with running(command, 0):
            yield
