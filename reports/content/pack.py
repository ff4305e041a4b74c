"""The hand-over pack: every document of the engagement in one file, and the registers as tables beside it."""

from typing import Any

from django.utils.translation import gettext as _

from questionnaires.models.entry import REGISTER_PREFIX
from reports.content.blocks import Block
from reports.content.kinds import PURPOSES
from reports.content.record import Record


def bind(parts: dict[str, tuple[str, list[Block]]]) -> tuple[list[Block], list[dict[str, str]]]:
    """Bind documents, each a title and its sections by kind, into one; returns sections and the lines of the contents."""
    sections: list[Block] = []
    contents: list[dict[str, str]] = []
    for number, (kind, (title, found)) in enumerate(parts.items(), start=1):
        for index, section in enumerate(found):
            bound = {**section, "key": f"{kind}--{section['key']}"}
            if index == 0:
                bound["opens"] = {
                    "number": str(number),
                    "title": title,
                    "purpose": str(PURPOSES.get(kind, "")),
                }
                contents.append(
                    {
                        "key": bound["key"],
                        "over": str(number),
                        "title": title,
                        "sub": " · ".join(one["title"] for one in found),
                    }
                )
            sections.append(bound)
    return sections, contents


def tables(record: Record) -> dict[str, list[list[str]]]:
    """Return the registers and every answer as rows of text by file name, for machines and spreadsheets."""
    found: dict[str, list[list[str]]] = {"answers.csv": answers(record)}
    for register in record.view.framework.registers:
        item = record.items.get(REGISTER_PREFIX + register.key)
        if item is None or not item.rows:
            continue
        keys = [column.key for column in item.columns]
        rows = [[line.get(key, "") for key in keys] for line in record.lines(item)]
        found[f"{register.key}.csv"] = [[column.label for column in item.columns], *rows]
    return found


def answers(record: Record) -> list[list[str]]:
    """Return every question that is asked, with its answer, state, certainty and who has it; a table counts its rows."""
    rows = [
        [
            _("Number"),
            _("Key"),
            _("Question"),
            _("Answer"),
            _("State"),
            _("Certainty"),
            _("Source"),
            _("With"),
        ]
    ]
    for item in record.asked():
        words = ""
        if item.item is not None and item.value is not None:
            words = record.in_words(item.item, item.value, item.files)
        elif item.rows:
            words = "\n".join("; ".join(filter(None, line.values())) for line in record.lines(item)[:500])
        if item.words and isinstance(item.words.value, str):
            words = f"{item.words.value}\n{words}".strip()
        entry = item.entry
        rows.append(
            [
                item.number,
                item.key,
                item.title,
                words,
                str(entry.get_state_display()),
                str(entry.get_certainty_display()) if entry.certainty else "",
                entry.source,
                entry.owner.user.display_name if entry.owner else str(entry.held_by),
            ]
        )
    return rows


def whole(
    record: Record, writers: Any, titles: dict[str, str], *, since: int
) -> tuple[list[Block], list[dict[str, str]]]:
    """Write every document and bind them."""
    return bind(
        {
            kind: (titles[kind], writer(record, since=since))
            for kind, writer in writers.items()
            if kind in titles
        }
    )
