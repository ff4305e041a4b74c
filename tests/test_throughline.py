import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from django.template import Context, Template

from questionnaires.throughline import (
    Loop,
    StepMark,
    colours,
    merged,
    overview,
    printed,
    sentence,
    spark,
    upright,
)

STEPS = [
    StepMark("1", "Our approach", "initiate", 100, "signed", "9 of 9", phase_name="Initiate"),
    StepMark("2", "Business need", "gather", 100, "stale", "12 of 12", "re-sign", phase_name="Gather"),
    StepMark("3", "Data", "gather", 64, "", "9 of 14", "2 revisit"),
    StepMark("4", "IT architecture", "gather", 40, "", "4 of 10"),
    StepMark("5", "Models", "develop", 30, "", "6 attempts", phase_name="Develop"),
    StepMark("6.1", "Prepare", "develop", 10),
    StepMark("6.2", "Deploy", "develop"),
    StepMark("7", "Monitor, govern", "develop", note="not started"),
]
LOOPS = [Loop(4, 2, 2), Loop(3, 1, 1, open=False), Loop(5, 3, 1)]
DRAWINGS = [overview, upright, spark, printed]
NASTY = "\"><script>alert(1)</script>&'"


def read(svg):
    """Parse a drawing; HTML's void rules do not apply to it, so it must be well-formed XML."""
    return ElementTree.fromstring(svg)


def numbers(svg):
    return [
        float(found)
        for found in re.findall(
            r"-?\d+\.?\d*", " ".join(re.findall(r' (?:d|x|y|cx|cy|viewBox)="([^"]*)"', svg))
        )
    ]


class TestEveryDrawing:
    @pytest.mark.parametrize("draw", DRAWINGS)
    def test_shows_each_step_once(self, draw):
        assert len(
            re.findall(r"<circle (?![^>]*stroke-width=\"1.5\")(?![^>]*here)", draw(STEPS, LOOPS))
        ) == len(STEPS)

    @pytest.mark.parametrize("draw", DRAWINGS)
    def test_is_well_formed_whatever_people_call_their_steps(self, draw):
        steps = [
            replace(
                step,
                number=NASTY,
                name=NASTY,
                phase=NASTY,
                note=NASTY,
                alert=NASTY,
                title=NASTY,
                phase_name=NASTY,
                url=f"/{NASTY}",
            )
            for step in STEPS
        ]
        svg = draw(steps, LOOPS, 2)

        read(svg)
        assert "<script" not in svg
        assert NASTY not in svg

    @pytest.mark.parametrize("draw", DRAWINGS)
    @pytest.mark.parametrize("count", [0, 1, 2, 20])
    def test_takes_any_number_of_steps(self, draw, count):
        steps = [replace(STEPS[i % 8], number=str(i)) for i in range(count)]
        svg = draw(steps, [Loop(count - 1, 0, 1)], 0)

        assert bool(svg) is bool(count)
        if svg:
            read(svg)

    @pytest.mark.parametrize("draw", DRAWINGS)
    def test_leaves_out_loops_that_lead_nowhere(self, draw):
        assert draw(STEPS, [Loop(40, 2, 1), Loop(2, -1, 3), Loop(1, 0, 0)]) == draw(STEPS)

    @pytest.mark.parametrize("draw", DRAWINGS)
    def test_draws_a_share_between_nothing_and_all(self, draw):
        def reach(percent):
            return draw([replace(STEPS[0], percent=percent), *STEPS[1:]])

        assert reach(-5) == reach(0)
        assert reach(250) == reach(100)
        assert len({reach(0), reach(50), reach(100)}) == 3

    @pytest.mark.parametrize("draw", [overview, upright, printed])
    def test_a_stale_signature_never_looks_like_a_good_one(self, draw):
        unsigned, signed, stale = (draw([replace(STEPS[0], sign=sign)]) for sign in ("", "signed", "stale"))

        assert len({unsigned, signed, stale}) == 3

    @pytest.mark.parametrize("draw", DRAWINGS)
    def test_an_unknown_signature_counts_as_none(self, draw):
        odd = replace(STEPS[0], sign='x" onload="y')

        assert draw([odd]) == draw([replace(odd, sign="")])


class TestOverview:
    def test_is_one_picture_with_one_sentence(self):
        root = read(overview(STEPS, LOOPS, 2))

        assert root.get("role") == "img"
        assert root.get("aria-label") == sentence(STEPS, LOOPS, 2)

    def test_with_addresses_each_step_is_a_link_in_a_group(self):
        root = read(overview([replace(step, url=f"/steps/{step.number}/") for step in STEPS], LOOPS))

        assert root.get("role") == "group"
        assert [a.get("href") for a in root.iter("a")] == [f"/steps/{step.number}/" for step in STEPS]

    def test_names_each_phase_once(self):
        shown = [text.text for text in read(overview(STEPS)).iter("text") if "t-stage" in text.get("class")]

        assert shown == ["Initiate", "Gather", "Develop"]

    def test_marks_where_we_are(self):
        assert overview(STEPS, LOOPS, 2).count('class="here"') == 1
        assert 'class="here"' not in overview(STEPS, LOOPS)

    def test_keeps_a_thicket_readable(self):
        loops = [Loop(b, a, 1 + a) for a in range(6) for b in range(a + 1, 8)]
        svg = overview(STEPS, loops)
        left_out = merged(loops, len(STEPS), 5)[1]

        assert len(re.findall(r'class="loop ', svg)) == 4
        assert f"and {left_out} more to look at again" in svg

    @pytest.mark.parametrize(
        "loops", [LOOPS, [Loop(7, 0, 9), Loop(0, 7, 9), Loop(3, 3, 2)]], ids=["few", "far"]
    )
    def test_stays_inside_its_frame(self, loops):
        root = read(overview(STEPS, loops, 2))
        left, top, width, height = map(float, root.get("viewBox").split())
        ys = [float(text.get("y")) for text in root.iter("text")]

        assert (left, top) == (0, 0)
        assert min(ys) >= 10
        assert max(ys) < height
        assert max(abs(n) for n in numbers(overview(STEPS, loops, 2))) <= width

    def test_labels_do_not_lie_on_each_other(self):
        root = read(overview(STEPS, [Loop(4, 2, 2), Loop(2, 4, 3), Loop(3, 3, 1), Loop(5, 1, 1)]))
        labels = [
            (float(t.get("x")), float(t.get("y")), len(t.text))
            for t in root.iter("text")
            if t.get("class") in ("t-open", "t-settled")
        ]

        assert len(labels) == 4
        for i, (x, y, length) in enumerate(labels):
            for other_x, other_y, other_length in labels[i + 1 :]:
                assert abs(x - other_x) >= 3.2 * (length + other_length) or abs(y - other_y) >= 11

    def test_breaks_long_names_into_two_lines(self):
        root = read(
            overview([replace(step, name="Understand the many needs of the business") for step in STEPS])
        )
        names = [text.text for text in root.iter("text") if text.get("class") == "t-name"]

        assert len(names) == 16
        assert max(map(len, names)) <= 26


class TestPrinted:
    def test_carries_its_paint_itself(self):
        svg = printed(STEPS, LOOPS, 2)

        assert "class=" not in svg
        for element in read(svg).iter():
            if element.tag in ("path", "circle", "text", "rect"):
                assert element.get("fill"), element.tag

    def test_signed_steps_are_filled_and_others_are_not(self):
        fills = [circle.get("fill") for circle in read(printed(STEPS)).iter("circle")]

        assert fills == ["#775a1c", *["#ffffff"] * 7]

    def test_has_no_links(self):
        assert "<a " not in printed([replace(STEPS[0], url="/x/"), *STEPS[1:]])


class TestMerging:
    def test_one_arc_for_each_pair_and_open_ones_first(self):
        loops = [
            Loop(4, 2, 1),
            Loop(3, 1, 9, open=False),
            Loop(4, 2, 2),
            Loop(4, 2, 7, open=False),
            Loop(5, 3, 1),
        ]

        assert merged(loops, 8) == ([Loop(4, 2, 3), Loop(5, 3, 1), Loop(3, 1, 9, open=False)], 0)

    def test_what_is_left_out_is_counted(self):
        loops = [Loop(i + 1, i, i + 1) for i in range(7)]
        shown, left_out = merged(loops, 8, 5)

        assert len(shown) == 4
        assert sum(loop.count for loop in shown) + left_out == sum(loop.count for loop in loops)


class TestWords:
    def test_the_sentence_says_what_the_drawing_shows(self):
        assert sentence(STEPS[:3], [Loop(2, 1, 2), Loop(1, 0, 1, open=False)], 1) == (
            "Throughline: step 1 100 percent, signed off; step 2 100 percent, sign-off out of date; step 3 64 percent. "
            "Now at step 2. To look at again: 2 open in step 2 because of step 3; 1 settled in step 1 because of step 2."
        )

    def test_phases_we_do_not_know_take_the_three_colours_in_turn(self):
        steps = [replace(STEPS[0], phase=phase) for phase in ("one", "one", "two", "three", "four")]

        assert colours(steps) == ["initiate", "initiate", "gather", "develop", "initiate"]


class TestOnAPage:
    def test_the_list_links_each_step_and_marks_the_current_one(self):
        steps = [replace(step, url=f"/s/{step.number}/") for step in STEPS]
        html = Template("{% load throughline %}{% throughline_list steps loops 2 %}").render(
            Context({"steps": steps, "loops": LOOPS})
        )

        assert re.findall(r'href="([^"]*)"', html) == [step.url for step in steps]
        assert re.findall(r'href="([^"]*)"[^>]*aria-current="page"', html) == ["/s/3/"]
        assert html.count("<svg") == 1

    def test_the_overview_is_there_for_wide_and_for_narrow_pages(self):
        html = Template("{% load throughline %}{% throughline_overview steps loops %}").render(
            Context({"steps": STEPS, "loops": LOOPS})
        )

        assert (
            html.index('class="only-wide"')
            < html.index("tl-wide")
            < html.index('class="only-narrow"')
            < html.index("tl-upright")
        )
