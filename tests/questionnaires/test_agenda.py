"""Meetings: an agenda that fits, notes that several people take at once, and a receipt of what came of it."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Side
from engagements.models import Event, Mail
from questionnaires import agenda, receipts
from questionnaires.access import Viewpoint
from questionnaires.actions import meetings as actions
from questionnaires.actions.entries import NotPossible
from questionnaires.models import AgendaNote, AgendaPoint, Conflict, Meeting
from questionnaires.waiting import Kind, Thing
from tests.questionnaires.saves import entry_of, save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_entries import do

KEY = "opening-request"
INTERNAL = "engagement-budget"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture
def sofie(sponsor, client_for):
    return client_for(sponsor)


def url(engagement, name, *args):
    return reverse(f"questionnaires:{name}", args=[engagement.pk, *args])


def give(browser, engagement, person, key=KEY):
    member = engagement.memberships.get(user=person)
    assert do(browser, engagement, "assign", key=key, to=member.pk).status_code == 200


def member(engagement, person):
    return engagement.memberships.get(user=person).pk


def plan(browser, engagement, *, firm=(), client=(), **more):
    data = {
        "title": "Working meeting",
        "day": "2026-12-01",
        "begins": "09:30",
        "minutes": "60",
        "firm": [member(engagement, person) for person in firm],
        "client": [member(engagement, person) for person in client],
        **more,
    }
    return browser.post(url(engagement, "meeting-new"), data)


@pytest.fixture
def meeting(maya, consultant, contributor, engagement):
    """Give a planned meeting of both sides about two questions that the contributor holds."""
    give(maya, engagement, contributor)
    give(maya, engagement, contributor, "background")
    assert plan(maya, engagement, firm=[consultant], client=[contributor]).status_code == 302
    return Meeting.objects.get()


def turn(browser, meeting, what):
    return browser.post(url(meeting.engagement, "meeting-turn", meeting.pk, what), follow=True)


@pytest.fixture
def running(maya, meeting):
    turn(maya, meeting, "start")
    meeting.refresh_from_db()
    return meeting


def point_of(meeting, key=KEY):
    return meeting.points.get(thing=f"item:{key}")


def page(browser, meeting):
    response = browser.get(url(meeting.engagement, "meeting", meeting.pk))
    assert response.status_code == 200
    return response.text


def note(browser, point, text, *, base="0", key=None):
    data = {"value": text, "base": str(base), "key": str(key or uuid.uuid4()), "part": "note"}
    return browser.post(
        url(point.meeting.engagement, "agenda-note", point.pk), data, headers={"X-Fragment": "1"}
    )


class TestProposing:
    def thing(self, kind, *, key="one", people=(), firm_only=False, day=1):
        since = datetime(2026, 11, day, tzinfo=UTC)
        return Thing(key, kind, "T", "1", "/", Side.CLIENT, list(people), since, 0, "s", firm_only=firm_only)

    def test_puts_what_only_a_meeting_settles_first_and_the_oldest_of_each(self):
        things = [
            self.thing(Kind.QUESTION, key="q", day=1),
            self.thing(Kind.CONFLICT, key="new", day=9),
            self.thing(Kind.CONFLICT, key="old", day=2),
            self.thing(Kind.DECISION, key="d", day=3),
        ]

        found = agenda.proposals(things, [], firm_only=True)

        assert [one.thing.key for one in found] == [
            "old",
            "new",
            "d",
        ]  # the question is with nobody who comes

    def test_leaves_out_what_the_client_side_never_sees_unless_it_stays_away(self):
        things = [self.thing(Kind.CONFLICT, firm_only=True)]

        assert agenda.proposals(things, [], firm_only=False) == []
        assert len(agenda.proposals(things, [], firm_only=True)) == 1

    def test_never_plans_more_than_there_is(self):
        found = agenda.proposals(
            [self.thing(kind, key=f"{kind}{n}") for n in range(9) for kind in (Kind.CONFLICT, Kind.DECISION)],
            [],
            firm_only=True,
        )
        for minutes in (5, 15, 20, 34, 60, 240):
            chosen = agenda.fitting(found, minutes)
            assert sum(one.minutes for one in chosen) <= minutes - agenda.CLOSING or not chosen

    def test_every_kind_has_its_minutes_and_its_place(self):
        assert set(agenda.MINUTES) == set(agenda.ORDER) == set(Kind)


class TestPlanning:
    def test_takes_what_is_open_for_those_who_come(self, maya, sponsor, meeting, engagement):
        things = [point.thing for point in meeting.points.order_by("position")]
        assert things == [f"item:{KEY}", "item:background", ""]
        assert meeting.starts_at == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)  # half past nine in Berlin

        plan(maya, engagement, client=[sponsor])

        assert Meeting.objects.latest("id").points.filter(kind="waiting").count() == 0

    def test_a_short_one_takes_less(self, maya, contributor, engagement, meeting, desk, consultant):
        plan(maya, engagement, client=[contributor], minutes="15")
        assert sum(point.minutes for point in Meeting.objects.latest("id").points.all()) <= 10

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": ""},
            {"day": "soon"},
            {"begins": ""},
            {"minutes": "7"},
            {"firm": [], "client": []},
            {"firm": [0]},
        ],
    )
    def test_nonsense_is_refused(self, wrong, maya, consultant, engagement):
        data = {"firm": [consultant], **wrong}
        if wrong.get("firm") == [0]:
            data["firm"] = []
            data["client"] = []
        assert plan(maya, engagement, **data).status_code == 422
        assert not Meeting.objects.exists()

    def test_both_sides_see_it(self, maya, cem, meeting, engagement):
        for browser in (maya, cem):
            assert "Working meeting" in browser.get(url(engagement, "meetings")).text
            assert "Opening request" in page(browser, meeting)

    def test_one_of_the_firm_alone_is_its_own(self, maya, cem, consultant, engagement):
        give(maya, engagement, consultant, INTERNAL)
        plan(maya, engagement, firm=[consultant], title="Kestrel")
        meeting = Meeting.objects.get()

        assert meeting.points.filter(thing=f"item:{INTERNAL}").exists()
        assert "Kestrel" not in cem.get(url(engagement, "meetings")).text
        assert cem.get(url(engagement, "meeting", meeting.pk)).status_code == 404
        assert Event.objects.get(kind="meeting.planned").firm_only
        assert "Kestrel" not in cem.get(url(engagement, "overview")).text

    def test_with_the_client_side_it_holds_nothing_internal(self, maya, consultant, contributor, engagement):
        give(maya, engagement, consultant, INTERNAL)

        plan(maya, engagement, firm=[consultant], client=[contributor])

        assert not Meeting.objects.get().points.filter(firm_only=True).exists()

    def test_one_of_the_firm_alone_stays_its_own(self, maya, cem, consultant, contributor, engagement, desk):
        plan(maya, engagement, firm=[consultant])
        meeting = Meeting.objects.get()
        edit = url(engagement, "meeting-edit", meeting.pk)
        data = {"title": "Open now", "day": "2026-12-01", "begins": "10:00", "minutes": "60"}
        firm, client = member(engagement, consultant), member(engagement, contributor)

        assert "Cem Kaya" not in maya.get(edit).text
        maya.post(edit, {**data, "firm": [firm], "client": [client]})

        assert cem.get(url(engagement, "meeting", meeting.pk)).status_code == 404
        with pytest.raises(NotPossible, match="firm's own"):
            actions.change(
                desk=desk(consultant),
                meeting=meeting,
                title="Open now",
                starts_at=meeting.starts_at,
                minutes=60,
                people=list(engagement.memberships.filter(pk__in=[firm, client])),
            )

    def test_one_of_both_sides_stays_both_s(self, maya, cem, consultant, meeting, engagement):
        data = {"title": "Ours now", "day": "2026-12-01", "begins": "10:00", "minutes": "60"}

        response = maya.post(
            url(engagement, "meeting-edit", meeting.pk), {**data, "firm": [member(engagement, consultant)]}
        )

        assert "Somebody of the client side has to come" in response.text
        assert page(cem, meeting)

    def test_is_moved_to_another_day_with_other_people(
        self, maya, consultant, contributor, sponsor, meeting, engagement
    ):
        data = {"title": "Later", "day": "2026-12-02", "begins": "10:00", "minutes": "90"}

        maya.post(
            url(engagement, "meeting-edit", meeting.pk),
            {**data, "client": [member(engagement, person) for person in (sponsor, contributor)]},
        )

        meeting.refresh_from_db()
        assert (meeting.title, meeting.minutes, meeting.starts_at.day) == ("Later", 90, 2)
        assert {found.user for found in meeting.people.all()} == {sponsor, contributor}

    def test_is_told_to_those_who_come_with_its_agenda(
        self, maya, consultant, contributor, meeting, engagement
    ):
        (told,) = Mail.objects.filter(kind="meeting")

        assert told.user == contributor
        assert "Working meeting, Tue 1 Dec, 09:30" in told.subject
        assert "09:30" in told.text
        assert "Opening request" in told.html
        turn(maya, meeting, "cancel")
        assert "Called off" in Mail.objects.filter(kind="meeting").latest("id").subject

    def test_gives_each_point_its_turn(self, maya, meeting):
        first, second = agenda.points_of(meeting, is_firm=True)[:2]
        first.minutes = 7

        agenda.in_time(meeting, [first, second])

        assert (first.begins, second.begins) == (meeting.starts_at, meeting.starts_at + timedelta(minutes=7))
        assert first.word == "Question"

    def test_takes_somebody_who_decides(self, cem, reviewer, observer, contributor, engagement, client_for):
        for person in (contributor, reviewer, observer):
            assert plan(client_for(person), engagement, client=[contributor]).status_code == 403

    def test_the_sponsor_can_plan_one_too(self, sofie, sponsor, engagement):
        assert plan(sofie, engagement, client=[sponsor]).status_code == 302


class TestTheAgenda:
    def change(self, browser, point, what, **data):
        return browser.post(url(point.meeting.engagement, "agenda-point", point.pk, what), data, follow=True)

    def order(self, meeting):
        return [point.title for point in meeting.points.exclude(kind="parking").order_by("position")]

    def test_points_change_places(self, maya, meeting):
        first, second = self.order(meeting)

        self.change(maya, meeting.points.get(title=second), "up")
        assert self.order(meeting) == [second, first]
        self.change(maya, meeting.points.get(title=second), "down")
        self.change(maya, meeting.points.get(title=second), "down")  # there is nothing below it

        assert self.order(meeting) == [first, second]
        assert meeting.points.order_by("position").last().kind == "parking"

    def test_minutes_have_to_fit(self, maya, meeting):
        point = point_of(meeting)

        self.change(maya, point, "minutes", minutes="50")
        assert point_of(meeting).minutes == 50
        html = self.change(maya, point, "minutes", minutes="58").text

        assert "2 minutes more than there is" in html
        assert point_of(meeting).minutes == 50

    @pytest.mark.parametrize("minutes", ["0", "-3", "", "999", "ten"])
    def test_nonsense_minutes_change_nothing(self, minutes, maya, meeting):
        before = point_of(meeting).minutes
        self.change(maya, point_of(meeting), "minutes", minutes=minutes)
        assert point_of(meeting).minutes == before

    def test_a_shorter_meeting_has_to_hold_them_all(self, maya, meeting, engagement, contributor):
        self.change(maya, point_of(meeting), "minutes", minutes="50")
        data = {"title": "Short", "day": "2026-12-01", "begins": "10:00", "minutes": "30"}

        response = maya.post(
            url(engagement, "meeting-edit", meeting.pk), {**data, "client": [member(engagement, contributor)]}
        )

        assert response.status_code == 422
        assert "more than there is" in response.text

    def test_a_point_is_taken_off_and_put_back(self, maya, meeting, engagement):
        self.change(maya, point_of(meeting), "remove")
        assert not meeting.points.filter(thing=f"item:{KEY}").exists()
        assert "Also open for these people" in page(maya, meeting)

        maya.post(url(engagement, "agenda-add", meeting.pk), {"thing": f"item:{KEY}"})

        assert point_of(meeting).position < meeting.points.get(kind="parking").position
        maya.post(url(engagement, "agenda-add", meeting.pk), {"thing": f"item:{KEY}"})
        assert meeting.points.filter(thing=f"item:{KEY}").count() == 1

    def test_a_point_in_words_can_be_added(self, maya, cem, meeting, engagement):
        maya.post(
            url(engagement, "agenda-add", meeting.pk), {"words": "The move to Eastgate", "minutes": "10"}
        )

        assert "The move to Eastgate" in page(cem, meeting)
        assert meeting.points.get(kind="words").minutes == 10

    def test_what_was_settled_meanwhile_says_so(self, maya, cem, meeting, engagement):
        save(cem, engagement, KEY, "An answer", settle="1")

        assert "settled meanwhile" in page(maya, meeting)

    def test_is_for_those_who_decide(self, cem, meeting, engagement):
        for what in ("up", "remove", "minutes"):
            assert self.change(cem, point_of(meeting), what).status_code == 403
        assert cem.post(url(engagement, "agenda-add", meeting.pk), {"words": "X"}).status_code == 403

    def test_a_running_one_can_run_over(self, maya, running, engagement):
        for _more in range(3):
            maya.post(url(engagement, "agenda-add", running.pk), {"words": f"{_more}", "minutes": "60"})

        assert running.points.filter(kind="words").count() == 3


class TestNotes:
    def text(self, point):
        return AgendaPoint.objects.get(pk=point.pk).note

    def test_are_taken_by_both_sides(self, maya, cem, running):
        point = point_of(running)

        first = note(maya, point, "Agreed to wait.")
        assert (first["Save-Outcome"], first["Save-Base"]) == ("saved", "1")
        note(cem, point, "Agreed to wait. Until Friday.", base="1")

        assert self.text(point) == "Agreed to wait. Until Friday."
        assert "Until Friday" in page(maya, running)

    def test_of_two_people_at_once_are_brought_together(self, maya, cem, running):
        point = point_of(running)
        note(maya, point, "One two three four five six.")

        note(maya, point, "ONE two three four five six.", base="1")
        merged = note(cem, point, "One two three four five SIX.", base="1")

        assert merged["Save-Outcome"] == "merged"
        assert self.text(point) == "ONE two three four five SIX."

    def test_an_author_who_was_merged_goes_on_from_their_own_text(self, maya, cem, running):
        point = point_of(running)
        note(maya, point, "One two three four five six.")
        note(maya, point, "ONE two three four five six.", base="1")
        merged = note(cem, point, "One two three four five SIX.", base="1")

        note(cem, point, "One two three four five SIX. Seven.", base=merged["Save-Base"])

        assert self.text(point) == "ONE two three four five SIX. Seven."

    def test_that_overlap_both_stay(self, maya, cem, running):
        point = point_of(running)
        note(maya, point, "We wait.")

        response = note(cem, point, "We go ahead.")

        assert response["Save-Outcome"] == "merged"
        assert "Both texts are kept" in response.text
        assert "We wait." in self.text(point)
        assert "We go ahead." in self.text(point)
        assert "Cem Kaya wrote at the same time" in self.text(point)
        # And going on from one's own text does not bring the other's into it once more.
        note(cem, point, "We go ahead. On Monday.", base=response["Save-Base"])
        assert self.text(point).count("We wait.") == 1
        assert self.text(point).endswith("We go ahead. On Monday.")

    def test_sent_twice_are_kept_once(self, maya, running):
        point, key = point_of(running), uuid.uuid4()

        note(maya, point, "We wait.", key=key)
        again = note(maya, point, "We wait.", key=key)

        assert again["Save-Outcome"] in ("replayed", "same")
        assert AgendaNote.objects.filter(point=point).count() == 1

    def test_keep_every_version(self, maya, running):
        point = point_of(running)
        for number, text in enumerate(("One", "One two", "")):
            note(maya, point, text, base=str(number))

        assert list(
            AgendaNote.objects.filter(point=point).order_by("version").values_list("text", flat=True)
        ) == [
            "One",
            "One two",
            "",
        ]

    def test_of_any_order_lose_no_word(self, maya, cem, running):
        point = point_of(running)
        note(maya, point, "alpha beta gamma")
        texts = {maya: "alpha beta gamma", cem: "alpha beta gamma"}
        bases = {maya: "1", cem: "1"}
        for number, browser in zip(range(12), itertools.cycle((maya, cem, cem, maya)), strict=False):
            texts[browser] += f" word{number}"
            bases[browser] = note(browser, point, texts[browser], base=bases[browser])["Save-Base"]

        stored = self.text(point)
        assert all(f"word{number}" in stored for number in range(12))

    def test_are_not_taken_before_or_after(self, maya, meeting):
        point = point_of(meeting)
        assert note(maya, point, "Too early").status_code == 422
        turn(maya, meeting, "start")
        turn(maya, meeting, "end")

        assert note(maya, point, "Too late").status_code == 422
        assert self.text(point) == ""

    @pytest.mark.parametrize("base", ["x", "-1", "1.5"])
    def test_a_base_that_no_page_sends_is_refused(self, base, maya, running):
        assert note(maya, point_of(running), "Text", base=base).status_code == 400

    def test_readers_take_none(self, reviewer, observer, running, client_for):
        for person in (reviewer, observer):
            assert note(client_for(person), point_of(running), "Text").status_code == 403

    def test_a_point_that_holds_notes_stays(self, maya, running, engagement):
        point = point_of(running)
        note(maya, point, "We wait.")

        maya.post(url(engagement, "agenda-point", point.pk, "remove"))

        assert self.text(point) == "We wait."

    def test_the_parking_lot_takes_them_too(self, maya, running):
        lot = running.points.get(kind="parking")

        assert note(maya, lot, "Parking at the site").status_code == 200
        assert self.text(lot) == "Parking at the site"


class TestHolding:
    def test_goes_from_planned_to_running_to_ended_and_no_other_way(self, maya, meeting):
        turn(maya, meeting, "end")
        meeting.refresh_from_db()
        assert meeting.state == "planned"

        turn(maya, meeting, "start")
        assert "has begun already" in turn(maya, meeting, "cancel").text
        turn(maya, meeting, "start")
        turn(maya, meeting, "end")
        assert "is over" in turn(maya, meeting, "end").text

        kinds = (
            Event.objects.filter(kind__startswith="meeting.")
            .order_by("number")
            .values_list("kind", flat=True)
        )
        assert list(kinds) == ["meeting.planned", "meeting.started", "meeting.ended"]

    def test_is_called_off(self, maya, cem, meeting):
        turn(maya, meeting, "cancel")

        assert "Called off" in page(cem, meeting)
        assert turn(maya, meeting, "nonsense").status_code == 404

    def test_a_point_is_ticked_by_either_side(self, maya, cem, running, engagement):
        point = point_of(running)
        address = url(engagement, "agenda-tick", point.pk)

        html = cem.post(address, {"done": "1"}, headers={"HX-Request": "true"}).text
        assert "Not done after all" in html
        cem.post(address, {"done": "1"})
        assert Event.objects.filter(kind="agenda.ticked").count() == 1
        maya.post(address, {"done": "0"})

        assert point_of(running).done_at is None

    def test_the_database_refuses_an_end_before_a_beginning(self, meeting):
        now = datetime.now(UTC)
        with pytest.raises(IntegrityError, match="ends_after_it_started"), transaction.atomic():
            Meeting.objects.filter(pk=meeting.pk).update(ended_at=now, ended_event=3)
        with pytest.raises(IntegrityError, match="starts_with_an_event"), transaction.atomic():
            Meeting.objects.filter(pk=meeting.pk).update(started_at=now)


class TestReceipt:
    @pytest.fixture
    def held(self, maya, cem, running, engagement, consultant):
        """Give a meeting that was held: one answered, one changed, one decided, one left open, one unknown."""
        save(cem, engagement, KEY, "We want fewer missed strokes", settle="1")
        save(maya, engagement, "problem-statement", "A new wording", base="1", settle="1")
        save(maya, engagement, INTERNAL, "123456")
        do(
            maya,
            engagement,
            "unknown",
            key="data-volume",
            finder=member(engagement, consultant),
            find_by="2026-12-04",
        )
        note(maya, point_of(running), "Agreed at once.")
        maya.post(url(engagement, "agenda-tick", point_of(running).pk), {"done": "1"})
        turn(maya, running, "end")
        running.refresh_from_db()
        return running

    @pytest.fixture(autouse=True)
    def _before(self, maya, engagement):
        save(maya, engagement, "problem-statement", "The first wording", settle="1")

    def of(self, held, side):
        view = Viewpoint(held.engagement.questionnaire, side)
        view.questionnaire.engagement = held.engagement
        return receipts.receipt(view, held)

    def test_tells_what_came_of_it(self, held):
        found = self.of(held, Side.CLIENT)

        assert [(line.words, line.by) for line in found.answered] == [
            ("We want fewer missed strokes", "Cem Kaya")
        ]
        assert [line.words for line in found.changed] == ["A new wording"]
        open_places = [line.place for line in found.left_open]
        assert any("Background" in place for place in open_places)
        assert any("Data volume" in place for place in open_places)
        assert not any("Opening request" in place for place in open_places)
        assert [point.note for point in found.points if point.done] == ["Agreed at once."]

    def test_names_nothing_internal_to_the_client_side(self, held):
        ours, theirs = self.of(held, Side.FIRM), self.of(held, Side.CLIENT)

        assert any("123456" in line.words.replace(",", "") for line in ours.answered)
        assert "123" not in str(theirs)
        assert len(ours.answered) == len(theirs.answered) + 1

    def test_tells_nothing_from_before_or_after(self, held, maya, engagement):
        save(maya, engagement, "background", "Afterwards", settle="1")

        found = self.of(held, Side.FIRM)

        assert "Afterwards" not in str(found)
        assert "The first wording" not in str(found)

    def test_keeps_what_was_said_then(self, held, maya, engagement):
        save(maya, engagement, KEY, "Something else by now", base="1", settle="1")

        assert self.of(held, Side.FIRM).answered[0].words == "We want fewer missed strokes"

    def test_goes_to_everybody_who_came_as_their_side_may_know_it(self, held, consultant, contributor):
        mails = {mail.user: mail for mail in Mail.objects.filter(kind="receipt")}

        assert set(mails) == {consultant, contributor}
        assert "We want fewer missed strokes" in mails[contributor].text
        assert "Agreed at once." in mails[contributor].html
        assert "123" in mails[consultant].text.replace(",", "")
        assert "Engagement budget" not in mails[contributor].text

    def test_is_the_page_of_the_meeting(self, held, maya, cem):
        for browser in (maya, cem):
            html = page(browser, held)
            assert "Answered" in html
            assert "Left open" in html
            assert "Agreed at once." in html
        assert "123" in page(maya, held)
        assert "123,456" not in page(cem, held)

    def test_of_an_empty_meeting_says_so(self, maya, consultant, engagement):
        plan(maya, engagement, firm=[consultant])
        meeting = Meeting.objects.get()
        turn(maya, meeting, "start")

        assert "Nothing was answered" in turn(maya, meeting, "end").text

    def test_a_decision_is_told(self, maya, cem, running, engagement):
        save(maya, engagement, KEY, "We want a model", settle="1")
        save(cem, engagement, KEY, "They want a rule book", settle="1")
        conflict = Conflict.objects.get(outcome="")
        maya.post(
            url(engagement, "conflict-decide", conflict.pk), {"outcome": "mine", "version": "1", "saves": "1"}
        )
        turn(maya, running, "end")
        running.refresh_from_db()

        (line,) = self.of(running, Side.CLIENT).decided
        assert (line.words, line.by) == ("decided between two answers", "Carla Conti")


class TestCosts:
    def test_a_meeting_takes_the_same_with_many_points(self, maya, contributor, engagement, desk, consultant):
        give(maya, engagement, contributor)
        plan(maya, engagement, client=[contributor])
        first = Meeting.objects.get()
        maya.get(url(engagement, "meeting", first.pk))
        with Statements() as before:
            maya.get(url(engagement, "meeting", first.pk))
        for item in desk(consultant).framework.step("data").items[:10]:
            if entry_of(engagement, item.key).shown:
                give(maya, engagement, contributor, item.key)
        plan(maya, engagement, client=[contributor])
        second = Meeting.objects.latest("id")
        with Statements() as after:
            maya.get(url(engagement, "meeting", second.pk))

        assert after.count == before.count, after.told

    def test_the_list_takes_the_same_with_many_meetings(self, maya, consultant, engagement):
        plan(maya, engagement, firm=[consultant])
        maya.get(url(engagement, "meetings"))
        with Statements() as before:
            maya.get(url(engagement, "meetings"))
        for _more in range(4):
            plan(maya, engagement, firm=[consultant])
        with Statements() as after:
            maya.get(url(engagement, "meetings"))

        assert after.count == before.count, after.told

    def test_a_note_takes_twelve_statements(self, maya, running):
        point = point_of(running)
        note(maya, point, "One")
        with Statements() as sent:
            note(maya, point, "One two", base="1")

        assert sent.count <= 12, sent.told


def test_meetings_to_come_are_in_order(maya, consultant, engagement):
    for day in ("2026-12-09", "2026-12-02"):
        plan(maya, engagement, firm=[consultant], day=day)

    found = Meeting.objects.to_come()

    assert [meeting.starts_at.day for meeting in found] == [2, 9]
    assert actions.people_of(found[0])[0].user == consultant
    assert found[0].starts_at + timedelta(days=7) == found[1].starts_at
