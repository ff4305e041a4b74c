"""The decision log: every decision by its number, with options, reasons and names; conflicts, gates, what is ahead."""

from django.utils.translation import gettext as _

from questionnaires.models import Clash, Decision
from questionnaires.models.entry import REGISTER_PREFIX
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.choices import decision_card, open_choices
from reports.content.discovery import collisions
from reports.content.paper import MOST_ROWS, Paper, changed, names
from reports.content.record import Record


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the decision log."""
    paper = Paper(record, "decision-log")
    standing = [one for one in record.decisions if one.state == Decision.State.STANDING]
    past = [one for one in record.decisions if one.state != Decision.State.STANDING]
    ahead = open_choices(paper, [item.key for item in record.asked()])
    return paper.whole(
        index(paper, standing, past, len(ahead)),
        paper.chapter(
            "standing",
            _("Decisions that stand"),
            first=[
                *(decision_card(paper, one) for one in standing[:MOST_ROWS]),
                by_hand(paper),
            ],
        ),
        paper.chapter("ahead", _("Choices still ahead"), first=ahead),
        paper.chapter("conflicts", _("Conflicts, and how they were settled"), first=collisions(paper)),
        paper.chapter(
            "past",
            _("Reopened and superseded"),
            first=[decision_card(paper, one) for one in past[:MOST_ROWS]],
        ),
        paper.chapter(
            "gates", _("What was signed at the gates"), first=[paper.signatures(one) for one in record.gates]
        ),
        paper.chapter(
            "rules",
            _("How we decide"),
            ["decision-rights", "priority-rule", "stop-criteria", "retraining-approval", "change-management"],
        ),
        paper.chapter(
            "agreed",
            _("Also agreed on the way"),
            ["scope-boundaries", "approach-tailoring", "non-ml-option", "go-decision", "recheck-development",
             "independent-challenge", "recheck-prepare"],
        ),
    )  # fmt: skip


def index(paper: Paper, standing: list[Decision], past: list[Decision], ahead: int) -> Block:
    """Return every decision in one list."""
    record = paper.record
    moved = {one.pk for one in standing if changed(record, one)}
    unsettled = sum(clash.state == Clash.State.OPEN for clash in record.clashes)
    rows: list[list[Cell]] = []
    for one in sorted([*standing, *past], key=lambda one: one.number)[:40]:
        state: Cell = {
            Decision.State.STANDING: {"text": _("stands"), "tone": "ok"},
            Decision.State.REOPENED: {"text": _("reopened"), "tone": "warn"},
        }.get(Decision.State(one.state), {"text": _("superseded"), "tone": "q"})
        if one.pk in moved:
            state = {"text": _("look again"), "tone": "warn"}
        rows.append(
            [
                str(one.number),
                {
                    "text": record.view.framework.item(one.entry.item_key).title,
                    "sub": f"{one.letter}. {one.chosen['title']}",
                },
                names(one),
                paper.on(one.made_at),
                state,
            ]
        )
    return blocks.section(
        "summary",
        _("Every decision on one page"),
        [
            blocks.figures(
                [
                    (str(len(standing)), _("decisions stand")),
                    (str(len(moved)), _("of them rest on something that has changed")),
                    (str(ahead), _("choices are still ahead")),
                    (str(unsettled), _("conflicts are open")),
                ]
            ),
            blocks.table(
                [_("No."), _("Decision"), _("By"), (_("On"), "r day"), _("State")],
                rows,
                empty=_(
                    "Nothing has been decided yet. Decisions come from recommendations that were offered."
                ),
            ),
        ],
        summary=True,
    )


def by_hand(paper: Paper) -> Block | None:
    """Return lines of the register that were written by hand and stand on no recommendation."""
    item = paper.record.items.get(REGISTER_PREFIX + "decisions")
    if item is None:
        return None
    known = set(Decision.objects.filter(engagement=paper.record.engagement).values_list("row_id", flat=True))
    rows = [
        line
        for view, line in zip(item.rows, paper.record.lines(item), strict=True)
        if view.row.pk not in known
    ]
    return paper.table(
        [("decision", _("Decision")), ("decided", _("Decided")), ("decided-by", _("By")), ("date", _("On"))],
        rows,
        title=_("Also written down"),
    )
