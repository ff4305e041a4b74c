"""A snapshot as HTML. No database: everything is in the data."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import segno
from django.template.loader import get_template
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import mark_safe

from questionnaires import throughline
from questionnaires.throughline import Loop, StepMark

Snapshot = dict[str, Any]
LONG_WORD = re.compile(r"\S{200,}")
PIECES = re.compile(r".{1,40}", re.DOTALL)
ZERO_WIDTH_SPACE = "\u200b"
# Only our own drawings are in the document as such; what people wrote is escaped.
DRAWING = re.compile(r'<svg [^>]*aria-label="([^"]*)"[^>]*>')


@dataclass(frozen=True)
class Frame:
    """What is printed on every page and is not part of the snapshot: the check code and where it leads."""

    code: str
    check_url: str
    # Where the product is, for links back to where something came from.
    base: str = ""


def html(snapshot: Snapshot, frame: Frame, *, only: str = "") -> str:
    """Return the whole document, or with *only* the section of that key by itself."""
    if only:
        return part(
            snapshot, frame, [place for place, one in enumerate(snapshot["sections"]) if one["key"] == only]
        )
    return _html(snapshot, frame, snapshot["sections"], has_front=True)


def part(snapshot: Snapshot, frame: Frame, places: Sequence[int]) -> str:
    """Return some sections by themselves, without cover and contents; *places* count from 0."""
    return _html(snapshot, frame, [snapshot["sections"][place] for place in places], has_front=False)


def front(snapshot: Snapshot, frame: Frame, pages: Mapping[str, int]) -> str:
    """Return cover, summary and contents, with the *pages* on which sections begin, by their keys, written out."""
    listed = snapshot.get("contents") or snapshot["sections"]
    numbered = {
        **snapshot,
        "contents": [{**one, "page": pages.get(one["key"], "")} for one in listed],
    }
    return _html(numbered, frame, snapshot["sections"], has_front=True, has_rest=False)


def leads(snapshot: Snapshot) -> bool:
    """Say whether the first section stands before the contents: a status report's summary, on the page after the cover."""
    sections = snapshot["sections"]
    return snapshot.get("kind") == "status-report" and bool(sections) and bool(sections[0]["summary"])


def _html(
    snapshot: Snapshot,
    frame: Frame,
    sections: Sequence[dict[str, Any]],
    *,
    has_front: bool,
    has_rest: bool = True,
) -> str:
    with translation.override(snapshot["language"]):
        lead = sections[0] if has_front and leads(snapshot) else None
        rest = sections[1:] if lead else sections
        snapshot, lead, rest = breakable({**snapshot, "sections": []}), breakable(lead), breakable(list(rest))
        context = {
            "doc": snapshot,
            "frame": frame,
            "listed": snapshot.get("contents") or [*([lead] if lead else []), *rest],
            "cover": has_front,
            "lead": lead,
            "rest": rest if has_rest else [],
            "line": mark_safe(line(snapshot)) if has_front else "",  # noqa: S308 - our own drawing
            "qr": mark_safe(qr(frame.check_url)) if has_front else "",  # noqa: S308 - our own drawing
        }
        return named(get_template("reports/document.html").render(context))


def named(html: str) -> str:
    """Return HTML whose drawings carry their words as a title too: the PDF takes its alternative texts from there."""
    return DRAWING.sub(lambda found: f"{found[0]}<title>{found[1]}</title>", html)


def breakable(data: Any) -> Any:
    """Return plain data whose endless words may be broken: laying out one of 200,000 letters takes minutes."""
    if isinstance(data, str):
        return (
            LONG_WORD.sub(lambda found: ZERO_WIDTH_SPACE.join(PIECES.findall(found[0])), data)
            if len(data) > 200
            else data
        )
    if isinstance(data, dict):
        return {key: value if key in ("svg", "house") else breakable(value) for key, value in data.items()}
    if isinstance(data, list):
        return [breakable(value) for value in data]
    return data


def line(snapshot: Snapshot) -> str:
    """Return the throughline as it is printed."""
    drawn = snapshot["line"]
    steps = [StepMark(**step) for step in drawn["steps"]]
    loops = [Loop(**loop) for loop in drawn["loops"]]
    return str(throughline.printed(steps, loops, drawn["here"]))


def qr(url: str) -> str:
    """Return a QR code of the check page's address as SVG, with a text alternative."""
    code = segno.make(url, error="m", micro=False)
    drawing = code.svg_inline(border=0, svgclass=None, lineclass=None, omitsize=True)
    return drawing.replace("<svg ", f'<svg role="img" aria-label="{escape(url)}" ', 1)


def printed_qr(url: str) -> str:
    """Return a QR code as an address that holds its picture, for the foot of every page: stored in a file only once."""
    return segno.make(url, error="m", micro=False).png_data_uri(scale=8, border=0)


def without(snapshot: Snapshot, section_key: str, index: int | None, note: str) -> Snapshot:
    """Return a copy in which one block of a section, or all of them, is plain text with a note."""
    changed = copy.deepcopy(snapshot)
    for section in changed["sections"]:
        if section["key"] == section_key:
            if index is None:
                section["blocks"] = [plain(section["blocks"], note)]
            else:
                section["blocks"][index] = plain([section["blocks"][index]], note)
    return changed


def plain(blocks: list[dict[str, Any]], note: str) -> dict[str, Any]:
    """Return blocks as one piece of plain text that any layout can set."""
    return {"type": "plain", "note": note, "text": "\n".join(words_of(blocks))[:20_000]}


def words_of(data: Any) -> list[str]:
    """Return every text in a piece of plain data, in order; drawings are left out."""
    if isinstance(data, str):
        return [data] if data.strip() else []
    if isinstance(data, dict):
        return [
            word
            for key, value in data.items()
            if key not in ("svg", "type", "align", "tone", "path", "look")
            for word in words_of(value)
        ]
    if isinstance(data, list):
        return [word for value in data for word in words_of(value)]
    return []
