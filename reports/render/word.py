"""A snapshot as a Word document with real styles: the same content as the PDF, for those who write on in it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.render.document import Frame, Snapshot

# What XML cannot hold at all.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
LIST_LEVELS: Final = 3
PAPER = {"A4": (Mm(210), Mm(297)), "Letter": (Mm(215.9), Mm(279.4))}
INK, QUIET, WARN = RGBColor(0x18, 0x1B, 0x1E), RGBColor(0x5D, 0x64, 0x6B), RGBColor(0x85, 0x4C, 0x00)


def write(snapshot: Snapshot, frame: Frame) -> bytes:
    """Return the document. The same snapshot gives the same text, headings, tables and dates."""
    with translation.override(snapshot["language"]):
        paper = _Paper(snapshot, frame)
        paper.cover()
        paper.contents()
        for section in snapshot["sections"]:
            paper.section(section)
    out = io.BytesIO()
    paper.document.save(out)
    return out.getvalue()


class _Paper:
    """The document being written. *here* is where paragraphs go: the document itself, or a table's cell."""

    def __init__(self, snapshot: Snapshot, frame: Frame) -> None:
        self.snapshot, self.frame = snapshot, frame
        self.document = Document()
        self._styles()
        page = self.document.sections[0]
        house = snapshot.get("house") or {}
        page.page_width, page.page_height = PAPER.get(house.get("paper", "A4"), PAPER["A4"])
        page.left_margin = page.right_margin = Mm(22)
        page.different_first_page_header_footer = True
        page.header.paragraphs[0].text = plain(f"{snapshot['title']} · {snapshot['name']}")
        foot = page.footer.paragraphs[0]
        foot.add_run(plain(f"{snapshot.get('footer', '')}   {frame.code}   "))
        field(foot, "PAGE")
        for paragraph in (page.header.paragraphs[0], foot):
            for run in paragraph.runs:
                run.font.size, run.font.color.rgb = Pt(8), QUIET
        properties = self.document.core_properties
        properties.title = plain(f"{snapshot['title']}, {snapshot['client']}")[:250]
        properties.author = plain(snapshot["firm"])[:250]
        properties.language = snapshot["language"]
        properties.identifier = frame.code
        at = parse_datetime(str(snapshot.get("at", ""))) or datetime(2000, 1, 1, tzinfo=UTC)
        properties.created = properties.modified = at.astimezone(UTC).replace(tzinfo=None)
        properties.last_modified_by, properties.revision = properties.author, 1

    def _styles(self) -> None:
        styles = self.document.styles
        normal = styles["Normal"]
        normal.font.name, normal.font.size, normal.font.color.rgb = "Calibri", Pt(10.5), INK
        normal.paragraph_format.space_after = Pt(6)
        language = normal.element.get_or_add_rPr().makeelement(
            qn("w:lang"), {qn("w:val"): self.snapshot["language"]}
        )
        normal.element.get_or_add_rPr().append(language)
        for name, size in (("Title", 32), ("Heading 1", 19), ("Heading 2", 13), ("Heading 3", 11)):
            style = styles[name]
            style.font.name, style.font.size, style.font.color.rgb = "Cambria", Pt(size), INK
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for name_of_theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
                fonts.attrib.pop(qn(f"w:{name_of_theme}"), None)
            fonts.set(qn("w:hAnsi"), "Cambria")
        styles["Heading 1"].paragraph_format.page_break_before = True

    # ---- parts of the page

    def say(self, text: str, style: str = "Normal", *, quiet: bool = False, warn: bool = False) -> Any:
        """Add a paragraph."""
        paragraph = self.document.add_paragraph(style=style)
        run = paragraph.add_run(plain(text))
        if quiet or warn:
            run.font.size, run.font.color.rgb = Pt(9), WARN if warn else QUIET
        return paragraph

    def cover(self) -> None:
        """Say what this is, of whom and from when."""
        doc = self.snapshot
        self.say(f"{doc['firm']}  ·  {doc['edition_words']}", quiet=True)
        self.say(doc["cover_title"], "Title")
        self.say(doc.get("lede", ""), "Subtitle")
        self.table([], doc.get("about", []))
        self.say(f"{_('Is this the current copy?')} {self.frame.check_url} ({self.frame.code})", quiet=True)

    def contents(self) -> None:
        """List the chapters; the field is filled with page numbers when Word is asked to."""
        self.say(_("Contents"), "Heading 2").paragraph_format.space_before = Pt(24)
        paragraph = self.document.add_paragraph()
        field(paragraph, 'TOC \\o "1-1" \\h \\z \\u', shown="\n".join(
            f"{section.get('over', '')}  {section['title']}".strip() for section in self.snapshot["sections"]
        ))  # fmt: skip

    def section(self, section: dict[str, Any]) -> None:
        """Write a chapter."""
        if opens := section.get("opens"):
            self.say(f"{opens['number']} {opens['title']}", "Title").paragraph_format.page_break_before = True
            self.say(opens["purpose"], "Subtitle")
        over = section.get("over", "")
        self.say(f"{over}  {section['title']}" if over else section["title"], "Heading 1")
        if section.get("lede"):
            self.say(section["lede"], "Subtitle")
        self.blocks(section["blocks"])

    def blocks(self, blocks: list[dict[str, Any]]) -> None:
        """Write blocks one below the other."""
        for block in blocks:
            write_block: Callable[[dict[str, Any]], None] = getattr(self, f"_{block['type']}")
            write_block(block)

    # ---- the blocks of reports.content.blocks

    def _text(self, block: dict[str, Any]) -> None:
        self.markdown(block["text"])

    def _strong(self, block: dict[str, Any]) -> None:
        self.say(block["text"]).runs[0].bold = True

    def _quiet(self, block: dict[str, Any]) -> None:
        self.say(block["text"], quiet=True)

    def _missing(self, block: dict[str, Any]) -> None:
        self.say(block["text"], warn=True).runs[0].italic = True

    def _heading(self, block: dict[str, Any]) -> None:
        self.say(block["text"], "Heading 3")

    def _decision(self, block: dict[str, Any]) -> None:
        self.markdown(block["text"], "Intense Quote")

    def _plain(self, block: dict[str, Any]) -> None:
        self.say(block["note"], warn=True)
        self.say(block["text"])

    def _table(self, block: dict[str, Any]) -> None:
        self.title(block)
        if not block["rows"]:
            if block["empty"]:
                self.say(block["empty"], quiet=True)
            return
        rows = [[cell["text"] + (f"\n{cell['sub']}" if cell["sub"] else "") for cell in row] for row in block["rows"]]  # fmt: skip
        self.table([column["label"] for column in block["columns"]], rows)

    def _facts(self, block: dict[str, Any]) -> None:
        self.title(block)
        self.table([], block["pairs"])

    def _figures(self, block: dict[str, Any]) -> None:
        self.table([], [[label, figure] for figure, label in block["pairs"]])

    def _changes(self, block: dict[str, Any]) -> None:
        self.title(block)
        for line in block["lines"]:
            parts = (line["figure"], line["text"], changed(line.get("old", ""), line.get("new", "")))
            self.say("  ".join(part for part in parts if part), "List Bullet")
        if not block["lines"] and block["empty"]:
            self.say(block["empty"], quiet=True)

    def _told(self, block: dict[str, Any]) -> None:
        self.title(block)
        for line in block["lines"]:
            words = (
                f"{line.get('title', '')}: {line['words']}" if line.get("words") else line.get("title", "")
            )
            parts = (line.get("number", ""), words, changed(line.get("old", ""), line.get("new", "")), line.get("meta", ""))  # fmt: skip
            self.say("  ".join(part for part in parts if part), "List Bullet")
        if block["more"]:
            self.say(block["more"], quiet=True)

    def _beside(self, block: dict[str, Any]) -> None:
        self.blocks(block["left"])
        self.blocks(block["right"])

    def _verdict(self, block: dict[str, Any]) -> None:
        paragraph = self.say(f"{block['word']}. ")
        paragraph.runs[0].bold = True
        paragraph.add_run(plain(block["text"]))
        if block["reasons"]:
            self.say(f"{_('Worked out from the record:')} {block['reasons']}.", quiet=True)

    def _picture(self, block: dict[str, Any]) -> None:
        self.title(block)
        self.say(_("Picture: %(what)s") % {"what": alternative(block["svg"])}, quiet=True)
        if block["legend"]:
            self.say(block["legend"], quiet=True)

    def _answer(self, block: dict[str, Any]) -> None:
        self.say(f"{block['number']}  {block['question']}", "Heading 2")
        self.blocks(block["value"])
        self.sources(block["side"])

    def _passage(self, block: dict[str, Any]) -> None:
        self.say(f"{block['title']}  {block['number']}".strip(), "Heading 2")
        self.blocks(block["value"])
        self.sources(block["side"])

    # ---- what they share

    def title(self, block: dict[str, Any]) -> None:
        """Write a block's own small heading."""
        if block.get("title"):
            self.say(block["title"], "Heading 3")

    def sources(self, side: list[dict[str, str]]) -> None:
        """Say below an answer what stands beside it in the PDF."""
        if side:
            self.say(" · ".join(line["text"] for line in side), quiet=True)

    def table(self, heads: list[str], rows: list[list[str]]) -> None:
        """Add a table; its head is repeated on every page, its first column names the rows."""
        width = len(heads) or (len(rows[0]) if rows else 0)
        if not width:
            return
        table = self.document.add_table(
            rows=0, cols=width, style="Light Grid Accent 1" if heads else "Table Grid"
        )
        for number, cells in enumerate(([heads] if heads else []) + list(rows)):
            line = table.add_row()
            for cell, text in zip(line.cells, cells, strict=True):
                cell.text = plain(text)
            if heads and number == 0:
                line._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
            line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        self.document.add_paragraph()

    def markdown(self, text: str, style: str = "Normal") -> None:
        """Write what somebody wrote in Markdown: paragraphs, lists, emphasis, code, links."""
        paragraph, lists = None, list[str]()
        for token in MarkdownIt("commonmark", {"html": False}).enable("strikethrough").parse(text[:200_000]):
            if token.type in ("bullet_list_open", "ordered_list_open"):
                lists.append("List Bullet" if token.type.startswith("bullet") else "List Number")
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                lists.pop()
            elif token.type in ("fence", "code_block", "html_block"):
                run = self.document.add_paragraph(style=style).add_run(plain(token.content.rstrip("\n")))
                run.font.name = "Consolas"
            elif token.type == "heading_open":
                paragraph = self.document.add_paragraph(style="Heading 3")
            elif token.type == "paragraph_open":
                level = min(len(lists), LIST_LEVELS)
                name = f"{lists[-1]} {level}" if level > 1 else lists[-1] if lists else style
                paragraph = self.document.add_paragraph(style=name)
            elif token.type == "inline" and paragraph is not None:
                spans(paragraph, token.children or [])


def spans(paragraph: Any, tokens: list[Token]) -> None:
    """Add the runs of a line, with their emphasis. A link's address stands behind its words."""
    bold = italic = struck = 0
    address = ""
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "s_open" | "s_close":
                struck += token.nesting
            case "softbreak" | "hardbreak":
                paragraph.add_run().add_break(WD_BREAK.LINE)
            case "link_open":
                address = str(token.attrGet("href") or "")
            case "link_close":
                if address.startswith(("http://", "https://", "mailto:")):
                    paragraph.add_run(plain(f" ({address})")).font.color.rgb = QUIET
            case _:
                run = paragraph.add_run(plain(token.content))
                run.bold, run.italic, run.font.strike = bool(bold), bool(italic), bool(struck)
                if token.type == "code_inline":
                    run.font.name = "Consolas"


def changed(old: str, new: str) -> str:
    """Return what was and what is, "" where neither is told."""
    return f"{old} → {new}" if old and new else new or old


def alternative(svg: str) -> str:
    """Return the words that stand for one of our drawings."""
    found = re.search(r'aria-label="([^"]*)"', svg) or re.search(r"<title[^>]*>([^<]*)</title>", svg)
    return found[1] if found else ""


def plain(text: object) -> str:
    """Return text that XML can hold."""
    return FORBIDDEN.sub("", str(text))


def field(paragraph: Any, instruction: str, shown: str = "1") -> None:
    """Add a field that Word works out, with what is shown until it does."""
    for element in _field(instruction, shown):
        paragraph.add_run()._r.append(element)


def _field(instruction: str, shown: str) -> Iterator[Any]:
    for kind in ("begin", "", "separate", "shown", "end"):
        if kind == "":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = instruction
        elif kind == "shown":
            element = OxmlElement("w:t")
            element.text = plain(shown)
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        yield element
