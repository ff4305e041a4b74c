"""The three example engagements are believable only while they are possible: play each story and look."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from accounts.models import Side
from engagements.policy import side_of_role
from tests.demo_story import DEMO, VERBS, Story, framework, read

NORTHBRIDGE, CARROW, FENWATER = "northbridge-stroke-risk", "carrow-video-watch", "fenwater-remission"
STORIES = (NORTHBRIDGE, CARROW, FENWATER)
# Cells and fields that name the same thing again on purpose.
NAMES = {"measure", "dataset", "candidate", "criterion", "data_version", "group"}
REAL_NAMES = re.compile(
    r"\b(lorem|microsoft|google|amazon|aws|azure|oracle|siemens|philips|epic systems|cerner|nvidia|databricks|"
    r"snowflake|sap|meta|openai|anthropic|github|gitlab|jenkins|mayo clinic|charit[eé]|karolinska|nhs|hse)\b",
    re.IGNORECASE,
)


def people() -> dict[str, dict[str, Any]]:
    return {person["key"]: person for person in read("people")["people"]}


def canary() -> str:
    return read("people")["canary"]


def strings(value: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Give every text in an act with the name of its field."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, field)


@cache
def played(name: str) -> Story:
    return Story(read(name))


class TestStories:
    @pytest.mark.parametrize("name", STORIES)
    def test_every_act_could_have_happened(self, name: str) -> None:
        assert played(name).problems == []

    @pytest.mark.parametrize("transitive", [False, True])
    @pytest.mark.parametrize("name", STORIES)
    def test_what_stands_at_the_end_is_what_the_file_says(self, name: str, transitive: bool) -> None:
        story = Story(read(name), transitive)

        assert story.content["expect"] == {
            "answered": len(story.answered()),
            "revisit": sorted(story.revisit),
            "unknown": sorted(story.unknown.keys() & story.visible()),
            "conflicts_open": sorted(key for key, is_open in story.conflicts.items() if is_open),
            "conflicts_settled": sorted(key for key, is_open in story.conflicts.items() if not is_open),
            "contradictions_open": sorted(story.contradictions()),
            "contradictions_settled": sorted(story.fired - story.contradictions()),
            "gates_signed": sorted(
                g for g, s in story.signed.items() if story.complete(g) and all(s.values())
            ),
            "gates_stale": sorted(gate for gate, signed in story.signed.items() if not all(signed.values())),
            "decisions": story.counts["decide"],
            "attempts": story.counts["attempt"],
        }

    @pytest.mark.parametrize("name", STORIES)
    def test_questions_for_the_client_are_mostly_answered_by_the_client(self, name: str) -> None:
        counts = played(name).counts

        assert counts["client by client"] >= 0.8 * (counts["client by client"] + counts["client by firm"])

    @pytest.mark.parametrize(
        ("field", "value", "says"),
        [
            ("answer", "no-such-item", "no item no-such-item"),
            ("by", "elin", "is not in the engagement"),
            ("by", "martin", "may not do this"),
            ("day", -500, "comes before the act above it"),
            ("certainty", "sure", "no certainty sure"),
            ("value", None, "holds one of value"),
        ],
    )
    def test_an_act_that_could_not_happen_is_named(self, field: str, value: Any, says: str) -> None:
        content = read(NORTHBRIDGE)
        act = next(act for act in content["story"] if act.get("answer") == "robustness")
        act[field] = value
        if value is None:
            del act[field]

        assert any(says in problem for problem in Story(content).problems)

    def test_a_choice_outside_the_options_is_named(self) -> None:
        content = read(NORTHBRIDGE)
        next(act for act in content["story"] if act.get("answer") == "risk-tolerance")["value"] = "brave"

        assert any("risk-tolerance: “brave” is not one of the choices" in p for p in Story(content).problems)

    def test_a_hidden_item_is_named_when_it_is_answered(self) -> None:
        content = read(NORTHBRIDGE)
        next(act for act in content["story"] if act.get("answer") == "regulated-client")["value"] = "no"

        assert any("decision-criteria-duty is not asked" in problem for problem in Story(content).problems)


class TestPromises:
    @pytest.mark.parametrize(
        ("name", "least", "most"), [(NORTHBRIDGE, 150, 170), (CARROW, 60, 75), (FENWATER, 12, 18)]
    )
    def test_as_much_is_answered_as_the_engagement_is_far(self, name: str, least: int, most: int) -> None:
        assert least <= len(played(name).answered()) <= most

    def test_the_hospital_shows_everything_the_method_has(self) -> None:
        story = played(NORTHBRIDGE)

        assert len(story.caused) >= 4
        assert len(story.revisit) == 2
        assert 8 <= story.counts["decide"] <= 12
        assert 10 <= story.counts["attempt"] <= 14
        assert story.counts["waive"]
        assert story.counts["reopen_decision"]

    def test_the_harbour_has_first_decisions_and_attempts(self) -> None:
        assert 2 <= played(CARROW).counts["decide"] <= 3
        assert 2 <= played(CARROW).counts["attempt"] <= 3

    @pytest.mark.parametrize("name", [NORTHBRIDGE, CARROW])
    def test_things_wait_on_both_sides_and_some_for_long(self, name: str) -> None:
        held = played(name).held.values()

        for side in Side:
            # Day -14 is ten working days ago.
            assert any(holder == side and since < -14 for holder, since in held)

    @pytest.mark.parametrize("name", [NORTHBRIDGE, CARROW])
    def test_people_come_and_go(self, name: str) -> None:
        story = played(name)

        assert story.gone
        assert any(
            member["joined"] > story.content["engagement"]["start"] for member in story.members.values()
        )

    @pytest.mark.parametrize("name", STORIES)
    def test_both_sides_mention_each_other_and_something_is_assumed_or_unknown(self, name: str) -> None:
        story = played(name)

        assert story.counts["mention by firm"]
        assert story.counts["mention by client"]
        assert story.counts["certainty assumption"]
        assert story.unknown
        assert any(story.conflicts.values())


class TestPeople:
    def test_everybody_has_an_address_that_can_never_be_real(self) -> None:
        for person in people().values():
            assert re.fullmatch(
                r"[a-z.]+@(alder-voss|northbridge|carrow-harbour|fenwater)\.example", person["email"]
            )

    def test_addresses_and_keys_are_given_once(self) -> None:
        everybody = read("people")["people"]

        assert len({person["email"] for person in everybody}) == len(everybody) == len(people())

    @pytest.mark.parametrize("name", STORIES)
    def test_members_are_of_the_side_their_role_says(self, name: str) -> None:
        functions = {function.key: function.side for function in framework().functions}
        for key, member in played(name).members.items():
            side = side_of_role(member["role"])
            assert people()[key]["side"] == ("firm" if side == Side.FIRM else played(name).client)
            assert {functions[function] for function in member["functions"]} <= {side}

    def test_one_administrator_stands_outside_the_engagements(self) -> None:
        administrators = [key for key, person in people().items() if person["administrator"]]

        assert len(administrators) == 1
        assert not any(administrators[0] in played(name).members for name in STORIES)

    @pytest.mark.parametrize("name", STORIES)
    def test_the_frame_fits_its_fields(self, name: str) -> None:
        frame = played(name).content["engagement"]

        assert frame["client"] in {client["key"] for client in read("people")["clients"]}
        assert len(frame["aim"]) <= 300
        assert len(frame["staffing"]) <= 120
        assert frame["spent"] < frame["budget"]
        assert frame["start"] % 7 < 5
        assert frame["end"] % 7 < 5


class TestWords:
    def test_no_two_texts_say_the_same(self) -> None:
        texts = Counter(
            text.casefold().strip()
            for name in STORIES
            for act in played(name).content["story"]
            for field, text in strings(act)
            if len(text) >= 30 and field not in NAMES
        )

        assert [text for text, times in texts.items() if times > 1] == []

    @pytest.mark.parametrize("name", [*STORIES, "people"])
    def test_nothing_is_filler_or_names_a_real_house(self, name: str) -> None:
        assert REAL_NAMES.findall((DEMO / f"{name}.yaml").read_text("utf-8")) == []

    @pytest.mark.parametrize("name", STORIES)
    def test_the_canary_is_in_every_firm_only_text_and_nowhere_else(self, name: str) -> None:
        free = {"text", "source", "words", "note", "why", "title", "pros", "cons", "effort", "cost"}
        hidden = 0
        for act, firm_only in played(name).firm_only():
            for field, text in strings(
                {key: value for key, value in act.items() if key not in VERBS or key == "note"}
            ):
                sings = canary() in text.lower()
                if firm_only and field in free and not (field == "note" and framework().has_item(text)):
                    hidden += 1
                    assert sings, text
                else:
                    assert not sings, text
        assert hidden

    @pytest.mark.parametrize("name", STORIES)
    def test_the_canary_is_not_in_what_the_client_asked_or_tried(self, name: str) -> None:
        for act in played(name).content["story"]:
            for verb in ("request", "conflict", "attempt", "milestone"):
                assert all(canary() not in text.lower() for _, text in strings(act.get(verb, "")))

    def test_hundreds_of_answers_are_given(self) -> None:
        stories = [played(name) for name in STORIES]

        assert sum(len(story.answered()) for story in stories) > 240
        assert sum(len(row) for story in stories for rows in story.rows.values() for row in rows) > 1_000
