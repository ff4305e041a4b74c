"""Canonical values as people read them."""

from collections.abc import Callable
from typing import Final, Literal

from questionnaires.document.shapes import Column, Item
from questionnaires.values.meaning import is_empty
from questionnaires.values.problems import gettext_noop

Lookup = Callable[[Literal["person", "file"], int], str]

YES_NO: Final = {"yes": gettext_noop("Yes"), "no": gettext_noop("No"), "unsure": gettext_noop("Unsure")}
PER: Final = {
    "hour": gettext_noop("per hour"),
    "day": gettext_noop("per day"),
    "week": gettext_noop("per week"),
    "month": gettext_noop("per month"),
    "quarter": gettext_noop("per quarter"),
    "year": gettext_noop("per year"),
}
NONE_EXISTS: Final = gettext_noop("None exists: %(reason)s")


def as_text(
    spec: Item | Column,
    value: object,
    lookup: Lookup,
    *,
    currency: str = "",
    translate: Callable[[str], str] = str,
) -> str:
    """Give a canonical value as people read it in history and reports; '' when it is empty.

    *lookup* names people and files: lookup("person", 17), lookup("file", 3). *translate* is gettext.
    """
    if is_empty(value):
        return ""
    match spec.type:
        case "single_choice" | "choice" | "multi_choice":
            labels = {option.value: option.label for option in spec.options}
            chosen = value if isinstance(value, list) else [value]
            return "; ".join(labels.get(str(one), str(one)) for one in chosen)
        case "yes_no":
            return translate(YES_NO[value]) if isinstance(value, str) and value in YES_NO else str(value)
        case "number":
            unit = spec.unit if isinstance(spec, Item) else None
            return f"{_grouped(str(value))} {unit}" if unit else _grouped(str(value))
        case "money":
            amount, _, period = str(value).partition("/")
            return " ".join(
                filter(
                    None, (_grouped(amount), currency, translate(PER[period]) if period in PER else period)
                )
            )
        case "person":
            return lookup("person", value) if isinstance(value, int) else str(value)
        case "file":
            if isinstance(value, dict):
                return translate(NONE_EXISTS) % {"reason": value.get("none", "")}
            return "; ".join(lookup("file", one) for one in value) if isinstance(value, list) else str(value)
    return str(value)


def _grouped(number: str) -> str:
    sign = "-" if number.startswith("-") else ""
    whole, point, decimals = number.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{point}{decimals}" if whole.isdecimal() else number
