"""What a canonical value means: whether it is an answer, and whether two say the same."""

from collections.abc import Iterable
from decimal import Decimal

from questionnaires.conditions import ANSWERED, Value, as_number
from questionnaires.document.shapes import Column, Item


def is_empty(value: object) -> bool:
    """Tell whether a canonical value counts as unanswered; a text of nothing but white space does."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or value == {} or value == ()


def for_condition(item: Item, value: object) -> Value:
    """Give the value as conditions read it; None when unanswered.

    For a table pass its words or its number of rows, for a sign-off its number of signatures.
    """
    if is_empty(value) or value is False or value == 0:
        return None
    match item.type:
        case "single_choice" | "yes_no" | "date" | "long_text":
            return value if isinstance(value, str) else ANSWERED
        case "number":
            return _number(str(value))
        case "money":
            return _number(str(value).partition("/")[0])
        case "multi_choice":
            return tuple(map(str, value)) if isinstance(value, Iterable) else ANSWERED
    return ANSWERED


def _number(text: str) -> Value:
    # An item may have had another type when this was stored.
    number = as_number(text)
    return ANSWERED if number is None else number


def money_parts(value: str) -> tuple[Decimal, str]:
    """Split a canonical amount into the amount and its period, '' when it has none."""
    amount, _, period = value.partition("/")
    return Decimal(amount), period


def same(spec: Item | Column, a: object, b: object) -> bool:
    """Tell whether two canonical values say the same; white space at the end of a line says nothing."""
    return substance(spec, a) == substance(spec, b)


def substance(spec: Item | Column | None, value: object) -> object:
    """Return what a canonical value says, None when nothing: two values with the same substance say the same.

    Without a *spec* it is a text, such as the words of a table.
    """
    if is_empty(value):
        return None
    kind = spec.type if spec else "long_text"
    if kind in ("long_text", "text") and isinstance(value, str):
        return _trimmed(value)
    if kind == "multi_choice" and isinstance(value, list):
        return sorted({str(one) for one in value})
    return value


def _trimmed(text: str) -> str:
    # Not a regular expression: those take quadratic time on long runs of spaces.
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip()
