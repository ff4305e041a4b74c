"""The data assessment: dataset by dataset, then fields, quality, timing, truth, and the terms of use."""

from django.utils.translation import gettext as _

from reports.content import blocks
from reports.content.blocks import Block
from reports.content.paper import Paper
from reports.content.record import Record

# More datasets than this are told as tables only.
MOST_PROFILES = 25
# Tables with a line for each dataset, and what they add to its profile.
ABOUT_EACH = ("data-origin", "access-routes", "purpose-permitted")


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the data assessment."""
    paper = Paper(record, "data-assessment")
    return paper.whole(
        summary(paper),
        paper.chapter(
            "datasets",
            _("Dataset by dataset"),
            ["datasets", *ABOUT_EACH, "data-volume", "third-party-data"],
            first=profiles(paper),
        ),
        paper.chapter("fit", _("Does it fit the need"), ["data-need-fit", "data-gaps"]),
        paper.chapter(
            "fields",
            _("What the data holds"),
            ["features", "known-at-scoring", "schema-expectations", "data-dictionary", "data-dictionary-file",
             "logical-model", "physical-model"],
        ),
        paper.chapter(
            "quality", _("How good it is"), ["data-trust", "quality-findings", "representativeness"]
        ),
        paper.chapter(
            "timing",
            _("When it arrives"),
            ["real-time-data", "data-increment", "data-after-launch", "upstream-changes", "data-versioning"],
        ),
        paper.chapter(
            "truth",
            _("Where the truth comes from"),
            ["ground-truth", "label-definition", "label-delay", "labels-to-create", "labelling-effort"],
        ),
        paper.chapter(
            "personal",
            _("Personal and restricted data"),
            ["personal-data", "personal-fields", "lawful-basis", "dpia-needed", "dpia-file", "retention",
             "data-security", "restricted-features", "proxy-check"],
        ),
        paper.chapter("terms", _("On what terms"), ["governance-framework", "terms-of-use"]),
        paper.chapter("decisions", _("What was decided"), first=[paper.decided(i.key for i in paper.fed)]),
        paper.signed("data-understood"),
    )  # fmt: skip


def summary(paper: Paper) -> Block:
    """Return the assessment on one page."""
    findings = list(paper.rows("quality-findings"))
    order = {"high": 0, "severe": 0, "medium": 1, "low": 2}
    findings.sort(key=lambda row: order.get(row.get("severity", "").casefold(), 3))
    worst = paper.table(
        [
            ("dataset", _("Dataset")),
            ("check", _("Check")),
            ("result", _("Found")),
            ("severity", _("Severity")),
            ("treatment", _("What we do")),
        ],
        findings[:4],
        title=_("The gravest findings"),
    )
    gaps = paper.table(
        [("gap", _("Gap")), ("we-recommend", _("We recommend")), ("delay", _("Delay"))],
        paper.rows("data-gaps")[:3],
        title=_("What the data does not hold"),
    )
    standing = next((one for one in paper.record.gates if one.gate.key == "data-understood"), None)
    return blocks.section(
        "summary",
        _("The data on one page"),
        [
            paper.standing(),
            blocks.facts(
                [
                    (_("Does it fit the need"), paper.words("data-need-fit")),
                    (_("How far it can be trusted"), paper.words("data-trust")),
                    (_("Ground truth"), paper.words("ground-truth")),
                    (_("New data"), paper.words("data-increment")),
                    (_("Personal data"), paper.words("personal-data")),
                    (_("Impact assessment"), paper.words("dpia-needed")),
                ],
                title=_("In short"),
            ),
            *(block for block in (worst, gaps) if block),
            *([paper.signatures(standing)] if standing else []),
        ],
        summary=True,
    )


def profiles(paper: Paper) -> list[Block]:
    """Return a profile of each dataset, gathered from the tables that have a line for each."""
    datasets = paper.rows("datasets")
    if not datasets or len(datasets) > MOST_PROFILES:
        return []
    paper.told.add("datasets")
    known = {name_of(row): row for row in datasets}
    for key in ABOUT_EACH:
        rows = paper.rows(key)
        # A table is told through the profiles only where every line of it finds its dataset, once.
        named = [name_of(row) for row in rows]
        if rows and set(named) <= known.keys() and len(set(named)) == len(named):
            paper.told.add(key)
            for row in rows:
                known[name_of(row)].update({f"{key}:{column}": text for column, text in row.items()})
    found = len([row for row in paper.rows("quality-findings") if name_of(row)])
    counts: dict[str, int] = {}
    for row in paper.rows("quality-findings") if found else []:
        counts[name_of(row)] = counts.get(name_of(row), 0) + 1
    return [profile(row, counts.get(name_of(row), 0)) for row in datasets]


def profile(row: dict[str, str], findings: int) -> Block:
    """Return one dataset as labels with their values."""
    span = " – ".join(filter(None, (row.get("from", ""), row.get("to", ""))))
    granted = ", ".join(
        filter(None, (row.get("access-routes:granted", ""), row.get("access-routes:approver", "")))
    )
    return blocks.passage(
        title=row.get("dataset", ""),
        number=row.get("sensitivity", ""),
        value=[
            blocks.beside(
                [
                    blocks.facts(
                        [
                            (_("System"), row.get("system", "")),
                            (_("One row is"), row.get("one-row-is", "")),
                            (_("Rows"), row.get("rows", "")),
                            (_("Covers"), span),
                            (_("Owner"), row.get("owner", "")),
                            (_("How we reach it"), row.get("access-routes:route", "")),
                            (_("Granted"), granted),
                        ]
                    )
                ],
                [
                    blocks.facts(
                        [
                            (_("Collected for"), row.get("data-origin:collected-for", "")),
                            (_("How"), row.get("data-origin:method", "")),
                            (_("Who is left out"), row.get("data-origin:who-is-left-out", "")),
                            (_("Consent or basis"), row.get("data-origin:consent-or-basis", "")),
                            (_("Permitted for this purpose"), row.get("purpose-permitted:permitted", "")),
                            (_("Findings on its quality"), str(findings) if findings else ""),
                        ]
                    )
                ],
            )
        ],
        wide=True,
    )


def name_of(row: dict[str, str]) -> str:
    """Return the dataset that a line is about, as it is compared."""
    return row.get("dataset", "").strip().casefold()
