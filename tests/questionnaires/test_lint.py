import pytest

from questionnaires.cycles import cycles
from questionnaires.document import Overlay, parse, with_overlay
from questionnaires.lint import lint
from tests.questionnaires.documents import BUILT_IN, SMALL, changed

CONTRADICTION = """\
contradictions:
  - key: clash
    title: Clash
    when: kind == a and size > 5
    between: [kind, size]
    says: These cannot both stand.
    ask: Shall we choose?
phases:
"""


def told(text):
    return [f"{problem.level}: {problem}" for problem in lint(parse(text))]


def many(count, depends_on, condition):
    """Write a document of *count* yes/no items, a hundred to a step."""
    lines = [
        SMALL[: SMALL.index("reference_frameworks:")],
        "phases:",
        "  - key: begin",
        "    title: Begin",
        "    steps:",
    ]
    for n in range(count):
        if n % 100 == 0:
            lines += [
                f"      - key: step{n // 100}",
                f"        number: '{n // 100 + 1}'",
                "        title: Step",
                "        sections:",
                f"          - key: section{n // 100}",
                "            title: Section",
                "            items:",
            ]
        shown = f", condition: '{condition(n)}'" if condition(n) else ""
        lines.append(
            f"              - {{key: i{n}, title: Title {n}, prompt: Is it?, type: yes_no, answered_by: both, depth: core,"
            f" depends_on: [{', '.join(depends_on(n))}]{shown}}}"
        )
    return "\n".join(lines)


class TestBuiltIn:
    def test_the_built_in_framework_is_clean(self):
        assert told(BUILT_IN) == []

    def test_the_small_one_is_clean_too(self):
        assert told(SMALL) == []
        assert told(changed("phases:\n", CONTRADICTION)) == []


class TestFindings:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            # What keys refer to.
            ("depends_on: [why]", "depends_on: [wy]", "error: line 50, item size: 'depends_on' names 'wy', which is not there; did you mean 'why'?"),
            ("depends_on: [why]", "reopens: [wy]", "error: line 50, item size: 'reopens' names 'wy'"),
            ("depends_on: [why]", "reopens: [size]", "'reopens' names the item itself"),
            ("roles: [sponsor]", "roles: [sponsr]", "'roles' names 'sponsr', which is not there; did you mean 'sponsor'?"),
            ("feeds: [plan]\n                refs", "feeds: [plans]\n                refs", "item size: 'feeds' names 'plans', which is not there"),
            ("feeds: [plan]\n    refs", "feeds: [plans]\n    refs", "register risks: 'feeds' names 'plans'"),
            ("refs: [GOOD-1]\n          - key: two", "refs: [BAD-1]\n          - key: two", "'refs' names 'BAD-1', which begins like none of GOOD"),
            ("items: 2}", "items: 2, prefix: FINE}", "'refs' names 'GOOD-1', which begins like none of FINE"),
            ("items: 2}", "items: 2, entries: [{code: GOOD-1, title: One, step: '3'}]}", "reference GOOD: 'items' says 2, and 'entries' lists 1"),
            ("items: 2}", "items: 1, entries: [{code: GOOD-2, title: Two, step: '4'}]}", "reference GOOD: 'GOOD-2' names the step '4'"),
            ("items: 2}", "items: 1, entries: [{code: GOOD-2, title: Two, step: '3'}]}", "'refs' names 'GOOD-1', which GOOD does not list; did you mean 'GOOD-2'?"),
            ("title: First of all", "title: First of all\n        revisited_in: ['9']", "step first: 'revisited_in' names '9'"),
            ("title: First of all", "title: First of all\n        lifecycle: [birth]", "step first: 'lifecycle' names 'birth'"),
            # Circles.
            ("condition: kind == a\n                depends_on: [kind]", "depends_on: [size]", "depends_on goes round in a circle: why -> size -> why"),
            ("depends_on: [kind]", "depends_on: [deeper]\n                reopens: [kind]", "depends_on and conditions together go round in a circle: why -> deeper -> why"),
            ("condition: kind == a", "condition: deeper > 3", "conditions go round in a circle: why -> deeper -> why"),
            ("depends_on: [why]", "depends_on: [size]", "depends_on goes round in a circle: size -> size"),
            # Conditions.
            ("condition: kind == a", "condition: kimd == a", "'condition' reads 'kimd', which is not there; did you mean 'kind'?"),
            ("condition: kind == a", "condition: kind == c", "'condition', column 1: 'kind' has no option 'c'"),
            ("condition: kind == a", "condition: kind in (a, c)", "'kind' has no option 'c'"),
            ("condition: kind == a", "condition: kind > a", "'>' cannot be asked of 'kind', which is single_choice"),
            ("condition: kind == a", "condition: kind has a", "'has' cannot be asked of 'kind'"),
            ("condition: kind == a", "condition: kind == a and kind == b", "error: line 42, item why: this item can never appear: its condition cannot hold"),
            ("condition: kind == a", "condition: kind == a and not (kind is answered)", "this item can never appear"),
            ("condition: kind == a", "condition: not (kind is answered) and kind != a", "this item can never appear"),
            ("condition: kind == a", "condition: size is answered", "the condition reads 'size', which comes later"),
            ("condition: kind == a", "condition: why is answered", "the condition reads the item itself"),
            ("condition: why is answered", "condition: why == x", "'==' cannot be asked of 'why', which is long_text; it can be asked with is answered"),
            ("condition: why is answered", "condition: size > many", "'size' is compared with 'many', which is not a number"),
            ("condition: why is answered", "condition: size > 5 and size < 5", "item deeper: this item can never appear"),
            ("condition: why is answered", "condition: why is answered and kind == b", "item deeper: this item can never appear"),
            ("depth: core\n                depends_on: [why]", "depth: core\n                condition: why is answered", "the condition reads 'why', which is only asked at depth standard, and this item at core"),
            # Shape.
            ("                options:\n                  - {value: a, label: 'A, the first'}\n                  - {value: b, label: B}\n", "", "item kind: a choice needs options"),
            ("                  - {value: a, label: 'A, the first'}\n", "", "warning: line 33, item kind: a choice of one is none"),
            ("{value: b, label: B}", "{value: a, label: B}", "the option 'a' stands twice"),
            ("{value: b, label: B}", "{value: b, label: 'a, the first'}", "the option label 'a, the first' stands twice"),
            ("options: [low, very high]", "options: []", "register risks: column level: a choice needs options"),
            ("{key: level,", "{key: risk,", "the column 'risk' stands twice"),
            ("type: long_text", "type: table", "item why: a table needs columns"),
            ("unit: GiB", "columns: [{key: a, label: A, type: text}]", "'columns' belong to tables, and this is 'number'"),
            ("unit: GiB", "options: [{value: a, label: A}]", "'options' belong to choices"),
            ("unit: GiB", "gate: other", "only a sign_off closes a gate"),
            ("                gate: start\n", "", "item agreed: a sign_off must name the gate it closes"),
            ("roles: [sponsor]", "roles: []", "item agreed: nobody can sign the gate 'start'"),
            ("depends_on: [kind, size]", "depends_on: []", "warning: line 70, item agreed: the gate 'start' covers nothing"),
            ("title: Size", "title: KIND", "the title 'KIND' is also that of kind; titles stand once"),
            ("title: Size", "title: Size of all the data here", "warning: line 50, item size: the title has more than 5 words"),
            ("prompt: How large?", "prompt: How large is yours?", "the prompt says 'you'"),
            ("prompt: How large?", "prompt: Do You know?", "the prompt says 'you'"),
            ("title: First of all", "title: First of all that is", "warning: line 26, step first: the short name 'First of all that is' has more than three words"),
        ],
    )  # fmt: skip
    def test_each_mistake_is_found_with_its_place(self, old, new, message):
        findings = told(changed(old, new))

        assert any(message in finding for finding in findings), findings

    @pytest.mark.parametrize(
        ("when", "between", "message"),
        [
            ("kind == a and size > 5", "[kind, sise]", "error: line 23, contradiction clash: 'between' names 'sise', which is not there; did you mean 'size'?"),
            ("kind == a and size > 5", "[kind]", "warning: line 23, contradiction clash: a contradiction stands between two answers"),
            ("kind == a and kind == b", "[kind, size]", "this contradiction can never fire"),
            ("kind has a", "[kind, size]", "'when', column 1: 'has' cannot be asked of 'kind'"),
            ("kind == a and not (why is answered)", "[kind, why]", "warning: line 23, contradiction clash: the rule asks whether 'why' is missing"),
            ("kind == b and why is answered", "[kind, why]", "this contradiction can never fire"),
        ],
    )  # fmt: skip
    def test_each_mistake_in_a_contradiction_is_found(self, when, between, message):
        text = (
            changed("phases:\n", CONTRADICTION)
            .replace("kind == a and size > 5", when)
            .replace("[kind, size]\n    says", f"{between}\n    says")
        )

        findings = told(text)

        assert any(message in finding for finding in findings), findings

    def test_a_contradiction_may_not_name_an_internal_item(self):
        text = changed("phases:\n", CONTRADICTION).replace(
            "unit: GiB", "unit: GiB\n                internal: true"
        )

        assert [finding for finding in told(text) if "internal" in finding] == [
            "error: line 23, contradiction clash: 'size' is internal, and the client side sees contradictions"
        ]

    @pytest.mark.parametrize(
        ("advice", "message"),
        [
            ("{when: size > 5, choose: c, because: x}", "'recommend' chooses 'c', which is no option"),
            ("{when: size > 5 and size < 6, choose: a, because: x}", ""),
            ("{when: size > 5 and size < 5, choose: a, because: x}", "the advice 'a' can never be given"),
            ("{when: kind == b, choose: a, because: x}", "reads the answer it is meant to prepare"),
            ("{when: sise > 5, choose: a, because: x}", "'recommend' reads 'sise', which is not there"),
        ],
    )
    def test_each_mistake_in_an_advice_is_found(self, advice, message):
        text = changed(
            "                  - {value: b, label: B}\n",
            f"                  - {{value: b, label: B}}\n                recommend:\n                  - {advice}\n",
        )

        findings = told(text)

        assert any(message in finding for finding in findings) if message else findings == []

    def test_errors_come_before_warnings(self):
        text = changed("prompt: Which kind?", "prompt: Do you know?").replace(
            "roles: [sponsor]", "roles: [sponsr]"
        )

        assert [finding.split(":")[0] for finding in told(text)] == ["error", "warning"]

    def test_a_framework_with_an_overlay_can_be_linted(self):
        item = {
            "section": "one",
            "key": "extra",
            "title": "Extra",
            "prompt": "More?",
            "type": "yes_no",
            "answered_by": "both",
            "depth": "core",
        }
        framework = parse(SMALL)

        good = with_overlay(framework, Overlay.from_json({"added": [item], "left_out": ["kind"]}))
        bad = with_overlay(framework, Overlay.from_json({"added": [{**item, "condition": "kind == c"}]}))

        assert [problem.place for problem in lint(good)] == ["item why", "item deeper"]
        assert [problem.place for problem in lint(bad)] == ["item extra"]


class TestSize:
    def test_a_chain_of_ten_thousand_is_no_deeper_than_one(self):
        framework = parse(
            many(10_000, lambda n: [f"i{n - 1}"] if n else [], lambda n: f"i{n - 1} == yes" if n else "")
        )

        assert lint(framework) == []
        assert len(framework.downstream("i0")) == 9_999
        assert len(framework.watchers("i0")) == 9_999

    def test_a_circle_of_a_thousand_is_one_finding(self):
        problems = lint(parse(many(1_000, lambda n: [f"i{(n - 1) % 1_000}"], lambda n: "")))

        assert len(problems) == 1
        assert "i0 -> i999 -> i998 -> " in problems[0].message

    def test_thousands_of_mistakes_are_all_told(self):
        problems = lint(
            parse(
                many(
                    3_000,
                    lambda n: [f"j{n}"],
                    lambda n: f"i{n - 1} == yes and i{n - 1} == no" if n % 2 else "",
                )
            )
        )

        assert len(problems) == 4_500


class TestCycles:
    def test_each_knot_gives_its_shortest_way_round(self):
        graph = {
            "a": ("b",),
            "b": ("c", "a"),
            "c": ("a", "d"),
            "d": ("e",),
            "e": ("d",),
            "f": ("f", "x"),
            "g": ("a",),
        }

        assert cycles(graph) == [["d", "e"], ["a", "b"], ["f"]]

    def test_a_graph_without_circles_gives_none(self):
        assert cycles({"a": ("b", "c"), "b": ("c",), "c": ("x",)}) == []
