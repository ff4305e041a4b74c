"""A long draft in parts: laid out side by side on all cores, joined, page numbers stamped.

Neither tagged nor archival: what is released is set whole, by `work.render`, from the same snapshot.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from reports.render import process
from reports.render.document import Frame, Snapshot, front, leads, part, words_of
from reports.render.work import PAGE, Progress, Rendered, epoch, page_style, sheets

# Documents shorter than this many pages are set whole as fast as anybody could wish.
LONG = 30
# Parts for each core: with two, a heavy part at the end does not leave the other core idle for long.
EACH = 2
# Numbers are stamped when all pages are there.
UNNUMBERED = "@page { @bottom-right { content: none } }"
# The first page of a part is no cover.
INSIDE = """@page :first { margin: 24mm 18mm 22mm; @top-left { content: string(doc) } @top-right { content: string(part) }
@bottom-left { content: string(foot) } @bottom-center { content: string(code) } }"""


def expected_pages(snapshot: Snapshot) -> int:
    """Return about how many pages a document has."""
    return 2 + sum(map(len, words_of(snapshot["sections"]))) // PAGE


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def render_in_parts(
    snapshot: Snapshot, frame: Frame, target: Path, *, progress: Progress | None = None, at_once: int = 0
) -> Rendered:
    """Set *snapshot* into *target* as a draft. Raises process.RenderFailed; the whole is then worth trying.

    *progress* hears percent and what is being laid out, and may raise `process.Stopped`. Takes the machine's cores.
    """
    at_once = at_once or cores()
    groups = divided(snapshot, at_once * EACH)
    expected = expected_pages(snapshot)
    reached = [0] * len(groups)

    def step(number: int, message: dict[str, Any]) -> None:
        if progress is None:
            return
        if number >= 0 and "page" in message:
            reached[number] = message["page"]
            title = snapshot["sections"][groups[number][0]]["title"]
            progress(5 + int(80 * min(1.0, sum(reached) / expected)), title)
        else:
            progress(-1, "")

    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        paths = [str(Path(folder) / f"{number}.pdf") for number in range(len(groups) + 1)]
        answers = process.set_documents(
            [
                _job(snapshot, part(snapshot, frame, group), path, INSIDE)
                for group, path in zip(groups, paths[1:], strict=True)
            ],
            seconds=60 + 2 * expected,
            step=step,
            at_once=at_once,
        )
        if progress:
            progress(90, _("Writing the file"))
        before = 2 + len(snapshot.get("contents") or snapshot["sections"]) // 40
        while True:
            pages = begins(snapshot, groups, answers, before)
            (first,) = process.set_documents(
                [_job(snapshot, front(snapshot, frame, pages), paths[0])], seconds=60
            )
            if first["pages"] == before:
                break
            before = first["pages"]
        titles = {section["key"]: section["title"] for section in snapshot["sections"]}
        (whole,) = process.set_documents(
            [
                {
                    "join": paths,
                    "target": str(target),
                    "unnumbered": 1,
                    "bookmarks": [(titles[key], page - 1) for key, page in pages.items()],
                    "title": f"{snapshot['title']} {snapshot['number'] or ''}, {snapshot['client']}",
                    "language": snapshot["language"],
                    "cpu": 30 + expected,
                }
            ],
            seconds=60 + expected,
        )
    return Rendered(whole["pages"], whole["size"], [])


def _job(snapshot: Snapshot, html: str, path: str, style: str = "") -> dict[str, Any]:
    return {
        "html": html,
        "sheets": sheets(),
        "style": page_style(snapshot) + UNNUMBERED + style,
        "target": path,
        "variant": None,
        "anchors": True,
        "epoch": epoch(snapshot),
        "cpu": 30 + expected_pages(snapshot),
    }


def begins(
    snapshot: Snapshot, groups: Sequence[Sequence[int]], answers: Sequence[dict[str, Any]], before: int
) -> dict[str, int]:
    """Return on which page each section begins, when *before* pages of front matter come first."""
    pages: dict[str, int] = {}
    sections = snapshot["sections"]
    if leads(snapshot):
        pages[sections[0]["key"]] = 2
    for group, answer in zip(groups, answers, strict=True):
        for place in group:
            key = sections[place]["key"]
            pages[key] = before + 1 + int(answer["anchors"].get(f"s-{key}", 0))
        before += int(answer["pages"])
    return pages


def divided(snapshot: Snapshot, most: int) -> list[list[int]]:
    """Return the places of the sections after the front matter in at most *most* runs of about the same length."""
    first = 1 if leads(snapshot) else 0
    sections = snapshot["sections"]
    weights = [sum(map(len, words_of(section))) + PAGE // 4 for section in sections[first:]]
    if not weights:
        return []
    share = sum(weights) / most
    cuts, reached = [0], 0.0
    for place, weight in enumerate(weights):
        if reached >= share * len(cuts) and place > cuts[-1]:
            cuts.append(place)
        reached += weight
    cuts.append(len(weights))
    return [list(range(first + start, first + end)) for start, end in pairwise(cuts)]
