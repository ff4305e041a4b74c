"""Documents to set in tests: plain data, as snapshots are."""

import subprocess
from pathlib import Path

from reports.content import blocks
from reports.render.document import Frame

FRAME = Frame("K7Q4-2MTX", "http://localhost/check/", "http://localhost")
TEXT = "We take the last forty minutes before triage, because nothing older is known then. " * 5


def dossier(questions: int, *, each: int = 25) -> dict:
    """Return a document of so many questions with answers, *each* of them to a chapter."""
    chapters = [range(first, min(first + each, questions)) for first in range(0, questions, each)]
    return {
        "language": "en",
        "kind": "discovery-report",
        "title": "Discovery report",
        "number": 3,
        "client": "Northbridge Health",
        "firm": "Alder & Voss",
        "name": "Stroke-risk model",
        "period": "to 23 November 2026",
        "footer": "Confidential",
        "edition_words": "for Northbridge Health",
        "cover_title": "Discovery report",
        "lede": "What we found",
        "about": [["Period", "to 23 November 2026"]],
        "paper": "A4",
        "at": "2026-11-23T12:00:00+00:00",
        "line": {"steps": [], "loops": [], "here": None},
        "sections": [
            blocks.section(
                f"chapter-{place}",
                f"Chapter {place}",
                [
                    blocks.answer(
                        number=f"{place}.{number}",
                        question=f"What do we know of question {number}?",
                        value=[blocks.text(f"Answer {number}. {TEXT}")],
                        side=["Fact", "Registry, August"],
                    )
                    for number in numbers
                ],
                over=f"Part {place}",
            )
            for place, numbers in enumerate(chapters, start=1)
        ],
    }


def pages(path: Path) -> list[str]:
    """Return the text of each page of a PDF."""
    run = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return run.stdout.split("\f")[:-1]
