"""The one write path: saved, merged, kept beside, recognised; and what follows for the entry."""

import threading
import uuid

import pytest
from django.db import connection, transaction
from django.urls import reverse

from engagements.models import Event
from questionnaires import integrity
from questionnaires.models import Conflict, Revision
from tests.people import browser_of
from tests.questionnaires.saves import answer_of, entry_of, save


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture(autouse=True)
def _sound(world):
    """After every test everything stored agrees with itself."""
    yield
    assert list(integrity.problems()) == []


class TestText:
    KEY = "opening-request"

    def test_is_stored_with_its_revision_and_event(self, maya, engagement, consultant):
        response = save(maya, engagement, self.KEY, "A model for strokes")

        assert response.status_code == 200
        assert response["Save-Outcome"] == "saved"
        assert response["Save-Base"] == "1"
        answer = answer_of(engagement, self.KEY)
        assert (answer.value, answer.version, answer.updated_by) == ("A model for strokes", 1, consultant)
        revision = Revision.objects.get(answer=answer)
        event = Event.objects.get(engagement=engagement, number=revision.event)
        assert event.kind == "answer.saved"
        assert str(event.number) == response["Save-Event"]

    def test_is_begun_until_it_is_settled(self, maya, engagement):
        save(maya, engagement, self.KEY, "A model")
        assert entry_of(engagement, self.KEY).state == "draft"

        maya.post(reverse("questionnaires:settle", args=[engagement.pk, self.KEY]))

        entry = entry_of(engagement, self.KEY)
        assert entry.state == "answered"
        assert answer_of(engagement, self.KEY).settled_version == 1

    def test_two_people_in_different_places_are_merged_and_told(self, maya, cem, engagement):
        save(maya, engagement, self.KEY, "We want a model that helps nurses")
        save(cem, engagement, self.KEY, "We want a careful model that helps nurses", base=1)

        response = save(maya, engagement, self.KEY, "We want a model that helps nurses at night", base=1)

        assert response["Save-Outcome"] == "merged"
        assert response["Save-Base"] == "3s"
        assert response["Save-Merged-With"] == '["Cem Kaya"]'
        assert "merged with Cem Kaya" in response.text
        assert answer_of(engagement, self.KEY).value == "We want a careful model that helps nurses at night"

    def test_going_on_after_a_merge_keeps_the_other_persons_words(self, maya, cem, engagement):
        save(maya, engagement, self.KEY, "We want a model")
        save(cem, engagement, self.KEY, "We want a careful model", base=1)
        save(maya, engagement, self.KEY, "We want a model soon", base=1)

        response = save(maya, engagement, self.KEY, "We want a model soon, please", base="3s")

        assert response["Save-Outcome"] == "merged"
        assert answer_of(engagement, self.KEY).value == "We want a careful model soon, please"

    def test_basing_on_the_merged_version_instead_would_delete_them(self, maya, cem, engagement):
        """The twin without the guard: it shows what the `s` in a base is for."""
        save(maya, engagement, self.KEY, "We want a model")
        save(cem, engagement, self.KEY, "We want a careful model", base=1)
        save(maya, engagement, self.KEY, "We want a model soon", base=1)

        save(maya, engagement, self.KEY, "We want a model soon, please", base="3")

        assert "careful" not in answer_of(engagement, self.KEY).value

    def test_an_overlap_keeps_both_texts_whole(self, maya, cem, engagement, consultant):
        save(maya, engagement, self.KEY, "Hourly")
        save(cem, engagement, self.KEY, "Every fifteen minutes", base=1)

        response = save(maya, engagement, self.KEY, "Once a night", base=1)

        assert response["Save-Outcome"] == "conflict"
        assert answer_of(engagement, self.KEY).value == "Every fifteen minutes"
        conflict = Conflict.objects.get(outcome="")
        assert (conflict.value, conflict.by) == ("Once a night", consultant)
        assert entry_of(engagement, self.KEY).conflict
        assert "Once a night" in response.text
        assert "Every fifteen minutes" in response.text

    def test_while_my_conflict_is_open_my_saves_go_on_in_it(self, maya, cem, engagement):
        save(maya, engagement, self.KEY, "Hourly")
        save(cem, engagement, self.KEY, "Daily", base=1)
        save(maya, engagement, self.KEY, "Nightly", base=1)

        response = save(maya, engagement, self.KEY, "Nightly at two", base=1)

        assert response["Save-Outcome"] == "conflict"
        assert Conflict.objects.get().value == "Nightly at two"
        assert answer_of(engagement, self.KEY).value == "Daily"

    def test_a_base_nobody_knows_is_never_an_overwrite(self, maya, engagement):
        save(maya, engagement, self.KEY, "What stands")

        response = save(maya, engagement, self.KEY, "From a page out of nowhere", base=77)

        assert response["Save-Outcome"] == "conflict"
        assert answer_of(engagement, self.KEY).value == "What stands"

    def test_the_same_text_again_changes_nothing(self, maya, engagement):
        save(maya, engagement, self.KEY, "Once")
        events = Event.objects.count()

        response = save(maya, engagement, self.KEY, "Once", base=1)

        assert response["Save-Outcome"] == "same"
        assert Event.objects.count() == events

    def test_a_settled_change_ends_a_confirmation(self, maya, cem, engagement):
        save(maya, engagement, self.KEY, "First", settle="1")
        cem.post(reverse("questionnaires:deed", args=[engagement.pk, self.KEY, "confirm"]))
        assert entry_of(engagement, self.KEY).state == "confirmed"

        save(maya, engagement, self.KEY, "Second", base=1)
        assert entry_of(engagement, self.KEY).state == "confirmed"
        maya.post(reverse("questionnaires:settle", args=[engagement.pk, self.KEY]))

        assert entry_of(engagement, self.KEY).state == "answered"

    def test_emptying_and_settling_opens_the_question_again(self, maya, engagement):
        save(maya, engagement, self.KEY, "Something", settle="1")

        save(maya, engagement, self.KEY, "", base=1, settle="1")

        assert entry_of(engagement, self.KEY).state == "open"
        assert answer_of(engagement, self.KEY).value is None


class TestRepeats:
    KEY = "opening-request"

    def test_a_repeated_key_is_one_revision(self, maya, engagement):
        once = uuid.uuid4()
        first = save(maya, engagement, self.KEY, "Sent twice", once=once)

        second = save(maya, engagement, self.KEY, "Sent twice", once=once)

        assert second["Save-Outcome"] == "replayed"
        assert second["Save-Base"] == first["Save-Base"]
        assert Revision.objects.count() == 1

    def test_a_late_duplicate_does_not_bring_old_words_back(self, maya, engagement):
        once = uuid.uuid4()
        save(maya, engagement, self.KEY, "Old", once=once)
        save(maya, engagement, self.KEY, "New", base=1)

        save(maya, engagement, self.KEY, "Old", once=once)

        assert answer_of(engagement, self.KEY).value == "New"

    def test_a_repeated_save_of_a_conflict_is_recognised(self, maya, cem, engagement):
        save(maya, engagement, self.KEY, "Hourly")
        save(cem, engagement, self.KEY, "Daily", base=1)
        once = uuid.uuid4()
        save(maya, engagement, self.KEY, "Nightly", base=1, once=once)
        save(maya, engagement, self.KEY, "Nightly at two", base=1)

        again = save(maya, engagement, self.KEY, "Nightly", base=1, once=once)

        assert again["Save-Outcome"] == "replayed"
        assert Conflict.objects.get().value == "Nightly at two"


class TestOtherTypes:
    def test_a_choice_is_settled_at_once(self, cem, engagement):
        save(cem, engagement, "hosting-model", "cloud")

        assert entry_of(engagement, "hosting-model").state == "answered"

    def test_two_different_choices_are_both_kept(self, maya, cem, engagement):
        save(maya, engagement, "hosting-model", "cloud")
        save(cem, engagement, "hosting-model", "on-prem", base=1)

        response = save(maya, engagement, "hosting-model", "hybrid", base=1)

        assert response["Save-Outcome"] == "conflict"
        assert answer_of(engagement, "hosting-model").value == "on-prem"
        assert Conflict.objects.get().value == "hybrid"

    def test_the_same_choice_by_both_is_no_conflict(self, maya, cem, engagement):
        save(maya, engagement, "hosting-model", "cloud")

        response = save(cem, engagement, "hosting-model", "cloud", base=0)

        assert response["Save-Outcome"] == "same"

    def test_ticks_of_two_people_are_joined(self, maya, cem, engagement):
        save(maya, engagement, "concerns", ["ethical"])
        save(cem, engagement, "concerns", ["ethical", "regulatory"], base=1)

        response = save(maya, engagement, "concerns", ["ethical", "compliance"], base=1)

        assert response["Save-Outcome"] == "merged"
        assert set(answer_of(engagement, "concerns").value) == {"ethical", "regulatory", "compliance"}

    @pytest.mark.parametrize(
        ("key", "value", "stored"),
        [
            ("data-volume", "61.5", "61.5"),
            ("start-date", "2026-12-01", "2026-12-01"),
            ("downtime", "unsure", "unsure"),
        ],
    )
    def test_values_are_kept_in_one_form(self, maya, engagement, key, value, stored):
        assert save(maya, engagement, key, value).status_code == 200
        assert answer_of(engagement, key).value == stored

    def test_a_person_must_be_in_the_engagement(self, maya, engagement, world):
        stranger = world.other_engagement.memberships.first()

        response = save(maya, engagement, "sponsor", str(stranger.pk))

        assert response.status_code == 422
        assert "not in this engagement" in response.text
        assert answer_of(engagement, "sponsor").version == 0


class TestConditions:
    def test_follow_ups_appear_with_the_answer_that_calls_for_them(self, maya, engagement):
        assert not entry_of(engagement, "data-increment").shown

        response = save(maya, engagement, "real-time-data", "no")

        assert entry_of(engagement, "data-increment").shown
        assert 'id="item-data-increment"' in response.text

    def test_hidden_answers_are_kept_and_come_back(self, maya, engagement):
        save(maya, engagement, "real-time-data", "no")
        save(maya, engagement, "data-increment", "daily")
        save(maya, engagement, "real-time-data", "yes", base=1)
        assert not entry_of(engagement, "data-increment").shown

        save(maya, engagement, "real-time-data", "no", base=2)

        assert entry_of(engagement, "data-increment").shown
        assert answer_of(engagement, "data-increment").value == "daily"

    def test_a_chain_of_follow_ups_goes_with_its_first(self, maya, engagement):
        save(maya, engagement, "ground-truth", "no")
        save(maya, engagement, "labels-to-create", "yes")
        assert entry_of(engagement, "labelling-effort").shown

        save(maya, engagement, "ground-truth", "yes", base=1)

        assert not entry_of(engagement, "labels-to-create").shown
        assert not entry_of(engagement, "labelling-effort").shown

    def test_unknown_counts_as_unanswered(self, maya, engagement, consultant):
        save(maya, engagement, "real-time-data", "no")
        member = engagement.memberships.get(user=consultant)

        maya.post(
            reverse("questionnaires:deed", args=[engagement.pk, "real-time-data", "unknown"]),
            {"finder": member.pk, "find_by": "2026-12-04"},
        )

        assert entry_of(engagement, "real-time-data").state == "unknown"
        assert not entry_of(engagement, "data-increment").shown


class TestDeciding:
    KEY = "opening-request"

    @pytest.fixture
    def conflict(self, maya, cem, engagement):
        save(maya, engagement, self.KEY, "Hourly")
        save(cem, engagement, self.KEY, "Daily", base=1)
        save(maya, engagement, self.KEY, "Nightly", base=1)
        return Conflict.objects.get()

    def decide(self, browser, engagement, conflict, outcome, **more):
        url = reverse("questionnaires:conflict-decide", args=[engagement.pk, conflict.pk])
        data = {"outcome": outcome, "version": 2, "saves": 1, **more}
        return browser.post(url, data, headers={"X-Fragment": "1"})

    def test_keep_mine_is_a_revision(self, maya, engagement, conflict):
        response = self.decide(maya, engagement, conflict, "mine")

        assert response.status_code == 200
        answer = answer_of(engagement, self.KEY)
        assert (answer.value, answer.version) == ("Nightly", 3)
        assert not entry_of(engagement, self.KEY).conflict

    def test_keep_theirs_leaves_the_text_and_keeps_mine_on_record(self, cem, engagement, conflict):
        self.decide(cem, engagement, conflict, "theirs")

        assert answer_of(engagement, self.KEY).value == "Daily"
        conflict.refresh_from_db()
        assert (conflict.value, conflict.outcome) == ("Nightly", "theirs")

    def test_combine_takes_a_third_text(self, maya, engagement, conflict):
        self.decide(maya, engagement, conflict, "combined", value="Daily, nightly in winter")

        assert answer_of(engagement, self.KEY).value == "Daily, nightly in winter"

    def test_nobody_removes_words_they_have_not_seen(self, maya, cem, engagement, conflict):
        save(cem, engagement, self.KEY, "Daily at six", base=2)

        response = self.decide(maya, engagement, conflict, "mine")

        assert response.status_code == 409
        assert "just changed" in response.text
        assert answer_of(engagement, self.KEY).value == "Daily at six"

    def test_the_second_to_decide_is_told(self, maya, cem, engagement, conflict):
        self.decide(maya, engagement, conflict, "theirs")

        response = self.decide(cem, engagement, conflict, "mine")

        assert response.status_code == 409
        assert answer_of(engagement, self.KEY).value == "Daily"


class TestHistory:
    def test_restoring_is_a_new_version(self, maya, engagement):
        save(maya, engagement, "opening-request", "First", settle="1")
        save(maya, engagement, "opening-request", "Second", base=1, settle="1")
        answer = answer_of(engagement, "opening-request")

        maya.post(reverse("questionnaires:answer-restore", args=[engagement.pk, answer.pk]), {"version": 1})

        answer.refresh_from_db()
        assert (answer.value, answer.version) == ("First", 3)

    def test_shows_the_words_that_changed(self, maya, cem, engagement):
        save(maya, engagement, "opening-request", "A model for nurses")
        save(cem, engagement, "opening-request", "A careful model for nurses", base=1)

        page = maya.get(reverse("questionnaires:item-history", args=[engagement.pk, "opening-request"]))

        assert "<ins>careful </ins>" in page.text
        assert "Cem Kaya" in page.text

    def test_one_persons_sitting_is_one_change(self, maya, engagement):
        for number, text in enumerate(["We", "We want", "We want a model"]):
            save(maya, engagement, "opening-request", text, base=number)

        page = maya.get(reverse("questionnaires:item-history", args=[engagement.pk, "opening-request"]))

        assert page.text.count('class="dot') == 1
        assert Revision.objects.count() == 3

    def test_the_firms_note_is_not_in_the_clients_history(self, maya, cem, engagement):
        save(maya, engagement, "opening-request", "Kestrel thinks they are bluffing", part="note")
        url = reverse("questionnaires:item-history", args=[engagement.pk, "opening-request"])

        assert "Kestrel" in maya.get(url).text
        assert "Kestrel" not in cem.get(url).text


class TestNotes:
    def test_a_client_cannot_write_one(self, cem, engagement):
        response = save(cem, engagement, "opening-request", "Hello", part="note")

        assert response.status_code == 404
        assert Revision.objects.count() == 0

    def test_a_note_leaves_the_answers_state_alone(self, maya, engagement):
        save(maya, engagement, "opening-request", "Careful here", part="note")

        assert entry_of(engagement, "opening-request").state == "open"
        assert Event.objects.latest("number").firm_only


class TestAtTheSameTime:
    """Two writers really at once, held at a barrier; the twin without the row lock must lose."""

    KEY = "opening-request"

    def _race(self, world, texts):
        people = [world.people["consultant"], world.people["contributor"]]
        browsers = [browser_of(person) for person in people]
        save(browsers[0], world.engagement, self.KEY, "one two three four")
        barrier = threading.Barrier(2)
        outcomes = []

        def write(browser, text):
            try:
                barrier.wait(10)
                outcomes.append(save(browser, world.engagement, self.KEY, text, base=1)["Save-Outcome"])
            finally:
                connection.close()

        threads = [threading.Thread(target=write, args=pair) for pair in zip(browsers, texts, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        return outcomes

    @pytest.mark.django_db(transaction=True)
    def test_both_insertions_survive(self, world):
        outcomes = self._race(world, ["zero one two three four", "one two three four five"])

        assert sorted(outcomes) == ["merged", "saved"]
        assert answer_of(world.engagement, self.KEY).value == "zero one two three four five"

    @pytest.mark.django_db(transaction=True)
    def test_without_the_merge_one_of_them_is_lost(self, world, monkeypatch):
        from questionnaires.actions import answers

        monkeypatch.setattr(
            answers, "_reconcile", lambda desk, place, answer, value, base: answers._Reconciled(value)
        )

        self._race(world, ["zero one two three four", "one two three four five"])

        value = answer_of(world.engagement, self.KEY).value
        assert not ("zero" in value and "five" in value)

    @pytest.mark.django_db(transaction=True)
    def test_a_lower_number_is_never_seen_after_a_higher_one(self, world):
        """While one action holds the engagement, the next waits for its number instead of overtaking."""
        from engagements import history

        engagement = world.engagement
        holds, go = threading.Event(), threading.Event()
        order = []

        def first():
            try:
                with transaction.atomic():
                    number = history.lock(engagement)
                    holds.set()
                    go.wait(10)
                    order.append(number)
            finally:
                connection.close()

        def second():
            try:
                holds.wait(10)
                with transaction.atomic():
                    order.append(history.lock(engagement))
            finally:
                connection.close()

        threads = [threading.Thread(target=first), threading.Thread(target=second)]
        for thread in threads:
            thread.start()
        holds.wait(10)
        assert order == []
        go.set()
        for thread in threads:
            thread.join(20)
        assert order == sorted(order)
        # These two locks wrote no events on purpose; give the numbers back so that the books balance.
        engagement.last_event = Event.objects.filter(engagement=engagement).count()
        engagement.save(update_fields=["last_event"])
