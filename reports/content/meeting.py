"""The receipt of a meeting as a document: what was decided, answered and changed, what was left open, the notes."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from engagements.templatetags.interface import clock
from questionnaires.receipts import Line, Receipt
from reports.content import blocks
from reports.content.blocks import Block
from reports.content.record import Record, day


def title(record: Record, receipt: Receipt) -> str:
    """Return what the document is called: the meeting by name and day."""
    return _("Receipt of %(meeting)s, %(day)s") % {"meeting": receipt.title, "day": held_on(record, receipt)}


def held_on(record: Record, receipt: Receipt) -> str:
    """Return the day of a meeting."""
    return day(record.engagement.today(receipt.started_at or receipt.starts_at), record.today)


def about(record: Record, receipt: Receipt) -> list[tuple[str, str]]:
    """Return what the foot of the cover says: when, and who came."""
    held = held_on(record, receipt)
    if receipt.started_at and receipt.ended_at:
        held = f"{held} {record.today.year}, {clock(receipt.started_at)} – {clock(receipt.ended_at)}"
    return [
        (_("Engagement"), f"{record.engagement.name}, {record.engagement.code}"),
        (_("Held"), held),
        (record.engagement.client.name, ", ".join(name for name, is_firm in receipt.people if not is_firm)),
        (record.house.name, ", ".join(name for name, is_firm in receipt.people if is_firm)),
    ]


def sections(receipt: Receipt) -> list[Block]:
    """Return what came of the meeting, and its notes."""
    found = [
        (_("Decided"), receipt.decided),
        (_("Answered"), receipt.answered),
        (_("Changed"), receipt.changed),
        (_("Left open"), receipt.left_open),
    ]
    came = [
        blocks.figures((str(len(lines)), words) for words, lines in found),
        *(told(words, lines) for words, lines in found if lines),
    ]
    if receipt.is_empty:
        came.append(
            blocks.quiet(
                _("Nothing was answered, changed or decided on the record while this meeting went on.")
            )
        )
    return [
        blocks.section("outcome", _("What came of it"), came),
        blocks.section("notes", _("Notes"), [*notes(receipt)]),
    ]


def told(words: str, lines: Iterable[Line]) -> Block:
    """Return lines of a receipt under what they have in common."""
    found: list[dict[str, Any]] = [
        {"title": line.place, "words": line.words, "meta": line.by} for line in lines
    ]
    return blocks.told(found, title=words)


def notes(receipt: Receipt) -> Iterable[Block]:
    """Give the points of the agenda, each with what was noted under it."""
    for point in receipt.noted:
        minutes = ngettext("%(count)d minute", "%(count)d minutes", point.minutes) % {"count": point.minutes}
        yield blocks.passage(
            title=point.title,
            value=[blocks.text(point.note) if point.note else blocks.quiet(_("No notes."))],
            side=[point.kind, minutes, _("done") if point.done else ""],
        )
    if receipt.parking:
        yield blocks.passage(title=_("Parking lot"), value=[blocks.text(receipt.parking)])
    if not receipt.noted and not receipt.parking:
        yield blocks.quiet(_("Nobody took notes."))
