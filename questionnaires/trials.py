"""The attempt log as pages and reports read it: comparison, the picture's points, and the text that writes itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.templatetags.interface import day
from questionnaires import charts, footing
from questionnaires.access import Viewpoint
from questionnaires.actions.attempts import figure
from questionnaires.models import Attempt

# What the comparison can show beside number and name, in the order of the columns; the first ones at first.
COLUMNS: dict[str, Any] = {
    "hypothesis": gettext_lazy("Hypothesis"),
    "measure": gettext_lazy("Measure"),
    "result": gettext_lazy("Result"),
    "criterion": gettext_lazy("Agreed"),
    "outcome": gettext_lazy("Outcome"),
    "lesson": gettext_lazy("Lesson"),
    "approach": gettext_lazy("Approach"),
    "data_version": gettext_lazy("Data version"),
    "code_version": gettext_lazy("Code version"),
    "settings": gettext_lazy("Settings"),
    "by": gettext_lazy("By"),
    "on": gettext_lazy("Date"),
}
AT_FIRST = ("hypothesis", "measure", "result", "criterion", "outcome", "lesson")


def attempts(view: Viewpoint) -> QuerySet[Attempt]:
    """Return the attempts of an engagement with what pages name, in one query."""
    return (
        Attempt.objects.filter(engagement=view.engagement)
        .select_related("by__user", "footing", "replaced_by")
        .order_by("number")
    )


@dataclass(slots=True)
class AttemptView:
    """One attempt as the comparison shows it."""

    attempt: Attempt
    changed: list[tuple[Any, Any]]

    def text(self, column: str) -> str:
        """Return what stands in a column."""
        value = getattr(self.attempt, column)
        if column == "outcome":
            return str(self.attempt.get_outcome_display())
        if column == "by":
            return value.user.display_name if value else ""
        if column == "criterion":
            return agreed(self.attempt)
        if isinstance(value, Decimal):
            return figure(value)
        if isinstance(value, date):
            return day(value)
        return "" if value is None else str(value)


def agreed(attempt: Attempt) -> str:
    """Return the criterion in words, else as its figure."""
    if attempt.criterion or attempt.threshold is None:
        return attempt.criterion
    words = _("at least %(value)s") if attempt.higher_is_better else _("at most %(value)s")
    return words % {"value": figure(attempt.threshold)}


def compared(view: Viewpoint, found: Iterable[Attempt], *, by: str = "number") -> list[AttemptView]:
    """Return attempts in order of a column; "-result" turns it round. What is empty stands last."""
    views = [AttemptView(one, _changed(view, one)) for one in found]
    column, turned = by.removeprefix("-"), by.startswith("-")
    if column not in {"number", "name", *COLUMNS}:
        return views

    def worth(one: AttemptView) -> Any:
        value = getattr(one.attempt, column)
        if isinstance(value, str) or column in ("by", "outcome", "criterion"):
            return one.text(column).casefold() if column not in ("number", "name") else str(value).casefold()
        return value

    filled = [one for one in views if getattr(one.attempt, column) not in (None, "")]
    empty = [one for one in views if getattr(one.attempt, column) in (None, "")]
    return sorted(filled, key=worth, reverse=turned) + empty


def _changed(view: Viewpoint, attempt: Attempt) -> list[tuple[Any, Any]]:
    return [] if attempt.replaced_by_id else footing.visible(view, attempt.footing.changed)


def measures(found: Iterable[Attempt]) -> list[str]:
    """Return the measures that have a figure, the commonest first."""
    counts: dict[str, int] = {}
    for attempt in found:
        if attempt.result is not None:
            counts[attempt.measure] = counts.get(attempt.measure, 0) + 1
    return sorted(counts, key=lambda measure: (-counts[measure], measure))


def points(found: Iterable[Attempt], measure: str) -> tuple[list[charts.Point], charts.Criterion | None]:
    """Return a measure's results in order of their numbers, and the criterion that most of them were held against."""
    chosen = [attempt for attempt in found if attempt.measure == measure and attempt.result is not None]
    held: dict[tuple[Decimal, bool], int] = {}
    for attempt in chosen:
        if attempt.threshold is not None:
            key = (attempt.threshold, attempt.higher_is_better)
            held[key] = held.get(key, 0) + 1
    best = max(held, key=lambda key: held[key]) if held else None
    made = [
        charts.Point(
            attempt.number, attempt.name, attempt.result, attempt.meets, attempt.replaced_by_id is not None
        )
        for attempt in chosen
        if attempt.result is not None
    ]
    return made, charts.Criterion(*best) if best else None


OUTCOMES = {
    Attempt.Outcome.WORKED: gettext_lazy("It worked"),
    Attempt.Outcome.PARTLY: gettext_lazy("It worked in part"),
    Attempt.Outcome.DID_NOT_WORK: gettext_lazy("It did not work"),
    Attempt.Outcome.INCONCLUSIVE: gettext_lazy("It showed nothing either way"),
}


def told(found: Iterable[Attempt]) -> list[Mapping[str, str]]:
    """Compose what was tried and why it was kept or not, a sentence or two for each attempt that counts."""
    lines: list[Mapping[str, str]] = []
    for attempt in found:
        if attempt.replaced_by_id:
            continue
        outcome = str(OUTCOMES[Attempt.Outcome(attempt.outcome)]) if attempt.outcome else ""
        said = _sentence(attempt.hypothesis)
        if attempt.approach:
            said += " " + _("Tried: %(approach)s") % {"approach": _sentence(attempt.approach)}
        if attempt.result is not None:
            result = _("%(measure)s came to %(result)s") % {
                "measure": attempt.measure or _("The result"),
                "result": figure(attempt.result),
            }
            held = agreed(attempt)
            agreement = _("agreed:")
            said += " " + _sentence(f"{result} ({agreement} {held})" if held else result)
        why = _sentence(
            f"{outcome}: {attempt.lesson}" if outcome and attempt.lesson else outcome or attempt.lesson
        )
        lines.append({"number": str(attempt.number), "name": attempt.name, "tried": said.strip(), "why": why})
    return lines


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
