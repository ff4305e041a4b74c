"""What follows when an answer that others rest on changes.

In the built-in framework `ml-objective`, `datasets` and `people-affected` rest on `problem-statement`,
`decision-informed` on `ml-objective`, `intended-users` on that; `cost-constraints` rests on the internal
`engagement-budget`, and `stop-criteria` on `cost-constraints`.
"""

import pytest
from django.urls import reverse

from engagements.models import Event
from questionnaires import integrity
from questionnaires.actions.act import unpacked
from questionnaires.models import Cause, Flag
from tests.questionnaires.saves import entry_of, save


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


@pytest.fixture
def chain(write):
    """Answer a line of questions, each resting on the one before."""
    keys = ["problem-statement", "ml-objective", "decision-informed", "intended-users"]
    for key in keys:
        write(key, f"The first word on {key}")
    return keys


def press(browser, engagement, key, deed="holds", **data):
    url = reverse("questionnaires:deed", args=[engagement.pk, key, deed])
    return browser.post(url, data, headers={"HX-Request": "true"})


def item_page(browser, engagement, key):
    url = reverse("questionnaires:item", args=[engagement.pk, key])
    return browser.get(url, headers={"HX-Request": "true"}).text


def flagged(engagement):
    return set(
        Flag.objects.open().filter(entry__engagement=engagement).values_list("entry__item_key", flat=True)
    )


class TestChange:
    def test_flags_everything_that_rests_on_it(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")

        assert flagged(engagement) == {"ml-objective", "decision-informed", "intended-users"}
        assert entry_of(engagement, "intended-users").revisit
        assert not entry_of(engagement, "problem-statement").revisit

    def test_leaves_alone_what_has_no_answer(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")

        assert not entry_of(engagement, "datasets").revisit

    def test_says_what_was_and_what_is(self, chain, write, carla, engagement):
        write("problem-statement", "Another problem altogether")

        page = item_page(carla, engagement, "ml-objective")
        assert "The first word on problem-statement" in page
        assert "Another problem altogether" in page
        assert reverse("questionnaires:item", args=[engagement.pk, "problem-statement"]) in page

    def test_names_the_way(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")

        flag = Flag.objects.get(entry=entry_of(engagement, "decision-informed"))
        assert flag.path == ["problem-statement", "ml-objective", "decision-informed"]

    def test_moves_the_counters_and_the_turn(self, chain, write, carla, engagement, contributor):
        member = engagement.memberships.get(user=contributor)
        press(carla, engagement, "ml-objective", "assign", to=member.pk)

        write("problem-statement", "Another problem altogether")

        entry = entry_of(engagement, "ml-objective")
        section = engagement.questionnaire.framework.item("ml-objective").section_key
        counted = entry.round.progress.get(section_key=section, internal=False)
        assert (counted.revisit, counted.settled) == (3, 1)
        assert entry.held_by == "client"
        assert entry.held_since == Event.objects.latest("number").at

    def test_of_white_space_at_the_end_is_none(self, chain, write, engagement):
        write("problem-statement", "The first word on problem-statement  \n")

        assert flagged(engagement) == set()

    def test_that_is_only_saved_does_nothing_yet(self, chain, carla, engagement):
        save(carla, engagement, "problem-statement", "Still thinking", base=1)

        assert flagged(engagement) == set()

    def test_of_a_first_answer_flags_nothing(self, write, engagement):
        write("ml-objective", "Answered before its ground")
        write("problem-statement", "The ground")

        assert flagged(engagement) == set()

    def test_goes_through_questions_that_have_no_answer(self, write, engagement):
        write("problem-statement", "The ground")
        write("decision-informed", "Rests on it by way of ml-objective, which is open")

        write("problem-statement", "Another ground")

        assert flagged(engagement) == {"decision-informed"}

    def test_is_in_the_event_with_old_and_new(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")

        changed = unpacked(Event.objects.latest("number").data)
        assert changed[entry_of(engagement, "intended-users").pk]["revisit"] == [False, True]

    def test_of_a_cell_says_which_column(self, write, carla, engagement, consultant, desk):
        from questionnaires.actions import answers, rows

        entry = entry_of(engagement, "datasets")
        (row,) = rows.add_rows(desk=desk(consultant), entry=entry, rows=[{"dataset": "Registry"}])
        answers.settle_entry(desk=desk(consultant), entry=entry_of(engagement, "datasets"))
        write("data-volume", "10")

        save(carla, engagement, "datasets", "Triage", row=row, column="dataset", base=1, settle="1")

        page = item_page(carla, engagement, "data-volume")
        assert "Registry" in page
        assert "Triage" in page
        assert "Triage, " not in page

        save(carla, engagement, "datasets", "The feed", row=row, column="system", settle="1")

        assert "Triage, System" in item_page(carla, engagement, "data-volume")

    def test_of_a_cell_names_its_row_by_a_choice_too(self, write, carla, engagement, consultant, desk):
        from questionnaires.actions import answers, rows

        entry = entry_of(engagement, "service-levels")
        (row,) = rows.add_rows(
            desk=desk(consultant), entry=entry, rows=[{"measure": "throughput at peak", "needed": "60"}]
        )
        answers.settle_entry(desk=desk(consultant), entry=entry_of(engagement, "service-levels"))
        write("scoring-mode", "batch")

        save(carla, engagement, "service-levels", "90", row=row, column="needed", base=1, settle="1")

        assert "Throughput at peak, Needed" in item_page(carla, engagement, "scoring-mode")

    def test_of_a_deleted_row_is_one_too_and_comes_back_with_it(
        self, write, carla, engagement, consultant, desk
    ):
        from questionnaires.actions import answers, rows

        entry = entry_of(engagement, "datasets")
        made = rows.add_rows(
            desk=desk(consultant), entry=entry, rows=[{"dataset": "Registry"}, {"dataset": "Triage"}]
        )
        answers.settle_entry(desk=desk(consultant), entry=entry_of(engagement, "datasets"))
        write("data-volume", "10")

        carla.post(reverse("questionnaires:row-delete", args=[engagement.pk, "datasets", made[0].pk]))
        assert "data-volume" in flagged(engagement)

        carla.post(reverse("questionnaires:row-bring-back", args=[engagement.pk, "datasets", made[0].pk]))
        assert flagged(engagement) == set()


class TestReturning:
    def test_clears_what_the_change_raised(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")
        write("problem-statement", "The first word on problem-statement")

        assert flagged(engagement) == set()
        assert set(Flag.objects.values_list("cleared_how", flat=True)) == {"returned"}
        assert not entry_of(engagement, "intended-users").revisit

    def test_by_way_of_a_third_value_counts_as_well(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")
        write("problem-statement", "A third one")
        assert Flag.objects.open().count() == 3

        write("problem-statement", "The first word on problem-statement")

        assert flagged(engagement) == set()

    def test_does_not_clear_what_was_answered_in_between(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")
        write("people-affected", "Rests on the other problem")

        write("problem-statement", "The first word on problem-statement")

        assert flagged(engagement) == {"people-affected"}

    def test_from_empty_counts_as_well(self, chain, write, engagement):
        write("problem-statement", "")
        assert "ml-objective" in flagged(engagement)

        write("problem-statement", "The first word on problem-statement")

        assert flagged(engagement) == set()


class TestStillHolds:
    def test_is_one_press_and_recorded(self, chain, write, carla, engagement, consultant):
        write("problem-statement", "Another problem altogether")

        response = press(carla, engagement, "intended-users")

        assert response.status_code == 200
        assert 'id="again-' not in response.text
        flag = Flag.objects.get(entry=entry_of(engagement, "intended-users"))
        assert (flag.cleared_how, flag.cleared_by) == ("holds", consultant)
        assert Event.objects.latest("number").kind == "entry.held"

    def test_clears_what_lay_behind_it_alone(self, chain, write, carla, engagement):
        write("problem-statement", "Another problem altogether")

        press(carla, engagement, "ml-objective")

        assert flagged(engagement) == set()
        assert Flag.objects.get(entry=entry_of(engagement, "intended-users")).cleared_how == "upstream"

    def test_leaves_what_is_reached_another_way(self, chain, write, carla, engagement):
        # error-consequences rests on people-affected and, by way of risk-tolerance, on ml-objective.
        write("people-affected", "Patients")
        write("risk-tolerance", "cautious")
        write("problem-statement", "Another problem altogether")

        press(carla, engagement, "ml-objective")

        assert flagged(engagement) == {"people-affected", "risk-tolerance"}

    def test_does_not_reach_back(self, chain, write, carla, engagement):
        write("problem-statement", "Another problem altogether")

        press(carla, engagement, "intended-users")

        assert flagged(engagement) == {"ml-objective", "decision-informed"}

    def test_belongs_to_the_side_that_answered(self, chain, write, cem, engagement):
        write("problem-statement", "Another problem altogether")

        assert press(cem, engagement, "intended-users").status_code == 422
        assert "intended-users" in flagged(engagement)

    def test_or_to_the_owner(self, chain, write, carla, cem, engagement, contributor):
        member = engagement.memberships.get(user=contributor)
        press(carla, engagement, "intended-users", "assign", to=member.pk)
        write("problem-statement", "Another problem altogether")

        assert press(cem, engagement, "intended-users").status_code == 200
        assert "intended-users" not in flagged(engagement)

    def test_twice_says_there_is_nothing_left(self, chain, write, carla, engagement):
        write("problem-statement", "Another problem altogether")
        press(carla, engagement, "intended-users")

        assert press(carla, engagement, "intended-users").status_code == 422

    def test_is_not_for_readers(self, chain, write, engagement, reviewer, client_for):
        write("problem-statement", "Another problem altogether")

        assert press(client_for(reviewer), engagement, "intended-users").status_code == 403

    def test_confirming_says_so_as_well(self, chain, write, cem, engagement):
        write("problem-statement", "Another problem altogether")

        assert press(cem, engagement, "intended-users", "confirm").status_code == 200
        assert not entry_of(engagement, "intended-users").revisit

    def test_holds_until_the_next_change(self, chain, write, carla, engagement):
        write("problem-statement", "Another problem altogether")
        press(carla, engagement, "ml-objective")

        write("problem-statement", "A third one")

        assert flagged(engagement) == {"ml-objective", "decision-informed", "intended-users"}


class TestUpdating:
    def test_ends_the_flag_and_flags_what_rests_on_the_new_answer(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")

        write("ml-objective", "Another objective")

        assert flagged(engagement) == {"decision-informed", "intended-users"}
        reasons = Flag.objects.open().filter(entry=entry_of(engagement, "intended-users"))
        assert [flag.source for flag in reasons] == ["changed:ml-objective"]

    def test_with_the_same_words_is_saying_that_it_holds(self, chain, write, engagement):
        write("problem-statement", "Another problem altogether")

        write("ml-objective", "The first word on ml-objective ")

        assert flagged(engagement) == set()

    def test_setting_it_aside_ends_the_flag(self, chain, write, carla, engagement):
        write("problem-statement", "Another problem altogether")

        press(carla, engagement, "ml-objective", "not-applicable", reason="out-of-scope")

        assert not entry_of(engagement, "ml-objective").revisit
        assert "intended-users" in flagged(engagement)


class TestUnknown:
    def test_that_gets_an_answer_touches_what_rested_on_not_knowing(
        self, write, carla, engagement, contributor
    ):
        member = engagement.memberships.get(user=contributor)
        press(carla, engagement, "problem-statement", "unknown", finder=member.pk, find_by="2026-12-04")
        write("ml-objective", "Our best guess")

        write("problem-statement", "Now we know")

        assert flagged(engagement) == {"ml-objective"}
        assert "We don" in item_page(carla, engagement, "ml-objective")

    def test_even_when_the_words_were_saved_before(self, write, carla, engagement, contributor):
        member = engagement.memberships.get(user=contributor)
        press(carla, engagement, "problem-statement", "unknown", finder=member.pk, find_by="2026-12-04")
        write("ml-objective", "Our best guess")

        save(carla, engagement, "problem-statement", "Now we")
        write("problem-statement", "Now we know")

        assert flagged(engagement) == {"ml-objective"}

    def test_from_an_answer_is_a_change(self, chain, carla, engagement, contributor):
        member = engagement.memberships.get(user=contributor)

        press(carla, engagement, "problem-statement", "unknown", finder=member.pk, find_by="2026-12-04")

        assert "ml-objective" in flagged(engagement)

    def test_set_aside_and_brought_back_is_as_before(self, chain, carla, engagement):
        press(carla, engagement, "problem-statement", "not-applicable", reason="out-of-scope")
        assert "ml-objective" in flagged(engagement)

        press(carla, engagement, "problem-statement", "bring-back")

        assert flagged(engagement) == set()


class TestHidden:
    def test_what_goes_takes_along_what_rests_on_it(self, write, carla, engagement):
        write("real-time-data", "no")
        write("data-increment", "daily")

        write("real-time-data", "yes")

        entry = entry_of(engagement, "data-increment")
        assert not entry.shown
        assert entry.revisit

    def test_and_comes_back_to_be_looked_at_only_if_something_differs(self, write, engagement):
        write("real-time-data", "no")
        write("data-increment", "daily")
        write("real-time-data", "yes")

        write("real-time-data", "no")

        entry = entry_of(engagement, "data-increment")
        assert entry.shown
        assert not entry.revisit


class TestRequests:
    def test_ask_the_owners_of_earlier_answers(self, chain, write, carla, engagement):
        write("recheck-development", "Monitoring taught us something")

        assert flagged(engagement) == {"problem-statement"}
        assert Flag.objects.get().source == "request:recheck-development"
        assert "asks whether this still holds" in item_page(carla, engagement, "problem-statement")

    def test_go_no_further(self, chain, write, engagement):
        write("recheck-development", "Monitoring taught us something")

        assert not entry_of(engagement, "ml-objective").revisit

    def test_are_made_once_while_they_are_open(self, chain, write, engagement):
        write("recheck-development", "Monitoring taught us something")
        write("recheck-development", "Monitoring taught us more")

        assert Flag.objects.count() == 1

    def test_end_with_still_holds(self, chain, write, carla, engagement):
        write("recheck-development", "Monitoring taught us something")

        press(carla, engagement, "problem-statement")

        assert flagged(engagement) == set()


class TestContradictions:
    def test_flag_both_answers_with_the_rule_as_the_cause(self, write, carla, engagement):
        write("risk-tolerance", "averse")
        assert flagged(engagement) == set()

        write("automation-level", "auto")

        assert entry_of(engagement, "risk-tolerance").conflict
        assert entry_of(engagement, "automation-level").conflict
        assert Cause.objects.get(kind="rule").key == "low-risk-high-automation"

    def test_clear_when_the_answers_no_longer_clash(self, write, engagement):
        write("risk-tolerance", "averse")
        write("automation-level", "auto")

        write("automation-level", "inform")

        assert not entry_of(engagement, "risk-tolerance").conflict
        assert not entry_of(engagement, "automation-level").conflict

    def test_stay_while_another_cause_is_open(self, write, carla, cem, engagement):
        write("risk-tolerance", "averse")
        write("automation-level", "auto")
        save(cem, engagement, "automation-level", "override", base=0)

        conflict = entry_of(engagement, "automation-level").answers.get(part="value").conflicts.get()
        carla.post(
            reverse("questionnaires:conflict-decide", args=[engagement.pk, conflict.pk]),
            {"outcome": "theirs", "version": 1, "saves": 1},
        )

        assert entry_of(engagement, "automation-level").conflict

    def test_say_what_to_ask(self, write, carla, engagement):
        write("risk-tolerance", "averse")
        write("automation-level", "auto")

        rule = next(
            rule
            for rule in engagement.questionnaire.framework.contradictions
            if rule.key == "low-risk-high-automation"
        )
        assert rule.title in item_page(carla, engagement, "automation-level").replace("&#x27;", "'")


class TestClientSide:
    SECRET = "7777.00"

    @pytest.fixture
    def touched(self, write, engagement):
        write("engagement-budget", "5000")
        write("stop-criteria", "When the money is gone")
        write("engagement-budget", self.SECRET)
        return "stop-criteria"

    def test_learns_that_something_internal_changed_and_nothing_else(self, touched, cem, engagement):
        page = item_page(cem, engagement, touched)

        assert "something internal" in page
        assert "7,777" not in page
        assert self.SECRET not in page
        assert "engagement-budget" not in page
        assert engagement.questionnaire.framework.item("engagement-budget").title not in page
        assert "Carla" not in page.split("again-")[1].split("</div>")[0]

    def test_is_told_in_the_page_of_the_step_as_well(self, touched, cem, engagement):
        page = cem.get(reverse("questionnaires:step", args=[engagement.pk, "2"])).text

        assert "something internal" in page
        assert "engagement-budget" not in page
        assert "7,777" not in page

    def test_the_firm_sees_which(self, touched, carla, engagement):
        assert "7,777" in item_page(carla, engagement, touched)


class TestConsequences:
    def url(self, engagement, key="problem-statement"):
        return reverse("questionnaires:consequences", args=[engagement.pk, key])

    @pytest.fixture
    def many(self, chain, write):
        write("risk-tolerance", "cautious")
        write("people-affected", "Patients")
        write("current-process", "A nurse calls")

    def test_are_told_when_there_are_many(self, many, carla, engagement):
        response = carla.get(self.url(engagement))

        assert response.status_code == 200
        assert "6 answers rest on this" in response.text
        assert "2.16" in response.text

    def test_of_few_are_not_worth_a_question(self, chain, carla, engagement):
        assert carla.get(self.url(engagement)).status_code == 204

    def test_are_marked_on_fields_that_reach_far(self, carla, engagement):
        page = carla.get(reverse("questionnaires:step", args=[engagement.pk, "2"])).text

        assert self.url(engagement, "risk-tolerance") in page
        assert self.url(engagement, "error-cost-ratio") not in page

    def test_are_for_those_who_may_answer(self, engagement, reviewer, client_for):
        assert client_for(reviewer).get(self.url(engagement)).status_code == 403

    def test_of_an_internal_item_do_not_exist_for_the_client(self, cem, engagement):
        assert cem.get(self.url(engagement, "engagement-budget")).status_code == 404
