"""The discovery report: the need, its worth, its limits, the wishes around it, and whether it can be done."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from questionnaires.models import Clash
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.kickoff import terms
from reports.content.paper import MOST_ROWS, Paper, shortened
from reports.content.record import Record

HEALTH = {"go": "on_track", "adjust": "watch", "stop": "at_risk"}


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the discovery report."""
    paper = Paper(record, "discovery-report")
    return paper.whole(
        summary(paper),
        paper.chapter(
            "need",
            _("The need"),
            [
                "opening-request",
                "request-restated",
                "background",
                "problem-statement",
                "current-process",
                "decision-informed",
                "ml-objective",
                "prediction-target",
                "intended-users",
                "people-affected",
                "non-ml-option",
                "scope-boundaries",
            ],
        ),
        paper.chapter(
            "worth", _("What success means"), ["kpis", "metric-kpi-link", "roi-method", "stop-criteria"]
        ),
        paper.chapter("limits", _("Limits of cost and time"), ["cost-constraints", "time-constraints"]),
        paper.chapter(
            "mistakes",
            _("Risk, and the cost of mistakes"),
            [
                "risk-tolerance",
                "error-consequences",
                "error-preference",
                "automation-level",
                "materiality-tier",
            ],
        ),
        paper.chapter(
            "duties",
            _("Reasons, law and fairness"),
            [
                "interpretability-level",
                "regulated-client",
                "decision-criteria-duty",
                "concerns",
                "applicable-rules",
                "ethical-concerns",
                "ai-act-class",
                "fairness-groups",
            ],
        ),
        paper.chapter(
            "data",
            _("The data in brief"),
            ["datasets", "data-need-fit"],
            lede=_("The data assessment tells all of it."),
        ),
        paper.chapter(
            "wishes", _("Wishes, and where they collide"), first=[requests(paper), *collisions(paper)]
        ),
        paper.chapter(
            "feasible", _("Can it be done"), ["feasibility-evidence", "tried-and-learned", "go-decision"]
        ),
        paper.chapter(
            "partners",
            _("People we rely on"),
            ["stakeholders", "partner-teams", "partner-contacts", "independent-reviewer"],
        ),
        paper.chapter("terms", _("Words we share"), first=[terms(paper)]),
        paper.chapter(
            "decisions", _("What was decided on the way"), first=[paper.decided(i.key for i in paper.fed)]
        ),
        paper.signed("need-understood", "discovery-complete"),
    )


def summary(paper: Paper) -> Block:
    """Return what was found, on one page, with the decision to go on at its head."""
    decision = paper.words("go-decision")
    found: list[Block] = []
    if decision:
        item = paper.item("go-decision")
        stands = item.around.decision if item else None
        reasons = shortened(stands.reasons, 360) if stands and stands.stands else ""
        found.append(blocks.verdict(HEALTH.get(paper.choice("go-decision"), "watch"), decision, reasons, ""))
    else:
        found.append(paper.standing())
    for key, title in (
        ("problem-statement", _("The need")),
        ("ml-objective", _("What the model is to do")),
    ):
        found.append(blocks.heading(title))
        words = paper.short(key, 480)
        found.append(blocks.text(words) if words else blocks.missing(_("Not written down yet.")))
    found.append(
        blocks.facts(
            [
                (_("Does the data fit the need"), paper.words("data-need-fit")),
                (_("Mistake to avoid"), paper.words("error-preference")),
                (_("Need for explanation"), paper.words("interpretability-level")),
                (_("Degree of automation"), paper.words("automation-level")),
                (_("Materiality"), paper.words("materiality-tier")),
                (_("Risk tolerance"), paper.words("risk-tolerance")),
            ],
            title=_("What shapes the solution"),
        )
    )
    goals = paper.table(
        [
            ("indicator", _("Indicator")),
            ("today", _("Today")),
            ("target", _("Target")),
            ("by", pgettext("until when", "By")),
        ],
        paper.rows("kpis")[:4],
        title=_("What it is worth"),
    )
    return blocks.section("summary", _("What we found"), [*found, *([goals] if goals else [])], summary=True)


def requests(paper: Paper) -> Block | None:
    """Return what people on the client side asked for."""
    if not paper.record.requests:
        return None
    rows: list[list[Cell]] = [
        [
            str(one.number),
            {"text": one.title, "sub": shortened(one.need, 160)},
            one.author.user.display_name,
            str(one.get_moscow_display()),
            str(one.get_state_display()),
        ]
        for one in paper.record.requests[:MOST_ROWS]
    ]
    return blocks.table([_("No."), _("Wish"), _("Of"), _("Weight"), _("State")], rows, title=_("Wishes"))


def collisions(paper: Paper) -> list[Block]:
    """Return what could not all stand, and how it was settled."""
    return [collision(paper, clash) for clash in paper.record.clashes[:MOST_ROWS]]


def collision(paper: Paper, clash: Clash) -> Block:
    """Return one conflict: its sides, our advice once offered, the outcome with its reason and name."""
    record = paper.record
    found: list[Block] = [blocks.text(clash.says)]
    rows: list[dict[str, str]] = []
    for side in clash.sides.all():
        letter = "ABCDEF"[side.position - 1]
        if side.request is not None:
            what, whose = side.request.title, side.request.author.user.display_name
        elif record.sees(side.item_key):
            item = paper.item(side.item_key)
            number = item.number if item else ""
            what = f"{number} {record.view.framework.item(side.item_key).title}".strip()
            whose = side.words or (gist(paper, side.item_key))
        else:
            continue
        rows.append({"side": letter, "what": what, "whose": whose, "then": side.consequence})
    columns = [
        ("side", _("Side")),
        ("what", _("What is wanted")),
        ("whose", _("Whose, or what it says")),
        ("then", _("What follows")),
    ]
    if table := paper.table(columns, rows):
        found.append(table)
    if clash.we_recommend and (record.is_firm or clash.offered_at):
        found.append(blocks.quiet(_("We recommend: %(words)s") % {"words": clash.we_recommend}))
    side_lines: list[Cell] = [_("Raised %(day)s") % {"day": paper.on(clash.raised_at)}]
    if clash.state == Clash.State.SETTLED:
        settled = _("Settled")
        found.append(blocks.decision(f"**{settled}** {clash.outcome}\n\n{clash.reason}".strip()))
        side_lines.append({"text": _("Settled"), "tone": "ok"})
        if clash.decided_by:
            side_lines.append(
                _("%(name)s, %(day)s")
                % {"name": clash.decided_by.user.display_name, "day": paper.on(clash.decided_at)}
            )
    else:
        side_lines.append({"text": _("Open"), "tone": "warn"})
    return blocks.passage(
        title=clash.title,
        number=_("Conflict %(number)d") % {"number": clash.number},
        value=found,
        side=side_lines,
        wide=len(rows) > 0,
    )


def gist(paper: Paper, key: str, most: int = 200) -> str:
    """Return the beginning of what an item says; of a table its first row."""
    item = paper.item(key)
    if item is None:
        return ""
    if item.words and isinstance(item.words.value, str) and item.words.value:
        return shortened(item.words.value, most)
    if item.rows:
        first = paper.record.lines(item)[:3]
        told = "; ".join(next((text for text in row.values() if text), "") for row in first)
        more = len(item.rows) - len(first)
        return shortened(told, most) + (_(" and %(count)d more") % {"count": more} if more > 0 else "")
    return shortened(paper.words(key), most)
