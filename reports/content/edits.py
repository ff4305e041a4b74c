"""What people add to a document and leave out of it before it is released. Plain data in, plain data out."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from reports.content import blocks
from reports.models import Report

FOREWORD = "foreword"
Snapshot = dict[str, Any]


@dataclass(slots=True)
class Edits:
    """A foreword, a text before parts of the document by the part's key, and the keys of the parts that are left out."""

    foreword: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Edits:
        """Read what `plain` gave."""
        return cls(kept.get("foreword", ""), dict(kept.get("texts", {})), list(kept.get("left_out", [])))

    def plain(self) -> dict[str, Any]:
        """Return them as they are kept; without any, nothing."""
        return asdict(self) if self.foreword or self.texts or self.left_out else {}


@dataclass(slots=True)
class Part:
    """A part that can be chosen: a section, or in the pack a whole document."""

    key: str
    title: str
    over: str
    lede: str
    # A summary that has to fit on its page takes no text.
    takes_text: bool
    sections: list[dict[str, Any]]
    text: str = ""
    is_left_out: bool = False


def parts(snapshot: Snapshot, edits: Edits) -> list[Part]:
    """Return what a document is made of, in order, with what is chosen."""
    found: list[Part] = []
    is_pack = bool(snapshot.get("contents"))
    for section in snapshot["sections"]:
        if is_pack and found and not section.get("opens"):
            found[-1].sections.append(section)
            continue
        opens = section.get("opens") or {}
        found.append(
            Part(
                section["key"],
                opens.get("title") or section["title"],
                opens.get("number") or section["over"],
                opens.get("purpose") or section["lede"],
                not section["summary"],
                [section],
            )
        )
    for part in found:
        part.text = edits.texts.get(part.key, "") if part.takes_text else ""
        part.is_left_out = part.key in edits.left_out
    return found


def document_of(report: Report) -> Snapshot:
    """Return the document as it is set: with what was added, without what was left out."""
    if report.is_released:
        kept: Snapshot = report.snapshot
        return kept
    return edited(report.snapshot, Edits.read(report.edits))


def edited(snapshot: Snapshot, edits: Edits) -> Snapshot:
    """Return the document that a snapshot and edits make; without edits, the snapshot itself."""
    if not edits.plain():
        return snapshot
    document = copy.deepcopy(snapshot)
    chosen = [part for part in parts(document, edits) if not part.is_left_out]
    kept = {part.key for part in chosen}
    if "contents" in document:
        document["contents"] = [line for line in document["contents"] if line["key"] in kept]
    for part in chosen:
        if part.text:
            part.sections[0]["blocks"].insert(0, blocks.text(part.text))
    document["sections"] = [section for part in chosen for section in part.sections]
    _number_again(document)
    if edits.foreword:
        _put_foreword(document, edits.foreword)
    return document


def _number_again(document: Snapshot) -> None:
    """Let chapters count from 1 without a gap."""
    if document.get("contents"):
        openings = (section["opens"] for section in document["sections"] if section.get("opens"))
        lines = zip(openings, document["contents"], strict=True)
        for number, (opens, line) in enumerate(lines, start=1):
            opens["number"] = line["over"] = str(number)
        return
    numbered = (section for section in document["sections"] if section.get("numbered"))
    for number, section in enumerate(numbered, start=1):
        section["over"] = str(number)


def _put_foreword(document: Snapshot, text: str) -> None:
    """Begin with a foreword; the page that sums up a status report stays the first after the cover."""
    with translation.override(document["language"]):
        title = _("Foreword")
    section = blocks.section(FOREWORD, title, [blocks.text(text)])
    sections = document["sections"]
    sums_up = bool(sections) and sections[0]["summary"] and "contents" not in document
    sections.insert(1 if sums_up else 0, section)
    if "contents" in document:
        document["contents"].insert(0, {"key": FOREWORD, "over": "", "title": title, "sub": ""})


def texts_of(data: Any) -> Iterator[str]:
    """Give every text in plain data, drawings as their markup."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from texts_of(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts_of(value)
