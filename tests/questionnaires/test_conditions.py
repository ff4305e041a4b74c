import re
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from questionnaires.conditions import (
    ANSWERED,
    MAX_DEPTH,
    ConditionError,
    parse,
    visible_items,
    visible_values,
)
from questionnaires.document import parse as parse_document

KEYS = ("kind", "size", "tags", "day", "file")
WORDS = ("alpha", "beta-1", "none", "not-yet", "1m-1s", "30", "-2", "4.5", "2026-11-23")

values_of = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from([None, "", *WORDS]),
        "size": st.sampled_from(
            [None, Decimal(30), Decimal("30.0"), Decimal(-2), Decimal("4.5"), Decimal(0)]
        ),
        "tags": st.lists(st.sampled_from(WORDS), unique=True).map(tuple),
        "day": st.sampled_from([None, "2026-11-22", "2026-11-23", "2027-01-01"]),
        "file": st.sampled_from([None, ANSWERED]),
    },
)

word = st.sampled_from(WORDS)
several = st.lists(word, min_size=1, max_size=3).map(lambda found: f"({', '.join(found)})")
test_text = st.one_of(
    st.builds(
        "{} {} {}".format, st.sampled_from(KEYS), st.sampled_from(["==", "!=", ">", ">=", "<", "<="]), word
    ),
    st.builds("{} in {}".format, st.sampled_from(KEYS), several),
    st.builds("{} has {}".format, st.sampled_from(KEYS), word),
    st.builds("{} has_any {}".format, st.sampled_from(KEYS), several),
    st.builds("{} is answered".format, st.sampled_from(KEYS)),
)
condition_text = st.recursive(
    test_text,
    lambda part: st.one_of(
        st.builds("({})".format, part),
        st.builds("not ({})".format, part),
        st.builds("not {}".format, test_text),
        st.lists(part, min_size=2, max_size=4).map(" and ".join),
        st.lists(part, min_size=2, max_size=4).map(" or ".join),
    ),
    max_leaves=12,
)


def rewritten(text, values):
    """Evaluate by rewriting: each comparison becomes T or F, then the shortest rules apply until one is left."""

    def compared(match):
        key, operator, rest = match["key"], match["operator"], match["rest"]
        answer = values.get(key)
        if answer in (None, "", ()):
            return "F"
        written = re.findall(r"[^\s,()]+", rest)
        if operator == "is":
            return "T"
        if answer is ANSWERED:
            return "F"
        if operator.startswith("has"):
            return "T" if isinstance(answer, tuple) and any(value in answer for value in written) else "F"
        if isinstance(answer, tuple):
            return "F"
        if isinstance(answer, Decimal):
            pairs = [(answer, Decimal(value)) for value in written if re.fullmatch(r"-?\d+(\.\d+)?", value)]
        else:
            pairs = [(answer, value) for value in written]
        equal = any(left == right for left, right in pairs)
        if operator in ("==", "in"):
            return "T" if equal else "F"
        if operator == "!=":
            return "F" if equal else "T"
        if isinstance(answer, str) and not all(
            re.fullmatch(r"\d{4}-\d\d-\d\d", one) for pair in pairs for one in pair
        ):
            return "F"
        results = {
            ">": lambda a, b: a > b,
            ">=": lambda a, b: a >= b,
            "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b,
        }
        return "T" if any(results[operator](*pair) for pair in pairs) else "F"

    text = re.sub(
        r"(?P<key>\b[a-z]+) (?P<operator>==|!=|>=|<=|>|<|in|has_any|has|is) (?P<rest>\([^()]*\)|[^\s()]+)",
        compared,
        text,
    )
    rules = [
        (r"\(([TF])\)", r"\1"),
        (r"not T", "F"),
        (r"not F", "T"),
        (r"T and T", "T"),
        (r"[TF] and [TF]", "F"),
    ]
    last = (
        r"(?<!and )(?<!not )([TF]) or ([TF])(?! and)",
        lambda match: "T" if "T" in match.groups() else "F",
    )
    while len(text) > 1:
        for pattern, result in [*rules, last]:
            changed = re.sub(pattern, result, text, count=1)
            if changed != text:
                text = changed
                break
        else:
            raise AssertionError(text)
    return text == "T"


class TestEvaluation:
    @settings(max_examples=2_000, deadline=None)
    @given(condition_text, values_of)
    @example("kind == alpha or kind == none and not (size > 4.5)", {"kind": "alpha"})
    @example("not kind == alpha and size is answered", {"size": Decimal(0)})
    def test_agrees_with_an_evaluator_written_another_way(self, text, values):
        assert parse(text).holds(values) is rewritten(text, values)

    @pytest.mark.parametrize("operator", ["==", "!=", ">", ">=", "<", "<="])
    @pytest.mark.parametrize("nothing", [{}, {"kind": None}, {"kind": ""}, {"kind": ()}])
    def test_unanswered_makes_every_comparison_false(self, operator, nothing):
        assert not parse(f"kind {operator} 30").holds(nothing)

    def test_not_over_an_unanswered_item_is_true(self):
        assert parse("not (kind == alpha)").holds({})
        assert not parse("kind is answered and not (kind == alpha)").holds({})

    def test_and_binds_closer_than_or(self):
        assert parse("kind == a or kind == b and size == 1").holds({"kind": "a"})
        assert not parse("(kind == a or kind == b) and size == 1").holds({"kind": "a"})

    def test_numbers_compare_as_numbers(self):
        assert parse("size == 30.0").holds({"size": Decimal(30)})
        assert not parse("size != 30.0").holds({"size": Decimal(30)})
        assert parse("size in (29, 30.0)").holds({"size": Decimal(30)})
        assert parse("size > 9").holds({"size": Decimal(30)})
        assert parse("size > -3").holds({"size": Decimal(-2)})

    def test_days_compare_by_the_calendar_and_texts_have_no_order(self):
        assert parse("day >= 2026-11-23").holds({"day": "2026-12-01"})
        assert not parse("day > beta").holds({"day": "gamma"})
        assert not parse("day > 2026-02-30").holds({"day": "2026-12-01"})

    def test_presence_is_all_that_rows_and_signatures_tell(self):
        assert parse("file is answered").holds({"file": ANSWERED})
        assert not parse("file == answered-1 or file != x or file has x").holds({"file": ANSWERED})

    def test_the_keys_are_those_it_mentions_in_order(self):
        condition = parse("b == x and (a has y or b is answered) and not c in (z)")

        assert condition.keys == ("b", "a", "c")
        assert [(test.key, negated) for test, negated in condition.tests()] == [
            ("b", False),
            ("a", False),
            ("b", False),
            ("c", True),
        ]


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "column", "expected"),
        [
            ("", 1, "expected an item's key"),
            ("kind", 5, "found the end"),
            ("kind = a", 6, "write '==' to compare"),
            ("kind == a && size > 3", 11, "write 'and'"),
            ("kind == a AND size > 3", 11, "write 'and' in small letters"),
            ("kind == 'a'", 9, "without quotes"),
            ("(kind == a", 11, "opened at column 1"),
            ("kind == a)", 10, "closes nothing"),
            ("kind in a", 9, "expected '('"),
            ("kind in ()", 10, "expected a value"),
            ("kind in (a b)", 12, "expected ',' or ')'"),
            ("kind is there", 9, "expected 'answered'"),
            ("not", 4, "expected an item's key"),
            ("in == a", 1, "expected an item's key"),
            ("kind == not", 9, "expected a value"),
            ("Kind == a", 1, "small letters"),
            ("kind == a\nor\n== b", 14, "expected an item's key"),
            ("kind == a size", 11, "expected 'and', 'or' or the end"),
            ("__import__('os')", 12, "is not part of a condition"),
        ],
    )
    def test_names_the_column_and_what_was_expected(self, text, column, expected):
        with pytest.raises(ConditionError) as caught:
            parse(text)

        assert caught.value.column == column
        assert expected in str(caught.value)

    def test_the_caret_stands_under_the_column(self):
        with pytest.raises(ConditionError) as caught:
            parse("kind == alpha and size >> 3")

        message, shown, caret = str(caught.value).split("\n")
        assert shown[len(caret) - 1] == ">"
        assert shown[: len(caret)].endswith("size >>")

    def test_the_caret_stands_right_in_a_long_condition_too(self):
        text = " and ".join(["kind == alpha"] * 100) + " and ?"

        with pytest.raises(ConditionError) as caught:
            parse(text)

        _, shown, caret = str(caught.value).split("\n")
        assert shown[len(caret) - 1] == "?"
        assert len(shown) < 130

    def test_depth_is_limited_and_length_costs_no_depth(self):
        parse("(" * MAX_DEPTH + "a is answered" + ")" * MAX_DEPTH)
        with pytest.raises(ConditionError, match="deep"):
            parse("(" * (MAX_DEPTH + 1) + "a is answered" + ")" * (MAX_DEPTH + 1))
        assert parse("not " * 900 + "a is answered").holds({"a": "x"})
        assert parse("not " * 901 + "a is answered").holds({})
        assert parse(" or ".join(["a == b"] * 390)).holds({"a": "b"})
        with pytest.raises(ConditionError, match="at most"):
            parse(" or ".join(["a == b"] * 4_000))

    @settings(max_examples=1_000)
    @given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from([*"()=<>!,", "and", "or", "not", "a", "in", "has", "is", "answered", " "])).map(" ".join)))  # fmt: skip
    def test_any_text_is_read_or_refused_with_a_column(self, text):
        column = 1
        try:
            parse(text)
        except ConditionError as error:
            column = error.column

        assert 1 <= column <= len(text) + 1


DOCUMENT = """
schema_version: 1
framework: {{key: small, title: Small, version: '1', language: en}}
functions: [{{key: pm, title: Project manager, side: firm}}]
deliverables: []
phases:
  - key: only
    title: Only
    steps:
      - key: first
        number: '1'
        title: First
        sections:
          - key: questions
            title: Questions
            items:
{items}
"""


def framework_of(*conditions):
    """Make a framework of yes/no items q0, q1, ... with these conditions ('' for none)."""
    lines = [
        f"              - {{key: q{n}, title: T{n}, prompt: Is it?, type: yes_no, answered_by: both, depth: {depth}"
        + (f", condition: '{text}'" if text else "")
        + "}"
        for n, (text, depth) in enumerate(
            one if isinstance(one, tuple) else (one, "core") for one in conditions
        )
    ]
    return parse_document(DOCUMENT.format(items="\n".join(lines)))


class TestVisibility:
    def test_a_hidden_item_counts_as_unanswered_for_later_ones(self):
        framework = framework_of("", "q0 == yes", "q1 == yes", "not (q1 is answered)")

        assert visible_items(framework, {"q0": "yes", "q1": "yes"}) == {"q0", "q1", "q2"}
        assert visible_items(framework, {"q0": "no", "q1": "yes"}) == {"q0", "q3"}

    def test_a_later_answer_is_not_known_yet(self):
        framework = framework_of("q1 == yes", "")

        assert visible_items(framework, {"q1": "yes"}) == {"q1"}

    def test_items_deeper_than_the_engagement_count_as_unanswered(self):
        framework = framework_of("", ("", "full"), "q1 == yes")

        assert visible_items(framework, {"q1": "yes"}) == {"q0", "q1", "q2"}
        assert visible_items(framework, {"q1": "yes"}, "core") == {"q0"}

    def test_values_of_hidden_items_do_not_count(self):
        framework = framework_of("", "q0 == yes")

        assert visible_values(framework, {"q0": "no", "q1": "yes", "other": "x"}) == {"q0": "no"}

    @settings(max_examples=300, deadline=None)
    @given(st.data())
    def test_watchers_are_all_that_can_move(self, data):
        count = 7
        conditions = [""]
        for n in range(1, count):
            keys = data.draw(st.lists(st.integers(0, n - 1), max_size=2))
            conditions.append(
                " and ".join(
                    data.draw(st.sampled_from(["q{} == yes", "not (q{} == no)", "q{} is answered"])).format(
                        key
                    )
                    for key in keys
                )
            )
        framework = framework_of(*conditions)
        before = {f"q{n}": data.draw(st.sampled_from(["yes", "no", None])) for n in range(count)}
        changed = data.draw(st.integers(0, count - 1))
        after = {**before, f"q{changed}": data.draw(st.sampled_from(["yes", "no", None]))}

        moved = visible_items(framework, before) ^ visible_items(framework, after)

        assert moved <= {item.key for item in framework.watchers(f"q{changed}")}
