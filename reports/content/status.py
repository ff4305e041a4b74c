"""The status report: where we stand, what is different since the last one, who has what, what comes next."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from engagements.models import Event
from questionnaires import reading
from questionnaires.document import Step
from questionnaires.models import Entry
from questionnaires.pictures.canvas import cut
from questionnaires.reading import ItemView
from reports.content import blocks, drawings, summary
from reports.content.blocks import Block
from reports.content.difference import KINDS, Change, Difference, difference
from reports.content.record import Record, day
from reports.content.standing import Standing

# Lines of one kind, things of one column, answers of all steps: what is beyond is in the product, and counted.
MOST_LINES, MOST_HELD, MOST_ANSWERS = 12, 8, 5
LONGEST_ANSWER = 300


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the status report's sections; *since* is the event at which the last one was released, 0 for the first."""
    standing = Standing(record)
    changes = difference(record, since)
    began = day_of(record, since)
    since_day = day(began, record.today) if began else ""
    found = [
        summary.page(record, standing, changes, since_day),
        what_changed(record, changes, since_day),
        who_holds_what(record, standing),
        how_it_goes(record, standing),
    ]
    if risks := risks_section(record):
        found.append(risks)
    found += in_detail(record, changes, bool(since))
    if behind := figures(standing):
        found.append(behind)
    return found


def day_of(record: Record, since: int) -> date | None:
    """Return the day of the report before, or None for the first."""
    if not since:
        return None
    at = Event.objects.filter(engagement=record.engagement, number=since).values_list("at", flat=True).first()
    return record.engagement.today(at) if at else None


def what_changed(record: Record, changes: Difference, since: str) -> Block:
    """Return every difference, by what it means, each line with the change it came from."""
    parts: list[Block] = []
    for kind, (_one, many) in KINDS.items():
        found = changes[kind]
        if not found:
            continue
        if not since and kind == "answered":
            parts.append(answered_by_step(record, found))
            continue
        most = MOST_LINES if since else 6
        more = len(found) - most
        parts.append(
            blocks.told(
                [line(record, change) for change in found[:most]],
                title=heading(str(many), len(found)),
                more=ngettext("and %(count)d more", "and %(count)d more", more) % {"count": more}
                if more > 0
                else "",
            )
        )
    if not parts:
        parts = [blocks.quiet(_("Nothing has changed."))]
    return blocks.section(
        "changes",
        _("What is different since %(day)s") % {"day": since} if since else _("What happened so far"),
        parts,
        over=_("Changes"),
        lede=_("The net difference: what was changed and changed back is not told.") if since else "",
    )


def heading(words: str, count: int) -> str:
    """Return a heading with its count."""
    return f"{words[:1].upper()}{words[1:]} ({count})"


def line(record: Record, change: Change) -> dict[str, str]:
    """Return a difference as a line."""
    meta = ", ".join(part for part in (change.by, day(change.on, record.today)) if part)
    return {
        "number": change.number,
        "title": cut(change.title, 90),
        "words": cut(change.words, 180),
        "old": change.old,
        "new": change.new,
        "meta": meta,
        "event": str(change.event) if change.event else "",
        "path": change.path,
    }


def answered_by_step(record: Record, changes: Sequence[Change]) -> Block:
    """Return how many questions were answered in each step, where one by one would be too many."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.step_key] = counts.get(change.step_key, 0) + 1
    return blocks.changes(
        [
            (str(counts[step.key]), f"{step.number} {step.title}")
            for step in record.view.framework.steps
            if counts.get(step.key)
        ],
        title=heading(_("questions answered"), len(changes)),
    )


def who_holds_what(record: Record, standing: Standing) -> Block:
    """Return the ledger: both columns by one ruler, and how long things wait."""
    columns = []
    for title, things in (
        (_("With %(name)s") % {"name": record.engagement.client.short_name}, standing.with_client),
        (_("With us"), standing.with_firm),
    ):
        rows = summary.held(record, things, letters=70)
        more = [[row[0], ""] for row in summary.and_more(len(rows) - MOST_HELD)]
        columns.append(
            blocks.table(
                [_("What"), (_("For"), "r")],
                [*rows[:MOST_HELD], *more],
                title=heading(title, len(things)),
                empty=_("Nothing."),
                look="narrow",
            )
        )
    needed = summary.choices(record, standing)
    return blocks.section(
        "waiting",
        _("Who holds what"),
        [
            blocks.table(
                [_("Choice"), _("What we suggest"), _("From"), (pgettext("until when", "By"), "r day")],
                needed[:MOST_HELD],
                title=_("Choices and signatures we need"),
                empty=_("None at present."),
                look="choices",
            ),
            blocks.beside([columns[0]], [columns[1]]),
            *drawings.block(standing.waiting_times, title=_("For how long")),
        ],
        over=_("Waiting"),
        lede=_("Working days by one ruler for both sides."),
    )


def how_it_goes(record: Record, standing: Standing) -> Block:
    """Return progress, what is left with its forecast, unknowns, and the health of each step."""
    rows = []
    for step in record.view.framework.steps:
        progress = reading.progress_of_step(step, record.counted)
        if not progress.asked:
            continue
        health = standing.found.steps.get(step.key)
        rows.append(
            [
                {"text": f"{step.number} {step.short_title}"},
                {"text": str(progress.settled)},
                {"text": str(progress.asked)},
                {"text": str(progress.unknown or "–")},
                {"text": str(progress.revisit + progress.conflict or "–")},
                {
                    "text": summary.level_word(health.level) if health else _("not begun"),
                    "sub": cut(health.reasons[0].sentence, 90) if health and health.reasons else "",
                },
            ]
        )
    forecast = standing.health.forecast
    return blocks.section(
        "course",
        _("How it goes"),
        [
            *drawings.block(standing.burn_down(), title=_("What is left, and when it ends at this pace")),
            blocks.table(
                [
                    _("Step"),
                    (_("Settled"), "r"),
                    (_("Asked"), "r"),
                    (_("Unknown"), "r"),
                    (_("Again"), "r"),
                    _("Health and first reason"),
                ],
                rows,
                title=_("Step by step"),
                look="steps",
            ),
            *drawings.block(standing.unknowns, title=_("What is not known, and what is assumed")),
        ],
        over=_("Progress"),
        lede=_("Forecast end: %(words)s.") % {"words": forecast.words}
        + (f" {forecast.basis[:1].upper()}{forecast.basis[1:]}." if forecast.basis else "")
        if forecast
        else "",
    )


def risks_section(record: Record) -> Block | None:
    """Return the open risks in a picture and with what we do about them."""
    picture = drawings.risk_matrix(record)
    if not picture:
        return None
    numbers = {row[0] for row in picture.rows}
    rows = [
        [
            {"text": str(number)},
            {"text": cut(row.get("risk", ""), 130)},
            {"text": cut(row.get("action", ""), 130)},
            {"text": row.get("owner", "")},
            {"text": row.get("due", "")},
        ]
        for number, row in enumerate(record.register("risks"), start=1)
        if str(number) in numbers
    ]
    return blocks.section(
        "risks",
        _("Risks we are watching"),
        [
            *drawings.block(picture),
            blocks.table(
                [(_("No."), "r"), _("Risk"), _("What we do"), _("Owner"), (_("Due"), "r")],
                rows,
                look="watched",
            ),
        ],
        over=_("Risks"),
    )


def in_detail(record: Record, changes: Difference, is_later: bool) -> list[Block]:
    """Return, step by step, the answers that changed; in the first report those that belong into one."""
    belonging = {item.key for item in record.view.framework.feeding("status-report")}
    moved = dict.fromkeys(
        change.item_key
        for kind in ("reversed", "decided", "answered")
        for change in changes[kind]
        if change.item_key and (is_later or change.item_key in belonging)
    )
    told = [
        key
        for key in moved
        if key in record.items
        and record.items[key].entry.state in (Entry.State.ANSWERED, Entry.State.CONFIRMED)
    ]
    wanted = set(told[:MOST_ANSWERS])
    found = []
    for step in record.view.framework.steps:
        if items := [item for item in record.shown(step) if item.key in wanted]:
            found.append(step_section(record, step, items))
    if found and (more := len(told) - MOST_ANSWERS) > 0:
        words = ngettext("and %(count)d more changed answer", "and %(count)d more changed answers", more)
        found[-1]["blocks"].append(blocks.quiet(words % {"count": more}))
    return found


def step_section(record: Record, step: Step, items: Sequence[ItemView]) -> Block:
    """Return one step with the answers that changed."""
    progress = reading.progress_of_step(step, record.counted)
    lede = _("%(settled)d of %(asked)d settled.") % {"settled": progress.settled, "asked": progress.asked}
    phase = next(phase for phase in record.view.framework.phases if phase.key == step.phase_key)
    return blocks.section(
        step.key,
        step.title,
        [shortened(record.answer(item, most_rows=3)) for item in items],
        over=_("%(phase)s · step %(number)s") % {"phase": phase.title, "number": step.number},
        phase=step.phase_key,
        lede=lede,
    )


def shortened(answer: Block) -> Block:
    """Return an answer whose long texts are cut: a status report tells, the other deliverables hold it whole."""
    for block in answer["value"]:
        if block["type"] == "text":
            block["text"] = cut(block["text"], LONGEST_ANSWER)
    return answer


def figures(standing: Standing) -> Block | None:
    """Return the tables behind the drawings."""
    tables = [
        *drawings.figures(standing.burn_down(), title=_("Questions, day by day")),
        *drawings.figures(standing.unknowns, title=_("Unknowns and assumptions, day by day")),
        *drawings.figures(standing.waiting_times, title=_("How long things wait")),
    ]
    if not tables:
        return None
    return blocks.section(
        "figures",
        _("The figures behind the drawings"),
        drawings.side_by_side(tables),
        over=_("Figures"),
    )
