"""The risk register: a matrix, the risks by gravity with what is done about each, and where risks come from."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.reading import ItemView
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.discovery import gist
from reports.content.paper import MOST_ROWS, Paper, has_answer
from reports.content.record import Record

LIKELIHOOD = ("high", "medium", "low")
IMPACT = ("low", "medium", "high", "severe")
# Likelihood times impact, each from 1: where a risk becomes grave, and where it is to be watched.
GRAVE = 8
WATCHED = 4


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk: its number in the register, what it says as stored, and as people read it."""

    number: int
    raw: dict[str, str]
    told: dict[str, str]

    @property
    def is_open(self) -> bool:
        """Say whether it may still happen."""
        return self.raw.get("status", "") != "closed"

    @property
    def score(self) -> int:
        """How grave it is: likelihood times impact, nought while one of them is not judged."""
        likelihood, impact = self.raw.get("likelihood", ""), self.raw.get("impact", "")
        if likelihood not in LIKELIHOOD or impact not in IMPACT:
            return 0
        return (3 - LIKELIHOOD.index(likelihood)) * (1 + IMPACT.index(impact))

    @property
    def name(self) -> str:
        """The risk as it is called in the matrix."""
        return f"R{self.number}"


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the risk register."""
    paper = Paper(record, "risk-register")
    risks = found(record)
    current = sorted((one for one in risks if one.is_open), key=lambda one: (-one.score, one.number))
    groups = (
        ("grave", _("Grave"), [one for one in current if one.score >= GRAVE]),
        ("watched", _("To watch"), [one for one in current if WATCHED <= one.score < GRAVE]),
        ("small", _("Small"), [one for one in current if 0 < one.score < WATCHED]),
        ("unjudged", _("Not judged yet"), [one for one in current if not one.score]),
        ("closed", _("Closed"), [one for one in risks if not one.is_open]),
    )
    return paper.whole(
        summary(paper, risks, current),
        *(
            paper.chapter(key, title, first=[card(one) for one in group[:MOST_ROWS]] + more(group))
            for key, title, group in groups
        ),
        sources(paper),
    )


def found(record: Record) -> list[Risk]:
    """Return the risks in the register's order."""
    item = record.items.get(REGISTER_PREFIX + "risks")
    if item is None:
        return []
    risks = []
    for number, (row, told) in enumerate(zip(item.rows, record.lines(item), strict=True), start=1):
        raw = {cell.column.key: cell.value if isinstance(cell.value, str) else "" for cell in row.cells}
        risks.append(Risk(number, raw, told))
    return risks


def summary(paper: Paper, risks: list[Risk], current: list[Risk]) -> Block:
    """Return the matrix and the gravest risks on one page."""
    grave = [one for one in current if one.score >= GRAVE]
    figures = blocks.figures(
        [
            (str(len(current)), _("open risks")),
            (str(len(grave)), _("of them grave")),
            (str(sum(not one.told.get("owner") for one in current)), _("without an owner")),
            (str(len(risks) - len(current)), _("closed")),
        ]
    )
    top = blocks.table(
        [_("No."), _("Risk"), _("What we do"), (_("Owner"), "who"), (pgettext("until when", "By"), "r day")],
        [
            [one.name, one.told.get("risk", ""), one.told.get("action", ""), one.told.get("owner", ""), one.told.get("due", "")]
            for one in current[:5]
        ],
        title=_("The gravest first"),
        empty=_("No risk is on the register yet. Anybody of the team may write one down, and every gate asks for it."),
    )  # fmt: skip
    shown = [figures, matrix(current), top] if current else [figures, top]
    return blocks.section("summary", _("Every risk on one page"), shown, summary=True)


def matrix(current: list[Risk]) -> Block:
    """Return the open risks by likelihood and impact; the grade of a field repeats what its place says."""
    words = {"low": _("Low"), "medium": _("Medium"), "high": _("High"), "severe": _("Severe")}
    rows: list[list[Cell]] = []
    for likelihood in LIKELIHOOD:
        row: list[Cell] = [_("%(level)s likelihood") % {"level": words[likelihood]}]
        for impact in IMPACT:
            here = [
                one.name
                for one in current
                if (one.raw.get("likelihood"), one.raw.get("impact")) == (likelihood, impact)
            ]
            told = ", ".join(here[:6]) + (f" +{len(here) - 6}" if len(here) > 6 else "")
            score = (3 - LIKELIHOOD.index(likelihood)) * (1 + IMPACT.index(impact))
            grade = 4 if score >= GRAVE else 3 if score >= WATCHED else 2
            row.append({"text": told, "tone": f"grade-{grade}"})
        rows.append(row)
    heads = ["", *(_("%(level)s impact") % {"level": words[impact]} for impact in IMPACT)]
    return blocks.table(heads, rows, look="matrix")


def card(risk: Risk) -> Block:
    """Return one risk with what is done about it."""
    told = risk.told
    value = [
        blocks.facts(
            [
                (_("What we do"), told.get("action", "")),
                (_("What remains"), told.get("residual", "")),
                (_("Response"), told.get("response", "")),
                (_("Kind"), told.get("kind", "")),
            ]
        )
    ]
    if not any(block["pairs"] for block in value):
        value = [blocks.missing(_("Nothing is written down yet about what is done."))]
    level = " × ".join(filter(None, (told.get("likelihood", ""), told.get("impact", ""))))
    tone = "bad" if risk.score >= GRAVE else "warn" if risk.score >= WATCHED else ""
    due = told.get("due", "")
    side: list[Cell] = [
        {"text": level, "tone": tone},
        told.get("owner", "") or {"text": _("nobody has it"), "tone": "warn"},
        _("by %(day)s") % {"day": due} if due else "",
        told.get("status", ""),
    ]
    return blocks.answer(number=risk.name, question=told.get("risk", ""), value=value, side=side)


def more(group: list[Risk]) -> list[Block]:
    """Say how many risks are not printed."""
    left = len(group) - MOST_ROWS
    if left <= 0:
        return []
    return [blocks.quiet(ngettext("and %(count)d more", "and %(count)d more", left) % {"count": left})]


def sources(paper: Paper) -> Block | None:
    """Return the answers that speak of risk, in short, step by step: where the next risk may be found."""
    shown: list[Block | None] = []
    for step in paper.record.view.framework.steps:
        items = [
            item for item in paper.fed if item.item and item.item.step_key == step.key and has_answer(item)
        ]
        paper.told |= {item.key for item in items}
        if items:
            rows: list[list[Cell]] = [source(paper, item) for item in items]
            shown.append(
                blocks.table(
                    [_("No."), _("Answer"), _("What it says")], rows, title=f"{step.number} {step.title}"
                )
            )
    return paper.chapter(
        "sources",
        _("Where risks come from"),
        first=shown,
        lede=_("Answers that speak of risk, in short. What matters among them belongs on the register."),
    )


def source(paper: Paper, item: ItemView) -> list[Cell]:
    """Return one answer in short."""
    doubts = paper.doubts(item)
    name: Cell = {"text": item.title, "sub": ""}
    if doubts and isinstance(doubts[0], dict):
        name = {"text": item.title, "sub": doubts[0]["text"]}
    return [item.number, name, gist(paper, item.key)]
