"""Numbers and amounts as people write them: with commas, points, spaces, units or an exponent."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from questionnaires.values.problems import BadValue, gettext_noop, shown

MAX_DIGITS: Final = 18
MAX_DECIMALS: Final = 10
MAX_ENTRY: Final = 200
PERIODS: Final = ("hour", "day", "week", "month", "quarter", "year")

_PER = re.compile(r"(.*?)\s*(?:/|\bper\b)\s*([a-z]+)", re.IGNORECASE | re.DOTALL)


def read_number(raw: object, *, unit: str = "", is_amount: bool = False) -> str:
    """Give the canonical form of a number, the unit left out where it was typed. Raises BadValue.

    A comma before three digits may group thousands or begin decimals: a number is asked back, an amount
    (which never has three decimals) is read as thousands. A point always begins decimals, because stored
    numbers have one; only an amount with three digits after it is asked back.
    """
    number: Decimal | None = None
    if isinstance(raw, Decimal):
        number = raw
    elif isinstance(raw, float):
        number = Decimal(repr(raw))
    elif isinstance(raw, int) and not isinstance(raw, bool):
        # Writing out an integer of a million digits would take minutes.
        number = Decimal(raw) if raw.bit_length() < 200 else Decimal("Infinity")
    elif isinstance(raw, str) and len(raw) <= MAX_ENTRY:
        number = _in_words(raw, unit, is_amount)
    if number is None:
        raise BadValue(
            gettext_noop("“%(value)s” is not a number. Write digits, such as 1250 or 12.5."),
            value=shown(raw),
        )
    if number == 0:
        return "0"
    if not number.is_finite() or number.adjusted() >= MAX_DIGITS:
        raise BadValue(
            gettext_noop("This number is too large; up to %(digits)s digits fit."), digits=MAX_DIGITS
        )
    # Looked at before it is written out, which would unfold an exponent of millions.
    text = format(number, "f") if number.adjusted() >= -MAX_DECIMALS else ""
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    if not text or len(decimals) > MAX_DECIMALS:
        raise BadValue(
            gettext_noop("This number has too many decimals; up to %(digits)s fit."), digits=MAX_DECIMALS
        )
    return f"{whole}.{decimals}" if decimals else whole


def read_amount(raw: object) -> str:
    """Give the canonical form of an amount of money, with its period if it has one. Raises BadValue."""
    period = ""
    if isinstance(raw, Mapping):
        period = str(raw.get("period") or "")
        raw = raw.get("amount")
    elif isinstance(raw, str) and len(raw) <= MAX_ENTRY and (match := _PER.fullmatch(raw)):
        raw, period = match[1], match[2].lower()
    if period and period not in PERIODS:
        raise BadValue(gettext_noop("An amount is once, or per hour, day, week, month, quarter or year."))
    if isinstance(raw, str) and any(unicodedata.category(char) == "Sc" or char.isalpha() for char in raw):
        raise BadValue(
            gettext_noop("Write “%(value)s” in digits only; the currency is the engagement's."),
            value=shown(raw),
        )
    whole, _, decimals = read_number(raw, is_amount=True).partition(".")
    if len(decimals) > 2:
        raise BadValue(gettext_noop("An amount has at most two decimals."))
    amount = f"{whole}.{decimals:0<2}"
    return f"{amount}/{period}" if period else amount


def _in_words(raw: str, unit: str, is_amount: bool) -> Decimal | None:
    text = raw.replace("\u2212", "-").replace("\u066b", ".").replace("\u066c", "'")
    text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text).strip()
    if unit and text[-len(unit) :].casefold() == unit.casefold():
        text = text[: len(text) - len(unit)].rstrip()
    if re.fullmatch(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?[eE][+-]?[0-9]{1,3}", text):
        return Decimal(text)
    sign = "-" if text.startswith("-") else ""
    text = text[1:].lstrip() if text[:1] in ("+", "-") else text
    # Spaces, thin spaces and apostrophes only ever stand between groups of three.
    if re.fullmatch(r"[0-9]{1,3}([\s'’][0-9]{3})+([.,][0-9]+)?", text):
        text = re.sub(r"[\s'’]", "", text)
    whole, decimals = _split(text, is_amount)
    return Decimal(f"{sign}{whole}.{decimals or 0}") if whole else None


def _split(text: str, is_amount: bool) -> tuple[str, str]:
    """Split a number without sign into whole and decimal part; ("", "") when it is none."""
    if re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", text) and not (is_amount and "," in text):
        if is_amount or "," in text:
            first, last = re.split("[.,]", text)
            raise BadValue(
                gettext_noop("Do we mean %(whole)s or %(decimal)s? Write it that way."),
                whole=first + last,
                decimal=f"{first}.{last.rstrip('0') or '0'}",
            )
        return text[:-4], text[-3:]
    if re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+|[1-9][0-9]{0,2}(\.[0-9]{3}){2,}", text):
        return re.sub("[.,]", "", text), ""
    if match := re.fullmatch(r"([0-9]{1,3}(?:,[0-9]{3})+)\.([0-9]+)", text):
        return match[1].replace(",", ""), match[2]
    if match := re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{3})+),([0-9]+)", text):
        return match[1].replace(".", ""), match[2]
    if match := re.fullmatch(r"([0-9]*)[.,]([0-9]+)|([0-9]+)", text):
        return match[1] or match[3] or "0", match[2] or ""
    return "", ""
