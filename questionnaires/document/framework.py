"""The whole framework and its lookups, all answered from indexes made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from questionnaires.document.shapes import (
    DEPTHS,
    Contradiction,
    Deliverable,
    Function,
    Gate,
    Item,
    LifecycleStage,
    Phase,
    Reference,
    Register,
    Section,
    Step,
)

Thing = TypeVar("Thing")

# A change that touches no more than this is made without asking first.
FEW: Final = 5


@dataclass(frozen=True, slots=True)
class _Index:
    """What the lookups read. Links to keys that no item has are left out; lint reports them."""

    items: tuple[Item, ...]
    steps: tuple[Step, ...]
    item_by_key: Mapping[str, Item]
    step_by_key: Mapping[str, Step]
    section_by_key: Mapping[str, Section]
    register_by_key: Mapping[str, Register]
    gate_by_key: Mapping[str, Gate]
    items_by_depth: Mapping[str, tuple[Item, ...]]
    dependents: Mapping[str, tuple[Item, ...]]
    far: frozenset[str]
    watchers: Mapping[str, tuple[Item, ...]]
    triggers: frozenset[str]
    contradictions: Mapping[str, tuple[Contradiction, ...]]
    feeding: Mapping[str, tuple[Item, ...]]
    registers_feeding: Mapping[str, tuple[Register, ...]]
    mapped: Mapping[str, tuple[Item, ...]]
    registers_mapped: Mapping[str, tuple[Register, ...]]


@dataclass(frozen=True, slots=True)
class Framework:
    """A questionnaire, immutable and safe to share between threads.

    Methods that take a key raise KeyError for one that is not there, except the graph and mapping lookups,
    which answer ().
    """

    key: str
    title: str
    version: str
    language: str
    summary: str
    phases: tuple[Phase, ...]
    functions: tuple[Function, ...]
    deliverables: tuple[Deliverable, ...]
    references: tuple[Reference, ...]
    lifecycle: tuple[LifecycleStage, ...]
    registers: tuple[Register, ...]
    contradictions: tuple[Contradiction, ...]
    behaviours: tuple[str, ...]
    gates: tuple[Gate, ...]
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _indexed(self))

    @property
    def items(self) -> tuple[Item, ...]:
        """Every item in document order, whatever its depth."""
        return self._index.items

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step in order."""
        return self._index.steps

    @property
    def triggers(self) -> frozenset[str]:
        """The keys of items that a condition, an advice or a contradiction reads."""
        return self._index.triggers

    def item(self, key: str) -> Item:
        """Return the item with that key."""
        return self._index.item_by_key[key]

    def has_item(self, key: str) -> bool:
        """Tell whether there is an item with that key."""
        return key in self._index.item_by_key

    def step(self, key: str) -> Step:
        """Return the step with that key."""
        return self._index.step_by_key[key]

    def section(self, key: str) -> Section:
        """Return the section with that key."""
        return self._index.section_by_key[key]

    def register(self, key: str) -> Register:
        """Return the register with that key."""
        return self._index.register_by_key[key]

    def has_register(self, key: str) -> bool:
        """Tell whether there is a register with that key."""
        return key in self._index.register_by_key

    def gate(self, key: str) -> Gate:
        """Return the gate with that key."""
        return self._index.gate_by_key[key]

    def items_at(self, depth: str) -> tuple[Item, ...]:
        """Return the items asked at a depth (core, standard or full), in document order."""
        return self._index.items_by_depth[depth]

    def dependents(self, key: str) -> tuple[Item, ...]:
        """Return the items that directly depend on an item, in document order."""
        return self._index.dependents.get(key, ())

    def downstream(self, key: str) -> tuple[Item, ...]:
        """Return everything that rests on an item, directly or not, in document order.

        Cost grows with what is reached, not with the framework. A cycle does no harm; the item itself is left out.
        """
        return _reached(key, self._index.dependents)

    def carries_far(self, key: str) -> bool:
        """Tell whether more than FEW items rest on an item, directly or not."""
        return key in self._index.far

    def watchers(self, key: str) -> tuple[Item, ...]:
        """Return the items that may appear or disappear when an item's answer changes, in document order.

        These are the items whose condition mentions it, those whose condition mentions one of these, and so on.
        """
        return _reached(key, self._index.watchers)

    def contradictions_on(self, key: str) -> tuple[Contradiction, ...]:
        """Return the contradictions that read or name an item."""
        return self._index.contradictions.get(key, ())

    def feeding(self, deliverable_key: str) -> tuple[Item, ...]:
        """Return the items that feed a deliverable, in document order."""
        return self._index.feeding.get(deliverable_key, ())

    def registers_feeding(self, deliverable_key: str) -> tuple[Register, ...]:
        """Return the registers that feed a deliverable."""
        return self._index.registers_feeding.get(deliverable_key, ())

    def mapped_to(self, reference_item_code: str) -> tuple[Item, ...]:
        """Return the items that are evidence for an item of a public framework, such as MLTS-D1."""
        return self._index.mapped.get(reference_item_code, ())

    def registers_mapped_to(self, reference_item_code: str) -> tuple[Register, ...]:
        """Return the registers that are evidence for an item of a public framework."""
        return self._index.registers_mapped.get(reference_item_code, ())


def _reached(key: str, links: Mapping[str, tuple[Item, ...]]) -> tuple[Item, ...]:
    found: dict[str, Item] = {}
    waiting = [key]
    while waiting:
        for item in links.get(waiting.pop(), ()):
            if item.key not in found:
                found[item.key] = item
                waiting.append(item.key)
    found.pop(key, None)
    return tuple(sorted(found.values(), key=lambda item: item.position))


def _reaches_more(key: str, links: Mapping[str, tuple[Item, ...]], most: int) -> bool:
    """Say whether more than *most* items are reached; stops looking as soon as they are."""
    found = {key}
    waiting = [key]
    while waiting:
        for item in links.get(waiting.pop(), ()):
            if item.key not in found:
                found.add(item.key)
                if len(found) > most + 1:
                    return True
                waiting.append(item.key)
    return False


def _indexed(framework: Framework) -> _Index:
    steps = tuple(step for phase in framework.phases for step in phase.steps)
    sections = [section for step in steps for section in step.sections]
    items = tuple(item for section in sections for item in section.items)
    by_key = {item.key: item for item in items}
    rules: dict[str, dict[str, Contradiction]] = {}
    for rule in framework.contradictions:
        for key in (*rule.when.keys, *rule.between):
            rules.setdefault(key, {})[rule.key] = rule
    read = {key for item in items for advice in item.recommend for key in advice.when.keys}
    read.update(key for item in items if item.condition for key in item.condition.keys)
    read.update(key for rule in framework.contradictions for key in rule.when.keys)
    dependents = _grouped(items, lambda item: (key for key in item.depends_on if key in by_key))
    return _Index(
        items=items,
        steps=steps,
        item_by_key=by_key,
        step_by_key={step.key: step for step in steps},
        section_by_key={section.key: section for section in sections},
        register_by_key={register.key: register for register in framework.registers},
        gate_by_key={gate.key: gate for gate in framework.gates},
        items_by_depth={
            depth: tuple(item for item in items if item.depth in DEPTHS[: level + 1])
            for level, depth in enumerate(DEPTHS)
        },
        dependents=dependents,
        far=frozenset(item.key for item in items if _reaches_more(item.key, dependents, FEW)),
        watchers=_grouped(
            items,
            lambda item: (key for key in item.condition.keys if key in by_key) if item.condition else (),
        ),
        triggers=frozenset(read & by_key.keys()),
        contradictions={key: tuple(found.values()) for key, found in rules.items()},
        feeding=_grouped(items, lambda item: item.feeds),
        registers_feeding=_grouped(framework.registers, lambda register: register.feeds),
        mapped=_grouped(items, lambda item: item.refs),
        registers_mapped=_grouped(framework.registers, lambda register: register.refs),
    )


def _grouped(things: Iterable[Thing], keys: Callable[[Thing], Iterable[str]]) -> dict[str, tuple[Thing, ...]]:
    groups: dict[str, dict[int, Thing]] = {}
    for place, thing in enumerate(things):
        for key in keys(thing):
            groups.setdefault(key, {})[place] = thing
    return {key: tuple(group.values()) for key, group in groups.items()}
