"""Numbers on screen, positions and gates: what follows from the order of a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from string import ascii_lowercase

from questionnaires.document.shapes import Gate, Item, Phase, Section, Step


def letters(count: int) -> str:
    """Turn 1, 2, ... into a, b, ... z, aa, ab, ..."""
    text = ""
    while count:
        count, place = divmod(count - 1, 26)
        text = chr(ord("a") + place) + text
    return text


def numbered(phases: Sequence[Phase]) -> tuple[Phase, ...]:
    """Give every item its position, its number and the item it hangs on.

    An item whose condition mentions an earlier item of its step hangs on that one (the nearest, if it mentions
    several) and carries its number with a letter; an item that hangs on such an item hangs on the same number.
    An item that has a number keeps it: added items are numbered after what their step already has, so that an
    engagement's numbers do not move when it adds or leaves out a question.
    """
    position = 0
    result = []
    for phase in phases:
        steps = []
        for step in phase.steps:
            given = _numbers(step)
            sections = []
            for section in step.sections:
                items = []
                for item in section.items:
                    number, parent = given[item.key]
                    items.append(replace(item, number=number, parent_key=parent, position=position))
                    position += 1
                sections.append(replace(section, items=tuple(items)))
            steps.append(replace(step, sections=tuple(sections)))
        result.append(replace(phase, steps=tuple(steps)))
    return tuple(result)


def _numbers(step: Step) -> dict[str, tuple[str, str | None]]:
    items = step.items
    given = {item.key: (item.number, item.parent_key) for item in items if item.number}
    # A left-out parent leaves its children without one; they keep its number, which stays taken.
    count = max(
        (int(number.rpartition(".")[2].rstrip(ascii_lowercase)) for number, _ in given.values()), default=0
    )
    hanging: dict[str, int] = {}
    for number, parent in given.values():
        if parent is not None:
            hanging[parent] = max(hanging.get(parent, 0), _letter_count(number))
    place = {item.key: index for index, item in enumerate(items)}
    for index, item in enumerate(items):
        if item.key in given:
            continue
        mentioned = item.condition.keys if item.condition else ()
        earlier = [key for key in mentioned if place.get(key, index) < index and key in given]
        if earlier:
            nearest = max(earlier, key=place.__getitem__)
            top = given[nearest][1] or nearest
            hanging[top] = hanging.get(top, 0) + 1
            given[item.key] = (given[top][0] + letters(hanging[top]), top)
        else:
            count += 1
            given[item.key] = (f"{step.number}.{count}", None)
    return given


def _letter_count(number: str) -> int:
    count = 0
    for letter in number.lstrip("0123456789."):
        count = count * 26 + ord(letter) - ord("a") + 1
    return count


def gates_of(items: Iterable[Item]) -> tuple[Gate, ...]:
    """Derive the gates: a sign-off covers what it depends on and is signed by its functions."""
    return tuple(
        Gate(item.gate, item.title, item.key, item.step_key, item.depends_on, item.roles)
        for item in items
        if item.gate is not None and item.type == "sign_off"
    )


def with_sections(phases: Sequence[Phase], items: dict[str, list[Item]]) -> tuple[Phase, ...]:
    """Rebuild phases with other items in their sections."""

    def section_of(section: Section) -> Section:
        return replace(section, items=tuple(items[section.key]))

    return tuple(
        replace(
            phase,
            steps=tuple(
                replace(step, sections=tuple(map(section_of, step.sections))) for step in phase.steps
            ),
        )
        for phase in phases
    )
