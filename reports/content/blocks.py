"""The parts documents are made of: plain data, all text, so that a snapshot is JSON and needs no database."""

from collections.abc import Iterable, Sequence
from typing import Any

Block = dict[str, Any]
Cell = str | dict[str, str]


def text(markdown: str) -> Block:
    """Return a passage that somebody wrote, in Markdown."""
    return {"type": "text", "text": markdown}


def strong(words: str) -> Block:
    """Return a short answer: a choice, a number, a name."""
    return {"type": "strong", "text": words}


def quiet(words: str) -> Block:
    """Return a remark in small grey type."""
    return {"type": "quiet", "text": words}


def missing(words: str) -> Block:
    """Return what stands where something is still to come: what it is, and who has it."""
    return {"type": "missing", "text": words}


def table(
    columns: Sequence[str | tuple[str, str]],
    rows: Iterable[Sequence[Cell]],
    *,
    title: str = "",
    empty: str = "",
    look: str = "",
) -> Block:
    """Return a table. A column is its label, or (label, ``r`` for figures); a cell is text or {text, tone, sub}.

    *look* ``matrix`` sets it as a grid whose first column names its rows.
    """
    heads = [
        {"label": column, "align": ""}
        if isinstance(column, str)
        else {"label": column[0], "align": column[1]}
        for column in columns
    ]
    cells = [
        [
            {
                "text": "",
                "tone": "",
                "sub": "",
                "align": head["align"],
                **({"text": cell} if isinstance(cell, str) else cell),
            }
            for cell, head in zip(row, heads, strict=True)
        ]
        for row in rows
    ]
    return {"type": "table", "title": title, "columns": heads, "rows": cells, "empty": empty, "look": look}


def facts(pairs: Iterable[tuple[str, str]], *, title: str = "") -> Block:
    """Return labels with their values."""
    return {"type": "facts", "title": title, "pairs": [[label, value] for label, value in pairs if value]}


def changes(items: Iterable[tuple[str, str] | dict[str, str]], *, title: str = "", empty: str = "") -> Block:
    """Return lines that begin with a figure or a day; a line is (figure, words) or {figure, text, old, new}."""
    lines = [item if isinstance(item, dict) else {"figure": item[0], "text": item[1]} for item in items]
    return {"type": "changes", "title": title, "lines": lines, "empty": empty}


def told(lines: Iterable[dict[str, Any]], *, title: str = "", more: str = "") -> Block:
    """Return lines that say what happened, each {number, title, words, old, new, meta, event, path}.

    *path* leads to the place in the product, *event* is the change it came from; *more* says what was left out.
    """
    return {"type": "told", "title": title, "lines": list(lines), "more": more}


def beside(left: Sequence[Block], right: Sequence[Block]) -> Block:
    """Return two columns."""
    return {"type": "beside", "left": list(left), "right": list(right)}


def verdict(health: str, word: str, words: str, reasons: str) -> Block:
    """Return the health in one strip: a shape, a word, what it means, and what it was worked out from."""
    return {"type": "verdict", "health": health, "word": word, "text": words, "reasons": reasons}


def picture(svg: str, *, title: str = "", legend: str = "") -> Block:
    """Return one of our own drawings; its SVG carries its text alternative."""
    return {"type": "picture", "svg": svg, "title": title, "legend": legend}


def heading(words: str) -> Block:
    """Return a small heading within a section."""
    return {"type": "heading", "text": words}


def decision(words: str) -> Block:
    """Return a decision under the answer it made."""
    return {"type": "decision", "text": words}


def answer(
    *, number: str, question: str, value: Sequence[Block], side: Sequence[Cell], changed: bool = False
) -> Block:
    """Return one question with its answer, and beside it where it comes from."""
    lines = [{"text": line, "tone": ""} if isinstance(line, str) else line for line in side if line]
    return {
        "type": "answer",
        "number": number,
        "question": question,
        "value": list(value),
        "side": lines,
        "changed": changed,
        # A long one may be parted between pages; a short one stays whole.
        "long": sum(len(block.get("text", "")) for block in value) > 1200
        or any(len(block.get("rows", ())) > 6 for block in value),
    }


def passage(
    *, title: str, number: str = "", value: Sequence[Block], side: Sequence[Cell] = (), wide: bool = False
) -> Block:
    """Return something told under its own name, with where it comes from in the margin; a wide one below its name."""
    lines = [{"text": line, "tone": ""} if isinstance(line, str) else line for line in side if line]
    return {
        "type": "passage",
        "title": title,
        "number": number,
        "value": list(value),
        "side": lines,
        "wide": wide,
    }


def figures(pairs: Iterable[tuple[str, str]]) -> Block:
    """Return up to four figures that say how things stand, each with what it counts."""
    return {"type": "figures", "pairs": [[figure, label] for figure, label in pairs]}


def section(
    key: str,
    title: str,
    blocks: Sequence[Block],
    *,
    over: str = "",
    phase: str = "",
    lede: str = "",
    summary: bool = False,
) -> Block:
    """Return a chapter. A summary takes exactly one page."""
    return {
        "key": key,
        "title": title,
        "over": over,
        "phase": phase,
        "lede": lede,
        "summary": summary,
        "blocks": list(blocks),
    }
