"""The model card, in the customary order: details, use, factors, measures, data, analyses, ethics, caveats."""

from django.utils.translation import gettext as _

from reports.content import blocks
from reports.content.blocks import Block
from reports.content.paper import Paper
from reports.content.record import Record


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the model card."""
    paper = Paper(record, "model-card")
    return paper.whole(
        card(paper),
        paper.chapter(
            "details",
            _("Model details"),
            ["problem-type", "method-path", "pretrained-parts", "baseline", "feature-pipeline",
             "reproducibility", "model-registry", "optimise-targets", "compute-footprint"],
            first=[versions(paper)],
        ),
        paper.chapter(
            "use",
            _("Intended use"),
            ["problem-statement", "ml-objective", "decision-informed", "prediction-target", "intended-users",
             "current-process", "automation-level", "oversight-design", "out-of-scope-uses",
             "user-instructions"],
        ),
        paper.chapter("factors", _("Factors"), ["people-affected", "fairness-groups", "restricted-features"]),
        paper.chapter(
            "measures",
            _("Measures"),
            ["acceptance-metrics", "error-preference", "error-cost-ratio", "error-consequences"],
        ),
        paper.chapter("evaluation-data", _("Evaluation data"), ["split-design", "ground-truth", "label-definition"]),
        paper.chapter(
            "training-data", _("Training data"), ["datasets", "data-origin", "features", "representativeness"]
        ),
        paper.chapter(
            "analyses",
            _("Quantitative analyses"),
            ["results-overall", "results-by-group", "robustness", "tried-and-learned"],
        ),
        paper.chapter(
            "ethics",
            _("Ethical considerations"),
            ["ethical-concerns", "interpretability-level", "explain-constraint", "fairness-review"],
        ),
        paper.chapter(
            "caveats",
            _("Caveats and recommendations"),
            ["known-limits", "independent-challenge", "living-documents", "release-documents"],
        ),
        paper.signed("model-accepted"),
    )  # fmt: skip


def card(paper: Paper) -> Block:
    """Return the card itself: what one has to know before using the model."""
    record = paper.record
    releases = record.register("releases")
    newest = releases[-1] if releases else {}
    not_for = [row.get("use-or-misuse", "") for row in paper.rows("out-of-scope-uses")]
    version = newest.get("version", "")
    if version and newest.get("live-from"):
        version = _("%(version)s, live from %(day)s") % {"version": version, "day": newest["live-from"]}
    facts = blocks.facts(
        [
            (_("Kind of task"), paper.words("problem-type")),
            (_("Version"), version or _("none released yet")),
            (_("Made by"), _("%(firm)s with %(client)s") % {"firm": firm(record), "client": record.engagement.client.name}),
            (_("Acts by itself"), paper.words("automation-level")),
            (_("Explains itself"), paper.words("interpretability-level")),
            (_("Mistake it avoids first"), paper.words("error-preference")),
        ]
    )  # fmt: skip
    found: list[Block] = []
    for key, title in (("ml-objective", _("What it does")), ("intended-users", _("For whom"))):
        words = paper.short(key, 360)
        found += [
            blocks.heading(title),
            blocks.text(words) if words else blocks.missing(_("Not written down yet.")),
        ]
    limits = paper.short("known-limits", 520)
    results = paper.table(
        [
            ("candidate", _("Model")),
            ("measure", _("Measure")),
            ("score", _("Result")),
            ("uncertainty", _("Uncertainty")),
        ],
        paper.rows("results-overall")[:5],
        title=_("How well it does"),
    )
    found.append(facts)
    if results:
        found.append(results)
    if not_for:
        found += [
            blocks.heading(_("What it is not for")),
            blocks.text("\n".join(f"- {use}" for use in not_for[:5] if use)),
        ]
    found += [
        blocks.heading(_("Where to be careful")),
        blocks.text(limits) if limits else blocks.missing(_("Not written down yet.")),
    ]
    return blocks.section("card", _("The model at a glance"), found, summary=True)


def firm(record: Record) -> str:
    """Return the firm's name as it stands on documents."""
    return record.house.name


def versions(paper: Paper) -> Block | None:
    """Return every version with what changed and who approved it."""
    return paper.table(
        [
            ("version", _("Version")),
            ("kind", _("Kind")),
            ("what-changed", _("What changed")),
            ("approved-by", _("Approved by")),
            ("live-from", _("Live from")),
            ("live-to", _("Live to")),
        ],
        paper.record.register("releases"),
        title=_("Versions"),
    )
