"""Put parts of a draft together: pages one after the other, page numbers stamped, bookmarks to the sections.

Tags are lost on the way, so this is for drafts. It runs in the rendering child.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

# Widths of Helvetica's characters in thousandths of its size; it is in every reader, and only drafts use it.
WIDTHS = {" ": 278, "/": 278}
DIGIT = 556
SIZE = 7.5
GREY = 0.365
# Points from the right edge and from the bottom: where the page's own rules put the number.
RIGHT, BOTTOM = 51.0, 29.0


def join(job: dict[str, Any]) -> dict[str, Any]:
    """Write the files named in ``join`` as one; ``bookmarks`` are (title, page from 0), ``unnumbered`` pages lead."""
    import pikepdf

    from reports.render.child import whole_or_not

    with pikepdf.new() as whole:
        for path in job["join"]:
            with pikepdf.open(path) as part:
                whole.pages.extend(part.pages)
        count = len(whole.pages)
        for number, page in enumerate(whole.pages, start=1):
            if number > job["unnumbered"]:
                stamp(whole, page, f"{number} / {count}")
        with whole.open_outline() as outline:
            outline.root.extend(pikepdf.OutlineItem(title, place) for title, place in job["bookmarks"])
        whole.Root.Lang = pikepdf.String(job["language"])
        whole.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        whole.docinfo["/Title"] = pikepdf.String(job["title"])

        def write(stream: BinaryIO) -> None:
            whole.save(stream, deterministic_id=True)

        size = whole_or_not(Path(job["target"]), write)
    return {"pages": count, "size": size}


def stamp(whole: Any, page: Any, words: str) -> None:
    """Write *words* where the page number stands, ending at the right margin."""
    import pikepdf

    width = sum(WIDTHS.get(letter, DIGIT) for letter in words) / 1000 * SIZE
    x = float(page.mediabox[2]) - RIGHT - width
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    # Resources are shared between the pages of a part; a page that is stamped gets its own.
    resources = pikepdf.Dictionary(dict(page.Resources.items()))
    fonts = pikepdf.Dictionary(dict(resources["/Font"].items()) if "/Font" in resources else {})
    fonts["/Stamp"] = font
    resources["/Font"] = fonts
    page.Resources = resources
    drawn = f"q {GREY} g BT /Stamp {SIZE} Tf {x:.2f} {BOTTOM} Td ({words}) Tj ET Q\n"
    # What came before may have left its own transformation behind.
    page.contents_add(pikepdf.Stream(whole, b"q\n"), prepend=True)
    page.contents_add(pikepdf.Stream(whole, f"Q\n{drawn}".encode()))
