"""The deployment plan and readiness: are we ready, what is missing, how it goes live, how it comes back."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from questionnaires import signed
from questionnaires.gates import Point, Standing
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.paper import MOST_ROWS, Paper
from reports.content.record import Record, day

GATE = "go-live"


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the deployment plan."""
    paper = Paper(record, "deployment-plan")
    standing = next((one for one in record.gates if one.gate.key == GATE), None)
    return paper.whole(
        readiness(paper, standing),
        paper.chapter(
            "plan",
            _("The day itself"),
            ["deployment-plan", "switchover", "downtime", "downtime-window", "deployment-approvers"],
        ),
        paper.chapter("back", _("The way back"), ["rollback", "fallback-plan"]),
        paper.chapter(
            "release",
            _("What goes live, and to whom first"),
            ["deployment-method", "first-exposure", "release-documents", "user-instructions", "people-ready"],
        ),
        paper.chapter(
            "serving",
            _("How it serves"),
            ["scoring-mode", "batch-schedule", "realtime-behaviour", "serving-topology", "version-routing",
             "load-balancing", "containers-used", "container-host", "service-levels"],
        ),
        paper.chapter(
            "built",
            _("How it is built and packed"),
            ["architecture-detail", "packaging", "devops-stack", "pipeline-automation", "toolchain-fit",
             "conversion", "optimise", "optimise-targets"],
        ),
        paper.chapter(
            "joined",
            _("Inputs, outputs and neighbours"),
            ["input-sources", "output-consumers", "same-features", "apps-list", "hosting-model",
             "environments", "promotion-path", "deployment-barriers"],
        ),
        paper.chapter(
            "tested",
            _("Tests, audit and security"),
            ["test-requirements", "test-plan", "integration-tests", "preprod-enough", "preprod-gap",
             "security-review", "audit-requirements"],
        ),
        paper.chapter(
            "watched",
            _("What is watched from the first minute"),
            ["monitoring-means", "resource-monitoring", "health-check", "ml-metrics-live"],
        ),
        certificate(paper, standing),
    )  # fmt: skip


def readiness(paper: Paper, standing: Standing | None) -> Block:
    """Return whether we are ready, with what is missing and who has it, on one page."""
    found: list[Block] = []
    if standing is None:
        found += [
            paper.standing(),
            blocks.missing(_("Nobody is asked to sign for going live at this depth.")),
        ]
    else:
        found += [
            blocks.verdict(*verdict(standing)),
            blocks.figures(
                [
                    (
                        _("%(settled)d of %(asked)d")
                        % {"settled": standing.settled, "asked": len(standing.covered)},
                        _("points settled"),
                    ),
                    (str(len(standing.unmet)), _("points missing")),
                    (str(len(standing.waived)), _("let pass until a day")),
                    (
                        _("%(settled)d of %(asked)d")
                        % {
                            "settled": len(standing.lines) - len(standing.unsigned),
                            "asked": len(standing.lines),
                        },
                        _("signatures given"),
                    ),
                ]
            ),
            missing(paper, standing),
            *([waivers(paper, standing)] if standing.waived else []),
            paper.signatures(standing),
        ]
    return blocks.section("readiness", _("Are we ready"), found, summary=True)


def verdict(standing: Standing) -> tuple[str, str, str, str]:
    """Return readiness as shape, word, sentence and reasons."""
    reasons = []
    if standing.unmet:
        reasons.append(
            ngettext("%(count)d point is missing", "%(count)d points are missing", len(standing.unmet))
            % {"count": len(standing.unmet)}
        )
    if standing.waived:
        reasons.append(
            ngettext("%(count)d point is let pass", "%(count)d points are let pass", len(standing.waived))
            % {"count": len(standing.waived)}
        )
    if standing.unsigned:
        reasons.append(
            ngettext(
                "%(count)d signature is to come", "%(count)d signatures are to come", len(standing.unsigned)
            )
            % {"count": len(standing.unsigned)}
        )
    told = "; ".join(reasons)
    if standing.state == "signed":
        word, words = (
            ("watch", _("Signed, with points let pass")) if standing.waived else ("on_track", _("Ready"))
        )
        return word, words, _("Everybody who has to sign has signed, and nothing has changed since."), told
    if standing.state == "stale":
        return "watch", _("To be signed again"), _("Something the signatures cover has changed since."), told
    if standing.unmet:
        return "at_risk", _("Not ready yet"), _("Points that have to be settled before are missing."), told
    return "watch", _("Ready to sign"), _("Every point is settled or let pass; signatures are to come."), told


def missing(paper: Paper, standing: Standing) -> Block:
    """Return what stands between us and going live."""
    return blocks.table(
        [_("No."), _("What is missing"), _("How it stands"), _("With"), (pgettext("until when", "By"), "r day")],
        [[point.item.number, point.item.title, state(point), who(paper, point), when(paper, point)] for point in standing.unmet],
        title=_("What stands between us and going live"),
        empty=_("Nothing: every point is settled or let pass."),
    )  # fmt: skip


def state(point: Point) -> Cell:
    """Say how a point stands."""
    return {
        "conflict": {"text": _("two answers compete"), "tone": "bad"},
        "revisit": {"text": _("to look at again"), "tone": "warn"},
        "unknown": {"text": _("not known yet"), "tone": ""},
        "draft": {"text": _("begun"), "tone": ""},
    }.get(point.what, {"text": _("open"), "tone": ""})


def who(paper: Paper, point: Point) -> str:
    """Return who has a point."""
    if point.person:
        return point.person.user.display_name
    record = paper.record
    return record.engagement.client.short_name if point.side == "client" else record.house.name


def when(paper: Paper, point: Point) -> str:
    """Return the day by which a point is to come."""
    entry = point.entry
    return day(entry.find_by if point.what == "unknown" else entry.due_date, paper.record.today)


def waivers(paper: Paper, standing: Standing) -> Block:
    """Return what is let pass, until when, by whom and why."""
    return blocks.table(
        [_("Let pass"), _("Why"), _("By"), (_("Until"), "r day")],
        [
            [
                {"text": point.item.title, "sub": point.item.number},
                point.waiver.reason,
                point.waiver.approved_by.user.display_name,
                day(point.waiver.until, paper.record.today),
            ]
            for point in standing.waived
            if point.waiver
        ],
        title=_("What is let pass for a while"),
    )


def certificate(paper: Paper, standing: Standing | None) -> Block | None:
    """Return what the signatures cover, value by value, with its fingerprint."""
    if standing is None:
        return None
    told = signed.certificate(paper.record.view, standing.gate.key, now=paper.record.at)
    if told is None:
        return None
    rows: list[list[Cell]] = []
    for covered in told["covered"]:
        count = len(covered["values"])
        words = next((str(text) for label, text in covered["values"] if not label), "")
        rows.append(
            [
                covered["number"],
                covered["title"],
                covered["state"],
                words[:160] or ngettext("%(count)d value", "%(count)d values", count) % {"count": count}
                if count
                else "",
            ]
        )
    parts = [
        blocks.facts([(_("Fingerprint of all of it"), told["fingerprint"])]),
        blocks.table(
            [_("No."), _("Point"), _("State"), _("What it says")],
            rows[:MOST_ROWS],
            title=_("What is covered"),
        ),
    ]
    given = [
        [one["function"], one["name"], one["statement"], one["fingerprint"][:16]]
        for one in told["signatures"]
    ]
    if given:
        parts.append(
            blocks.table(
                [_("As"), _("Name"), _("What was signed"), _("Fingerprint")], given, title=_("Signatures")
            )
        )
    return paper.chapter(
        "certificate",
        _("Certificate"),
        first=parts,
        lede=_("What the signatures for going live cover, as it stands."),
    )
