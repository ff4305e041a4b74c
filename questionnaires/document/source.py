"""YAML text to nodes that know their line.

Only plain data is let in: no anchors, aliases or tags, a bounded size and depth, no key twice. Nodes are built
from parser events in a loop, so deep nesting cannot exhaust the stack, and scalars stay text as written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

import yaml

from questionnaires.document.problems import DocumentError, Problem

MAX_BYTES: Final = 5_000_000
MAX_NODES: Final = 1_000_000
MAX_NESTING: Final = 24
MAX_TEXT: Final = 20_000
MAX_PROBLEMS: Final = 200

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_resolver = yaml.resolver.Resolver()
_KINDS = {
    "tag:yaml.org,2002:bool": "yes or no",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:merge": "a merge",
    "tag:yaml.org,2002:value": "a default value",
}


@dataclass(slots=True)
class Scalar:
    """A single text as written; `plain` when it stood without quotes."""

    line: int
    text: str
    plain: bool

    def tag(self) -> str:
        """Tell what YAML would take the text for."""
        if not self.plain:
            return "tag:yaml.org,2002:str"
        return str(_resolver.resolve(yaml.ScalarNode, self.text, (True, False)))  # type: ignore[no-untyped-call]

    def kind(self) -> str | None:
        """Name what an unquoted text would be taken for instead of text; None when it is text."""
        return _KINDS.get(self.tag())


@dataclass(slots=True)
class Many:
    """A list."""

    line: int
    parts: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A mapping. `waiting` is the key whose value comes next while it is being built."""

    line: int
    parts: dict[str, Node] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    waiting: Scalar | None = None


Node = Scalar | Many | Table


def read(text: str) -> Table:
    """Turn YAML text into its top mapping. Raises DocumentError."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise _refusal(text.count("\n", 0, error.start) + 1, "a character here is only half of one") from None
    if size > MAX_BYTES:
        raise _refusal(0, f"the document has {size:,} bytes; the limit is {MAX_BYTES:,}")
    try:
        top = _built(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.problem, error.context) if part)
        # What is missing at the end is found after the last line.
        line = min(mark.line, text.count("\n")) + 1 if mark else 0
        raise _refusal(line, f"this is not YAML: {what}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refusal(line, "the character here may not stand in a document") from None
    except yaml.YAMLError as error:
        raise _refusal(0, f"this is not YAML: {error}") from None
    if not isinstance(top, Table):
        raise _refusal(1, "the document must begin with 'framework:' and the other top keys")
    return top


def _refusal(line: int, message: str) -> DocumentError:
    return DocumentError([Problem(line, "document", message)])


def _built(text: str) -> Node | None:
    top: Node | None = None
    stack: list[Many | Table] = []
    problems: list[Problem] = []
    documents = 0
    nodes = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refusal(_line(event), "a second document begins here; a file holds one")
            continue
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            stack.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _refusal(line, "anchors (&) and aliases (*) are not allowed; write the value out")
        nodes += 1
        if nodes > MAX_NODES:
            raise _refusal(line, f"the document has more than {MAX_NODES:,} values")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _refusal(line, f"tags are not allowed: '{tag[:60]}'")
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = Scalar(line, event.value, event.style is None or event.style == "")
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Many(line)
        else:
            node = Table(line)
        if not stack:
            top = node
        elif isinstance(stack[-1], Many):
            stack[-1].parts.append(node)
        else:
            _put(stack[-1], node, problems)
        if not isinstance(node, Scalar):
            stack.append(node)
            if len(stack) > MAX_NESTING:
                raise _refusal(line, f"the document is nested more than {MAX_NESTING} deep")
    if problems:
        raise DocumentError(problems[:MAX_PROBLEMS])
    return top


def _put(table: Table, node: Node, problems: list[Problem]) -> None:
    if table.waiting is None:
        if not isinstance(node, Scalar):
            raise _refusal(node.line, "a key must be a single word")
        table.waiting = node
        return
    key = table.waiting
    table.waiting = None
    if key.text in table.parts:
        first = table.lines[key.text]
        problems.append(
            Problem(
                key.line,
                "document",
                f"'{key.text[:60]}' stands here a second time; the first is in line {first}",
            )
        )
        return
    table.parts[key.text] = node
    table.lines[key.text] = key.line


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def suggestion(word: str, allowed: list[str] | tuple[str, ...]) -> str:
    """Give "; did you mean 'x'?" for a near miss, else ''."""
    near = get_close_matches(word, allowed, 1)
    return f"; did you mean '{near[0]}'?" if near else ""
