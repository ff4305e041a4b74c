"""A choice between options becomes a decision: numbered, dated, under two names, and never deleted."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from engagements.models import Event
from questionnaires import integrity
from questionnaires.actions import answers, rows
from questionnaires.models import Decision, Flag, Row
from tests.questionnaires.advice import HTMX, KEY, OPTIONS, decide, member, offer, prepare, react, url
from tests.questionnaires.saves import answer_of, entry_of, save
from tests.questionnaires.test_costs import Statements


@pytest.fixture
def carla(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def sofie(sponsor, client_for):
    return client_for(sponsor)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture
def offered(carla, engagement):
    save(carla, engagement, "automation-level", "auto")
    prepare(carla, engagement, rests_on="automation-level")
    offer(carla, engagement)


@pytest.fixture
def decided(offered, sofie, sponsor, consultant, engagement):
    made = decide(sofie, engagement, client=sponsor, firm=consultant, rests_on="automation-level")
    assert made.status_code == 200
    return Decision.objects.get()


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def reopen(browser, engagement, decision, why="The figures no longer stand."):
    path = reverse("questionnaires:decision-reopen", args=[engagement.pk, decision.number])
    return browser.post(path, {"why": why}, headers=HTMX)


def page_of(browser, engagement, decision):
    return browser.get(reverse("questionnaires:decision", args=[engagement.pk, decision.number])).text


class TestDeciding:
    def test_answers_the_item_with_the_options_value(self, decided, engagement):
        answer = answer_of(engagement, KEY)

        assert (answer.value, answer.settled_version) == ("per-case", answer.version)
        assert entry_of(engagement, KEY).state == "answered"
        assert answer.revisions.get().kind == "decided"

    def test_stamps_the_card_with_number_option_and_both_names(self, decided, carla, engagement):
        page = carla.get(url(engagement, "item")).text

        assert "Decision 1: option A" in page
        assert "Sofie Sander for Northbridge Hospitals" in page
        assert "Carla Conti for us" in page
        assert 'data-state="decided"' in page
        assert "What drives it overall" in page

    def test_keeps_what_it_rests_on_as_it_was_then(self, decided):
        assert decided.footing.basis == {"automation-level": {"value": "auto"}}

    def test_numbers_count_up_within_the_engagement(
        self, decided, carla, sofie, sponsor, consultant, engagement
    ):
        choices = [{"title": "Fewer alarms", "value": "balanced"}, {"title": "More", "value": "sensitivity"}]
        prepare(carla, engagement, "error-preference", options=choices)
        offer(carla, engagement, "error-preference")

        decide(sofie, engagement, client=sponsor, firm=consultant, key="error-preference")

        assert [found.number for found in Decision.objects.order_by("number")] == [1, 2]

    def test_needs_reasons(self, offered, sofie, sponsor, consultant, engagement):
        assert decide(sofie, engagement, client=sponsor, firm=consultant, reasons=" ").status_code == 422
        assert not Decision.objects.exists()

    def test_needs_a_name_of_each_side(self, offered, sofie, sponsor, engagement):
        assert decide(sofie, engagement, client=sponsor, firm=sponsor).status_code == 422
        assert not Decision.objects.exists()

    def test_what_the_client_has_not_seen_cannot_be_decided(self, carla, sponsor, consultant, engagement):
        prepare(carla, engagement)

        assert decide(carla, engagement, client=sponsor, firm=consultant).status_code == 404

    def test_an_offer_newer_than_what_was_read_is_told(
        self, offered, carla, sofie, sponsor, consultant, engagement
    ):
        prepare(carla, engagement, seen=1, why="Changed")
        offer(carla, engagement)

        page = decide(sofie, engagement, client=sponsor, firm=consultant, seen=1)

        assert page.status_code == 422
        assert "newer version" in page.text
        assert not Decision.objects.exists()

    def test_a_contributor_reacts_and_does_not_decide(
        self, offered, cem, contributor, consultant, engagement
    ):
        assert decide(cem, engagement, client=contributor, firm=consultant).status_code == 403

    def test_the_form_starts_with_who_chose_last(self, offered, cem, carla, contributor, engagement):
        react(cem, engagement, "choose", option="2")

        form = carla.get(url(engagement, "decide"), headers=HTMX).text

        assert f'<option value="{member(engagement, contributor).pk}" selected>' in form
        assert 'value="2" required id="id_option_1" checked' in form

    def test_two_options_may_give_the_same_value(self, carla, sofie, sponsor, consultant, engagement):
        same = [{**OPTIONS[0], "title": "Fully"}, {**OPTIONS[0], "title": "A sample"}]
        prepare(carla, engagement, options=same)
        offer(carla, engagement)

        decide(sofie, engagement, client=sponsor, firm=consultant, option=2)

        assert Decision.objects.get().chosen["title"] == "A sample"
        assert answer_of(engagement, KEY).value == "per-case"

    def test_an_item_in_words_gets_the_options_title(self, carla, sofie, sponsor, consultant, engagement):
        prepare(
            carla, engagement, "opening-request", options=[{"title": "Start small"}, {"title": "All at once"}]
        )
        offer(carla, engagement, "opening-request")

        decide(sofie, engagement, client=sponsor, firm=consultant, key="opening-request")

        assert answer_of(engagement, "opening-request").value == "Start small"

    def test_a_table_is_decided_without_a_value(self, carla, sofie, sponsor, consultant, engagement):
        prepare(
            carla, engagement, "datasets", options=[{"title": "Registry"}, {"title": "Registry and charts"}]
        )
        offer(carla, engagement, "datasets")

        assert decide(sofie, engagement, client=sponsor, firm=consultant, key="datasets").status_code == 200
        assert entry_of(engagement, "datasets").state == "open"

    def test_ripples_like_any_answer(self, offered, carla, sofie, sponsor, consultant, engagement, desk):
        framework = desk(consultant).framework
        resting = next(
            item for item in framework.dependents(KEY) if item.type == "single_choice" and not item.condition
        )
        save(carla, engagement, KEY, "overall")
        save(carla, engagement, resting.key, resting.options[0].value)

        decide(sofie, engagement, client=sponsor, firm=consultant)

        assert entry_of(engagement, resting.key).revisit


class TestTheLog:
    def test_has_a_line_in_the_register(self, decided, carla, engagement):
        page = carla.get(reverse("questionnaires:register", args=[engagement.pk, "decisions"])).text

        assert "1. Need for explanation: Reasons for each case" in page
        assert "A. Reasons for each case" in page
        assert "They have to answer for it." in page

    def test_the_line_is_changed_on_the_decision_only(self, decided, carla, engagement):
        refused = save(
            carla, engagement, "register:decisions", "Else", row=decided.row, column="decision", base=1
        )
        assert refused.status_code == 422
        assert "record of its own" in refused.text

        gone = carla.post(
            reverse("questionnaires:row-delete", args=[engagement.pk, "register:decisions", decided.row.pk]),
            headers={"X-Fragment": "1"},
        )
        assert gone.status_code == 422
        assert Row.objects.get(pk=decided.row.pk).deleted_at is None

    def test_the_line_leads_to_the_decision(self, decided, carla, engagement):
        page = carla.get(reverse("questionnaires:row-home", args=[engagement.pk, decided.row.pk]))

        assert page.url == reverse("questionnaires:decision", args=[engagement.pk, 1])

    def test_an_earlier_value_of_the_line_is_not_restored(self, decided, carla, engagement):
        reopen(carla, engagement, decided)
        cell = decided.row.answers.get(column="decided")

        page = carla.post(
            reverse("questionnaires:answer-restore", args=[engagement.pk, cell.pk]),
            {"version": 1},
            headers=HTMX,
        )

        assert page.status_code == 422

    def test_both_sides_read_it_and_strangers_do_not(self, decided, sofie, outsider, client_for, engagement):
        path = reverse("questionnaires:decisions", args=[engagement.pk])

        assert "Reasons for each case" in sofie.get(path).text
        assert client_for(outsider).get(path).status_code == 404
        assert "They have to answer for it." in page_of(sofie, engagement, decided)

    def test_is_counted_in_the_folio(self, decided, carla, engagement):
        page = carla.get(reverse("questionnaires:overview", args=[engagement.pk])).text

        assert 'Decisions <span class="muted">1</span>' in page

    def test_takes_the_same_statements_with_many(
        self, decided, carla, sofie, sponsor, consultant, engagement
    ):
        path = reverse("questionnaires:decisions", args=[engagement.pk])
        carla.get(path)
        with Statements() as before:
            carla.get(path)
        for key in ("opening-request", "background", "datasets"):
            prepare(carla, engagement, key, options=[{"title": "This"}, {"title": "That"}])
            offer(carla, engagement, key)
            decide(sofie, engagement, client=sponsor, firm=consultant, key=key)
        with Statements() as after:
            assert carla.get(path).text.count("Decision ") >= 4
        assert after.count == before.count, after.told


class TestReopening:
    def test_asks_why(self, decided, carla, engagement):
        assert reopen(carla, engagement, decided, why="").status_code == 422
        decided.refresh_from_db()
        assert decided.state == "standing"

    def test_keeps_the_answer_and_asks_for_another_look(self, decided, carla, engagement):
        page = reopen(carla, engagement, decided)

        assert page.status_code == 200
        assert "was reopened by Carla Conti" in page.text
        assert answer_of(engagement, KEY).value == "per-case"
        assert entry_of(engagement, KEY).revisit

    def test_says_so_in_the_log(self, decided, carla, engagement):
        reopen(carla, engagement, decided)

        assert "Reopened: The figures no longer stand." in decided.row.answers.get(column="decided").value
        assert "The figures no longer stand." in page_of(carla, engagement, decided)

    def test_the_next_decision_supersedes_it(self, decided, carla, sofie, sponsor, consultant, engagement):
        reopen(carla, engagement, decided)

        decide(sofie, engagement, client=sponsor, firm=consultant, option=2)

        decided.refresh_from_db()
        later = Decision.objects.get(number=2)
        assert (decided.state, later.state, later.replaces) == ("superseded", "standing", decided)
        assert answer_of(engagement, KEY).value == "overall"
        assert not entry_of(engagement, KEY).revisit
        assert "Superseded by decision 2" in decided.row.answers.get(column="decided").value
        assert "Superseded by" in page_of(carla, engagement, decided)

    def test_deciding_the_same_again_settles_it(self, decided, carla, sofie, sponsor, consultant, engagement):
        reopen(carla, engagement, decided)

        decide(sofie, engagement, client=sponsor, firm=consultant)

        entry = entry_of(engagement, KEY)
        assert (entry.revisit, entry.state) == (False, "answered")
        assert not Flag.objects.open().filter(entry=entry).exists()

    def test_twice_is_told(self, decided, carla, engagement):
        reopen(carla, engagement, decided)

        assert reopen(carla, engagement, decided).status_code == 422

    def test_needs_the_right(self, decided, cem, engagement):
        assert reopen(cem, engagement, decided).status_code == 403


class TestRestingOn:
    def test_a_changed_ground_shows_was_and_now(self, decided, carla, sofie, engagement):
        save(carla, engagement, "automation-level", "inform", base=1)

        for browser in (carla, sofie):
            page = browser.get(url(engagement, "item")).text
            assert "What decision 1 rests on has changed" in page
            assert "It acts alone" in page
            assert "It informs; a person decides" in page
        listed = carla.get(reverse("questionnaires:decisions", args=[engagement.pk]) + "?show=look").text
        assert "Reasons for each case" in listed

    def test_open_pages_draw_the_decided_item_again(self, decided, carla, engagement):
        save(carla, engagement, "automation-level", "inform", base=1)

        changed = Event.objects.filter(engagement=engagement).latest("number").data["entries"]
        assert str(entry_of(engagement, KEY).pk) in changed

    def test_still_holds_is_recorded_with_a_name(self, decided, carla, consultant, engagement):
        save(carla, engagement, "automation-level", "inform", base=1)

        path = reverse("questionnaires:decision-holds", args=[engagement.pk, 1])
        assert carla.post(path, {"words": "It was chosen for appeals"}, headers=HTMX).status_code == 200

        page = page_of(carla, engagement, decided)
        assert "Still holds, said Carla Conti" in page
        assert "It was chosen for appeals" in page
        assert "has changed" not in page
        assert carla.post(path, headers=HTMX).status_code == 422

    def test_a_table_it_rests_on_is_told_cell_by_cell(
        self, offered, carla, sofie, sponsor, consultant, engagement, desk
    ):
        def add(*told):
            entry = entry_of(engagement, "datasets")
            made = rows.add_rows(desk=desk(consultant), entry=entry, rows=told)
            answers.settle_entry(desk=desk(consultant), entry=entry_of(engagement, "datasets"))
            return made

        first, second = add(
            {"dataset": "Triage feed", "system": "Old engine"}, {"dataset": "Ward notes", "system": "Records"}
        )
        decide(sofie, engagement, client=sponsor, firm=consultant, rests_on="datasets")
        made = Decision.objects.get()

        save(carla, engagement, "datasets", "New engine", row=first, column="system", base=1, settle="1")
        assert "Triage feed, System" in page_of(sofie, engagement, made)
        rows.delete_row(desk=desk(consultant), row=Row.objects.get(pk=second.pk))
        add({"dataset": "Scans", "system": "Archive"})

        above, below = page_of(sofie, engagement, made).split("Between these options", 1)
        for words in ("Old engine", "New engine", "Row removed", "Ward notes", "Row added", "Scans"):
            assert words in above
        assert "2 rows" not in above
        assert "2 rows" in below

    def test_a_superseded_decision_is_left_alone(
        self, decided, carla, sofie, sponsor, consultant, engagement
    ):
        decide(sofie, engagement, client=sponsor, firm=consultant, option=2, rests_on="")

        save(carla, engagement, "automation-level", "inform", base=1)

        decided.refresh_from_db()
        assert decided.footing.changed == {}

    def test_an_answer_changed_by_hand_is_told(self, decided, carla, engagement):
        save(carla, engagement, KEY, "none", base=1)

        page = carla.get(url(engagement, "item")).text
        assert "no longer what decision 1 gave" in page
        assert 'data-state="decided"' not in page


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        ("fields", "constraint"),
        [
            ({"reasons": ""}, "has_reasons"),
            ({"option": 5}, "names_an_option"),
            ({"state": "reopened"}, "reopened_by_somebody"),
            ({"reopened_why": "because"}, "reopened_says_why"),
        ],
    )
    def test_a_decision_that_makes_no_sense(self, fields, constraint, decided):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Decision.objects.filter(pk=decided.pk).update(**fields)

    def test_two_that_stand_for_one_item(self, decided, carla, sofie, sponsor, consultant, engagement):
        decide(sofie, engagement, client=sponsor, firm=consultant, option=2)

        with pytest.raises(IntegrityError, match="one_stands"), transaction.atomic():
            Decision.objects.filter(pk=decided.pk).update(state="standing")
