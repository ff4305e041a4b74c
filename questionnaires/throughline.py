"""Draw the throughline as SVG from plain data: one line through the steps, which loops where work is revisited.

Four drawings share the data: `overview` (wide), `upright` (beside a list of the steps), `spark` (a row of a table)
and `printed` (the overview for the PDF). On screen classes give the paint; `printed` carries it literally, because
PDF renderers do not style inline SVG from the page. Nothing here needs a database or a browser.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires import throughline_paint as paint

Sign = Literal["", "signed", "stale"]
PHASES = ("initiate", "gather", "develop")
# More arcs than this are a thicket; the rest is counted in words.
MOST_LOOPS = 5


@dataclass(frozen=True)
class StepMark:
    """One step on the line.

    `percent` is the share of its shown questions that are settled, 0 to 100. `name` is the short one, for the
    drawing; `title` the full one, for lists. `note` says how far it is ("9 of 14"), `alert` what asks for a look.
    """

    number: str
    name: str
    phase: str
    percent: float = 0
    sign: Sign = ""
    note: str = ""
    alert: str = ""
    title: str = ""
    phase_name: str = ""
    url: str = ""


@dataclass(frozen=True)
class Loop:
    """Answers to look at again: because of step `from_index`, in step `to_index`; `count` of them, open or settled."""

    from_index: int
    to_index: int
    count: int
    open: bool = True


def overview(
    steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None, *, width: int = 1240
) -> SafeString:
    """Return the wide drawing, *width* units across; each step with a `url` is a link."""
    if not steps:
        return mark_safe("")
    drawing = _Overview(steps, loops, width)
    role = "group" if any(step.url for step in steps) else "img"
    return _svg(
        drawing.parts(here),
        width,
        drawing.height,
        f'class="tl tl-wide" role="{role}"',
        sentence(steps, loops, here),
    )


def printed(
    steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None, *, width: int = 930
) -> SafeString:
    """Return the overview with literal light paint, for the PDF; without links."""
    if not steps:
        return mark_safe("")
    drawing = _Overview(steps, loops, width, links=False)
    size = f'width="{width}" height="{drawing.height:.0f}" role="img"'
    return mark_safe(  # noqa: S308 - drawn from numbers and escaped texts
        paint.literally(_svg(drawing.parts(here), width, drawing.height, size, sentence(steps, loops, here)))
    )


def upright(
    steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None, *, pitch: int = 56
) -> SafeString:
    """Return the line standing, *pitch* units a step, for beside a list whose rows are as high. It is decoration there."""
    if not steps:
        return mark_safe("")
    x = 27.0
    ys = [pitch * (i + 0.5) for i in range(len(steps))]
    parts = [f'<path class="track" d="M{x} {ys[0]}V{ys[-1]}"/>']
    for step, y, colour in zip(steps, ys, colours(steps), strict=True):
        if percent := _percent(step):
            reach = (pitch if y != ys[-1] else pitch / 2) - 14
            parts.append(f'<path class="done st-{colour}" d="M{x} {y + 7}v{reach * percent / 100:.1f}"/>')
    for loop in merged(loops, len(steps), MOST_LOOPS)[0]:
        start, end, kind = ys[loop.from_index], ys[loop.to_index], "-open" if loop.open else ""
        if loop.from_index == loop.to_index:
            parts.append(
                f'<path class="loop loop{kind}" d="M{x - 8} {end - 5}C{x - 26} {end - 18} {x - 26} {end + 16} {x - 12} {end + 4}"/>'
            )
        else:
            bend = min(x - 10, 6 + 4.5 * abs(loop.from_index - loop.to_index))
            down = 3 if end < start else -3
            parts.append(
                f'<path class="loop loop{kind}" d="M{x - 9} {start}C{x - 9 - bend} {start} {x - 9 - bend} {end + down} {x - 11} {end + down}"/>'
            )
            parts.append(f'<path class="tip tip{kind}" d="M{x - 13} {end + down - 3.5}l5.5 3.5l-5.5 3.5z"/>')
    for i, (step, y, colour) in enumerate(zip(steps, ys, colours(steps), strict=True)):
        parts.append(f'<g class="st-{colour} {_sign(step)}">{_node(x, y, 7, step, here=i == here)}</g>')
    return _svg(parts, 40, pitch * len(steps), 'class="tl tl-upright" aria-hidden="true"')


def spark(steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None) -> SafeString:
    """Return the small drawing for a row of a table."""
    if not steps:
        return mark_safe("")
    gap, y = 23, 22
    xs = [9 + gap * i for i in range(len(steps))]
    parts = [f'<path class="track" d="M{xs[0]} {y}H{xs[-1]}"/>']
    for step, x, colour in zip(steps[:-1], xs, colours(steps), strict=False):
        if percent := _percent(step):
            parts.append(f'<path class="done st-{colour}" d="M{x} {y}h{gap * percent / 100:.1f}"/>')
    for loop in merged(loops, len(steps), MOST_LOOPS)[0]:
        start, end, kind = xs[loop.from_index], xs[loop.to_index], "-open" if loop.open else ""
        if loop.from_index == loop.to_index:
            parts.append(
                f'<path class="loop loop{kind}" d="M{start - 3} {y - 5}C{start - 9} {y - 17} {start + 9} {y - 17} {start + 3} {y - 6}"/>'
            )
        else:
            rise = 7 + min(18, 2.6 * abs(loop.from_index - loop.to_index))
            parts.append(
                f'<path class="loop loop{kind}" d="M{start} {y - 6}C{start} {y - 6 - rise:.1f} {end} {y - 6 - rise:.1f} {end} {y - 7}"/>'
            )
            parts.append(f'<path class="tip tip{kind}" d="M{end - 3} {y - 9}l3 4.5l3 -4.5z"/>')
    for i, (step, x, colour) in enumerate(zip(steps, xs, colours(steps), strict=True)):
        ring = f'<circle class="here" cx="{x}" cy="{y}" r="7.5"/>' if i == here else ""
        parts.append(
            f'<g class="st-{colour} {_sign(step)}">{ring}<circle class="node" cx="{x}" cy="{y}" r="4"/></g>'
        )
    return _svg(parts, xs[-1] + 9, 32, 'class="tl tl-spark" role="img"', sentence(steps, loops, here))


def sentence(steps: Sequence[StepMark], loops: Sequence[Loop] = (), here: int | None = None) -> str:
    """Say in one sentence, or three, what the drawing shows. Not escaped."""
    far = []
    for step in steps:
        facts = {"number": step.number, "percent": round(_percent(step))}
        if _sign(step) == "signed":
            far.append(_("step %(number)s %(percent)s percent, signed off") % facts)
        elif _sign(step) == "stale":
            far.append(_("step %(number)s %(percent)s percent, sign-off out of date") % facts)
        else:
            far.append(_("step %(number)s %(percent)s percent") % facts)
    said = [_("Throughline: %(steps)s.") % {"steps": "; ".join(far)}]
    if here is not None and 0 <= here < len(steps):
        said.append(_("Now at step %(number)s.") % {"number": steps[here].number})
    again = []
    for loop in merged(loops, len(steps))[0]:
        facts = {
            "count": loop.count,
            "start": steps[loop.from_index].number,
            "end": steps[loop.to_index].number,
        }
        if loop.open:
            again.append(_("%(count)s open in step %(end)s because of step %(start)s") % facts)
        else:
            again.append(_("%(count)s settled in step %(end)s because of step %(start)s") % facts)
    if again:
        said.append(_("To look at again: %(list)s.") % {"list": "; ".join(again)})
    return " ".join(said)


def merged(loops: Sequence[Loop], steps: int, most: int | None = None) -> tuple[list[Loop], int]:
    """Return one loop for each pair of steps, at most *most* of them, and how many answers the rest stands for.

    Where a pair has open and settled ones the open ones are shown. Open before settled, many before few. Loops
    that name no step are left out.
    """
    counts: dict[tuple[int, int], dict[bool, int]] = defaultdict(lambda: {True: 0, False: 0})
    for loop in loops:
        if loop.count > 0 and 0 <= loop.from_index < steps and 0 <= loop.to_index < steps:
            counts[loop.from_index, loop.to_index][loop.open] += loop.count
    found = [Loop(*pair, count=n[True] or n[False], open=bool(n[True])) for pair, n in counts.items()]
    found.sort(key=lambda loop: (not loop.open, -loop.count, loop.from_index, loop.to_index))
    if most is None or len(found) <= most:
        return found, 0
    return found[: most - 1], sum(loop.count for loop in found[most - 1 :])


def colours(steps: Sequence[StepMark]) -> list[str]:
    """Return the colour word of each step: that of its phase, or by the phases' order where we do not know them."""
    order = list(dict.fromkeys(step.phase for step in steps))
    return [
        step.phase if step.phase in PHASES else PHASES[order.index(step.phase) % len(PHASES)]
        for step in steps
    ]


class _Overview:
    """Where everything of the wide drawing goes."""

    def __init__(
        self, steps: Sequence[StepMark], loops: Sequence[Loop], width: int, *, links: bool = True
    ) -> None:
        self.steps, self.width, self.links = steps, width, links
        self.loops, self.left_out = merged(loops, len(steps), MOST_LOOPS)
        first, self.last = 64.0, width - 96.0
        self.gap = (self.last - first) / max(1, len(steps) - 1)
        self.xs = [first + self.gap * i for i in range(len(steps))]
        highest = max((self._rise(loop) for loop in self.loops), default=0)
        self.y = max(104.0, 60 + highest) if self.loops else 68.0
        self.names = [_wrapped(step.name, max(8, int(self.gap / 7.4))) for step in steps]
        self.lines = max(len(lines) for lines in self.names)
        self.home = self.y + 90 + 16 * self.lines
        self.height = self.home + 26

    def parts(self, here: int | None) -> list[str]:
        """Return the parts, from back to front."""
        shown = enumerate(zip(self.steps, self.xs, colours(self.steps), strict=True))
        return [
            *self._way(),
            *self._phases(),
            *self._progress(),
            *self._arcs(),
            *(self._step(i, *s, here=i == here) for i, s in shown),
        ]

    def _rise(self, loop: Loop) -> float:
        # Far reaching arcs are higher, so that they do not run over each other, but not without end.
        return (
            15 + 0.75 * min(110.0, 20 + 13.0 * abs(loop.from_index - loop.to_index))
            if loop.from_index != loop.to_index
            else 36.0
        )

    def _way(self) -> list[str]:
        """The line: out along the top, round the end, home underneath, up to the second step."""
        y, end, half = self.y, self.last, (self.home - self.y) / 2
        back_to = self.xs[min(1, len(self.xs) - 1)]
        return [
            f'<path class="track" d="M8 {y}H{end}"/>',
            f'<path class="back" d="M{end} {y}h14a{half} {half} 0 0 1 0 {2 * half}H{back_to + 14:.1f}q-14 0 -14 -14v-2"/>',
            f'<path class="tip" d="M{back_to - 4.5:.1f} {self.home - 15}l4.5 -9l4.5 9z"/>',
            _text(
                (back_to + end) / 2,
                self.home + 20,
                "t-back",
                _("what monitoring learns starts the next round"),
            ),
        ]

    def _phases(self) -> list[str]:
        seen: list[str] = []
        parts = []
        for step, x, colour in zip(self.steps, self.xs, colours(self.steps), strict=True):
            if step.phase not in seen:
                seen.append(step.phase)
                name = step.phase_name or step.phase.replace("-", " ").capitalize()
                parts.append(_text(x - 12, 16, f"t-stage st-{colour}", name, anchor="start"))
        if self.left_out:
            more = ngettext(
                "and %(count)s more to look at again", "and %(count)s more to look at again", self.left_out
            )
            parts.append(_text(self.width - 8, 16, "t-more", more % {"count": self.left_out}, anchor="end"))
        return parts

    def _progress(self) -> list[str]:
        parts = []
        for step, x, colour in zip(self.steps, self.xs, colours(self.steps), strict=True):
            if percent := _percent(step):
                reach = (self.gap if x != self.xs[-1] else 40) - 24
                parts.append(
                    f'<path class="done st-{colour}" d="M{x + 12:.1f} {self.y}h{reach * percent / 100:.1f}"/>'
                )
        return parts

    def _arcs(self) -> list[str]:
        """Arcs over the line; the arrow stands at the step to look at again."""
        parts, labels = [], []
        arriving: dict[int, int] = defaultdict(int)
        for loop in self.loops:
            kind = "-open" if loop.open else ""
            words = (
                ngettext("%(count)s to revisit", "%(count)s to revisit", loop.count)
                if loop.open
                else ngettext("%(count)s settled", "%(count)s settled", loop.count)
            )
            top = self.y - self._rise(loop) - 6
            if loop.from_index == loop.to_index:
                x = self.xs[loop.to_index]
                parts.append(
                    f'<path class="loop loop{kind}" d="M{x - 7:.1f} {self.y - 13}C{x - 30:.1f} {self.y - 50} {x + 30:.1f} {self.y - 50} {x + 8:.1f} {self.y - 17}"/>'
                )
                parts.append(f'<path class="tip tip{kind}" d="M{x + 5:.1f} {self.y - 20}l1 9l7 -6z"/>')
                labels.append((x, top, kind, words % {"count": loop.count}))
                continue
            side = 1 if loop.to_index < loop.from_index else -1
            # Several arcs that arrive at one step stand beside each other.
            shift = 3 + 5 * arriving[loop.to_index]
            arriving[loop.to_index] += 1
            start, end = self.xs[loop.from_index] - 3 * side, self.xs[loop.to_index] + shift * side
            bend = self.y - 15 - (self._rise(loop) - 15) / 0.75
            parts.append(
                f'<path class="loop loop{kind}" d="M{start:.1f} {self.y - 15}C{start:.1f} {bend:.1f} {end:.1f} {bend:.1f} {end:.1f} {self.y - 20}"/>'
            )
            parts.append(f'<path class="tip tip{kind}" d="M{end - 4:.1f} {self.y - 23}l4 8l4 -8z"/>')
            labels.append(((start + end) / 2, top, kind, words % {"count": loop.count}))
        for x, y, kind, words in _apart(labels):
            half = 3.6 * len(words)
            parts.append(
                f'<rect class="halo" x="{x - half:.1f}" y="{y - 11:.1f}" width="{2 * half:.1f}" height="14"/>'
            )
            parts.append(_text(x, y, "t-open" if kind else "t-settled", words))
        return parts

    def _step(self, index: int, step: StepMark, x: float, colour: str, *, here: bool) -> str:
        rows = [_node(x, self.y, 10, step, here=here), _text(x, self.y + 36, "t-no", step.number)]
        y = self.y + 37
        for line in self.names[index]:
            y += 16
            rows.append(_text(x, y, "t-name", line))
        if step.note or step.alert:
            alert = f'<tspan class="t-open">{escape(step.alert)}</tspan>' if step.alert else ""
            between = " · " if step.note and step.alert else ""
            rows.append(
                f'<text class="t-note" x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle">{escape(step.note)}{between}{alert}</text>'
            )
        inner = "".join(rows)
        if step.url and self.links:
            inner = f'<a href="{escape(step.url)}">{inner}</a>'
        return f'<g class="st-{colour} {_sign(step)}">{inner}</g>'


def _apart(labels: list[tuple[float, float, str, str]]) -> list[tuple[float, float, str, str]]:
    """Move labels that would lie on each other: sideways along their own arc, away from the other."""
    placed = sorted(labels)
    for _round in range(4):
        for (i, one), (j, other) in pairwise(enumerate(placed)):
            room = 4.0 * (len(one[3]) + len(other[3]))
            if abs(one[1] - other[1]) < 15 and other[0] - one[0] < room:
                push = (room - (other[0] - one[0])) / 2
                placed[i] = (one[0] - push, *one[1:])
                placed[j] = (other[0] + push, *other[1:])
    return placed


def _wrapped(name: str, most: int) -> list[str]:
    """Break a name into at most two lines of about *most* characters."""
    lines = [""]
    for word in name.split():
        if len(lines[-1]) + len(word) < most or not lines[-1]:
            lines[-1] = f"{lines[-1]} {word}".strip()
        else:
            lines.append(word)
    if len(lines) > 2:
        lines = [lines[0], " ".join(lines[1:])]
    return [line if len(line) <= most + 3 else line[: most + 1].rstrip() + "…" for line in lines]


def _node(x: float, y: float, r: float, step: StepMark, *, here: bool) -> str:
    parts = [f'<circle class="here" cx="{x:.1f}" cy="{y:.1f}" r="{r + 5}"/>'] if here else []
    parts.append(f'<circle class="node" cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>')
    if _sign(step) == "signed":
        parts.append(
            f'<path class="tick" d="M{x - r * 0.42:.1f} {y + r * 0.02:.1f}l{r * 0.3:.1f} {r * 0.34:.1f}l{r * 0.54:.1f} {-r * 0.66:.1f}"/>'
        )
    if _sign(step) == "stale":
        parts.append(
            f'<path class="bang" d="M{x:.1f} {y - r * 0.45:.1f}v{r * 0.5:.1f}M{x:.1f} {y + r * 0.42:.1f}v.1"/>'
        )
    return "".join(parts)


def _text(x: float, y: float, kind: str, words: str, *, anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(parts: Sequence[str], width: float, height: float, attributes: str, label: str = "") -> SafeString:
    named = f' aria-label="{escape(label)}"' if label else ""
    return mark_safe(f'<svg {attributes} viewBox="0 0 {width:g} {height:g}"{named}>{"".join(parts)}</svg>')  # noqa: S308 - every text in it was escaped


def _percent(step: StepMark) -> float:
    return min(100.0, max(0.0, float(step.percent)))


def _sign(step: StepMark) -> str:
    return step.sign if step.sign in ("signed", "stale") else ""
