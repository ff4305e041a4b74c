"""A framework document: the questionnaire as typed, frozen objects, read from YAML without Django."""

from questionnaires.document.framework import Framework
from questionnaires.document.overlay import Overlay, with_overlay
from questionnaires.document.problems import DocumentError, Problem
from questionnaires.document.reading import parse
from questionnaires.document.shapes import (
    DEPTHS,
    Advice,
    Column,
    Contradiction,
    Deliverable,
    Function,
    Gate,
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

__all__ = [
    "DEPTHS",
    "Advice",
    "Column",
    "Contradiction",
    "Deliverable",
    "DocumentError",
    "Framework",
    "Function",
    "Gate",
    "Item",
    "LifecycleStage",
    "Option",
    "Overlay",
    "Phase",
    "Problem",
    "Reference",
    "ReferenceItem",
    "Register",
    "Section",
    "Step",
    "parse",
    "with_overlay",
]
