"""The status report's one page that says it all. It fits on one page of either paper, whatever the record holds.

Heights are worked out beforehand from how many letters go on a line, on the careful side; while the page would be
too long, a row of the longest list goes, and the list says how many more there are.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Side
from questionnaires import pictures
from questionnaires.models import HealthLevel, Recommendation
from questionnaires.pictures.canvas import cut
from questionnaires.waiting import Kind, Thing
from reports.content import blocks, drawings
from reports.content.blocks import Block, Cell
from reports.content.difference import KINDS, Difference
from reports.content.record import Record, day
from reports.content.standing import Standing

# Millimetres: the height between the margins of Letter, the lower of the two papers; a line and a row's padding.
PAGE = 233.0
LINE, ROW, HEAD, GAP = 4.2, 2.1, 13.5, 3.0
PICTURE = 39.0
NEEDS_CHOICE = (Kind.DECISION, Kind.CONFLICT, Kind.SIGN_OFF)


@dataclass
class Part:
    """One list of the page: its rows, how many letters go on a line of each column, and how few rows may stay."""

    draw: Callable[[Sequence[Sequence[Cell]], int], Block]
    rows: list[list[Cell]]
    widths: tuple[int, ...]
    most: int
    least: int = 1
    shown: int = field(init=False)

    def __post_init__(self) -> None:
        self.shown = min(self.most, len(self.rows))

    @property
    def height(self) -> float:
        """How high it is, in millimetres."""
        more = LINE if len(self.rows) > self.shown else 0
        return HEAD + sum(map(self.row_height, self.rows[: self.shown])) + more

    def row_height(self, row: Sequence[Cell]) -> float:
        """Return how high a row is, in millimetres."""
        lines = [
            math.ceil(max(1, len(_words(cell))) / width) for cell, width in zip(row, self.widths, strict=True)
        ]
        return LINE * max(lines) + ROW

    def block(self) -> Block:
        """Return the list as it fits."""
        return self.draw(self.rows[: self.shown], len(self.rows) - self.shown)


def _words(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell.get('text', '')} {cell.get('sub', '')}"


def page(record: Record, standing: Standing, changes: Difference, since: str) -> Block:
    """Return the page. *since* is the day of the report before, "" for the first."""
    words, reasons = verdict(record, standing)
    changed = counted(changes, since)
    needed = Part(_choices, choices(record, standing), (30, 41, 20, 12), 5)
    client = Part(_ledger(_with(record)), held(record, standing.with_client), (42, 9), 5)
    firm = Part(_ledger(_("With us")), held(record, standing.with_firm), (42, 9), 5)
    risks = Part(_risks, open_risks(record), (42, 9), 3)
    dates = Part(_dates(record), next_dates(record, standing), (6, 46), 4)
    lines = math.ceil(len(words) / 72) * 4.8 + math.ceil(len(reasons) / 88) * LINE
    fixed = 20 + 14 + max(lines, 10) + max(HEAD + 6.2 * len(changed["lines"]), PICTURE + 8) + 5 * GAP

    def height() -> float:
        return fixed + needed.height + max(client.height, firm.height) + max(risks.height, dates.height)

    while height() > PAGE:
        longest = max(
            (part for part in (needed, client, firm, risks, dates) if part.shown > part.least),
            key=lambda part: part.height,
            default=None,
        )
        if longest is None:
            break
        longest.shown -= 1
    drawn = drawings.block(standing.burn_down(small=True), title=_("What is left"), said=False)
    return blocks.section(
        "summary",
        headline(record, changes, since),
        [
            blocks.verdict(standing.health.level, level_word(standing.health.level), words, reasons),
            blocks.beside([changed], drawn),
            needed.block(),
            blocks.beside([client.block()], [firm.block()]),
            blocks.beside([risks.block()], [dates.block()]),
        ],
        over=_("Summary on one page"),
        summary=True,
    )


def level_word(level: str) -> str:
    """Name a health."""
    return str(HealthLevel(level).label)


def headline(record: Record, changes: Difference, since: str) -> str:
    """Say in one line what is new, or how far it is in the first report."""
    total = record.total
    if not since:
        return _("%(settled)d of %(asked)d questions settled") % {
            "settled": total.settled,
            "asked": total.asked,
        }
    parts = []
    if count := len(changes["reversed"]):
        parts.append(
            ngettext("%(count)d answer changed", "%(count)d answers changed", count) % {"count": count}
        )
    if count := len(changes["decided"]):
        parts.append(
            ngettext("%(count)d thing decided", "%(count)d things decided", count) % {"count": count}
        )
    if count := len(changes["answered"]):
        parts.append(ngettext("%(count)d more answered", "%(count)d more answered", count) % {"count": count})
    if not parts:
        return _("Nothing settled since %(day)s") % {"day": since}
    return ", ".join(parts[:2])


def verdict(record: Record, standing: Standing) -> tuple[str, str]:
    """Return what the health means in a sentence, and the reasons it was worked out from."""
    health, total = standing.health, record.total
    words = _("%(settled)d of %(asked)d settled.") % {"settled": total.settled, "asked": total.asked}
    if health.forecast and health.forecast.remaining:
        words += " " + _("Forecast end: %(words)s.") % {"words": health.forecast.words}
    if record.engagement.end_date:
        words += " " + _("Planned: %(day)s.") % {"day": day(record.engagement.end_date, record.today)}
    if health.override:
        words = (
            _("Set by %(name)s until %(day)s: %(reason)s")
            % {
                "name": health.override.by,
                "day": day(health.override.until, record.today),
                "reason": cut(health.override.reason, 140),
            }
            + " "
            + _("By the rules: %(level)s.") % {"level": level_word(health.computed)}
            + " "
            + words
        )
    told = [cut(reason.sentence, 90) for reason in health.reasons]
    reasons = "; ".join(told[:3])
    if len(told) > 3:
        reasons += "; " + ngettext("and %(count)d more", "and %(count)d more", len(told) - 3) % {
            "count": len(told) - 3
        }
    return words, reasons


def counted(changes: Difference, since: str) -> Block:
    """Return how much of each kind is different."""
    lines = [
        (str(len(changes[kind])), str(one if len(changes[kind]) == 1 else many))
        for kind, (one, many) in KINDS.items()
        if changes[kind]
    ]
    title = _("Since %(day)s") % {"day": since} if since else _("Since the opening")
    return blocks.changes(lines[:7], title=title, empty=_("Nothing has changed."))


def choices(record: Record, standing: Standing) -> list[list[Cell]]:
    """Return what needs a choice or a signature: what it is, what we suggest, from whom, by when."""
    found = [
        thing
        for thing in standing.things
        if thing.kind in NEEDS_CHOICE or (thing.kind == Kind.REVISIT and thing.side == Side.CLIENT)
    ]
    found.sort(key=lambda thing: (thing.due is None, thing.due or record.today, thing.since, thing.key))
    suggested = suggestions(record, found)
    clashes = {clash.number: clash for clash in standing.clashes}
    rows: list[list[Cell]] = []
    for thing in found:
        about = suggested.get(thing.item.key if thing.item else "", "")
        if thing.kind == Kind.CONFLICT and thing.key.startswith("clash:"):
            clash = clashes.get(int(thing.key.partition(":")[2]))
            if clash is not None:
                is_offered = record.is_firm or clash.offered_at is not None
                advice = clash.we_recommend if is_offered else ""
                about = _("We suggest: %(what)s") % {"what": advice} if advice else clash.says
        elif thing.kind == Kind.CONFLICT:
            about = _("Two answers compete; both are kept.")
        elif thing.kind == Kind.SIGN_OFF:
            about = _("To be signed; what changed since is shown.")
        elif thing.kind == Kind.REVISIT:
            about = _("Does it still hold?")
        rows.append(
            [
                {"text": cut(thing.title, 52), "sub": thing.number},
                cut(about, 76),
                cut(holders(record, thing), 38),
                day(thing.due, record.today) or _("no date"),
            ]
        )
    return rows


def suggestions(record: Record, things: Sequence[Thing]) -> dict[str, str]:
    """Return what we recommend, by item, in the version that was offered; in one query."""
    keys = [thing.item.key for thing in things if thing.kind == Kind.DECISION and thing.item]
    if not keys:
        return {}
    found = Recommendation.objects.filter(
        entry__engagement=record.engagement,
        entry__round__is_latest=True,
        entry__item_key__in=keys,
        state=Recommendation.State.OFFERED,
    ).prefetch_related("versions")
    said = {}
    for one in found.select_related("entry"):
        version = next((v for v in one.versions.all() if v.number == one.offered_version), None)
        if version is not None:
            said[one.entry.item_key] = _("We suggest: %(what)s") % {
                "what": version.option(version.pick).get("title", "")
            }
    return said


def holders(record: Record, thing: Thing) -> str:
    """Return who holds a thing: people, or a side."""
    names = [person.user.display_name for person in thing.people]
    if not names:
        return record.engagement.client.short_name if thing.side == Side.CLIENT else _("us")
    if len(names) > 2:
        return _("%(name)s and %(count)d more") % {"name": names[0], "count": len(names) - 1}
    return ", ".join(names)


def held(record: Record, things: Sequence[Thing], *, letters: int = 46) -> list[list[Cell]]:
    """Return one column of the ledger, the oldest first."""
    return [
        [
            {"text": cut(thing.title, letters), "sub": cut(holders(record, thing), 30)},
            {
                "text": waits(thing.days),
                "tone": "bad" if thing.days >= 9 else "warn" if thing.days >= 4 else "",
            },
        ]
        for thing in sorted(things, key=lambda thing: (-thing.days, thing.key))
    ]


def waits(days: int) -> str:
    """Write how long something waits."""
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else _("today")


def open_risks(record: Record) -> list[list[Cell]]:
    """Return the open risks, the gravest first."""
    grave = {"severe": 0, "high": 1, "medium": 2, "low": 3}
    item = record.items.get("register:risks")
    if item is None or item.register is None:
        return []
    labels = {option.value: option.label for column in item.register.columns for option in column.options}
    risks = sorted(
        pictures.open_risks(item),
        key=lambda risk: (grave.get(risk.impact, 4), grave.get(risk.likelihood, 4), risk.number),
    )
    return [
        [
            {"text": cut(risk.words, 76), "sub": str(risk.number)},
            {
                "text": str(labels.get(risk.impact, "")),
                "tone": "warn" if risk.impact in ("severe", "high") else "",
            },
        ]
        for risk in risks
    ]


def next_dates(record: Record, standing: Standing) -> list[list[Cell]]:
    """Return what is due within two weeks or was due before, soonest first."""
    dated = [
        (thing.due, thing)
        for thing in standing.things
        if thing.due and thing.due <= record.today + standing.SOON
    ]
    dated.sort(key=lambda pair: (pair[0], pair[1].key))
    return [
        [
            str(when.day),
            f"{day(when, record.today).split(' ', 1)[-1]}: {cut(thing.title, 46)}, {cut(holders(record, thing), 30)}",
        ]
        for when, thing in dated
    ]


def _with(record: Record) -> str:
    return _("With %(name)s") % {"name": record.engagement.client.short_name}


def and_more(count: int) -> list[list[Cell]]:
    """Return the row that says how many were left out."""
    if count <= 0:
        return []
    return [
        [
            {
                "text": ngettext("and %(count)d more", "and %(count)d more", count) % {"count": count},
                "tone": "quiet",
            }
        ]
    ]


def _padded(rows: Sequence[Sequence[Cell]], more: int, columns: int) -> list[Sequence[Cell]]:
    return [*rows, *([*row, *[""] * (columns - 1)] for row in and_more(more))]


def _choices(rows: Sequence[Sequence[Cell]], more: int) -> Block:
    return blocks.table(
        [_("Choice"), _("What we suggest"), _("From"), (pgettext("until when", "By"), "r day")],
        _padded(rows, more, 4),
        title=_("Choices and signatures we need"),
        empty=_("None at present."),
        look="choices",
    )


def _ledger(title: str) -> Callable[[Sequence[Sequence[Cell]], int], Block]:
    def draw(rows: Sequence[Sequence[Cell]], more: int) -> Block:
        return blocks.table(
            [_("What"), (_("For"), "r")],
            _padded(rows, more, 2),
            title=title,
            empty=_("Nothing."),
            look="narrow",
        )

    return draw


def _risks(rows: Sequence[Sequence[Cell]], more: int) -> Block:
    return blocks.table(
        [_("Risk"), (_("Impact"), "r")],
        _padded(rows, more, 2),
        title=_("Risks we are watching"),
        empty=_("No risk is on the register yet."),
        look="narrow",
    )


def _dates(record: Record) -> Callable[[Sequence[Sequence[Cell]], int], Block]:
    def draw(rows: Sequence[Sequence[Cell]], more: int) -> Block:
        lines: list[tuple[str, str]] = [(str(row[0]), str(row[1])) for row in rows]
        if more:
            lines.append(("", ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}))
        return blocks.changes(
            lines, title=_("Next dates"), empty=_("Nothing has a date in the next two weeks.")
        )

    return draw
