"""The architecture brief: what the model meets, what that asks of it, and the choices that follow."""

from django.utils.translation import gettext as _

from reports.content import blocks
from reports.content.blocks import Block
from reports.content.choices import choice_cards
from reports.content.paper import Paper
from reports.content.record import Record


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the architecture brief."""
    paper = Paper(record, "architecture-brief")
    keys = [item.key for item in paper.fed]
    return paper.whole(
        summary(paper),
        paper.chapter(
            "landscape",
            _("The landscape"),
            ["hosting-model", "cloud-services", "apps-list", "dependencies", "existing-ml-platform"],
        ),
        paper.chapter(
            "path", _("From a workbench to production"), ["environments", "promotion-path", "mlops-maturity"]
        ),
        paper.chapter(
            "asked",
            _("What the systems ask of the model"),
            ["service-levels", "security-requirements", "data-security", "data-volume", "real-time-data",
             "data-increment", "cost-constraints"],
        ),
        paper.chapter("place", _("Its place in the systems"), ["architecture-detail"]),
        paper.chapter("barriers", _("What stands in the way"), ["deployment-barriers"]),
        paper.chapter(
            "choices",
            _("The choices, with their reasons"),
            ["scoring-mode", "serving-topology"],
            first=choice_cards(paper, keys),
        ),
        paper.chapter(
            "documents",
            _("Drawings and documents"),
            ["architecture-diagram", "architecture-diagram-file", "logical-model", "physical-model"],
            first=[received(paper)],
        ),
        paper.signed("discovery-complete"),
    )  # fmt: skip


def summary(paper: Paper) -> Block:
    """Return the brief on one page: what is given, and what hurts."""
    levels = paper.table(
        [
            ("measure", _("Measure")),
            ("needed", _("Needed")),
            ("unit", _("Unit")),
            ("hard-limit", _("Hard limit")),
        ],
        paper.rows("service-levels")[:6],
        title=_("Service it has to give"),
    )
    barriers = paper.table(
        [("barrier", _("Barrier")), ("effect", _("Effect")), ("can-be-eased-by", _("Can be eased by"))],
        paper.rows("deployment-barriers")[:4],
        title=_("What stands in the way"),
    )
    return blocks.section(
        "summary",
        _("What is given"),
        [
            paper.standing(),
            blocks.facts(
                [
                    (_("Hosting"), paper.words("hosting-model")),
                    (_("Where data may be"), paper.words("data-security")),
                    (_("New data"), paper.words("data-increment")),
                    (_("Answers come"), paper.words("scoring-mode")),
                    (_("Models and servers"), paper.words("serving-topology")),
                    (_("Maturity"), paper.words("mlops-maturity")),
                ]
            ),
            *(block for block in (levels, barriers) if block),
        ],
        summary=True,
    )


def received(paper: Paper) -> Block | None:
    """Return the documents that were received, with version and reader."""
    return paper.table(
        [
            ("document", _("Document")),
            ("kind", _("Kind")),
            ("version", _("Version")),
            ("received", _("Received")),
            ("from", _("From")),
            ("read-by", _("Read by")),
        ],
        paper.record.register("documents"),
        title=_("Received from %(name)s") % {"name": paper.record.engagement.client.short_name},
    )
