import dataclasses
import pickle
import re
from collections import Counter

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from questionnaires.document import DocumentError, Overlay, parse, with_overlay
from questionnaires.document.source import MAX_BYTES, Loader
from tests.questionnaires.documents import BUILT_IN, SMALL, changed


@pytest.fixture(scope="module")
def built_in():
    return parse(BUILT_IN)


@pytest.fixture(scope="module")
def small():
    return parse(SMALL)


def keys(things):
    return [thing.key for thing in things]


class TestBuiltInContent:
    def test_has_its_parts_in_full(self, built_in):
        assert (built_in.key, built_in.version, built_in.language) == ("mlops-engagement", "1.0.0", "en")
        assert len(built_in.phases) == 3
        assert [step.number for step in built_in.steps] == ["1", "2", "3", "4", "5", "6.1", "6.2", "7"]
        assert sum(len(step.sections) for step in built_in.steps) == 39
        assert len(built_in.items) == 220
        assert len(built_in.registers) == 9
        assert len(built_in.deliverables) == 11
        assert len(built_in.contradictions) == 18
        assert len(built_in.lifecycle) == 11
        assert len(built_in.behaviours) == 12
        assert Counter(function.side for function in built_in.functions) == {"firm": 4, "client": 12}

    def test_has_every_answer_type(self, built_in):
        assert Counter(item.type for item in built_in.items) == {
            "table": 84,
            "long_text": 59,
            "single_choice": 30,
            "yes_no": 12,
            "multi_choice": 9,
            "file": 8,
            "sign_off": 7,
            "number": 5,
            "date": 3,
            "person": 2,
            "money": 1,
        }
        assert sum(len(item.columns) for item in built_in.items) == 411

    def test_asks_more_at_each_depth(self, built_in):
        counts = [len(built_in.items_at(depth)) for depth in ("core", "standard", "full")]

        assert counts == [137, 209, 220]
        assert built_in.items_at("full") == built_in.items

    def test_steps_have_short_names_for_the_drawing(self, built_in):
        assert [step.short_title for step in built_in.steps] == [
            "Our approach",
            "Business need",
            "Data",
            "IT architecture",
            "Models",
            "Prepare",
            "Deploy",
            "Monitor, govern",
        ]

    def test_no_prompt_says_you(self, built_in):
        assert [item.key for item in built_in.items if re.search(r"\byou", item.prompt, re.IGNORECASE)] == []

    def test_every_item_of_every_reference_is_mapped(self, built_in):
        counts = {reference.key: len(reference.items) for reference in built_in.references}
        unmapped = [
            listed.code
            for reference in built_in.references
            for listed in reference.items
            if not built_in.mapped_to(listed.code) and not built_in.registers_mapped_to(listed.code)
        ]

        assert counts == {
            "MLTS": 28, "AWS": 72, "CRISP": 24, "CANVAS": 11, "MS": 33, "NIST": 72, "ISO": 38, "AIA": 35,
            "GDPR": 12, "MCARD": 9, "DSHEET": 7, "DEON": 21, "DSSG": 10, "OREILLY": 9, "DBX": 8, "MRM": 10,
        }  # fmt: skip
        assert counts == {reference.key: reference.count for reference in built_in.references}
        assert unmapped == []

    def test_the_crosswalk_names_items_and_registers(self, built_in):
        assert keys(built_in.mapped_to("MLTS-M7")) == ["fairness-groups", "results-by-group"]
        assert keys(built_in.mapped_to("DEON-C.5")) == ["reproducibility"]
        assert keys(built_in.registers_mapped_to("DEON-C.5")) == ["experiments"]
        assert built_in.mapped_to("MLTS-D99") == ()

    def test_gates_cover_what_their_sign_off_depends_on(self, built_in):
        gates = {gate.key: gate for gate in built_in.gates}

        assert list(gates) == [
            "kickoff",
            "need-understood",
            "data-understood",
            "discovery-complete",
            "model-accepted",
            "go-live",
            "handover",
        ]
        assert gates["kickoff"].covers == (
            "buy-in",
            "start-date",
            "end-date",
            "staff-committed",
            "scope-boundaries",
            "deliverables",
            "decision-rights",
        )
        assert gates["kickoff"].functions == ("sponsor", "pm")
        assert gates["go-live"].item_key == "go-live-sign-off"
        assert gates["go-live"].step_key == "deploy"
        assert [len(gate.covers) for gate in gates.values()] == [7, 8, 8, 5, 6, 10, 10]

    def test_every_sign_off_is_a_gate_and_has_functions(self, built_in):
        sign_offs = [item.key for item in built_in.items if item.type == "sign_off"]

        assert [gate.item_key for gate in built_in.gates] == sign_offs
        assert all(gate.functions for gate in built_in.gates)

    def test_rounds_internal_items_and_loops_back_are_there(self, built_in):
        assert {item.key: item.repeats for item in built_in.items if item.repeats} == {
            "recheck-development": "iteration",
            "recheck-prepare": "iteration",
            "value-tracking": "quarter",
            "oversight-in-practice": "quarter",
            "improvement-list": "review",
            "fairness-review": "half-year",
        }
        assert [item.key for item in built_in.items if item.internal] == [
            "pm-knows-timeframe",
            "engagement-budget",
        ]
        assert built_in.item("improvement-list").reopens == ("problem-statement", "datasets")
        assert sum(bool(item.condition) for item in built_in.items) == 38
        assert sum(bool(item.recommend) for item in built_in.items) == 10

    def test_reads_the_same_as_plain_yaml_would(self, built_in):
        plain = yaml.load(BUILT_IN, Loader)
        items = [
            item
            for phase in plain["phases"]
            for step in phase["steps"]
            for section in step["sections"]
            for item in section["items"]
        ]

        assert keys(built_in.items) == [item["key"] for item in items]
        for ours, theirs in zip(built_in.items, items, strict=True):
            assert (ours.title, ours.prompt, ours.help, ours.type) == (
                theirs["title"],
                theirs["prompt"],
                theirs["help"],
                theirs["type"],
            )
            assert list(ours.depends_on) == theirs["depends_on"]
            assert list(ours.refs) == theirs["refs"]
            assert [option.label for option in ours.options] == [
                option["label"] for option in theirs.get("options", [])
            ]
            assert [column.label for column in ours.columns] == [
                column["label"] for column in theirs.get("columns", [])
            ]
            assert (ours.condition.text if ours.condition else None) == theirs.get("condition")

    def test_the_pure_python_reader_reads_it_too(self):
        assert yaml.safe_load(BUILT_IN)["framework"]["key"] == "mlops-engagement"


class TestLookups:
    def test_everything_is_found_by_its_key(self, small):
        assert small.item("size").unit == "GiB"
        assert small.step("first").number == "3"
        assert small.section("two").title == "Two"
        assert small.gate("start").covers == ("kind", "size")
        assert [(option.value, option.label) for option in small.register("risks").columns[1].options] == [
            ("low", "Low"),
            ("very high", "Very high"),
        ]
        assert small.has_item("kind")
        assert not small.has_item("risks")
        with pytest.raises(KeyError):
            small.item("nobody")

    def test_items_know_where_they_stand(self, small):
        assert [(item.key, item.position) for item in small.items] == [
            ("kind", 0),
            ("why", 1),
            ("size", 2),
            ("deeper", 3),
            ("agreed", 4),
        ]
        assert (
            small.item("deeper").section_key,
            small.item("deeper").step_key,
            small.item("deeper").phase_key,
        ) == (
            "two",
            "first",
            "begin",
        )
        assert keys(small.step("first").items) == keys(small.items)

    def test_what_rests_on_an_item_is_found_forward(self, small):
        assert keys(small.dependents("kind")) == ["why", "agreed"]
        assert keys(small.downstream("kind")) == ["why", "size", "agreed"]
        assert small.downstream("agreed") == ()

    def test_watchers_follow_conditions_of_conditions(self, small):
        assert keys(small.watchers("kind")) == ["why", "deeper"]
        assert keys(small.watchers("why")) == ["deeper"]
        assert small.watchers("size") == ()
        assert small.triggers == {"kind", "why"}

    def test_a_circle_leads_nowhere_twice(self):
        framework = parse(
            changed("condition: kind == a\n                depends_on: [kind]", "depends_on: [size]")
        )

        assert keys(framework.downstream("why")) == ["size", "agreed"]
        assert keys(framework.downstream("size")) == ["why", "agreed"]

    def test_deliverables_know_what_feeds_them(self, small):
        assert keys(small.feeding("plan")) == ["size"]
        assert keys(small.registers_feeding("plan")) == ["risks"]

    def test_contradictions_are_found_from_each_answer(self, built_in):
        assert keys(built_in.contradictions_on("ensembles")) == ["explained-cases-opaque-model"]
        assert set(keys(built_in.contradictions_on("scoring-mode"))) == {
            "live-answers-slow-feed",
            "no-downtime-in-place",
        }
        assert built_in.contradictions_on("opening-request") == ()

    def test_the_framework_cannot_be_changed_and_can_be_pickled(self, built_in):
        with pytest.raises(dataclasses.FrozenInstanceError):
            built_in.title = "Other"
        with pytest.raises(dataclasses.FrozenInstanceError):
            built_in.items[0].title = "Other"
        assert pickle.loads(pickle.dumps(built_in)) == built_in
        assert hash(built_in) == hash(parse(BUILT_IN))


class TestNumbers:
    def test_items_are_numbered_within_their_step(self, built_in):
        assert [item.number for item in built_in.step("approach").items][:4] == ["1.1", "1.2", "1.3", "1.4"]
        assert built_in.item("architecture-detail").number.startswith("6.1.")

    def test_a_conditional_item_hangs_on_its_trigger(self, built_in):
        numbers = {item.key: (item.number, item.parent_key) for item in built_in.step("data").items}

        assert numbers["ground-truth"] == ("3.16", None)
        assert numbers["label-definition"] == ("3.16a", "ground-truth")
        assert numbers["label-delay"] == ("3.16b", "ground-truth")
        assert numbers["labelling-effort"] == ("3.16d", "ground-truth")

    def test_of_several_triggers_the_nearest_counts(self):
        text = changed("condition: why is answered", "condition: size > 5 and kind == a")

        assert (parse(text).item("deeper").number, parse(text).item("deeper").parent_key) == ("3.2a", "size")

    def test_a_condition_on_another_step_makes_no_child(self, built_in):
        assert built_in.item("independent-challenge").parent_key is None
        assert built_in.item("privacy-review").parent_key is None

    def test_numbers_stand_once_and_rise_with_the_page(self, built_in):
        assert len({item.number for item in built_in.items}) == 220
        for step in built_in.steps:
            top = [int(item.number.rpartition(".")[2]) for item in step.items if item.parent_key is None]
            assert top == list(range(1, len(top) + 1))

    def test_after_z_comes_aa(self):
        child = """\
              - {{key: c{n}, title: C{n}, prompt: And?, type: yes_no, answered_by: both, depth: core, condition: kind == a}}
"""
        text = SMALL.replace(
            "          - key: two\n",
            "".join(child.format(n=n) for n in range(30)) + "          - key: two\n",
            1,
        )

        numbers = [item.number for item in parse(text).items if item.parent_key == "kind"]

        assert numbers[0] == "3.1a"
        assert numbers[25:29] == ["3.1z", "3.1aa", "3.1ab", "3.1ac"]


def added(**more):
    return {
        "section": "one",
        "key": "extra",
        "title": "Extra",
        "prompt": "More?",
        "type": "yes_no",
        "answered_by": "both",
        "depth": "core",
        **more,
    }


class TestOverlay:
    def test_an_added_item_ends_its_section_and_moves_no_number(self, small):
        result = with_overlay(
            small, Overlay.from_json({"added": [added(), added(key="child", condition="kind == b")]})
        )

        assert keys(result.section("one").items) == ["kind", "why", "size", "extra", "child"]
        assert [(item.key, item.number) for item in result.items] == [
            ("kind", "3.1"),
            ("why", "3.1a"),
            ("size", "3.2"),
            ("extra", "3.4"),
            ("child", "3.1c"),
            ("deeper", "3.1b"),
            ("agreed", "3.3"),
        ]
        assert [item.position for item in result.items] == list(range(7))
        assert result.item("extra").added
        assert result.item("extra").step_key == "first"
        assert not result.item("kind").added

    def test_a_left_out_item_is_gone_from_every_lookup(self, small):
        result = with_overlay(small, Overlay.from_json({"left_out": ["kind"]}))

        assert not result.has_item("kind")
        assert result.gate("start").covers == ("size",)
        assert result.item("agreed").depends_on == ("size",)
        assert result.watchers("kind") == ()
        assert result.triggers == {"why"}
        assert [(item.key, item.number, item.parent_key) for item in result.items][:2] == [
            ("why", "3.1a", None),
            ("size", "3.2", None),
        ]
        assert [item.position for item in result.items] == list(range(4))

    def test_leaving_out_a_sign_off_leaves_out_its_gate(self, small):
        assert with_overlay(small, Overlay(left_out=frozenset({"agreed"}))).gates == ()

    def test_a_rule_that_would_fire_by_absence_is_dropped(self, built_in):
        without = with_overlay(built_in, Overlay(left_out=frozenset({"rollback", "ensembles"})))

        assert "live-without-way-back" not in keys(without.contradictions)
        rule = next(rule for rule in without.contradictions if rule.key == "explained-cases-opaque-model")
        assert rule.between == ("interpretability-level", "problem-type")

    def test_an_empty_overlay_changes_nothing_and_nothing_is_changed_in_place(self, built_in):
        before = pickle.dumps(built_in)

        assert with_overlay(built_in, Overlay()) == built_in
        with_overlay(built_in, Overlay.from_json({"added": [added(section="opening")], "left_out": ["kpis"]}))

        assert pickle.dumps(built_in) == before

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({"added": [added(key="kind")]}, "another item has the key 'kind'"),
            ({"added": [added(section="three")]}, "there is no section 'three'"),
            ({"added": [added(type="sign_off", gate="start")]}, "another item closes the gate 'start'"),
            ({"added": [added(typ="x")]}, "did you mean 'type'?"),
            ({"added": [added(), added()]}, "keys stand once"),
            ({"removed": ["kind"]}, "'removed' is not a known key"),
            ({"added": [added(prompt="half \ud800")]}, "half of one"),
        ],
    )
    def test_a_wrong_overlay_is_refused_with_the_reason(self, small, data, message):
        with pytest.raises(DocumentError, match=re.escape(message)):
            with_overlay(small, Overlay.from_json(data))

    @settings(max_examples=200, deadline=None)
    @given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
    @example("Wie groß? “日本語” 👩‍👩‍👧 \u2028 #: - 'x' \"y\" \\ [a] {b} & * ! % @ ` \ufeff\uffff")
    def test_any_text_comes_through_json_unchanged(self, small, prompt):
        result = with_overlay(small, Overlay.from_json({"added": [added(prompt=f"<{prompt}>")]}))

        assert result.item("extra").prompt == f"<{prompt}>"


def problems_of(text):
    with pytest.raises(DocumentError) as caught:
        parse(text)
    return caught.value.problems


class TestProblems:
    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("unit: GiB", "untit: GiB", "line 54, item size: 'untit' is not a known key; did you mean 'unit'?"),
            ("                type: number\n                unit: GiB\n", "                unit: GiB\n", "line 50, item size: 'type' is missing"),
            ("type: long_text", "type: longtext", "'type' is 'longtext'; allowed are long_text, single_choice"),
            ("depth: standard", "depth: deep", "line 47, item why: 'depth' is 'deep'; allowed are core, standard, full"),
            ("condition: kind == a", "condition: kind = a", "line 48, item why: 'condition': '=' is not part of a condition"),
            ("key: why", "key: kind", "line 42, item kind: another item in line 33 has the key 'kind'; keys stand once"),
            ("key: why", "key: Why", "a key is at most 60 small letters"),
            ("key: why", "key: not", "'not', a word of the condition language"),
            ("title: Why", "title: yes", "line 43, item why: 'title' is read as yes or no in YAML; put it in quotes: 'yes'"),
            ("version: '1'", "version: 1.0", "line 5, framework: 'version' is read as a number in YAML; put it in quotes: '1.0'"),
            ("title: Why", "title: 2026-11-23", "is read as a date in YAML"),
            ("title: Why", "title:", "line 43, item why: 'title' is empty; write a text or leave the key out"),
            ("title: Why", "title: ''", "'title' is empty"),
            ("title: Why", "title: [Why]", "'title' must be a text"),
            ("depends_on: [why]", "depends_on: why", "line 57, item size: 'depends_on' must be a list"),
            ("depends_on: [why]", "depends_on: [why, why]", "'depends_on' names 'why' twice"),
            ("options: [low, very high]", "options: [low, no]", "'options' is read as yes or no in YAML; put it in quotes: 'no'"),
            ("number: '3'", "number: three", "write '3' or '6.1'"),
            ("side: firm", "side: both", "line 8, function pm: 'side' is 'both'; allowed are firm, client"),
            ("schema_version: 1", "schema_version: 2", "line 1, document: 'schema_version' must be 1"),
            ("items: 2}", "items: two}", "line 13, reference GOOD: 'items' must be a whole number"),
            ("gate: start", "gate: start\n                internal: 'yes'", "'internal' must be true or false"),
            ("                gate: start", "                gate: start\n                gate: end", "line 79, document: 'gate' stands here a second time; the first is in line 78"),
            ("refs: [GOOD-1]\n          - key: two", "refs: ['GOOD 1']\n          - key: two", "a code is letters, digits"),
        ],
    )  # fmt: skip
    def test_names_the_line_the_place_and_what_is_allowed(self, old, new, message):
        shown = [str(problem) for problem in problems_of(changed(old, new))]

        assert any(message in line for line in shown), shown

    def test_all_problems_are_told_at_once_by_line(self):
        text = (
            changed("depth: standard", "depth: deep")
            .replace("side: firm", "side: x")
            .replace("unit: GiB", "units: GiB")
        )

        lines = [problem.line for problem in problems_of(text)]

        assert lines == [8, 47, 54]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a: &x 1\nb: *x\n", "line 1, document: anchors (&) and aliases (*) are not allowed"),
            ("a: b\nc: !!python/object/apply:os.system [id]\n", "line 2, document: tags are not allowed"),
            ("a: {<<: {b: c}}\n", "is missing"),
            ("---\na: b\n---\nc: d\n", "line 3, document: a second document"),
            ("a: [b\n", "this is not YAML"),
            ("a:\n\t- b\n", "this is not YAML"),
            ("a: b\nc: \x07\n", "line 2, document: the character here may not stand"),
            ("a: b\nc: \ud800\n", "line 2, document: a character here is only half of one"),
            ("- a\n- b\n", "must begin with 'framework:'"),
            ("", "must begin with 'framework:'"),
            ("{[a]: b}\n", "a key must be a single word"),
            ("[" * 100_000, "nested more than 24 deep"),
            ("{a: " * 100_000, "nested more than 24 deep"),
            ("- " * 100_000, "nested more than 24 deep"),
            ("a: " + "x" * MAX_BYTES, "the limit is 5,000,000"),
            ("é: " + "é" * (MAX_BYTES // 2), "the limit is 5,000,000"),
            ("framework: x\n" + "schema_version: 1\n", "expected keys with values here"),
        ],
        ids=lambda value: value[:30] if isinstance(value, str) else None,
    )
    def test_a_hostile_text_is_refused_with_a_sentence(self, text, message):
        assert message in "\n".join(str(problem) for problem in problems_of(text))

    def test_a_text_with_a_control_character_is_refused(self):
        problems = problems_of(changed("title: Why", 'title: "a\\x07b"'))

        assert [str(problem) for problem in problems] == [
            "line 43, item why: 'title' holds a control character"
        ]

    @settings(max_examples=400, deadline=None)
    @given(st.data())
    def test_whatever_is_done_to_a_document_it_is_read_or_refused(self, data):
        lines = SMALL.split("\n")
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(lines) - 1))
            match data.draw(st.sampled_from(["drop", "twice", "cut", "swap", "nest"])):
                case "drop":
                    del lines[place]
                case "twice":
                    lines.insert(place, lines[place])
                case "cut":
                    lines[place] = lines[place][: data.draw(st.integers(0, len(lines[place])))]
                case "swap":
                    other = data.draw(st.integers(0, len(lines) - 1))
                    lines[place], lines[other] = lines[other], lines[place]
                case "nest":
                    lines[place] = re.sub(
                        r": .*",
                        data.draw(st.sampled_from([": []", ": {}", ": ~", ": 1", ": [[a]]", ": {a: {}}"])),
                        lines[place],
                    )
        text = "\n".join(lines)

        try:
            framework = parse(text)
        except DocumentError as error:
            told = error.problems
        else:
            told = []
            assert framework.items is not None

        assert all(0 <= problem.line <= len(lines) and problem.message for problem in told)
