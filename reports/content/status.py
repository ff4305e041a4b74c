"""The status report: where we stand, what changed since the last one, who has what, what comes next."""

from collections import Counter
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Side
from engagements.models import Event
from questionnaires import reading
from questionnaires.document import Step
from questionnaires.models import Entry
from questionnaires.reading import ItemView
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.record import Record, day

SOON = timedelta(days=14)


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the status report's sections; *since* is the event at which the last one was released, 0 for the first."""
    events = record.events_after(since)
    changed = {event.item_key for event in events if event.item_key and kind_of(event)}
    if not since:
        # The first report has nothing to compare with: it shows what the framework says belongs into one.
        changed = {item.key for item in record.view.framework.feeding("status-report")}
    found = [summary(record, events, since)]
    for step in record.view.framework.steps:
        items = [item for item in record.shown(step) if worth_showing(record, item, changed)]
        if items:
            found.append(step_section(record, step, items, changed, since))
    return found


def worth_showing(record: Record, item: ItemView, changed: set[str]) -> bool:
    """Say whether a status report shows an item: it changed since the last one, or somebody has to look at it."""
    entry = item.entry
    if entry.revisit or entry.conflict or entry.state == Entry.State.UNKNOWN:
        return True
    if item.key in changed:
        return entry.state != Entry.State.OPEN
    return False


def summary(record: Record, events: list[Event], since: int) -> Block:
    """Return the one page that says it all."""
    health, word, words, reasons = verdict(record)
    return blocks.section(
        "summary",
        headline(record),
        [
            blocks.verdict(health, word, words, reasons),
            blocks.beside([what_changed(record, events, since)], [standing(record)]),
            choices(record),
            blocks.beside([held(record, Side.CLIENT)], [held(record, Side.FIRM)]),
            risks(record),
            next_dates(record),
        ],
        over=_("Summary on one page"),
        summary=True,
    )


def headline(record: Record) -> str:
    """Say the state in one line."""
    total = record.total
    return _("%(settled)d of %(asked)d questions settled") % {"settled": total.settled, "asked": total.asked}


def verdict(record: Record) -> tuple[str, str, str, str]:
    """Return health, its word, a sentence and the reasons."""
    total = record.total
    reasons = []
    if total.conflict:
        reasons.append(
            ngettext(
                "%(count)d question with two answers", "%(count)d questions with two answers", total.conflict
            )
            % {"count": total.conflict}
        )
    if total.revisit:
        reasons.append(
            ngettext("%(count)d answer to look at again", "%(count)d answers to look at again", total.revisit)
            % {"count": total.revisit}
        )
    if total.unknown:
        reasons.append(
            ngettext("%(count)d thing not known yet", "%(count)d things not known yet", total.unknown)
            % {"count": total.unknown}
        )
    level = "watch" if total.conflict or total.revisit else "on_track"
    word = {"on_track": _("On track"), "watch": _("Watch")}[level]
    sentence = _("%(percent)d percent of what is asked is settled.") % {"percent": total.percent}
    return level, word, sentence, "; ".join(reasons)


def what_changed(record: Record, events: list[Event], since: int) -> Block:
    """Return what happened, counted, with the changes of substance in words."""
    kinds = Counter(kind_of(event) for event in events)
    lines: list[tuple[str, str]] = []
    for kind, one, many in (
        ("answered", _("question answered"), _("questions answered")),
        ("confirmed", _("answer confirmed"), _("answers confirmed")),
        ("decided", _("decision made"), _("decisions made")),
        ("signed", _("signature given"), _("signatures given")),
        ("unknown", _("marked as not known yet"), _("marked as not known yet")),
        ("conflict", _("second answer, kept beside the first"), _("second answers, kept beside the first")),
    ):
        if kinds[kind]:
            lines.append((str(kinds[kind]), one if kinds[kind] == 1 else many))
    if record.total.revisit:
        lines.append((str(record.total.revisit), _("to look at again, because something underneath moved")))
    title = _("Since the last report") if since else _("So far")
    return blocks.changes(lines, title=title, empty=_("Nothing has changed."))


def kind_of(event: Event) -> str:
    """Return what an event counts as in a report."""
    if event.kind in ("answer.saved", "answer.settled", "answer.restored"):
        for pairs in event.data.get("entries", {}).values():
            if isinstance(pairs, dict) and pairs.get("state", [None, None])[1] == Entry.State.ANSWERED:
                return "answered"
        return ""
    return {
        "entry.confirmed": "confirmed",
        "decision.made": "decided",
        "decided": "decided",
        "signed": "signed",
        "entry.unknown": "unknown",
        "conflict.opened": "conflict",
    }.get(event.kind, "")


def standing(record: Record) -> Block:
    """Return how far each step is."""
    rows = []
    for step in record.view.framework.steps:
        progress = reading.progress_of_step(step, record.counted)
        if progress.asked:
            rows.append(
                [
                    f"{step.number} {step.short_title}",
                    f"{progress.settled}",
                    f"{progress.asked}",
                    f"{progress.percent} %",
                ]
            )
    return blocks.table(
        [_("Step"), (_("Settled"), "r"), (_("Asked"), "r"), ("", "r")], rows, title=_("Step by step")
    )


def choices(record: Record) -> Block:
    """Return what needs a choice: two answers that compete, and what is to be looked at again by the client."""
    rows: list[list[Cell]] = []
    for item in record.asked():
        entry = item.entry
        if entry.conflict:
            rows.append(
                [
                    {"text": item.title, "sub": item.number},
                    _("Two answers compete; both are kept"),
                    owner(record, item),
                    day(entry.due_date, record.today),
                ]
            )
        elif entry.revisit and entry.held_by == Side.CLIENT:
            rows.append(
                [
                    {"text": item.title, "sub": item.number},
                    _("Does it still hold?"),
                    owner(record, item),
                    day(entry.due_date, record.today),
                ]
            )
    return blocks.table(
        [_("Choice"), _("What it is about"), _("Owner"), (_("By"), "r")],
        rows[:4],
        title=_("Choices we need from you"),
        empty=_("None at present."),
    )


def owner(record: Record, item: ItemView) -> str:
    """Return who has an item: a person, or a side."""
    if item.entry.owner:
        return item.entry.owner.user.display_name
    if item.entry.finder:
        return item.entry.finder.user.display_name
    return record.engagement.client.short_name if item.entry.held_by == Side.CLIENT else _("us")


def held(record: Record, side: Side) -> Block:
    """Return one column of the ledger: what a side holds and for how many working days."""
    name = (
        _("With %(name)s") % {"name": record.engagement.client.short_name}
        if side == Side.CLIENT
        else _("With us")
    )
    rows: list[list[Cell]] = []
    for item in record.waiting(side)[:5]:
        days = record.days(item)
        words = ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else _("today")
        tone = "bad" if days >= 9 else "warn" if days >= 4 else ""
        rows.append([{"text": item.title, "sub": owner(record, item)}, {"text": words, "tone": tone}])
    return blocks.table([_("What"), (_("For"), "r")], rows, title=name, empty=_("Nothing."))


def risks(record: Record) -> Block:
    """Return the open risks, the gravest first."""
    order = {"severe": 0, "high": 1, "medium": 2, "low": 3, "": 4}
    rows = [row for row in record.register("risks") if row.get("status", "").casefold() != "closed"]
    rows.sort(
        key=lambda row: (
            order.get(row.get("impact", "").casefold(), 4),
            order.get(row.get("likelihood", "").casefold(), 4),
        )
    )
    return blocks.table(
        [_("Risk"), _("What we do"), _("Owner"), (_("Impact"), "r")],
        [
            [
                row.get("risk", ""),
                row.get("action", ""),
                row.get("owner", ""),
                {
                    "text": row.get("impact", ""),
                    "tone": "warn" if row.get("impact", "").casefold() in ("high", "severe") else "",
                },
            ]
            for row in rows[:3]
        ],
        title=_("Risks we are watching"),
        empty=_("No risk is on the register yet."),
    )


def next_dates(record: Record) -> Block:
    """Return what is due within two weeks, soonest first."""
    dated = []
    for item in record.asked():
        when = item.entry.find_by if item.entry.state == Entry.State.UNKNOWN else item.entry.due_date
        if when and not item.entry.is_settled and when <= record.today + SOON:
            dated.append((when, item))
    dated.sort(key=lambda pair: (pair[0], pair[1].number))
    return blocks.changes(
        [
            {
                "figure": str(when.day),
                "text": f"{day(when, record.today).split(' ', 1)[-1]}: {item.title}, {owner(record, item)}",
            }
            for when, item in dated[:4]
        ],
        title=_("Next dates"),
        empty=_("Nothing has a date in the next two weeks."),
    )


def step_section(record: Record, step: Step, items: list[ItemView], changed: set[str], since: int) -> Block:
    """Return one step with its answers."""
    progress = reading.progress_of_step(step, record.counted)
    lede = _("%(settled)d of %(asked)d settled.") % {"settled": progress.settled, "asked": progress.asked}
    if progress.revisit:
        lede += " " + ngettext("%(count)d to revisit.", "%(count)d to revisit.", progress.revisit) % {
            "count": progress.revisit
        }
    if progress.unknown:
        lede += " " + ngettext("%(count)d not known yet.", "%(count)d not known yet.", progress.unknown) % {
            "count": progress.unknown
        }
    phase = next(phase for phase in record.view.framework.phases if phase.key == step.phase_key)
    return blocks.section(
        step.key,
        step.title,
        [record.answer(item, changed=bool(since) and item.key in changed, most_rows=5) for item in items],
        over=_("%(phase)s · step %(number)s") % {"phase": phase.title, "number": step.number},
        phase=step.phase_key,
        lede=lede,
    )
