"""The monitoring and governance plan: who watches what, what they do, how the model changes, who answers for it."""

from django.utils.translation import gettext as _

from questionnaires.coverage import Status
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.model_card import versions
from reports.content.paper import MOST_ROWS, Paper
from reports.content.record import Record

# What is watched, from the tables that say so: where each keeps the thing, the method, the levels and the person.
WATCHED = (
    ("metric-thresholds", "measure", "checked-every", "warn-at", "alarm-at", "owner"),
    ("data-drift", "input-or-output", "method", "warn-at", "alarm-at", "owner"),
    ("input-quality-watch", "rule", "then", "", "limit", "owner"),
    ("resource-monitoring", "resource", "tool", "warn-at", "alarm-at", "owner"),
    ("ml-metrics-live", "measure", "every", "", "", ""),
    ("cost-watch", "cost-item", "", "", "limit-per-month", "owner"),
)


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the monitoring and governance plan."""
    paper = Paper(record, "monitoring-governance-plan")
    return paper.whole(
        summary(paper),
        paper.chapter(
            "people",
            _("Who looks after it"),
            ["run-owner-intent", "operations-roles", "operations-training", "independent-reviewer"],
        ),
        paper.chapter(
            "watch",
            _("What is watched"),
            ["monitoring-means", "metric-thresholds", "data-drift", "concept-drift", "input-quality-watch",
             "input-sources", "schema-expectations", "resource-monitoring", "resource-review", "health-check",
             "ml-metrics-live", "cost-watch", "cost-constraints", "dependency-watch", "upstream-changes",
             "service-levels"],
        ),
        paper.chapter(
            "truth",
            _("Truth, feedback and value"),
            ["truth-collection", "label-delay", "feedback-channel", "self-influence", "value-tracking", "kpis",
             "roi-method", "acceptance-metrics", "data-after-launch"],
        ),
        paper.chapter(
            "response",
            _("When something moves"),
            ["alert-routing", "health-response", "incident-plan", "stop-switch", "serious-incident-duty",
             "rollback", "fallback-plan", "realtime-behaviour", "batch-schedule"],
        ),
        paper.chapter(
            "oversight",
            _("People in charge of it"),
            ["automation-level", "oversight-design", "oversight-in-practice", "output-consumers"],
        ),
        paper.chapter(
            "change",
            _("How it changes"),
            ["retraining-triggers", "retraining-approval", "champion-challenger", "improvement-list",
             "change-management", "version-routing", "pipeline-automation", "same-features",
             "data-versioning", "first-exposure"],
        ),
        paper.chapter(
            "accountability",
            _("Who answers for it"),
            ["periodic-review", "fairness-review", "privacy-review", "policy-fit", "independent-challenge",
             "audit-requirements", "applicable-rules", "ai-act-class", "ai-act-role", "materiality-tier",
             "risk-tolerance", "impact-assessment", "dpia-file", "retention", "mlops-maturity"],
        ),
        paper.chapter(
            "records",
            _("Records and access"),
            ["model-registry", "event-logs", "access-control", "security-review", "living-documents"],
        ),
        evidence(paper),
        paper.chapter("log", _("What has happened so far"), first=[versions(paper), incidents(paper)]),
        paper.chapter("end", _("Retire and hand over"), ["retirement", "lessons"]),
        paper.signed("handover"),
    )  # fmt: skip


def summary(paper: Paper) -> Block:
    """Return the watch list and the duties on one page."""
    duties = paper.table(
        [
            ("duty", _("Duty")),
            ("owner", _("Owner")),
            ("deputy", _("Deputy")),
            ("hours-covered", _("Hours covered")),
        ],
        paper.rows("operations-roles")[:8],
        title=_("Who is on duty"),
    )
    found: list[Block] = [paper.standing(), watch_list(paper)]
    if duties:
        found.append(duties)
    off = paper.short("stop-switch", 420)
    if off:
        found += [blocks.heading(_("How it is switched off")), blocks.text(off)]
    return blocks.section("summary", _("The watch on one page"), found, summary=True)


def watch_list(paper: Paper) -> Block:
    """Return everything that is watched in one list, whichever table says so."""
    rows: list[list[Cell]] = []
    for key, thing, how, warn, alarm, owner in WATCHED:
        for row in paper.rows(key):
            if row.get(thing):
                rows.append([row[thing], *(row.get(column, "") for column in (how, warn, alarm, owner))])
    return blocks.table(
        [_("Watched"), _("How, how often"), _("Warn at"), _("Alarm at"), _("Who")],
        rows[:14],
        title=_("The watch list"),
        empty=_("Nothing is watched yet."),
    )


def evidence(paper: Paper) -> Block | None:
    """Return what is on record for public frameworks: what this engagement can show, never more."""
    coverages = paper.record.coverages
    if not coverages:
        return None
    rows: list[list[Cell]] = [
        [
            one.reference.title,
            str(len(one.rows)),
            str(one.count(Status.RECORDED)),
            str(one.count(Status.PARTLY)),
            str(one.count(Status.NOT_SHOWN)),
            str(one.count(Status.NOT_APPLICABLE)),
        ]
        for one in coverages[:MOST_ROWS]
    ]
    table = blocks.table(
        [
            _("Framework"),
            (_("Items"), "r"),
            (_("Recorded"), "r"),
            (_("Partly"), "r"),
            (_("Not shown"), "r"),
            (_("Does not apply"), "r"),
        ],
        rows,
    )
    return paper.chapter(
        "evidence",
        _("Evidence on record"),
        first=[table],
        lede=_("What this engagement can show for the items of public frameworks. It says what is recorded, not that a rule is met."),
    )  # fmt: skip


def incidents(paper: Paper) -> Block | None:
    """Return the incidents so far."""
    return paper.table(
        [
            ("incident", _("Incident")),
            ("seen", _("Seen")),
            ("severity", _("Severity")),
            ("contained", _("Contained")),
            ("cause", _("Cause")),
            ("lesson", _("Lesson")),
        ],
        paper.record.register("incidents"),
        title=_("Incidents"),
    )
