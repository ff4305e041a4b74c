"""The language that says when an item is asked, what we advise and which answers clash.

Grammar, as the framework's conventions give it:

    expr := or          or := and ('or' and)*          and := not ('and' not)*
    not  := 'not' not | '(' expr ')' | test
    test := key ('==' | '!=' | '>' | '>=' | '<' | '<=') value
          | key 'in' '(' value, value ')'     | key 'has' value
          | key 'has_any' '(' value, value ')' | key 'is' 'answered'

An unanswered item makes every comparison false, '!=' too. Nothing here is ever evaluated as Python.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from questionnaires.document import Framework

MAX_LENGTH: Final = 4_000
MAX_DEPTH: Final = 40

RESERVED: Final = frozenset({"and", "or", "not", "in", "has", "has_any", "is", "answered"})
ORDERINGS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
COMPARISONS: Final = frozenset({*ORDERINGS, "==", "!="})


class Answered(Enum):
    """Stand in for an answer of which only its presence can be asked: rows, files, signatures, people."""

    ANSWERED = "answered"


ANSWERED: Final = Answered.ANSWERED

Value = str | Decimal | tuple[str, ...] | Answered | None


class ConditionError(ValueError):
    """Say what is wrong with a condition, and where.

    `column` counts from 1. `str()` gives the message, the condition and a caret under the column.
    """

    def __init__(self, message: str, text: str, column: int) -> None:
        self.message = message
        self.text = text
        self.column = column
        # A long condition is shown as a window, or the caret would stand under nothing.
        start = max(0, column - 61)
        shown = text[start : start + 120].replace("\n", " ").replace("\t", " ")
        super().__init__(f"{message} (column {column})\n  {shown}\n  {' ' * (column - 1 - start)}^")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compare one item's answer with the values written in the condition."""

    key: str
    operator: str
    values: tuple[str, ...]
    column: int = field(compare=False)
    numbers: tuple[Decimal | None, ...] = field(compare=False, repr=False)

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether the answer stands in this relation; an unanswered item never does."""
        answer = values.get(self.key)
        if answer is None or answer == "" or answer == ():
            return False
        sign = self.operator
        if sign == "is":
            return True
        if isinstance(answer, Answered):
            return False
        if sign in ("has", "has_any"):
            return isinstance(answer, tuple) and not set(self.values).isdisjoint(answer)
        if isinstance(answer, tuple):
            return False
        if sign == "in":
            return any(map(self._equals, self.values, self.numbers, (answer,) * len(self.values)))
        if sign == "==":
            return self._equals(self.values[0], self.numbers[0], answer)
        if sign == "!=":
            return not self._equals(self.values[0], self.numbers[0], answer)
        return self._is_ordered(answer)

    @staticmethod
    def _equals(value: str, number: Decimal | None, answer: str | Decimal) -> bool:
        return answer == number if isinstance(answer, Decimal) else answer == value

    def _is_ordered(self, answer: str | Decimal) -> bool:
        compare = ORDERINGS[self.operator]
        if isinstance(answer, Decimal):
            return self.numbers[0] is not None and compare(answer, self.numbers[0])
        # Texts have no order of their own; only calendar dates compare as they are written.
        return is_date(answer) and is_date(self.values[0]) and compare(answer, self.values[0])


@dataclass(frozen=True, slots=True)
class Not:
    """Turn the part it holds round; over an unanswered item the result is true."""

    part: Node

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether the part does not hold."""
        return not self.part.holds(values)


@dataclass(frozen=True, slots=True)
class All:
    """Join parts that must all hold."""

    parts: tuple[Node, ...]

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether every part holds."""
        return all(part.holds(values) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """Join parts of which one must hold."""

    parts: tuple[Node, ...]

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Tell whether any part holds."""
        return any(part.holds(values) for part in self.parts)


Node = Comparison | Not | All | Either


@dataclass(frozen=True, slots=True)
class Condition:
    """Hold a condition as written and as understood.

    `keys` are the items it mentions, each once, in the order written.
    """

    text: str
    keys: tuple[str, ...]
    tree: Node = field(repr=False)

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Evaluate against canonical answers by item key.

        A key that is missing, None, "" or () is unanswered. Leave hidden items out of `values`
        (`visible_values` does), because a hidden item counts as unanswered.
        """
        return self.tree.holds(values)

    def tests(self) -> Iterator[tuple[Comparison, bool]]:
        """Yield each comparison in the order written, and whether it stands under an odd number of 'not'."""
        stack: list[tuple[Node, bool]] = [(self.tree, False)]
        while stack:
            node, negated = stack.pop()
            if isinstance(node, Comparison):
                yield node, negated
            elif isinstance(node, Not):
                stack.append((node.part, not negated))
            else:
                stack.extend((part, negated) for part in reversed(node.parts))


def is_date(text: str) -> bool:
    """Tell whether *text* is a real calendar date written as YYYY-MM-DD."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def as_number(text: str) -> Decimal | None:
    """Read a plain number (digits, one point, a minus sign); anything else is None."""
    return Decimal(text) if re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", text) else None


_TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Za-z0-9_.+-]+)|(?P<sign>==|!=|>=|<=|>|<|\(|\)|,)|(?P<end>$)|(?P<bad>.))", re.DOTALL
)
_HINTS = {
    "=": "write '==' to compare",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or '!=' to compare",
    "'": "values stand without quotes",
    '"': "values stand without quotes",
}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"'{self.text}'"


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._split())
        self.place = 0
        self.depth = 0

    def _split(self) -> Iterator[_Token]:
        place = 0
        while True:
            match = _TOKEN.match(self.text, place)
            if match is None:  # not reached: the last alternative takes any character
                return
            kind = str(match.lastgroup)
            token = _Token(kind, match.group(kind), match.start(kind) + 1)
            if kind == "bad":
                hint = _HINTS.get(token.text, "use keys, values, brackets and the words of the grammar")
                raise ConditionError(
                    f"'{token.text}' is not part of a condition; {hint}", self.text, token.column
                )
            yield token
            if kind == "end":
                return
            place = match.end()

    def wrong(self, message: str, token: _Token | None = None) -> ConditionError:
        return ConditionError(message, self.text, (token or self.tokens[self.place]).column)

    def take(self) -> _Token:
        token = self.tokens[self.place]
        self.place += token.kind != "end"
        return token

    def next_is(self, text: str) -> bool:
        token = self.tokens[self.place]
        return token.kind != "end" and token.text == text

    def takes(self, text: str) -> bool:
        if self.next_is(text):
            self.place += 1
            return True
        return False

    def whole(self) -> Node:
        node = self.either()
        token = self.tokens[self.place]
        if token.kind != "end":
            if token.text == ")":
                raise self.wrong("this ')' closes nothing")
            if token.text.lower() in ("and", "or"):
                raise self.wrong(f"write '{token.text.lower()}' in small letters")
            raise self.wrong(f"expected 'and', 'or' or the end, found {token}")
        return node

    def either(self) -> Node:
        parts = [self.all()]
        while self.takes("or"):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self) -> Node:
        parts = [self.negation()]
        while self.takes("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negation(self) -> Node:
        turned = False
        # Pairs of 'not' cancel, so a long run of them needs no depth.
        while self.takes("not"):
            turned = not turned
        node = self.bracket() if self.next_is("(") else self.test()
        return Not(node) if turned else node

    def bracket(self) -> Node:
        opening = self.take()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong(f"brackets are nested more than {MAX_DEPTH} deep", opening)
        node = self.either()
        if not self.takes(")"):
            token = self.tokens[self.place]
            raise self.wrong(
                f"expected 'and', 'or' or ')' for the bracket opened at column {opening.column}, found {token}"
            )
        self.depth -= 1
        return node

    def test(self) -> Comparison:
        key = self.take()
        if key.kind != "word" or key.text in RESERVED:
            raise self.wrong(f"expected an item's key, 'not' or '(', found {key}", key)
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key.text):
            raise self.wrong(
                f"'{key.text}' cannot be an item's key; keys are small letters, digits and hyphens", key
            )
        sign = self.take()
        if sign.kind == "sign" and sign.text in COMPARISONS:
            return self.made(key, sign.text, (self.value(),))
        if sign.text in ("in", "has_any"):
            return self.made(key, sign.text, self.values(sign))
        if sign.text == "has":
            return self.made(key, "has", (self.value(),))
        if sign.text == "is":
            if not self.takes("answered"):
                raise self.wrong(f"expected 'answered' after 'is', found {self.tokens[self.place]}")
            return self.made(key, "is", ())
        raise self.wrong(
            f"expected ==, !=, >, >=, <, <=, 'in', 'has', 'has_any' or 'is answered' after '{key.text}', found {sign}",
            sign,
        )

    def values(self, sign: _Token) -> tuple[str, ...]:
        if not self.takes("("):
            raise self.wrong(
                f"expected '(' and a list of values after '{sign.text}', found {self.tokens[self.place]}"
            )
        values = [self.value()]
        while self.takes(","):
            values.append(self.value())
        if not self.takes(")"):
            raise self.wrong(f"expected ',' or ')' in the list of values, found {self.tokens[self.place]}")
        return tuple(values)

    def value(self) -> str:
        token = self.take()
        if token.kind != "word" or token.text in RESERVED:
            raise self.wrong(f"expected a value, found {token}", token)
        return token.text

    @staticmethod
    def made(key: _Token, sign: str, values: tuple[str, ...]) -> Comparison:
        return Comparison(key.text, sign, values, key.column, tuple(as_number(value) for value in values))


def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError with the column and what was expected there."""
    if len(text) > MAX_LENGTH:
        raise ConditionError(
            f"a condition may have at most {MAX_LENGTH} characters, this one has {len(text)}", text, 1
        )
    tree = _Parser(text).whole()
    condition = Condition(text, (), tree)
    keys = dict.fromkeys(test.key for test, _ in condition.tests())
    return Condition(text, tuple(keys), tree)


def visible_values(
    framework: Framework, values: Mapping[str, Value], depth: str = "full"
) -> dict[str, Value]:
    """Give the answers that count: those of items asked at this depth and shown by their condition.

    Use the result to evaluate recommendations and contradictions.
    """
    return _walk(framework, values, depth)[1]


def visible_items(framework: Framework, values: Mapping[str, Value], depth: str = "full") -> frozenset[str]:
    """Give the keys of the items to show, evaluating in document order.

    A hidden item counts as unanswered for every later condition. One pass over the items.
    """
    return frozenset(_walk(framework, values, depth)[0])


def _walk(
    framework: Framework, values: Mapping[str, Value], depth: str
) -> tuple[list[str], dict[str, Value]]:
    shown: list[str] = []
    known: dict[str, Value] = {}
    for item in framework.items_at(depth):
        if item.condition is not None and not item.condition.holds(known):
            continue
        shown.append(item.key)
        answer = values.get(item.key)
        if answer is not None:
            known[item.key] = answer
    return shown, known
