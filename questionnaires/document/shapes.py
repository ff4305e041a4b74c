"""The parts of a framework, frozen. Everything is addressed by key; numbers exist for the screen only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from questionnaires.conditions import Condition

DEPTHS: Final = ("core", "standard", "full")
ITEM_TYPES: Final = (
    "long_text",
    "single_choice",
    "multi_choice",
    "yes_no",
    "number",
    "money",
    "date",
    "person",
    "file",
    "table",
    "sign_off",
)
COLUMN_TYPES: Final = ("text", "choice", "number", "money", "date", "person", "yes_no", "file")
ANSWERED_BY: Final = ("client", "consultant", "both")
ROUNDS: Final = ("iteration", "review", "quarter", "half-year")


@dataclass(frozen=True, slots=True)
class Option:
    """Offer one value of a choice."""

    value: str
    label: str
    pros: str = ""
    cons: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """Describe one column of a table or register; `options` is filled for type choice."""

    key: str
    label: str
    type: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Propose an option, with the reason, while a condition over earlier answers holds."""

    when: Condition
    choose: str
    because: str


@dataclass(frozen=True, slots=True)
class Item:
    """One question, task, table or sign-off.

    `number` is what the screen shows (3.9, or 3.9a for an item that hangs on 3.9); `parent_key` is the numbered
    item it hangs on. `position` is its index in `Framework.items`. `line` is where it was written, 0 if unknown.
    """

    key: str
    title: str
    prompt: str
    type: str
    answered_by: str
    depth: str
    help: str = ""
    roles: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    options: tuple[Option, ...] = ()
    condition: Condition | None = None
    recommend: tuple[Advice, ...] = ()
    gate: str | None = None
    repeats: str | None = None
    unit: str | None = None
    reopens: tuple[str, ...] = ()
    internal: bool = False
    number: str = ""
    parent_key: str | None = None
    step_key: str = ""
    section_key: str = ""
    phase_key: str = ""
    position: int = -1
    added: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """Group items under a heading."""

    key: str
    title: str
    step_key: str
    items: tuple[Item, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `revisited_in` holds numbers of later steps as written; `lifecycle` keys of stages."""

    key: str
    number: str
    title: str
    short_title: str
    purpose: str
    phase_key: str
    lifecycle: tuple[str, ...]
    revisited_in: tuple[str, ...]
    sections: tuple[Section, ...]
    line: int = field(default=0, compare=False, repr=False)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of the step, in document order."""
        return tuple(item for section in self.sections for item in section.items)


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase with its steps."""

    key: str
    title: str
    summary: str
    steps: tuple[Step, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Register:
    """Describe an open-ended log of the engagement."""

    key: str
    title: str
    why: str
    columns: tuple[Column, ...]
    feeds: tuple[str, ...]
    refs: tuple[str, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """Name what a sign-off item closes: the answers it covers and the functions that must sign."""

    key: str
    title: str
    item_key: str
    step_key: str
    covers: tuple[str, ...]
    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Name answers that cannot both stand: while `when` holds, the items in `between` are in conflict."""

    key: str
    title: str
    when: Condition
    between: tuple[str, ...]
    says: str
    ask: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """Name what somebody does in an engagement; `side` is firm or client."""

    key: str
    title: str
    side: str


@dataclass(frozen=True, slots=True)
class Deliverable:
    """Name a document that answers feed."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class LifecycleStage:
    """Name one stage of the model's life."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class ReferenceItem:
    """One requirement of a public framework, by its code; `step` is the number of the step it is met in."""

    code: str
    title: str
    step: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A public framework that items are evidence for. Codes in `refs` begin with `prefix` and a hyphen."""

    key: str
    title: str
    count: int
    prefix: str
    items: tuple[ReferenceItem, ...] = ()
    line: int = field(default=0, compare=False, repr=False)
