"""What a framework says that cannot be right, although it can be read. Errors must go, warnings should."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Literal

from questionnaires.conditions import ORDERINGS, Comparison, Condition, as_number, is_date
from questionnaires.cycles import cycles
from questionnaires.document import DEPTHS, Column, Framework, Item, Problem, Reference, Step
from questionnaires.document.source import suggestion
from questionnaires.reach import Reach

MAX_TITLE_WORDS: Final = 5
MAX_SUGGESTIONS: Final = 20

# What a comparison may ask of an item, by the item's type; every item may be asked whether it is answered.
CHOICE: Final = frozenset({"==", "!=", "in"})
ORDERED: Final = CHOICE | ORDERINGS.keys()
OPERATORS: Final[Mapping[str, frozenset[str]]] = {
    "single_choice": CHOICE,
    "yes_no": CHOICE,
    "multi_choice": frozenset({"has", "has_any"}),
    "number": ORDERED,
    "money": ORDERED,
    "date": ORDERED,
}


def lint(framework: Framework) -> list[Problem]:
    """List everything that is wrong with a framework, errors first, each by line. Linear in its size."""
    problems = [*_Lint(framework).problems()]
    return sorted(problems, key=lambda problem: (problem.level != "error", problem.line))


class _Lint:
    def __init__(self, framework: Framework) -> None:
        self.framework = framework
        self.keys = [item.key for item in framework.items]
        self.functions = {function.key for function in framework.functions}
        self.deliverables = {deliverable.key for deliverable in framework.deliverables}
        self.stages = {stage.key for stage in framework.lifecycle}
        self.numbers = {step.number for step in framework.steps}
        self.prefixes = {reference.prefix: reference for reference in framework.references}
        self.codes = {
            reference.key: {listed.code for listed in reference.items} for reference in framework.references
        }
        self.reach = Reach(framework)
        # Looking for a near miss reads every key, so only the first few mistakes get one.
        self.near_left = MAX_SUGGESTIONS

    def near(self, word: str, allowed: Iterable[str]) -> str:
        self.near_left -= 1
        return suggestion(word, [*allowed]) if self.near_left >= 0 else ""

    def problems(self) -> Iterator[Problem]:
        yield from self.cycles()
        yield from self.titles()
        yield from self.steps()
        yield from self.gates()
        for item in self.framework.items:
            for problem in self.item(item):
                yield replace(problem, line=problem.line or item.line, place=f"item {item.key}")
        for rule in self.framework.contradictions:
            for problem in self.contradiction(rule.when, rule.between):
                yield replace(problem, line=rule.line, place=f"contradiction {rule.key}")
        for register in self.framework.registers:
            found = [
                *self.columns(register.columns),
                *self.known("feeds", register.feeds, self.deliverables),
                *self.refs(register.refs),
            ]
            for problem in found:
                yield replace(problem, line=register.line, place=f"register {register.key}")
        for reference in self.framework.references:
            for problem in self.reference(reference):
                yield replace(problem, line=reference.line, place=f"reference {reference.key}")

    def cycles(self) -> Iterator[Problem]:
        framework = self.framework
        depends = {
            item.key: tuple(key for key in item.depends_on if framework.has_item(key))
            for item in framework.items
        }
        for path in cycles(depends):
            yield self._cycle(path, "depends_on goes round in a circle")
        read = {
            item.key: tuple(key for key in item.condition.keys if framework.has_item(key))
            if item.condition
            else ()
            for item in framework.items
        }
        for path in cycles(read):
            yield self._cycle(path, "conditions go round in a circle")
        both = {key: tuple(dict.fromkeys((*depends[key], *read[key]))) for key in depends}
        told = {key for path in (*cycles(depends), *cycles(read)) for key in path}
        for path in cycles(both):
            if told.isdisjoint(path):
                yield self._cycle(path, "depends_on and conditions together go round in a circle")

    def _cycle(self, path: list[str], what: str) -> Problem:
        shown = [*path[:12], "..."] if len(path) > 12 else path
        return Problem(
            self.framework.item(path[0]).line, f"item {path[0]}", f"{what}: {' -> '.join([*shown, path[0]])}"
        )

    def titles(self) -> Iterator[Problem]:
        first: dict[str, Item] = {}
        for item in self.framework.items:
            other = first.setdefault(item.title.casefold(), item)
            if other is not item:
                yield Problem(
                    item.line,
                    f"item {item.key}",
                    f"the title '{item.title}' is also that of {other.key}; titles stand once",
                )
            if len(item.title.split()) > MAX_TITLE_WORDS:
                yield _warning(
                    f"the title has more than {MAX_TITLE_WORDS} words: '{item.title}'",
                    item.line,
                    f"item {item.key}",
                )

    def steps(self) -> Iterator[Problem]:
        if not self.framework.items:
            yield Problem(0, "document", "there are no items")
        for phase in self.framework.phases:
            if not phase.steps:
                yield _warning("this phase has no steps", phase.line, f"phase {phase.key}")
        for step in self.framework.steps:
            for problem in self.step(step):
                yield replace(problem, line=step.line, place=f"step {step.key}")
            for section in step.sections:
                if not section.items:
                    yield _warning("this section has no items", section.line, f"section {section.key}")

    def step(self, step: Step) -> Iterator[Problem]:
        yield from self.known("lifecycle", step.lifecycle, self.stages)
        yield from self.known("revisited_in", step.revisited_in, self.numbers)
        if len(step.short_title.split()) > 3:
            yield _warning(
                f"the short name '{step.short_title}' has more than three words; give one under 'short'"
            )

    def gates(self) -> Iterator[Problem]:
        first: dict[str, str] = {}
        for gate in self.framework.gates:
            line, place = self.framework.item(gate.item_key).line, f"item {gate.item_key}"
            other = first.setdefault(gate.key, gate.item_key)
            if other != gate.item_key:
                yield Problem(line, place, f"the gate '{gate.key}' is already closed by {other}")
            if not gate.functions:
                yield Problem(
                    line, place, f"nobody can sign the gate '{gate.key}'; name functions under 'roles'"
                )
            if not gate.covers:
                yield _warning(
                    f"the gate '{gate.key}' covers nothing; name answers under 'depends_on'", line, place
                )

    def item(self, item: Item) -> Iterator[Problem]:
        yield from self.known("depends_on", item.depends_on, self.keys)
        yield from self.known("reopens", item.reopens, self.keys)
        yield from self.known("roles", item.roles, self.functions)
        yield from self.known("feeds", item.feeds, self.deliverables)
        yield from self.refs(item.refs)
        if item.key in item.reopens:
            yield _error("'reopens' names the item itself")
        if item.key in item.depends_on:
            yield _error("'depends_on' names the item itself")
        if re.search(r"\b(you|your|yours|yourself|yourselves)\b", item.prompt, re.IGNORECASE):
            yield _warning("the prompt says 'you'; it speaks for client and consultant together, so say 'we'")
        yield from self.shape(item)
        if item.condition is not None:
            yield from self.condition(item, item.condition)
        yield from self.advice(item)

    def shape(self, item: Item) -> Iterator[Problem]:
        choice = item.type in ("single_choice", "multi_choice")
        if choice and not item.options:
            yield _error("a choice needs options")
        if choice and len(item.options) == 1:
            yield _warning("a choice of one is none; give a second option")
        if item.options and not choice:
            yield _error(f"'options' belong to choices, and this is '{item.type}'")
        yield from _twice("option", [option.value for option in item.options])
        yield from _twice("option label", [option.label.casefold() for option in item.options])
        if item.type == "table" and not item.columns:
            yield _error("a table needs columns")
        if item.columns and item.type != "table":
            yield _error(f"'columns' belong to tables, and this is '{item.type}'")
        yield from self.columns(item.columns)
        if item.gate is not None and item.type != "sign_off":
            yield _error(f"only a sign_off closes a gate, and this is '{item.type}'")
        if item.type == "sign_off" and item.gate is None:
            yield _error("a sign_off must name the gate it closes")
        if item.type == "sign_off" and item.internal:
            yield _warning("the client side will not see this sign-off: it is internal")
        if item.unit is not None and item.type != "number":
            yield _warning(f"'unit' says nothing for '{item.type}'")

    def columns(self, columns: tuple[Column, ...]) -> Iterator[Problem]:
        yield from _twice("column", [column.key for column in columns])
        yield from _twice("column label", [column.label.casefold() for column in columns])
        for column in columns:
            if column.type == "choice" and not column.options:
                yield _error(f"column {column.key}: a choice needs options")
            if column.options and column.type != "choice":
                yield _error(f"column {column.key}: 'options' belong to choices, and this is '{column.type}'")

    def refs(self, refs: Iterable[str]) -> Iterator[Problem]:
        for ref in refs:
            reference = next(
                (self.prefixes[prefix] for prefix in _starts(ref) if prefix in self.prefixes), None
            )
            if reference is None:
                yield _error(
                    f"'refs' names '{ref}', which begins like none of {', '.join(self.prefixes) or 'the reference frameworks'}"
                )
            elif reference.items and ref not in self.codes[reference.key]:
                near = self.near(ref, self.codes[reference.key])
                yield _error(f"'refs' names '{ref}', which {reference.key} does not list{near}")

    def known(self, name: str, keys: Iterable[str], allowed: Iterable[str]) -> Iterator[Problem]:
        allowed_set = allowed if isinstance(allowed, set) else self.reach.known
        for key in keys:
            if key not in allowed_set:
                yield _error(f"'{name}' names '{key}', which is not there{self.near(key, allowed)}")

    def condition(self, item: Item, condition: Condition) -> Iterator[Problem]:
        fine = True
        for problem in self.comparisons("condition", condition):
            fine = False
            yield problem
        for key in condition.keys:
            if not self.framework.has_item(key):
                continue
            read = self.framework.item(key)
            if key == item.key:
                yield _error("the condition reads the item itself")
                fine = False
            elif read.position > item.position:
                yield _error(
                    f"the condition reads '{key}', which comes later and is unanswered when it is evaluated"
                )
                fine = False
            if DEPTHS.index(read.depth) > DEPTHS.index(item.depth):
                yield _error(
                    f"the condition reads '{key}', which is only asked at depth {read.depth}, and this item at {item.depth}"
                )
        if fine and not self.reach.item_can_show(item):
            yield _error("this item can never appear: its condition cannot hold")

    def advice(self, item: Item) -> Iterator[Problem]:
        options = [option.value for option in item.options]
        for advice in item.recommend:
            if advice.choose not in options:
                yield _error(
                    f"'recommend' chooses '{advice.choose}', which is no option{self.near(advice.choose, options)}"
                )
            fine = True
            for problem in self.comparisons("recommend", advice.when):
                fine = False
                yield problem
            if fine and not self.reach.can_hold(advice.when):
                yield _error(
                    f"the advice '{advice.choose}' can never be given: '{advice.when.text}' cannot hold"
                )
            if item.key in advice.when.keys:
                yield _warning(f"the advice '{advice.choose}' reads the answer it is meant to prepare")

    def contradiction(self, when: Condition, between: tuple[str, ...]) -> Iterator[Problem]:
        yield from self.known("between", between, self.keys)
        if len(between) < 2:
            yield _warning("a contradiction stands between two answers or more")
        fine = True
        for problem in self.comparisons("when", when):
            fine = False
            yield problem
        for key in dict.fromkeys((*between, *when.keys)):
            if self.framework.has_item(key) and self.framework.item(key).internal:
                yield _error(f"'{key}' is internal, and the client side sees contradictions")
        for test, negated in when.tests():
            if (
                negated
                and test.operator == "is"
                and self.framework.has_item(test.key)
                and self.framework.item(test.key).depth != "core"
            ):
                yield _warning(
                    f"the rule asks whether '{test.key}' is missing, which a lighter depth never asks"
                )
        if fine and not self.reach.can_hold(when):
            yield _error("this contradiction can never fire: 'when' cannot hold")

    def comparisons(self, name: str, condition: Condition) -> Iterator[Problem]:
        """Check each comparison against the item it reads."""
        for test, _ in condition.tests():
            if not self.framework.has_item(test.key):
                near = self.near(test.key, self.keys)
                yield _error(f"'{name}' reads '{test.key}', which is not there{near}")
            elif message := self.wrong_comparison(self.framework.item(test.key), test):
                yield _error(f"'{name}', column {test.column}: {message}")

    def wrong_comparison(self, item: Item, test: Comparison) -> str:
        """Say why a comparison cannot be asked of an item; '' when it can."""
        if test.operator == "is":
            return ""
        allowed = OPERATORS.get(item.type, frozenset())
        if test.operator not in allowed:
            words = ", ".join(sorted(allowed | {"is answered"}))
            return f"'{test.operator}' cannot be asked of '{item.key}', which is {item.type}; it can be asked with {words}"
        if item.type in ("number", "money"):
            wrong = [value for value in test.values if as_number(value) is None]
            return f"'{item.key}' is compared with '{wrong[0]}', which is not a number" if wrong else ""
        if item.type == "date":
            wrong = [value for value in test.values if not is_date(value)]
            return (
                f"'{item.key}' is compared with '{wrong[0]}', which is not a date such as 2026-11-23"
                if wrong
                else ""
            )
        options = (
            ["yes", "no", "unsure"] if item.type == "yes_no" else [option.value for option in item.options]
        )
        wrong = [value for value in test.values if value not in options]
        if wrong:
            return f"'{item.key}' has no option '{wrong[0]}'{self.near(wrong[0], options)}"
        return ""

    def reference(self, reference: Reference) -> Iterator[Problem]:
        if reference.items and len(reference.items) != reference.count:
            yield _error(f"'items' says {reference.count}, and 'entries' lists {len(reference.items)}")
        for listed in reference.items:
            if reference.prefix not in _starts(listed.code):
                yield _error(f"the code '{listed.code}' does not begin with '{reference.prefix}-'")
            if listed.step not in self.numbers:
                yield _error(f"'{listed.code}' names the step '{listed.step}', which is not there")


def _starts(code: str) -> Iterator[str]:
    """Give the beginnings of a code that could be a prefix: AIA-IV.5 begins with AIA."""
    parts = code.split("-")
    for length in range(1, len(parts)):
        yield "-".join(parts[:length])


def _twice(what: str, names: list[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield _error(f"the {what} '{name}' stands twice")
        seen.add(name)


def _error(
    message: str, line: int = 0, place: str = "", level: Literal["error", "warning"] = "error"
) -> Problem:
    return Problem(line, place, message, level)


def _warning(message: str, line: int = 0, place: str = "") -> Problem:
    return _error(message, line, place, "warning")
