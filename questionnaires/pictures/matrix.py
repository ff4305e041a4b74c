"""Risks by how likely they are and what they would do."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires.document import Register
from questionnaires.pictures.canvas import NOTHING, Canvas, Picture, cut
from questionnaires.reading import ItemView

LEFT, TOP, WIDE, HIGH = 100, 8, 124, 46
# A cell's numbers; what has more says how many more.
MOST = 8


# The register of risks and what of it the picture reads.
RISKS, WORDS, LIKELIHOOD, IMPACT, STATUS, CLOSED = (
    "risks",
    "risk",
    "likelihood",
    "impact",
    "status",
    "closed",
)


@dataclass(frozen=True, slots=True)
class Risk:
    """One open risk: its number in the register, its words, and its places on the two scales, "" where not said."""

    number: int
    words: str
    likelihood: str
    impact: str


def open_risks(item: ItemView) -> list[Risk]:
    """Return the register's open risks with their numbers, in its order; rows without words are no risks yet."""
    found = []
    for number, row in enumerate(item.rows, start=1):
        said = {cell.column.key: cell.value for cell in row.cells}
        if said.get(WORDS) and said.get(STATUS) != CLOSED:
            likely, impact = (str(said.get(key) or "") for key in (LIKELIHOOD, IMPACT))
            found.append(Risk(number, str(said[WORDS]), likely, impact))
    return found


def of_risks(register: Register, item: ItemView) -> Picture:
    """Return the picture of the register of risks; nothing where a framework has it without the two scales."""
    scales = {
        column.key: [(option.value, option.label) for option in column.options]
        for column in register.columns
        if column.key in (LIKELIHOOD, IMPACT)
    }
    return risk_matrix(open_risks(item), scales.get(LIKELIHOOD, []), scales.get(IMPACT, []))


def risk_matrix(
    risks: Sequence[Risk], likelihoods: Sequence[tuple[str, str]], impacts: Sequence[tuple[str, str]]
) -> Picture:
    """Return the open risks in a grid. The scales are (value, label) from the least; risks stand by their numbers."""
    if not risks or not likelihoods or not impacts:
        return NOTHING
    width = LEFT + WIDE * len(impacts) + 8
    height = TOP + HIGH * len(likelihoods) + 46
    canvas = Canvas(width, height)
    worst = len(likelihoods) + len(impacts) - 2
    names: dict[str, str] = {**dict(likelihoods), **dict(impacts)}
    placed = 0
    grave = []
    for row, (likelihood, label) in enumerate(reversed(likelihoods)):
        y = TOP + HIGH * row
        canvas.text("name", LEFT - 12, y + HIGH // 2 + 4, label, anchor="end")
        for column, (impact, _label) in enumerate(impacts):
            x = LEFT + WIDE * column
            weight = (len(likelihoods) - 1 - row + column) / worst if worst else 1
            kind = "cell-high" if weight >= 0.75 else "cell-mid" if weight >= 0.5 else "cell"
            canvas.box(kind, x, y, WIDE - 4, HIGH - 4)
            here = [risk for risk in risks if (risk.likelihood, risk.impact) == (likelihood, impact)]
            placed += len(here)
            if kind == "cell-high":
                grave += here
            shown = ", ".join(str(risk.number) for risk in here[:MOST])
            if len(here) > MOST:
                shown += " " + ngettext("and %(count)d more", "and %(count)d more", len(here) - MOST) % {
                    "count": len(here) - MOST
                }
            canvas.text("strong", x + 10, y + HIGH // 2 + 4, shown)
    floor = TOP + HIGH * len(likelihoods)
    for column, (_impact, label) in enumerate(impacts):
        canvas.text("name", LEFT + WIDE * column + (WIDE - 4) // 2, floor + 16, label, anchor="middle")
    canvas.text("words", LEFT - 12, floor + 16, _("Likelihood"), anchor="end")
    canvas.text("words", LEFT + (width - LEFT) // 2, floor + 36, _("Impact"), anchor="middle")
    said = ngettext("%(count)d open risk.", "%(count)d open risks.", len(risks)) % {"count": len(risks)}
    if grave:
        said += " " + _("Likely and grave: %(numbers)s.") % {
            "numbers": ", ".join(str(risk.number) for risk in grave)
        }
    if missing := len(risks) - placed:
        said += " " + ngettext("%(count)d is not weighed yet.", "%(count)d are not weighed yet.", missing) % {
            "count": missing
        }
    columns = [(_("No."), "r"), (_("Risk"), ""), (_("Likelihood"), ""), (_("Impact"), "")]
    rows = [
        [
            risk.number,
            cut(risk.words, 160),
            names.get(risk.likelihood, "–"),
            names.get(risk.impact, "–"),
        ]
        for risk in risks
    ]
    return canvas.picture(said, columns, rows)
