"""A snapshot as a PDF: set it in the child; where a part cannot be set, say so in its place and deliver the rest."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from questionnaires.spreadsheet import as_csv
from reports.render import process
from reports.render.child import ASSETS
from reports.render.document import Frame, Snapshot, html, printed_qr, without, words_of
from reports.render.process import RenderFailed

SHEETS = [f"{ASSETS}css/tokens.css", f"{ASSETS}css/report.css"]
# Characters that fill a page, measured on our own documents; only for saying how far it is.
PAGE = 1600
COLOUR = re.compile(r"#[0-9a-f]{6}")
# CPU seconds in which a section must be laid out by itself, while the one that cannot be is looked for.
CPU_ALONE = 15
REASONS = {
    "time": gettext_lazy("it took too long to lay out"),
    "memory": gettext_lazy("it needs more memory than there is"),
    "nesting": gettext_lazy("it is nested too deeply"),
    "layout": gettext_lazy("it cannot be laid out"),
    "gone": gettext_lazy("laying it out broke off"),
    "disk": gettext_lazy("there is no room on the disk"),
}
Progress = Callable[[int, str], None]


class CannotSet(Exception):
    """The document could not be set even with parts as plain text; the message names what and why."""


@dataclass(frozen=True)
class Rendered:
    """A finished file."""

    pages: int
    size: int
    degraded: list[list[str]]


def render(
    snapshot: Snapshot, frame: Frame, target: Path, *, progress: Progress | None = None, seconds: float = 0
) -> Rendered:
    """Set *snapshot* into *target* as tagged, archival PDF with the snapshot inside.

    *progress* hears percent and what is being laid out, and may raise `process.Stopped`. *seconds* is the most
    that one attempt may take, by default by the document's length. Raises CannotSet.
    """
    degraded: list[list[str]] = []
    current = snapshot
    broke_off = 0
    for _attempt in range(5):
        try:
            done = _set(current, frame, target, progress=progress, seconds=seconds)
        except RenderFailed as error:
            if error.reason == "disk":
                raise CannotSet(_("There is no room on the disk. The last good version is kept.")) from error
            if error.reason == "gone" and not broke_off:
                # The process may have been ended from outside; only a second time is it the document's fault.
                broke_off = 1
                continue
            current, part = _degrade(current, frame, error)
            degraded.append(part)
            continue
        return Rendered(done["pages"], done["size"], degraded)
    raise CannotSet(
        _("Too many parts cannot be laid out: %(parts)s.")
        % {"parts": ", ".join(part[0] for part in degraded)}
    )


def pdf_of(html: str, *, paper: str = "A4") -> bytes:
    """Return a document's HTML as tagged, archival PDF, set in the warm child with our own style sheets.

    For measuring against WeasyPrint alone: the same HTML, without a snapshot inside. Raises process.RenderFailed.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "document.pdf"
        process.set_document(
            {
                "html": html,
                "sheets": sheets(),
                "style": page_style({"paper": paper}),
                "target": str(target),
                "variant": "pdf/a-3a",
                "epoch": 1_700_000_000,
                "cpu": 600,
            },
            seconds=600,
        )
        return target.read_bytes()


def _set(
    snapshot: Snapshot, frame: Frame, target: Path, *, progress: Progress | None, seconds: float
) -> dict[str, Any]:
    weights = [(section["title"], sum(map(len, words_of(section)))) for section in snapshot["sections"]]
    expected = max(2, 1 + sum(weight for _title, weight in weights) // PAGE)

    furthest = 0

    def step(message: dict[str, Any]) -> None:
        nonlocal furthest
        if progress is None:
            return
        if "page" in message:
            # Pages are laid out again where a later one changed what an earlier one says.
            furthest = max(furthest, message["page"])
            share = min(1.0, furthest / expected)
            progress(10 + int(75 * share), _section_at(weights, share))
        elif message.get("step") == 8:
            progress(90, _("Writing the file"))
        else:
            progress(-1, "")

    job = {
        "html": html(snapshot, frame),
        "sheets": sheets(),
        "style": page_style(snapshot, frame),
        "target": str(target),
        "variant": "pdf/a-3a",
        "epoch": epoch(snapshot),
        "cpu": 30 + expected,
        "attachments": [
            {
                "name": "snapshot.json",
                "description": _("The data this document was made from"),
                "text": json.dumps(snapshot, ensure_ascii=False, sort_keys=True, indent=1),
                "epoch": epoch(snapshot),
            },
            *tables(snapshot),
        ],
    }
    return process.set_document(job, seconds=seconds or 60 + 2 * expected, step=step)


def page_style(snapshot: Snapshot, frame: Frame | None = None) -> str:
    """Return the rules that depend on the document: the size of its paper, its colours, the code at its feet."""
    size, height = {"A4": ("A4", "297mm"), "Letter": ("letter", "279.4mm")}[snapshot.get("paper", "A4")]
    house = snapshot.get("house", {})
    colours = [
        f"--brand{name}: {value}"
        for name, value in (("", house.get("colour", "")), ("-2", house.get("accent", "")))
        if COLOUR.fullmatch(value)
    ]
    style = f"@page {{ size: {size}; }} .cover {{ height: {height}; }}"
    if frame is not None and frame.code:
        place = "no-repeat left center / 10mm 10mm; padding-left: 12mm; width: 34mm; text-align: left"
        style += (
            f' @page {{ @bottom-center {{ background: url("{printed_qr(frame.check_url)}") {place}; }} }}'
        )
    return f"{style} :root {{ {'; '.join(colours)} }}" if colours else style


def tables(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return the tables that travel beside a document, as CSV."""
    return [
        {
            "name": name,
            "description": _("Data of this engagement, as a table"),
            "text": "\ufeff" + as_csv(rows).decode("utf-8-sig"),
            "epoch": epoch(snapshot),
        }
        for name, rows in snapshot.get("data", {}).items()
    ]


def sheets() -> list[str]:
    """Return our style sheets; the fonts' where they were fetched."""
    fonts = process.assets() / "fonts" / "fonts.css"
    return [*([f"{ASSETS}fonts/fonts.css"] if fonts.exists() else []), *SHEETS]


def epoch(snapshot: Snapshot) -> int:
    """Return the second the file says it was made: the snapshot's, so that the same snapshot gives the same bytes."""
    return int(datetime.fromisoformat(snapshot["at"]).timestamp())


def _section_at(weights: list[tuple[str, int]], share: float) -> str:
    total = sum(weight for _title, weight in weights) or 1
    reached = 0
    for title, weight in weights:
        reached += weight
        if reached >= share * total:
            return title
    return weights[-1][0] if weights else ""


def _degrade(snapshot: Snapshot, frame: Frame, error: RenderFailed) -> tuple[Snapshot, list[str]]:
    """Find the part that cannot be set, and put its plain text in its place."""
    for section in snapshot["sections"]:
        found = _try(snapshot, frame, section["key"])
        if found is None:
            continue
        note = _("This part is shown as plain text: %(reason)s.") % {
            "reason": REASONS.get(found.reason, found.reason)
        }
        for index in range(len(section["blocks"])):
            alone = {**snapshot, "sections": [{**section, "blocks": [section["blocks"][index]]}]}
            if section["blocks"][index]["type"] != "plain" and _try(alone, frame, section["key"]) is not None:
                return without(snapshot, section["key"], index, note), [
                    section["title"],
                    str(REASONS.get(found.reason, found.reason)),
                ]
        return without(snapshot, section["key"], None, note), [
            section["title"],
            str(REASONS.get(found.reason, found.reason)),
        ]
    raise CannotSet(
        _("The document as a whole cannot be laid out: %(reason)s.")
        % {"reason": REASONS.get(error.reason, error.reason)}
    ) from error


def _try(snapshot: Snapshot, frame: Frame, section_key: str) -> RenderFailed | None:
    """Lay out one section by itself under a tight limit; return what went wrong, or None."""
    job = {
        "html": html(snapshot, frame, only=section_key),
        "sheets": sheets(),
        "style": page_style(snapshot, frame),
        "target": str(process.assets() / "unused"),
        "check": True,
        "epoch": epoch(snapshot),
        "cpu": CPU_ALONE,
    }
    try:
        process.set_document(job, seconds=CPU_ALONE + 10)
    except RenderFailed as error:
        return error
    return None
