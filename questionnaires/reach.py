"""Whether a condition can ever hold, found by trying the few answers that make a difference to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise, product
from math import prod
from typing import Final

from questionnaires.conditions import ANSWERED, Condition, Value, as_number, is_date
from questionnaires.document import Framework, Item

MAX_TRIALS: Final = 3_000
MAX_KEYS: Final = 11
MAX_SUBSET: Final = 6


class Reach:
    """Answer for one framework. An item that can never appear counts as never answered."""

    def __init__(self, framework: Framework) -> None:
        self.framework = framework
        self.known = {item.key for item in framework.items}
        self.hidden: set[str] = set()
        for item in framework.items:
            if item.condition is not None and not self.can_hold(item.condition):
                self.hidden.add(item.key)

    def item_can_show(self, item: Item) -> bool:
        """Tell whether any answers make the item appear."""
        return item.key not in self.hidden

    def can_hold(self, condition: Condition) -> bool:
        """Tell whether any answers make a condition hold; True where there are too many to try."""
        direct = self._ordered(condition.keys)
        for keys in (self._with_triggers(condition) or direct, direct):
            if (trials := self._trials(keys, condition)) is not None:
                return any(condition.holds(self._shown(keys, answers)) for answers in product(*trials))
        return True

    def _with_triggers(self, condition: Condition) -> list[str] | None:
        """Give the keys a condition reads and those that decide whether these are shown; None when too many."""
        keys = dict.fromkeys(condition.keys)
        waiting = [*keys]
        while waiting:
            key = waiting.pop()
            read = self.framework.item(key).condition if key in self.known else None
            for more in read.keys if read else ():
                if more not in keys:
                    keys[more] = None
                    waiting.append(more)
            if len(keys) > MAX_KEYS:
                return None
        return self._ordered(keys)

    def _ordered(self, keys: Iterable[str]) -> list[str]:
        known = [key for key in keys if key in self.known]
        return sorted(known, key=lambda key: self.framework.item(key).position)

    def _shown(self, keys: list[str], answers: tuple[Value, ...]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key, answer in zip(keys, answers, strict=True):
            condition = self.framework.item(key).condition
            # What is not among the keys may have any answer, so it is taken to allow the item.
            open_ended = condition is not None and any(
                read in self.known and read not in keys for read in condition.keys
            )
            if condition is None or open_ended or condition.holds(values):
                values[key] = answer
        return values

    def _trials(self, keys: list[str], condition: Condition) -> list[list[Value]] | None:
        mentioned: dict[str, dict[str, None]] = {key: {} for key in keys}
        conditions = [
            condition,
            *(read for key in keys if (read := self.framework.item(key).condition) is not None),
        ]
        for one in conditions:
            for test, _ in one.tests():
                mentioned.get(test.key, {}).update(dict.fromkeys(test.values))
        trials: list[list[Value]] = []
        for key in keys:
            answers: list[Value] | None = [None]
            if key not in self.hidden:
                answers = self._answers(self.framework.item(key), [*mentioned[key]])
            if answers is None:
                return None
            trials.append(answers)
        return trials if prod(map(len, trials)) <= MAX_TRIALS else None

    @staticmethod
    def _answers(item: Item, mentioned: list[str]) -> list[Value] | None:
        """Give one answer for each way an item's answer can differ in what is asked of it."""
        answers: list[Value] = [None]
        match item.type:
            case "single_choice" | "yes_no" | "multi_choice":
                options = (
                    ["yes", "no", "unsure"]
                    if item.type == "yes_no"
                    else [option.value for option in item.options]
                )
                others = [value for value in options if value not in mentioned]
                telling = [value for value in options if value in mentioned] + others[:1]
                if item.type != "multi_choice":
                    return [*answers, *telling]
                if len(telling) > MAX_SUBSET:
                    return None
                for size in range(1, len(telling) + 1):
                    answers.extend(combinations(telling, size))
                return answers
            case "number" | "money":
                numbers = sorted({number for value in mentioned if (number := as_number(value)) is not None})
                between = [(low + high) / 2 for low, high in pairwise(numbers)]
                outside = [numbers[0] - 1, numbers[-1] + 1] if numbers else [Decimal(1)]
                return [*answers, *numbers, *between, *outside]
            case "date":
                days = [date.fromisoformat(value) for value in mentioned if is_date(value)] or [
                    date(2000, 1, 1)
                ]
                near = {day + timedelta(shift) for day in days if 1 < day.year < 9999 for shift in (-1, 0, 1)}
                return [*answers, *(day.isoformat() for day in sorted(near))]
        return [*answers, ANSWERED]
