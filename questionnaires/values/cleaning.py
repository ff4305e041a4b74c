"""From what was entered to the canonical form."""

import re
from collections.abc import Mapping
from typing import Final

from questionnaires.document.shapes import Column, Item, Option
from questionnaires.values.dates import read_date
from questionnaires.values.meaning import is_empty
from questionnaires.values.numbers import read_amount, read_number
from questionnaires.values.problems import BadValue, gettext_noop, shown

MAX_TEXT: Final = 1_000_000
MAX_FILES: Final = 100

YES_NO: Final = {"yes": ("yes", "y", "true"), "no": ("no", "n", "false"), "unsure": ("unsure", "?")}

Json = str | int | list[str] | list[int] | dict[str, str]


def clean(spec: Item | Column, raw: object) -> Json | None:
    """Give the canonical form of what was entered for an item or column; None when it is empty.

    Takes form texts, pasted cells and JSON alike, and its own results unchanged. Raises BadValue.
    """
    if isinstance(raw, str) and spec.type not in ("long_text", "text"):
        raw = raw.replace("\0", "").strip()
    if raw is None or raw == "" or raw == [] or raw == ():
        return None
    match spec.type:
        case "long_text" | "text":
            return clean_text(raw)
        case "single_choice" | "choice":
            return _option(spec.options, raw)
        case "yes_no":
            return _yes_no(raw)
        case "multi_choice":
            return _options(spec.options, raw)
        case "number":
            return read_number(raw, unit=_unit(spec))
        case "money":
            return read_amount(raw)
        case "date":
            return read_date(raw)
        case "person":
            return _id(raw, gettext_noop("Choose a person from the list."))
        case "file":
            return _files(raw)
        case "table":
            raise BadValue(gettext_noop("A table is answered row by row."))
        case "sign_off":
            raise BadValue(gettext_noop("This is answered by signing."))
    raise ValueError(f"no values of type {spec.type!r}")


def _unit(spec: Item | Column) -> str:
    if isinstance(spec, Item):
        return spec.unit or ""
    # "Share of time %" takes 45 %; elsewhere a percent sign would change what the number says.
    return "%" if "%" in spec.label else ""


def clean_text(raw: object) -> str | None:
    """Give a text with newlines as \\n and without NUL; None when it is empty. Raises BadValue."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise BadValue(gettext_noop("Write this as text."))
    text = raw.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    # Half of a character cannot be stored; a broken client may send one.
    text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)
    if len(text) > MAX_TEXT:
        raise BadValue(
            gettext_noop(
                "This text has %(length)s characters; up to %(limit)s fit. Attach it as a file instead."
            ),
            length=f"{len(text):,}",
            limit=f"{MAX_TEXT:,}",
        )
    return text or None


def _option(options: tuple[Option, ...], raw: object) -> str:
    text = str(raw).strip() if isinstance(raw, (str, int, float)) and not isinstance(raw, bool) else ""
    for option in options:
        if option.value == text:
            return option.value
    # A pasted cell holds what the screen shows.
    wanted = text.casefold()
    matching = [
        option.value for option in options if wanted in (option.value.casefold(), option.label.casefold())
    ]
    if len(matching) == 1:
        return matching[0]
    raise BadValue(
        gettext_noop("“%(value)s” is not one of the choices: %(choices)s."),
        value=shown(raw),
        choices="; ".join(option.label for option in options),
    )


def _options(options: tuple[Option, ...], raw: object) -> list[str] | None:
    parts: list[object]
    if isinstance(raw, str):
        try:
            parts = [_option(options, raw)]
        except BadValue:
            parts = [part for part in re.split(r"[;\n]", raw) if part.strip()]
    elif isinstance(raw, (list, tuple, set, frozenset)):
        parts = [part for part in raw if part != ""]
    else:
        parts = [raw]
    chosen = {_option(options, part) for part in parts}
    return [option.value for option in options if option.value in chosen] or None


def _yes_no(raw: object) -> str:
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    word = str(raw).casefold() if isinstance(raw, str) and len(raw) < 10 else ""
    for answer, words in YES_NO.items():
        if word in words:
            return answer
    raise BadValue(gettext_noop("“%(value)s” is not one of the choices: yes, no, unsure."), value=shown(raw))


def _id(raw: object, message: str) -> int:
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{1,18}", raw):
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw < 2**63:
        raise BadValue(message)
    return raw


def _files(raw: object) -> list[int] | dict[str, str]:
    if isinstance(raw, Mapping):
        reason = clean_text(raw.get("none")) if set(raw) == {"none"} else None
        if reason is None or is_empty(reason):
            raise BadValue(gettext_noop("Say in a few words why there is no file."))
        return {"none": reason.strip()}
    parts = raw if isinstance(raw, (list, tuple)) else [raw]
    ids = [_id(part, gettext_noop("Choose a file that was uploaded here.")) for part in parts]
    if len(set(ids)) > MAX_FILES:
        raise BadValue(gettext_noop("Up to %(limit)s files fit here."), limit=MAX_FILES)
    return list(dict.fromkeys(ids))
