"""Pages as trees: enough of HTML to put fragments into a page as static/js/patch.js does, and to compare two pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser


class Lost(AssertionError):
    """A row came whose neighbour is not on the page; a browser would look at the whole page again."""


VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass(eq=False)
class Node:
    """An element, or a text as an element without a name."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    parent: Node | None = None
    text: str = ""

    @property
    def id(self) -> str:
        """The element's id, or nothing."""
        return self.attributes.get("id", "")

    def walk(self) -> Iterator[Node]:
        """Go through the element and everything in it."""
        yield self
        for child in list(self.children):
            yield from child.walk()

    def find(self, id: str) -> Node | None:
        """Return the element with that id."""
        return next((node for node in self.walk() if node.id == id), None)

    def add(self, child: Node) -> None:
        """Put a child at the end."""
        child.parent = self
        self.children.append(child)

    def replace_with(self, other: Node) -> None:
        """Put another element into this one's place."""
        assert self.parent is not None
        place = self.parent.children.index(self)
        self.parent.children[place] = other
        other.parent = self.parent

    def remove(self) -> None:
        """Take the element out of the page."""
        assert self.parent is not None
        self.parent.children.remove(self)
        self.parent = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].add(node)
        if (tag not in VOID and tag not in ("path", "circle", "rect")) or tag in ("text",):
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].add(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in [node.name for node in self.open]:
            while self.open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].add(Node("", text=data))


def read(html: str) -> Node:
    """Return a page or fragments as a tree; our templates close what they open."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def patch(page: Node, html: str) -> None:
    """Put fragments into a page that nobody is using."""
    for part in [node for node in read(html).children if node.name]:
        if part.name != "template":
            _swap(page, part)
            continue
        if gone := part.attributes.get("data-drop"):
            if old := page.find(gone):
                old.remove()
            continue
        inner = next(node for node in part.children if node.name)
        into = part.attributes.get("data-put")
        if into is None:
            _swap(page, inner)
        elif body := page.find(into):
            if old := page.find(inner.id):
                old.remove()
            before = page.find(part.attributes["data-after"])
            if before is None:
                raise Lost(f"there is no {part.attributes['data-after']} to follow")
            inner.parent = body
            body.children.insert(body.children.index(before) + 1, inner)


def _swap(page: Node, fresh: Node) -> None:
    old = page.find(fresh.id)
    if old is None:
        return
    for mark in [node for node in fresh.walk() if "data-keep" in node.attributes]:
        there = old.find(mark.id)
        assert there is not None, f"the page has no {mark.id} to keep"
        there.remove()
        mark.replace_with(there)
    old.replace_with(fresh)


# What differs from one drawing of the same page to the next, or is drawn by the page's own script.
def _is_passing(node: Node) -> bool:
    return (
        node.attributes.get("name") == "csrfmiddlewaretoken"
        or node.id in ("presence",)
        or "data-filters" in node.attributes
        or any("tickline" in child.attributes.get("class", "") for child in node.children)
        or "ask-foot" in node.attributes.get("class", "")
        # It says of itself that it is as it was when the page was opened.
        or any(child.attributes.get("class") == "picture" for child in node.children)
        or "data-save-state" in node.attributes
    )


def lines(node: Node, depth: int = 0) -> Iterator[str]:
    """Write a tree as lines, so that a difference says where it is; white space between elements does not count."""
    if _is_passing(node):
        return
    if not node.name:
        if words := re.sub(r"\s+", " ", node.text).strip():
            yield "  " * depth + words
        return
    attributes = " ".join(f'{name}="{value}"' for name, value in sorted(node.attributes.items()))
    yield "  " * depth + f"<{node.name} {attributes}>"
    for child in node.children:
        yield from lines(child, depth + 1)
