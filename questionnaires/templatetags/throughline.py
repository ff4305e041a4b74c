"""Template tags for the line. The drawings are in `questionnaires.throughline`; here they meet the page."""

from collections.abc import Sequence
from typing import Any

from django import template

from questionnaires import throughline as line
from questionnaires.throughline import Loop, StepMark

register = template.Library()

register.simple_tag(line.overview, name="throughline_wide")
register.simple_tag(line.upright, name="throughline_upright")
register.simple_tag(line.spark, name="throughline_spark")
register.simple_tag(line.printed, name="throughline_printed")


@register.inclusion_tag("questionnaires/_throughline_list.html")
def throughline_list(
    steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None, *, full: bool = False
) -> dict[str, Any]:
    """Draw the line standing beside a list of the steps, with their short names; with *full* ones where there is room."""
    rows = zip(steps, line.colours(steps), strict=True)
    return {"rows": list(rows), "drawing": line.upright(steps, loops, here), "here": here, "full": full}


@register.inclusion_tag("questionnaires/_throughline.html")
def throughline_overview(
    steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None
) -> dict[str, Any]:
    """Draw the line for a page of its own width: wide where there is room, standing beside a list where there is not."""
    return {"steps": steps, "loops": loops, "here": here}
