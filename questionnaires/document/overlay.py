"""What one engagement adds to its framework and leaves out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from questionnaires.document.fields import Fields
from questionnaires.document.framework import Framework
from questionnaires.document.numbering import gates_of, numbered, with_sections
from questionnaires.document.problems import DocumentError, Problem
from questionnaires.document.reading import Reader
from questionnaires.document.shapes import Contradiction, Item
from questionnaires.document.source import Table, read


@dataclass(frozen=True, slots=True)
class Overlay:
    """Items an engagement adds (each with its `section_key`) and keys of items it leaves out."""

    added: tuple[Item, ...] = ()
    left_out: frozenset[str] = frozenset()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Overlay:
        """Read {"added": [item, ...], "left_out": [key, ...]}, both optional.

        An added item has the grammar of the document and one more key, `section`. Raises DocumentError.
        """
        # JSON is YAML, so that one reader checks both. Lines count the items: one is written per line.
        return cls.parse(_as_lines(data))

    @classmethod
    def parse(cls, text: str) -> Overlay:
        """Read the same as YAML text."""
        problems: list[Problem] = []
        reader = Reader(problems)
        top: Table = read(text)
        fields = Fields(top, "overlay", problems, (), ("added", "left_out"))
        added = tuple(reader.item(node, "", "", "", added=True) for node in fields.nodes("added"))
        left_out = fields.keys("left_out")
        if problems:
            raise DocumentError(problems)
        return cls(added, frozenset(left_out))


def _as_lines(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, indent=1)
    # YAML would fold these or refuse them where JSON lets them stand.
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def with_overlay(framework: Framework, overlay: Overlay) -> Framework:
    """Return the framework as one engagement has it. Pure, so results may be kept.

    Added items stand at the end of their section. Left-out items are gone from every lookup; conditions that
    read one find it unanswered. A contradiction is dropped when a left-out item would make it fire by being
    unanswered. Raises DocumentError for an added key that is taken or a section that is not there.
    """
    _check(framework, overlay)
    added: dict[str, list[Item]] = {}
    for item in overlay.added:
        added.setdefault(item.section_key, []).append(item)
    # Numbered before anything is left out, so that no number ever passes to another question.
    sections = {
        section.key: [
            *section.items,
            *(
                replace(item, step_key=step.key, phase_key=step.phase_key)
                for item in added.get(section.key, ())
            ),
        ]
        for step in framework.steps
        for section in step.sections
    }
    whole = numbered(with_sections(framework.phases, sections))
    gone = overlay.left_out
    known = {item.key for phase in whole for step in phase.steps for item in step.items} - gone
    remaining = {
        section.key: [_without(item, known) for item in section.items if item.key not in gone]
        for phase in whole
        for step in phase.steps
        for section in step.sections
    }
    phases = numbered(with_sections(whole, remaining))
    return replace(
        framework,
        phases=phases,
        contradictions=tuple(
            left for rule in framework.contradictions if (left := _rule_without(rule, gone)) is not None
        ),
        gates=gates_of(item for phase in phases for step in phase.steps for item in step.items),
    )


def _check(framework: Framework, overlay: Overlay) -> None:
    problems = []
    sections = {section.key for step in framework.steps for section in step.sections}
    gates = {gate.key for gate in framework.gates}
    seen: set[str] = set()
    for item in overlay.added:
        place = f"item {item.key}"
        if framework.has_item(item.key) or item.key in seen:
            problems.append(
                Problem(item.line, place, f"another item has the key '{item.key}'; keys stand once")
            )
        if item.section_key not in sections:
            problems.append(Problem(item.line, place, f"there is no section '{item.section_key}'"))
        if item.gate is not None and item.gate in gates:
            problems.append(Problem(item.line, place, f"another item closes the gate '{item.gate}'"))
        seen.add(item.key)
    if problems:
        raise DocumentError(problems)


def _without(item: Item, known: set[str]) -> Item:
    parent = item.parent_key if item.parent_key in known else None
    if parent == item.parent_key and known.issuperset((*item.depends_on, *item.reopens)):
        return item
    return replace(
        item,
        parent_key=parent,
        depends_on=tuple(key for key in item.depends_on if key in known),
        reopens=tuple(key for key in item.reopens if key in known),
    )


def _rule_without(rule: Contradiction, gone: frozenset[str]) -> Contradiction | None:
    if gone.isdisjoint(rule.between) and gone.isdisjoint(rule.when.keys):
        return rule
    if any(negated and test.key in gone for test, negated in rule.when.tests()):
        return None
    between = tuple(key for key in rule.between if key not in gone)
    return replace(rule, between=between) if between else None
