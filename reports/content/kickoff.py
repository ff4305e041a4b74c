"""The kick-off plan: the request, the people, the way, time and money, and the rules of work."""

from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Membership
from questionnaires import reading
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.kinds import PURPOSES, gate_of
from reports.content.paper import Paper
from reports.content.record import Record

BESIDE = 900


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the kick-off plan."""
    paper = Paper(record, "kickoff-plan")
    return paper.whole(
        summary(paper),
        paper.chapter(
            "request", _("What was asked, and how we understood it"), ["background"], first=request(paper)
        ),
        paper.chapter(
            "people",
            _("People and decisions"),
            ["sponsor", "stakeholders", "decision-rights", "question-routing"],
            first=[team(paper, Side.CLIENT), team(paper, Side.FIRM)],
        ),
        paper.chapter(
            "way",
            _("The way, step by step"),
            ["kickoff-date", "kickoff-steps-walked", "approach-tailoring", "buy-in", "buy-in-reservations"],
            first=[steps(paper)],
        ),
        paper.chapter(
            "means",
            _("Time, money and people"),
            [
                "pm-knows-timeframe",
                "timeframe-from-client",
                "start-date",
                "end-date",
                "time-constraints",
                "engagement-budget",
                "staff-committed",
                "labelling-effort",
            ],
        ),
        paper.chapter(
            "rules",
            _("How we work together"),
            [
                "communication-plan",
                "priority-rule",
                "scope-boundaries",
                "ownership-of-results",
                "run-owner-intent",
                "partner-teams",
                "partner-contacts",
                "access-routes",
                "people-ready",
            ],
        ),
        paper.chapter("results", _("What will be handed over"), first=[results(paper)]),
        paper.chapter("terms", _("Words we share"), first=[terms(paper)]),
        paper.signed("kickoff"),
    )


def summary(paper: Paper) -> Block:
    """Return the plan on one page."""
    pairs = [
        (_("Sponsor"), paper.words("sponsor")),
        (_("Kick-off"), paper.words("kickoff-date")),
        (_("Begins"), paper.words("start-date")),
        (_("Ends"), paper.words("end-date")),
        (_("Buy-in"), paper.words("buy-in")),
        (_("Where wishes collide"), paper.words("priority-rule")),
        (_("Who runs it afterwards"), paper.words("run-owner-intent")),
    ]
    standing = next((one for one in paper.record.gates if one.gate.key == "kickoff"), None)
    return blocks.section(
        "summary",
        _("The plan on one page"),
        [
            paper.standing(),
            blocks.heading(_("What we set out to do")),
            blocks.text(paper.short("request-restated", 600) or paper.record.engagement.aim)
            if paper.words("request-restated") or paper.record.engagement.aim
            else blocks.missing(_("Not written down yet.")),
            blocks.facts(pairs, title=_("The frame")),
            *([paper.signatures(standing)] if standing else []),
        ],
        summary=True,
    )


def request(paper: Paper) -> list[Block]:
    """Return the request in the client's words and in ours, side by side while both are short."""
    name = paper.record.engagement.client.short_name
    theirs, ours = paper.words("opening-request"), paper.words("request-restated")
    noted = paper.record.is_firm and any(
        item.note and item.note.value
        for item in (paper.item("opening-request"), paper.item("request-restated"))
        if item
    )
    if not theirs or not ours or noted or max(len(theirs), len(ours)) > BESIDE:
        return paper.passages(["opening-request", "request-restated"])
    paper.told |= {"opening-request", "request-restated"}
    return [
        blocks.beside(
            [blocks.heading(_("In the words of %(name)s") % {"name": name}), blocks.text(theirs)],
            [blocks.heading(_("As we understood it")), blocks.text(ours)],
        )
    ]


def team(paper: Paper, side: Side) -> Block | None:
    """Return one side's people with what they do here."""
    titles = {function.key: function.title for function in paper.record.view.framework.functions}
    rows: list[list[Cell]] = [
        [
            {"text": member.user.display_name, "sub": member.user.job_title or ""},
            part(member),
            ", ".join(titles.get(key, key) for key in member.functions),
            _("signs") if member.may_sign else "",
        ]
        for member in paper.record.people
        if member.ended_at is None and member.side == side
    ]
    if not rows:
        return None
    name = paper.record.engagement.client.short_name if side == Side.CLIENT else _("Our team")
    return blocks.table([_("Name"), _("Part"), _("Answers for"), ""], rows, title=name)


def part(member: Membership) -> str:
    """Return what part somebody has."""
    return str(member.get_role_display())


def steps(paper: Paper) -> Block:
    """Return the steps with what closes each."""
    record = paper.record
    closing = {standing.item.step_key: standing for standing in record.gates}
    rows: list[list[Cell]] = []
    for step in record.view.framework.steps:
        progress = reading.progress_of_step(step, record.counted)
        if not progress.asked:
            continue
        standing = closing.get(step.key)
        rows.append(
            [
                {"text": f"{step.number} {step.title}", "tone": "strong"},
                str(progress.asked),
                standing.gate.title if standing else "",
                ", ".join(line.function.title for line in standing.lines) if standing else "",
            ]
        )
    return blocks.table([_("Step"), (_("Questions"), "r"), _("Closed by"), _("Signed by")], rows)


def results(paper: Paper) -> Block | None:
    """Return the documents that were agreed, each with what it is for and when it is due."""
    item = paper.item("deliverables")
    if item is None or item.item is None:
        return None
    if not isinstance(item.value, list):
        return next(iter(paper.passages(["deliverables"])), None)
    paper.told.add("deliverables")
    labels = {option.value: option.label for option in item.item.options}
    framework = paper.record.view.framework
    rows: list[list[Cell]] = []
    for key in item.value:
        gate = gate_of(framework, key) if key in PURPOSES else None
        rows.append(
            [
                {"text": labels.get(str(key), str(key)), "tone": "strong"},
                str(PURPOSES.get(key, "")),
                gate.title if gate else _("kept up throughout"),
            ]
        )
    return blocks.table([_("Document"), _("What it is for"), _("Due at")], rows)


def terms(paper: Paper) -> Block | None:
    """Return the words that mean the same to everybody."""
    columns = [
        ("term", _("Word")),
        ("our-shared-meaning", _("What we mean by it")),
        ("used-where", _("Used in")),
    ]
    return paper.table(columns, paper.record.register("terms"))
