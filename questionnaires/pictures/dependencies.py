"""What rests on what within a step: its questions in order, arcs between them, and what comes in and goes out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires.access import Viewpoint
from questionnaires.document import Framework, Item, Step
from questionnaires.models import Entry
from questionnaires.pictures.canvas import NOTHING, Canvas, Picture, cut

WIDTH, ROW, TOP, TITLE, LEFT = 720, 30, 14, 300, 64
State = Literal["", "done", "look"]
# More of one question's links than this are counted, not named.
MOST_NAMED = 4


def state_of(entry: Entry) -> State:
    """Return how a question stands on the map."""
    if entry.revisit or entry.conflict:
        return "look"
    return "done" if entry.is_settled or entry.state == Entry.State.NOT_APPLICABLE else ""


def of_step(view: Viewpoint, step: Step, entries: Iterable[Entry]) -> Picture:
    """Return the map of a step as *view*'s side sees it; *entries* are the step's latest ones."""
    by_key = {entry.item_key: entry for entry in entries if entry.shown}
    shown = [item for item in step.items if item.key in by_key and view.may_see(item)]
    return step_map(view.framework, step, shown, {key: state_of(entry) for key, entry in by_key.items()})


def step_map(framework: Framework, step: Step, shown: Sequence[Item], states: Mapping[str, State]) -> Picture:
    """Return the map of a step: *shown* are its items that one side sees, in order; *states* how each stands.

    An arc leads from a question down to those that rest on it. What lies in other steps is named at the end of the
    row, and only where *shown* or the framework's open part has it: internal items are never named.
    """
    if not shown:
        return NOTHING
    place = {item.key: row for row, item in enumerate(shown)}
    canvas = Canvas(WIDTH, TOP + ROW * len(shown) + 6)
    arcs = [(place[key], place[item.key]) for item in shown for key in item.depends_on if key in place]
    start = LEFT + TITLE
    room = WIDTH - 150 - start
    longest = max((abs(end - begin) for begin, end in arcs), default=1)
    for begin, end in sorted(arcs, key=lambda arc: -abs(arc[1] - arc[0])):
        y, down = TOP + ROW * begin + 12, TOP + ROW * end + 12
        bend = start + 18 + round((room - 18) * (abs(end - begin) / longest) ** 0.6)
        canvas.path("link", f"M{start} {y + 3}C{bend} {y + 3} {bend} {down - 3} {start + 7} {down - 3}")
        canvas.path("tip", f"M{start + 8} {down - 6}l-7 3l7 3z")
    rows = []
    for item in shown:
        y = TOP + ROW * place[item.key] + 12
        state = states.get(item.key, "")
        canvas.circle({"done": "node-done", "look": "node-look"}.get(state, "node"), 8, y - 4, 5)
        canvas.text("words", 22, y, item.number)
        canvas.text("name", LEFT, y, cut(item.title, 42))
        before = [framework.item(key) for key in item.depends_on if framework.has_item(key)]
        after = list(framework.dependents(item.key))
        come = [
            one for one in before if one.key not in place and one.step_key != step.key and not one.internal
        ]
        go = [one for one in after if one.key not in place and one.step_key != step.key and not one.internal]
        said = " ".join(part for part in (_named("←", come), _named("→", go)) if part)
        canvas.text("words", WIDTH - 2, y, said, anchor="end")
        within = [one for one in before if one.key in place]
        rows.append(
            [
                f"{item.number} {item.title}",
                ", ".join(one.number for one in [*come, *within]) or "–",
                ", ".join(one.number for one in [*(o for o in after if o.key in place), *go]) or "–",
            ]
        )
    said = ngettext(
        "Step %(number)s: %(count)d question, with %(links)d links between them.",
        "Step %(number)s: %(count)d questions, with %(links)d links between them.",
        len(shown),
    ) % {"number": step.number, "count": len(shown), "links": len(arcs)}
    columns = [(_("Question"), ""), (_("Rests on"), ""), (_("Carries"), "")]
    return canvas.picture(said, columns, rows)


def _named(arrow: str, items: Sequence[Item]) -> str:
    if not items:
        return ""
    if len(items) > MOST_NAMED:
        return (
            f"{arrow} "
            + ", ".join(one.number for one in items[: MOST_NAMED - 1])
            + f" +{len(items) - MOST_NAMED + 1}"
        )
    return f"{arrow} " + ", ".join(one.number for one in items)
