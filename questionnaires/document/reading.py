"""Nodes to a Framework, gathering every problem on the way instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from questionnaires.document.fields import MAX_TITLE, Fields
from questionnaires.document.framework import Framework
from questionnaires.document.numbering import gates_of, numbered
from questionnaires.document.problems import DocumentError, Problem
from questionnaires.document.shapes import (
    ANSWERED_BY,
    COLUMN_TYPES,
    DEPTHS,
    ITEM_TYPES,
    ROUNDS,
    Advice,
    Column,
    Contradiction,
    Deliverable,
    Function,
    Item,
    LifecycleStage,
    Option,
    Phase,
    Reference,
    ReferenceItem,
    Register,
    Section,
    Step,
)
from questionnaires.document.source import MAX_PROBLEMS, Node, Scalar, Table, read

SCHEMA_VERSION: Final = 1
Made = TypeVar("Made")


def parse(text: str) -> Framework:
    """Read a framework document. Raises DocumentError with the line and place of every problem.

    Checks shape, types and that each key stands once. What keys refer to is for `lint`.
    """
    problems: list[Problem] = []
    reader = Reader(problems)
    framework = reader.framework(read(text))
    if problems or framework is None:
        raise DocumentError(sorted(problems, key=lambda problem: problem.line)[:MAX_PROBLEMS])
    return framework


class Reader:
    """Build the parts of a framework from nodes."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.seen: dict[tuple[str, str], int] = {}

    def fields(
        self, node: Node, kind: str, required: Sequence[str], optional: Sequence[str] = (), name: str = "key"
    ) -> Fields:
        """Open a mapping, naming it by its own key where it has one."""
        label = node.parts.get(name) if isinstance(node, Table) else None
        place = f"{kind} {label.text[:60]}" if isinstance(label, Scalar) else kind
        return Fields(node, place, self.problems, required, optional)

    def once(self, kind: str, key: str, fields: Fields) -> None:
        """Note a key that stands twice among its kind."""
        if not key:
            return
        first = self.seen.setdefault((kind, key), fields.line)
        if first != fields.line:
            fields.wrong(fields.line, f"another {kind} in line {first} has the key '{key}'; keys stand once")

    def framework(self, top: Table) -> Framework | None:
        """Build the framework; None when its top is not usable."""
        fields = Fields(
            top,
            "document",
            self.problems,
            ("schema_version", "framework", "functions", "deliverables", "phases"),
            ("conventions", "reference_frameworks", "lifecycle", "registers", "behaviours", "contradictions"),
        )
        version = fields.integer("schema_version")
        if "schema_version" in fields.parts and version != SCHEMA_VERSION:
            fields.wrong(fields.parts["schema_version"].line, f"'schema_version' must be {SCHEMA_VERSION}")
        if "framework" not in fields.parts:
            return None
        head = Fields(
            fields.parts["framework"],
            "framework",
            self.problems,
            ("key", "title", "version", "language"),
            ("summary", "licence_note"),
        )
        phases = numbered([self.phase(node) for node in fields.nodes("phases")])
        return Framework(
            key=head.key(),
            title=head.title(),
            version=head.title("version"),
            language=head.title("language"),
            summary=head.text("summary"),
            phases=phases,
            functions=self.simple(fields, "functions", "function", ("side",), self.function),
            deliverables=self.simple(
                fields, "deliverables", "deliverable", (), lambda f: Deliverable(f.key(), f.title())
            ),
            references=tuple(self.reference(node) for node in fields.nodes("reference_frameworks")),
            lifecycle=self.simple(
                fields, "lifecycle", "stage", (), lambda f: LifecycleStage(f.key(), f.title())
            ),
            registers=tuple(self.register(node) for node in fields.nodes("registers")),
            contradictions=tuple(self._contradictions(fields)),
            behaviours=tuple(
                self.fields(node, "behaviour", ("rule",), ("seed",), "rule").text("rule")
                for node in fields.nodes("behaviours")
            ),
            gates=gates_of(item for phase in phases for step in phase.steps for item in step.items),
        )

    def simple(
        self, fields: Fields, name: str, kind: str, more: Sequence[str], make: Callable[[Fields], Made]
    ) -> tuple[Made, ...]:
        """Build a list of small things that have a key and a title."""
        made = []
        for node in fields.nodes(name):
            own = self.fields(node, kind, ("key", "title", *more))
            self.once(kind, own.key(), own) if "key" in own.parts else None
            made.append(make(own))
        return tuple(made)

    def function(self, fields: Fields) -> Function:
        """Build a function."""
        return Function(fields.key(), fields.title(), fields.one_of("side", ("firm", "client")))

    def phase(self, node: Node) -> Phase:
        """Build a phase with its steps."""
        fields = self.fields(node, "phase", ("key", "title", "steps"), ("summary", "seed"))
        key = fields.key()
        self.once("phase", key, fields)
        steps = tuple(self.step(part, key) for part in fields.nodes("steps"))
        return Phase(key, fields.title(), fields.text("summary"), steps, fields.line)

    def step(self, node: Node, phase_key: str) -> Step:
        """Build a step with its sections."""
        fields = self.fields(
            node,
            "step",
            ("key", "number", "title", "sections"),
            ("short", "purpose", "lifecycle", "revisited_in", "seed"),
        )
        key = fields.key()
        self.once("step", key, fields)
        number = fields.text("number")
        if number and not re.fullmatch(r"[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2})?", number):
            fields.wrong(fields.parts["number"].line, f"'number' is '{number[:40]}'; write '3' or '6.1'")
        self.once("step number", number, fields)
        title = fields.title()
        return Step(
            key=key,
            number=number,
            title=title,
            short_title=fields.title("short") if "short" in fields.parts else title,
            purpose=fields.text("purpose"),
            phase_key=phase_key,
            lifecycle=fields.keys("lifecycle"),
            revisited_in=fields.codes("revisited_in"),
            sections=tuple(self.section(part, key, phase_key) for part in fields.nodes("sections")),
            line=fields.line,
        )

    def section(self, node: Node, step_key: str, phase_key: str) -> Section:
        """Build a section with its items."""
        fields = self.fields(node, "section", ("key", "title", "items"))
        key = fields.key()
        self.once("section", key, fields)
        items = tuple(self.item(part, phase_key, step_key, key) for part in fields.nodes("items"))
        return Section(key, fields.title(), step_key, items, fields.line)

    def item(
        self, node: Node, phase_key: str, step_key: str, section_key: str, *, added: bool = False
    ) -> Item:
        """Build an item; an added one also names its section."""
        fields = self.fields(
            node,
            "item",
            ("key", "title", "prompt", "type", "answered_by", "depth", *(["section"] if added else [])),
            ("help", "roles", "depends_on", "feeds", "refs", "seed", "columns", "options", "condition", "recommend", "gate", "repeats", "unit", "reopens", "internal"),
        )  # fmt: skip
        key = fields.key()
        self.once("item", key, fields)
        return Item(
            key=key,
            title=fields.title(),
            prompt=fields.text("prompt"),
            type=fields.one_of("type", ITEM_TYPES),
            answered_by=fields.one_of("answered_by", ANSWERED_BY),
            depth=fields.one_of("depth", DEPTHS),
            help=fields.text("help"),
            roles=fields.keys("roles"),
            depends_on=fields.keys("depends_on"),
            feeds=fields.keys("feeds"),
            refs=fields.codes("refs"),
            columns=tuple(self.columns(fields)),
            options=tuple(self.options(fields)),
            condition=fields.condition("condition"),
            recommend=tuple(self.advice(fields)),
            gate=fields.key("gate") or None,
            repeats=self.repeats(fields),
            unit=fields.text("unit", most=MAX_TITLE) or None,
            reopens=fields.keys("reopens"),
            internal=fields.boolean("internal"),
            step_key=step_key,
            section_key=fields.key("section") if added else section_key,
            phase_key=phase_key,
            added=added,
            line=fields.line,
        )

    def columns(self, fields: Fields) -> Iterator[Column]:
        """Build the columns of a table or register."""
        for node in fields.nodes("columns"):
            own = Fields(node, fields.place, self.problems, ("key", "label", "type"), ("options",))
            yield Column(
                own.key(), own.title("label"), own.one_of("type", COLUMN_TYPES), tuple(self.choices(own))
            )

    def choices(self, fields: Fields) -> Iterator[Option]:
        """Build a column's options: plain words that are value and label in one."""
        for text in fields.texts("options"):
            yield Option(text, text[:1].upper() + text[1:])

    def options(self, fields: Fields) -> Iterator[Option]:
        """Build an item's options."""
        for node in fields.nodes("options"):
            own = Fields(node, fields.place, self.problems, ("value", "label"), ("pros", "cons"))
            yield Option(own.key("value"), own.title("label"), own.text("pros"), own.text("cons"))

    def advice(self, fields: Fields) -> Iterator[Advice]:
        """Build the starting points of our recommendation."""
        for node in fields.nodes("recommend"):
            own = Fields(node, fields.place, self.problems, ("when", "choose", "because"))
            when, choose, because = own.condition("when"), own.key("choose"), own.text("because")
            if when is not None:
                yield Advice(when, choose, because)

    def repeats(self, fields: Fields) -> str | None:
        """Take how often an item is asked again."""
        node = fields.parts.get("repeats")
        if node is None:
            return None
        return Fields(node, fields.place, self.problems, ("every",)).one_of("every", ROUNDS) or None

    def register(self, node: Node) -> Register:
        """Build a register."""
        fields = self.fields(node, "register", ("key", "title", "columns"), ("why", "feeds", "seed", "refs"))
        self.once("register", fields.key(), fields)
        return Register(
            fields.key(),
            fields.title(),
            fields.text("why"),
            tuple(self.columns(fields)),
            fields.keys("feeds"),
            fields.codes("refs"),
            fields.line,
        )

    def reference(self, node: Node) -> Reference:
        """Build a public framework with its items, where they are listed."""
        fields = self.fields(node, "reference", ("key", "title", "items"), ("prefix", "entries"))
        listed = []
        for part in fields.nodes("entries"):
            own = Fields(part, fields.place, self.problems, ("code", "title", "step"))
            code = (
                own.code_of(part.parts["code"], "code")
                if isinstance(part, Table) and "code" in part.parts
                else ""
            )
            self.once("reference item", code, own)
            listed.append(ReferenceItem(code, own.title(), own.text("step")))
        key = fields.code_of(fields.parts["key"], "key") if "key" in fields.parts else ""
        self.once("reference", key, fields)
        prefix = fields.text("prefix") or key
        return Reference(key, fields.title(), fields.integer("items"), prefix, tuple(listed), fields.line)

    def _contradictions(self, fields: Fields) -> Iterator[Contradiction]:
        for node in fields.nodes("contradictions"):
            own = self.fields(node, "contradiction", ("key", "title", "when", "between", "says", "ask"))
            key, when = own.key(), own.condition("when")
            self.once("contradiction", key, own)
            if when is not None:
                yield Contradiction(
                    key, own.title(), when, own.keys("between"), own.text("says"), own.text("ask"), own.line
                )
