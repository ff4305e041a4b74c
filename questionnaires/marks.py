"""How far each step is, as the drawings of the throughline take it. Pages and live fragments read it alike."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires import reading
from questionnaires.access import Viewpoint
from questionnaires.document import Framework
from questionnaires.line import Line
from questionnaires.progress import Progress
from questionnaires.throughline import StepMark


def marks(view: Viewpoint, counted: Mapping[str, Progress], line: Line) -> list[StepMark]:
    """Return the steps with their counters by section and their signatures, each a link to its page."""
    found = []
    for step in view.framework.steps:
        progress = reading.progress_of_step(step, counted)
        found.append(
            StepMark(
                step.number,
                step.short_title,
                step.phase_key,
                progress.percent,
                line.signs.get(step.key, ""),
                note=_("%(settled)d of %(asked)d") % {"settled": progress.settled, "asked": progress.asked},
                alert=alert(progress),
                url=reverse("questionnaires:step", args=[view.engagement.pk, step.number]),
            )
        )
    return found


def alert(progress: Progress) -> str:
    """Say how many answers of a step are to be looked at again, if any."""
    if not progress.revisit:
        return ""
    return ngettext("%(count)d to revisit", "%(count)d to revisit", progress.revisit) % {
        "count": progress.revisit
    }


def here(framework: Framework, counted: Mapping[str, Progress]) -> int | None:
    """Return the index of the step where the engagement mainly is: the first that is not settled but begun."""
    for index, step in enumerate(framework.steps):
        progress = reading.progress_of_step(step, counted)
        if progress.asked and progress.percent < 90:
            return index
    return len(framework.steps) - 1
