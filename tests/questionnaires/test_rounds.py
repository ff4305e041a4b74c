"""Rounds: a step asked anew, a question that comes round, and what each of them keeps."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from engagements.models import Event
from questionnaires import integrity
from questionnaires.actions import answers, rounds, rows
from questionnaires.models import Answer, Conflict, Entry, Flag, Revision, Round, SignOff
from tests.questionnaires.saves import answer_of, entry_of, save
from tests.questionnaires.test_gates import sign

STEP = "2"


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def step_url(engagement, number=STEP):
    return reverse("questionnaires:step", args=[engagement.pk, number])


def start(browser, engagement, number=STEP, reason="Monitoring taught us something"):
    return browser.post(
        reverse("questionnaires:round-start", args=[engagement.pk, number]), {"reason": reason}
    )


def press(browser, engagement, key, deed, **data):
    url = reverse("questionnaires:deed", args=[engagement.pk, key, deed])
    return browser.post(url, data, headers={"HX-Request": "true"})


def latest(engagement, key="business-need"):
    return Round.objects.get(engagement=engagement, step_key=key, is_latest=True)


class TestStarting:
    def test_carries_every_answer_over_to_be_looked_at(self, petra, write, engagement):
        write("problem-statement", "Too many missed strokes")
        before = entry_of(engagement, "problem-statement")

        assert start(petra, engagement).status_code == 302

        entry = entry_of(engagement, "problem-statement")
        assert entry.pk != before.pk
        assert (entry.round.number, entry.state, entry.revisit) == (2, "answered", True)
        answer = answer_of(engagement, "problem-statement")
        assert (answer.value, answer.version, answer.settled_version) == ("Too many missed strokes", 1, 1)
        assert answer.revisions.get().kind == "carried"
        assert Flag.objects.get(entry=entry).source == "round:business-need"

    def test_is_one_event(self, petra, write, engagement, project_manager):
        write("problem-statement", "Too many missed strokes")
        number = Event.objects.latest("number").number

        start(petra, engagement)

        event = Event.objects.get(number__gt=number)
        assert (event.kind, event.by) == ("round.started", project_manager)
        assert Revision.objects.filter(event=event.number).count() == 1

    def test_leaves_open_questions_open(self, petra, engagement):
        start(petra, engagement)

        entry = entry_of(engagement, "ml-objective")
        assert (entry.state, entry.revisit, entry.round.number) == ("open", False, 2)

    def test_leaves_other_steps_alone(self, petra, write, engagement):
        write("datasets", "The registry")

        start(petra, engagement)

        assert entry_of(engagement, "datasets").round.number == 1
        assert not entry_of(engagement, "datasets").revisit

    def test_carries_rows_and_words_that_are_not_settled_yet(
        self, petra, carla, engagement, consultant, desk
    ):
        entry = entry_of(engagement, "kpis")
        column = engagement.questionnaire.framework.item("kpis").columns[0].key
        kept, gone = rows.add_rows(
            desk=desk(consultant), entry=entry, rows=[{column: "Time to treatment"}, {column: "A mistake"}]
        )
        answers.settle_entry(desk=desk(consultant), entry=entry_of(engagement, "kpis"))
        carla.post(reverse("questionnaires:row-delete", args=[engagement.pk, "kpis", gone.pk]))
        save(carla, engagement, "kpis", "Time to treatment, median", row=kept, column=column, base=1)

        start(petra, engagement)

        (row,) = entry_of(engagement, "kpis").rows.all()
        assert row.key == kept.key
        answer = answer_of(engagement, "kpis", row=row, column=column)
        assert (answer.value, answer.version, answer.settled_version) == ("Time to treatment, median", 2, 1)
        first, second = answer.revisions.order_by("version")
        assert (first.value, second.value) == ("Time to treatment", "Time to treatment, median")

    def test_takes_open_conflicts_along(self, petra, carla, cem, write, engagement):
        save(carla, engagement, "risk-tolerance", "averse")
        save(cem, engagement, "risk-tolerance", "cautious")
        assert entry_of(engagement, "risk-tolerance").conflict

        start(petra, engagement)

        entry = entry_of(engagement, "risk-tolerance")
        assert entry.conflict
        conflict = Conflict.objects.get()
        assert conflict.answer.entry == entry
        petra.post(
            reverse("questionnaires:conflict-decide", args=[engagement.pk, conflict.pk]),
            {"outcome": "mine", "version": 1, "saves": 1},
        )
        assert answer_of(engagement, "risk-tolerance").value == "cautious"
        assert not entry_of(engagement, "risk-tolerance").conflict

    def test_keeps_the_reasons_that_were_open(self, petra, write, engagement):
        write("problem-statement", "Too many missed strokes")
        write("ml-objective", "Find them")
        write("problem-statement", "Too many false alarms")

        start(petra, engagement)

        sources = Flag.objects.open().filter(entry=entry_of(engagement, "ml-objective"))
        assert set(sources.values_list("source", flat=True)) == {
            "changed:problem-statement",
            "round:business-need",
        }

    def test_is_for_those_who_manage(self, carla, cem, engagement):
        assert start(carla, engagement).status_code == 403
        assert start(cem, engagement).status_code == 403
        assert latest(engagement).number == 1

    def test_counts_the_new_round_by_itself(self, petra, write, engagement):
        write("problem-statement", "Too many missed strokes")

        start(petra, engagement)

        section = engagement.questionnaire.framework.item("problem-statement").section_key
        progress = latest(engagement).progress.get(section_key=section, internal=False)
        assert (progress.revisit, progress.settled) == (1, 0)

    def test_opens_the_gate_again(self, petra, sponsor, client_for, write, engagement):
        write("go-decision", "go")
        sign(client_for(sponsor), engagement)

        start(petra, engagement)

        assert entry_of(engagement, "need-sign-off").state == "open"
        assert entry_of(engagement, "go-decision").revisit
        sign(client_for(sponsor), engagement)
        assert entry_of(engagement, "need-sign-off").state == "confirmed"
        assert not entry_of(engagement, "go-decision").revisit

    def test_changes_nothing_in_what_another_gate_covers(self, petra, sponsor, client_for, write, engagement):
        """The same answers in another round are the same answers."""
        write("hosting-model", "cloud")
        sign(client_for(sponsor), engagement, "discovery-sign-off")

        start(petra, engagement, "3")

        assert not SignOff.objects.get().is_stale


class TestGoingOn:
    def test_still_holds_is_one_press(self, petra, carla, write, engagement):
        write("problem-statement", "Too many missed strokes")
        start(petra, engagement)

        assert press(carla, engagement, "problem-statement", "holds").status_code == 200

        assert not entry_of(engagement, "problem-statement").revisit

    def test_an_answer_in_the_new_round_ripples_from_there(self, petra, write, engagement):
        write("problem-statement", "Too many missed strokes")
        write("datasets", "The registry")
        start(petra, engagement)

        write("problem-statement", "Too many false alarms")

        assert entry_of(engagement, "datasets").revisit

    def test_conditions_read_the_new_round(self, petra, write, engagement):
        write("data-dictionary", "no")
        start(petra, engagement, "3")

        write("data-dictionary", "yes")

        assert entry_of(engagement, "data-dictionary-file").shown

    def test_a_round_can_follow_another(self, petra, write, engagement):
        write("problem-statement", "One")
        start(petra, engagement)
        write("problem-statement", "Two")
        start(petra, engagement)

        assert latest(engagement).number == 3
        assert answer_of(engagement, "problem-statement").value == "Two"


class TestEarlierRound:
    @pytest.fixture
    def second(self, petra, write, engagement):
        write("problem-statement", "Too many missed strokes")
        start(petra, engagement)
        write("problem-statement", "Too many false strokes")

    def test_is_read_as_it_stood(self, second, carla, cem, engagement):
        for browser in (carla, cem):
            page = browser.get(step_url(engagement), {"round": 1}).text
            assert "Too many missed strokes" in page
            assert "Too many false strokes" not in page
            assert 'data-may="' not in page

    def test_that_is_not_there_is_not_found(self, second, carla, engagement):
        assert carla.get(step_url(engagement), {"round": 7}).status_code == 404
        assert carla.get(step_url(engagement), {"round": "x"}).status_code == 404

    def test_is_not_written_in(self, second, carla, engagement):
        old = Answer.objects.get(
            entry__item_key="problem-statement",
            entry__round__number=1,
            entry__engagement=engagement,
            part="value",
        )

        url = reverse("questionnaires:answer-restore", args=[engagement.pk, old.pk])

        assert carla.post(url, {"version": 1}).status_code == 403

    def test_is_compared_word_by_word(self, second, carla, engagement):
        page = carla.get(reverse("questionnaires:round-compare", args=[engagement.pk, STEP])).text

        assert "<del>missed</del>" in page
        assert "<ins>false</ins>" in page
        assert page.count('class="diff"') == 1

    def test_compared_by_the_client_holds_nothing_internal(self, petra, cem, carla, write, engagement):
        write("engagement-budget", "5000")
        start(petra, engagement, "1")
        write("engagement-budget", "7777")

        url = reverse("questionnaires:round-compare", args=[engagement.pk, "1"])

        assert "7,777" in carla.get(url).text
        assert "7,777" not in cem.get(url).text
        assert "5,000" not in cem.get(url).text

    def test_costs_no_more_than_the_latest(self, second, carla, engagement, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            carla.get(step_url(engagement), {"round": 1})


class TestMeanwhile:
    def test_a_save_that_was_on_its_way_is_told(self, petra, write, engagement, consultant, desk):
        """The desk and the entry were read before the round began; the save comes after."""
        from questionnaires.access import RoundOver

        write("problem-statement", "Too many missed strokes")
        early = desk(consultant)
        entry = entry_of(engagement, "problem-statement")
        start(petra, engagement)

        from questionnaires.actions import entries

        with pytest.raises(RoundOver):
            entries.set_grounds(
                desk=early,
                entry=entry,
                certainty="fact",
                source="",
                seen={"certainty": "", "source": ""},
            )


class TestRepeating:
    KEY = "value-tracking"

    def test_asks_again_by_hand_and_keeps_the_answer_before(self, carla, write, engagement):
        write(self.KEY, "Nine minutes saved")
        before = entry_of(engagement, self.KEY)

        response = press(carla, engagement, self.KEY, "again")

        assert response.status_code == 200
        assert "asked again from time to time" in response.text
        entry = entry_of(engagement, self.KEY)
        assert entry.pk != before.pk
        assert entry.revisit
        before.refresh_from_db()
        assert (before.round.item_key, before.round.number, before.round.is_latest) == (self.KEY, 1, False)

    def test_shows_every_time_with_its_date(self, carla, cem, write, engagement):
        write(self.KEY, "Nine minutes saved")
        press(carla, engagement, self.KEY, "again")
        write(self.KEY, "Seven minutes saved")
        press(carla, engagement, self.KEY, "again")

        page = cem.get(reverse("questionnaires:item-rounds", args=[engagement.pk, self.KEY])).text

        assert page.count('<span class="dot') == 3
        assert "<del>Nine</del>" in page
        assert "<ins>Seven</ins>" in page

    def test_of_what_is_asked_once_is_refused(self, carla, write, engagement):
        write("problem-statement", "Too many missed strokes")

        assert press(carla, engagement, "problem-statement", "again").status_code == 422

    def test_of_an_open_question_is_refused(self, carla, engagement):
        assert press(carla, engagement, self.KEY, "again").status_code == 422

    def test_keeps_the_counters_right(self, carla, write, engagement):
        write(self.KEY, "Nine minutes saved")
        press(carla, engagement, self.KEY, "again")

        entry = entry_of(engagement, self.KEY)
        section = engagement.questionnaire.framework.item(self.KEY).section_key
        progress = entry.round.progress.get(section_key=section, internal=False)
        assert progress.revisit == 1

    def test_stays_in_the_page_of_its_step(self, carla, write, engagement):
        write(self.KEY, "Nine minutes saved")
        press(carla, engagement, self.KEY, "again")

        assert f'id="item-{self.KEY}"' in carla.get(step_url(engagement, "7")).text


class TestCalendar:
    KEY = "value-tracking"  # every quarter

    @pytest.fixture
    def answered(self, write, engagement):
        write(self.KEY, "Nine minutes saved")
        Entry.objects.filter(pk=entry_of(engagement, self.KEY).pk).update(
            answered_at=datetime(2026, 8, 31, 10, tzinfo=UTC)
        )

    def test_asks_when_the_quarter_is_over_and_not_before(self, answered, engagement):
        assert rounds.ask_what_is_due(datetime(2026, 11, 29, 12, tzinfo=UTC)) == 0
        assert rounds.ask_what_is_due(datetime(2026, 11, 30, 12, tzinfo=UTC)) == 1

        assert entry_of(engagement, self.KEY).revisit
        assert Event.objects.get(kind="item.repeated").by is None

    def test_asks_once(self, answered, engagement):
        rounds.ask_what_is_due(datetime(2026, 11, 30, 12, tzinfo=UTC))

        assert rounds.ask_what_is_due(datetime(2026, 12, 1, 12, tzinfo=UTC)) == 0

    def test_counts_from_the_day_it_was_held(self, answered, carla, engagement):
        rounds.ask_what_is_due(datetime(2026, 11, 30, 12, tzinfo=UTC))
        press(carla, engagement, self.KEY, "holds")

        assert rounds.ask_what_is_due(datetime(2027, 2, 27, 12, tzinfo=UTC)) == 0
        assert rounds.ask_what_is_due(datetime(2027, 2, 28, 12, tzinfo=UTC)) == 1

    def test_leaves_closed_engagements_alone(self, answered, engagement):
        type(engagement).objects.filter(pk=engagement.pk).update(status="closed")

        assert rounds.ask_what_is_due(datetime(2026, 12, 24, tzinfo=UTC)) == 0

    @pytest.mark.parametrize(
        ("day", "months", "result"),
        [
            (date(2026, 8, 31), 3, date(2026, 11, 30)),
            (date(2026, 11, 30), 3, date(2027, 2, 28)),
            (date(2027, 11, 30), 3, date(2028, 2, 29)),
            (date(2026, 3, 5), 6, date(2026, 9, 5)),
        ],
    )
    def test_months_end_where_they_end(self, day, months, result):
        assert rounds.later(day, months) == result
