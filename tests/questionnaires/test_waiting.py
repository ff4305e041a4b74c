"""Who holds what, since when: the ledger, handing over, reminding, holidays."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from engagements.actions import engagements, people, threads
from engagements.models import Event, Mail
from questionnaires import reminders, waiting
from questionnaires.actions import answers, clashes, requests, rows, signing
from questionnaires.calendar import Calendar
from questionnaires.models import Nudge
from questionnaires.places import Base, Place, subject_of
from tests.people import make_engagement
from tests.questionnaires.advice import KEY as ADVISED
from tests.questionnaires.advice import offer, prepare, react
from tests.questionnaires.saves import entry_of, save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_entries import do

KEY = "opening-request"
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 10, tzinfo=BERLIN)


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def page(browser, engagement):
    response = browser.get(reverse("questionnaires:waiting", args=[engagement.pk]))
    assert response.status_code == 200
    return response.text


def columns(html):
    """Return the page's two columns: what is with the client, what is with the firm."""
    client, firm = re.findall(r'<section class="ruled".*?</section>', html, re.DOTALL)
    return client, firm


def give(browser, engagement, person, key=KEY, **more):
    member = engagement.memberships.get(user=person)
    assert do(browser, engagement, "assign", key=key, to=member.pk, **more).status_code == 200


def remind(browser, engagement, thing=f"item:{KEY}"):
    return browser.post(reverse("questionnaires:nudge", args=[engagement.pk]), {"thing": thing}, follow=True)


class TestLedger:
    def test_each_thing_stands_with_the_side_that_holds_it(
        self, maya, cem, contributor, consultant, engagement
    ):
        give(maya, engagement, contributor)
        give(maya, engagement, consultant, "background")

        for browser in (maya, cem):
            with_client, with_firm = columns(page(browser, engagement))
            assert "Opening request" in with_client
            assert "Cem Kaya" in with_client
            assert "Carla Conti" in with_firm
            assert "Opening request" not in with_firm

    def test_what_nobody_was_asked_is_only_counted(self, maya, engagement):
        with_client, _with_firm = columns(page(maya, engagement))

        assert "<li" not in with_client
        assert re.search(r"\d+ more questions are put to this side", with_client)

    def test_the_clients_page_says_the_same_but_for_what_is_internal(
        self, maya, cem, consultant, contributor, engagement
    ):
        give(maya, engagement, contributor)
        give(maya, engagement, consultant, "engagement-budget")

        ours, theirs = page(maya, engagement), page(cem, engagement)

        ids = lambda html: set(re.findall(r'id="thing-([^"]+)"', html))  # noqa: E731
        assert ids(ours) - ids(theirs) == {"itemengagement-budget"}
        assert "udget" not in columns(theirs)[1]

    def test_never_says_late(self, maya, contributor, engagement):
        give(maya, engagement, contributor, due="2020-01-02")

        for column in columns(page(maya, engagement)):
            assert not re.search(r"\b(late|overdue|failed)\b", column, re.IGNORECASE)

    def test_days_are_working_days_without_holidays(
        self, maya, project_manager, client_for, contributor, engagement, clock
    ):
        give(maya, engagement, contributor)
        clock.move_to(MONDAY + timedelta(days=10))
        assert "8 days" in columns(page(maya, engagement))[0]

        manager = client_for(project_manager)
        manager.post(
            reverse("questionnaires:holidays", args=[engagement.pk]),
            {"first": "2026-12-01", "last": "2026-12-02"},
        )

        assert "6 days" in columns(page(maya, engagement))[0]

    def test_an_unknown_is_with_who_finds_out(self, maya, contributor, engagement):
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "unknown", finder=member.pk, find_by="2026-12-04")

        with_client, _with_firm = columns(page(maya, engagement))

        assert "Not known yet" in with_client
        assert "Cem Kaya" in with_client

    def test_two_answers_are_listed_as_that(self, maya, cem, engagement):
        save(maya, engagement, KEY, "We want a model", settle="1")
        save(cem, engagement, KEY, "They want a rule book", settle="1")

        assert "Conflict" in "".join(columns(page(maya, engagement)))

    def test_a_missing_signature_waits_once_it_can_be_given(self, maya, desk, consultant, engagement):
        gate = desk(consultant).framework.gates[0]
        assert "signature as" not in page(maya, engagement)

        for key in gate.covers:
            if desk(consultant).framework.has_item(key) and key != gate.item_key:
                do(maya, engagement, "not-applicable", key=key, reason="out-of-scope")

        html = page(maya, engagement)
        for function in gate.functions:
            assert f'id="thing-sign{gate.key}{function}"' in html

    def test_what_is_settled_leaves(self, maya, cem, contributor, engagement):
        give(maya, engagement, contributor)
        save(cem, engagement, KEY, "An answer", settle="1")

        assert "thing-itemopening-request" not in page(maya, engagement)

    def test_takes_the_same_with_many(self, maya, consultant, contributor, engagement, desk):
        url = reverse("questionnaires:waiting", args=[engagement.pk])
        give(maya, engagement, contributor)
        maya.get(url)
        with Statements() as before:
            maya.get(url)
        for item in desk(consultant).framework.step("data").items[:15]:
            if entry_of(engagement, item.key).shown and not item.internal:
                give(maya, engagement, contributor, item.key)
        with Statements() as after:
            maya.get(url)

        assert after.count == before.count, after.told
        assert after.count <= 19, after.told


class TestOtherRecords:
    def kinds(self, engagement, person, desk):
        found = waiting.things(desk(person).view, datetime.now(UTC))
        return {thing.key: thing for thing in found}

    def test_an_offer_is_with_the_client_until_they_ask_something(
        self, maya, cem, consultant, contributor, engagement, desk
    ):
        prepare(maya, engagement)
        assert f"decide:{ADVISED}" not in self.kinds(engagement, consultant, desk)

        offer(maya, engagement)
        found = self.kinds(engagement, contributor, desk)[f"decide:{ADVISED}"]
        assert (found.kind, found.side) == ("decision", "client")

        react(cem, engagement, "question", words="What does it cost?")
        assert self.kinds(engagement, contributor, desk)[f"decide:{ADVISED}"].side == "firm"

    def test_a_request_is_with_the_firm_until_it_is_answered(self, contributor, consultant, engagement, desk):
        request = requests.record(
            desk=desk(contributor),
            author=desk(contributor).membership,
            title="A weekly call",
            need="To hear more",
        )
        thing = self.kinds(engagement, consultant, desk)[f"request:{request.number}"]
        assert (thing.side, thing.title) == ("firm", "A weekly call")

        requests.close(desk=desk(consultant), request=request, state="taken", words="Tuesdays")

        assert f"request:{request.number}" not in self.kinds(engagement, consultant, desk)

    def test_a_conflict_between_requests_moves_over_with_our_advice(
        self, contributor, consultant, engagement, desk
    ):
        author = desk(contributor)
        both = [
            requests.record(desk=author, author=author.membership, title=title, need="So that nurses act")
            for title in ("An alarm at once", "No alarm at night")
        ]
        clash = clashes.raise_clash(
            desk=desk(consultant),
            title="When to alarm",
            says="Both cannot be had",
            parts=[clashes.Part(request=request) for request in both],
        )
        key = f"clash:{clash.number}"
        assert self.kinds(engagement, consultant, desk)[key].side == "firm"

        advice = clashes.Advice(options="One, the other", we_recommend="The first", offered=True)
        clashes.advise(desk=desk(consultant), clash=clash, advice=advice)

        assert self.kinds(engagement, contributor, desk)[key].side == "client"

    def test_a_request_in_an_open_conflict_waits_there_and_not_twice(
        self, contributor, project_manager, engagement, desk
    ):
        author, us = desk(contributor), desk(project_manager)
        one, other = (
            requests.record(desk=author, author=author.membership, title=title, need="So that nurses act")
            for title in ("An alarm at once", "No alarm at night")
        )
        clash = clashes.raise_clash(
            desk=us,
            title="When to alarm",
            says="Both cannot be had",
            parts=[clashes.Part(request=request) for request in (one, other)],
        )
        assert {"request:1", "request:2"}.isdisjoint(self.kinds(engagement, project_manager, desk))

        clashes.settle(
            desk=us,
            clash=clash,
            outcome="At once by day",
            reason="Nobody is there at night",
            decided_by=us.membership,
            came={1: "partly", 2: "open"},
        )

        waiting = self.kinds(engagement, project_manager, desk)
        assert "request:1" not in waiting
        assert "request:2" in waiting

    def test_a_thread_is_with_whom_it_was_given_to(self, contributor, consultant, reviewer, engagement, desk):
        us = desk(consultant)
        subject = subject_of(us.framework, KEY)
        for firm_only, person in ((False, contributor), (True, consultant)):
            comment = threads.open_thread(
                membership=us.membership,
                subject=subject,
                text="Who knows?",
                key=uuid.uuid4(),
                firm_only=firm_only,
            )
            member = engagement.memberships.get(user=person)
            threads.assign_thread(membership=us.membership, thread=comment.thread, to=member, subject=subject)

        ours = {key for key in self.kinds(engagement, consultant, desk) if key.startswith("thread:")}
        theirs = {key for key in self.kinds(engagement, contributor, desk) if key.startswith("thread:")}

        assert (len(ours), len(theirs)) == (2, 1)

    def test_an_access_waits_until_it_is_granted(self, contributor, consultant, engagement, desk):
        member = engagement.memberships.get(user=contributor)
        (row,) = rows.add_rows(
            desk=desk(consultant),
            entry=entry_of(engagement, "access-routes"),
            rows=[{"dataset": "ED triage feed", "approver": member.pk}],
        )
        thing = self.kinds(engagement, consultant, desk)[f"access:{row.pk}"]
        assert (thing.title, thing.side, thing.people[0].user) == (
            "Access to ED triage feed",
            "client",
            contributor,
        )

        place = Place("access-routes", row_id=row.pk, column="granted")
        answers.save(desk=desk(consultant), place=place, raw="2026-11-20", base=Base(0), key=uuid.uuid4())

        assert f"access:{row.pk}" not in self.kinds(engagement, consultant, desk)

    def test_a_signature_waits_once_somebody_was_asked(self, sponsor, consultant, engagement, desk):
        assert "sign:need-understood:sponsor" not in self.kinds(engagement, consultant, desk)

        signing.ask(desk=desk(consultant), entry=entry_of(engagement, "need-sign-off"), function="sponsor")

        thing = self.kinds(engagement, consultant, desk)["sign:need-understood:sponsor"]
        assert [person.user for person in thing.people] == [sponsor]


class TestHandingOver:
    def hand(self, browser, engagement, person, key=KEY, **more):
        member = engagement.memberships.get(user=person)
        url = reverse("questionnaires:hand-over", args=[engagement.pk, key])
        return browser.post(url, {"to": member.pk, **more}, headers={"HX-Request": "true"})

    def test_moves_it_and_keeps_the_note(self, maya, cem, contributor, consultant, engagement):
        give(maya, engagement, contributor)

        response = self.hand(cem, engagement, consultant, words="You know this better", due="2026-12-04")

        assert response.status_code == 302
        entry = entry_of(engagement, KEY)
        assert (entry.owner.user, entry.held_by, entry.due_date) == (consultant, "firm", date(2026, 12, 4))
        assert Event.objects.get(engagement=engagement, kind="entry.handed-over").data["words"] == (
            "You know this better"
        )

    def test_of_an_unknown_moves_who_finds_out(self, maya, consultant, contributor, engagement):
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "unknown", finder=member.pk, find_by="2026-12-04")

        self.hand(maya, engagement, consultant, due="2026-12-11")

        entry = entry_of(engagement, KEY)
        assert (entry.state, entry.finder.user, entry.find_by) == ("unknown", consultant, date(2026, 12, 11))

    def test_of_something_settled_is_refused_in_words(self, maya, contributor, engagement):
        save(maya, engagement, KEY, "An answer", settle="1")

        response = self.hand(maya, engagement, contributor)

        assert response.status_code == 422
        assert "settled meanwhile" in response.text

    def test_an_internal_item_stays_with_the_firm(self, maya, contributor, engagement):
        assert self.hand(maya, engagement, contributor, "engagement-budget").status_code == 422

    def test_readers_may_not(self, reviewer, observer, consultant, engagement, client_for):
        for person in (reviewer, observer):
            assert self.hand(client_for(person), engagement, consultant).status_code == 403


class TestReminding:
    def test_is_recorded_and_goes_out_as_one_mail(self, maya, contributor, consultant, engagement, clock):
        give(maya, engagement, contributor)
        give(maya, engagement, contributor, "background")

        html = remind(maya, engagement).text
        clock.shift(timedelta(minutes=4))
        remind(maya, engagement, "item:background")

        assert "Cem will get a mail at 10:10" in html
        assert Event.objects.filter(engagement=engagement, kind="nudged").count() == 2
        first = Nudge.objects.earliest("id")
        reminders.send(first.pk)
        assert not Mail.objects.filter(kind="nudge").exists()  # it gathers until its time

        clock.shift(timedelta(minutes=7))
        reminders.send(first.pk)

        mail = Mail.objects.get(kind="nudge")
        assert mail.to == contributor.email
        assert "Opening request" in mail.text
        assert "Background" in mail.text
        assert "Carla Conti" in mail.text
        assert list(Nudge.objects.values_list("mail", flat=True)) == [mail.pk, mail.pk]

    def test_a_second_mail_waits_for_the_next_working_day(self, maya, contributor, engagement, clock):
        clock.move_to(datetime(2026, 11, 20, 10, tzinfo=BERLIN))  # a Friday
        give(maya, engagement, contributor)
        give(maya, engagement, contributor, "background")
        remind(maya, engagement)
        clock.shift(timedelta(minutes=20))
        reminders.send(Nudge.objects.earliest("id").pk)

        remind(maya, engagement, "item:background")

        assert Nudge.objects.latest("id").send_after == datetime(2026, 11, 23, 8, tzinfo=BERLIN)

    def test_once_for_a_thing_in_three_working_days(self, maya, cem, contributor, engagement, clock):
        give(maya, engagement, contributor)
        remind(maya, engagement)

        clock.move_to(MONDAY + timedelta(days=2))
        html = remind(maya, engagement).text

        assert "possible from Thu 26 Nov" in html
        assert "reminded Mon 23 Nov, again from Thu 26 Nov" in html
        assert Nudge.objects.count() == 1
        clock.move_to(MONDAY + timedelta(days=3))
        assert "again from" not in page(maya, engagement)
        remind(maya, engagement)
        assert Nudge.objects.count() == 2

    def test_what_was_answered_meanwhile_is_let_go(self, maya, cem, contributor, engagement, clock):
        give(maya, engagement, contributor)
        remind(maya, engagement)
        save(cem, engagement, KEY, "An answer", settle="1")
        clock.shift(timedelta(minutes=20))

        reminders.send(Nudge.objects.get().pk)

        assert not Mail.objects.filter(kind="nudge").exists()
        assert Nudge.objects.get().done_at is not None

    def test_what_went_to_somebody_else_is_let_go(self, maya, contributor, consultant, engagement, clock):
        give(maya, engagement, contributor)
        remind(maya, engagement)
        give(maya, engagement, consultant)
        clock.shift(timedelta(minutes=20))

        reminders.send(Nudge.objects.get().pk)

        assert not Mail.objects.filter(kind="nudge").exists()

    def test_one_mail_for_all_engagements_of_a_person(
        self, world, maya, consultant, project_manager, client_for, clock
    ):
        other = make_engagement(
            client=world.client, manager=project_manager, version=world.version, name="Second"
        )
        people.join(engagement=other, user=consultant, role="consultant", by=project_manager)
        petra = client_for(project_manager)
        for engagement in (world.engagement, other):
            give(petra, engagement, consultant)
            remind(petra, engagement)
        clock.shift(timedelta(minutes=20))

        for nudge in Nudge.objects.all():
            reminders.send(nudge.pk)

        mail = Mail.objects.get(kind="nudge")
        assert "2 things are waiting for you" in mail.subject
        assert "Second" in mail.text

    def test_the_client_side_reminds_us_as_well(self, cem, maya, consultant, engagement, clock):
        give(maya, engagement, consultant)

        remind(cem, engagement)

        assert Nudge.objects.get().to.user == consultant

    def test_nobody_reminds_themselves(self, cem, maya, contributor, engagement):
        give(maya, engagement, contributor)

        assert ">Remind<" not in page(cem, engagement)
        assert "Nobody else holds this" in remind(cem, engagement).text
        assert not Nudge.objects.exists()

    def test_the_client_side_cannot_remind_of_what_it_does_not_see(self, cem, maya, consultant, engagement):
        give(maya, engagement, consultant, "engagement-budget")

        assert "settled meanwhile" in remind(cem, engagement, "item:engagement-budget").text
        assert not Nudge.objects.exists()

    def test_of_an_internal_item_is_not_told_to_the_client_side(self, maya, project_manager, engagement):
        give(maya, engagement, project_manager, "engagement-budget")

        remind(maya, engagement, "item:engagement-budget")

        assert Event.objects.get(engagement=engagement, kind="nudged").firm_only

    def test_readers_may_not(self, reviewer, observer, engagement, client_for):
        for person in (reviewer, observer):
            assert remind(client_for(person), engagement).status_code == 403


class TestMailTime:
    PLAIN = Calendar(BERLIN, frozenset({date(2026, 12, 25)}))

    @pytest.mark.parametrize(
        ("now", "last", "sent"),
        [
            ((2026, 11, 23, 10, 0), None, (2026, 11, 23, 10, 10)),
            ((2026, 11, 23, 6, 0), None, (2026, 11, 23, 8, 0)),
            ((2026, 11, 23, 17, 55), None, (2026, 11, 24, 8, 0)),
            ((2026, 11, 23, 23, 55), None, (2026, 11, 24, 8, 0)),
            ((2026, 11, 21, 10, 0), None, (2026, 11, 23, 8, 0)),
            ((2026, 12, 24, 17, 58), None, (2026, 12, 28, 8, 0)),
            ((2026, 12, 25, 9, 0), None, (2026, 12, 28, 8, 0)),
            ((2026, 11, 23, 10, 0), (2026, 11, 23), (2026, 11, 24, 8, 0)),
            ((2026, 11, 23, 10, 0), (2026, 11, 20), (2026, 11, 23, 10, 10)),
            ((2026, 11, 20, 19, 0), (2026, 11, 20), (2026, 11, 23, 8, 0)),
        ],
    )
    def test_is_in_working_hours_and_once_a_day(self, now, last, sent):
        found = waiting.mail_time(self.PLAIN, datetime(*now, tzinfo=BERLIN), date(*last) if last else None)

        assert found == datetime(*sent, tzinfo=BERLIN)

    def test_stays_at_eight_when_clocks_change(self):
        found = waiting.mail_time(self.PLAIN, datetime(2026, 3, 27, 20, tzinfo=BERLIN), None)

        assert found == datetime(2026, 3, 30, 8, tzinfo=BERLIN)
        assert found.astimezone(UTC).hour == 6


class TestHolidays:
    def test_a_row_of_days_is_added_and_taken_away_whole(self, project_manager, engagement, client_for):
        browser = client_for(project_manager)
        url = reverse("questionnaires:holidays", args=[engagement.pk])

        browser.post(url, {"first": "2026-12-24", "last": "2026-12-28"})
        browser.post(url, {"first": "2027-01-01"})

        assert "Thu 24 Dec – Mon 28 Dec" in browser.get(url).text
        browser.post(url, {"remove": "2026-12-24"})
        engagement.refresh_from_db()
        assert engagement.holidays == [date(2027, 1, 1)]
        kinds = Event.objects.filter(engagement=engagement, kind="engagement.holidays-changed")
        assert kinds.count() == 3

    @pytest.mark.parametrize(
        "days", [("2026-12-24", "2026-12-01"), ("2026-01-01", "2026-12-31"), ("", ""), ("soon", "")]
    )
    def test_nonsense_is_refused(self, days, project_manager, engagement, client_for):
        first, last = days
        url = reverse("questionnaires:holidays", args=[engagement.pk])

        assert client_for(project_manager).post(url, {"first": first, "last": last}).status_code == 422

    def test_only_a_project_manager_changes_them(self, maya, cem, engagement):
        url = reverse("questionnaires:holidays", args=[engagement.pk])
        for browser in (maya, cem):
            assert browser.post(url, {"first": "2026-12-24"}).status_code == 403
            assert browser.get(url).status_code == 200

    def test_entries_made_at_once_add_up(self, project_manager, engagement):
        stale = type(engagement).objects.get(pk=engagement.pk)
        engagements.change_holidays(engagement=engagement, by=project_manager, add=[date(2026, 12, 24)])
        engagements.change_holidays(engagement=stale, by=project_manager, add=[date(2026, 12, 25)])

        engagement.refresh_from_db()
        assert engagement.holidays == [date(2026, 12, 24), date(2026, 12, 25)]


def test_things_count_the_same_for_pages_and_actions(maya, consultant, contributor, engagement, desk):
    give(maya, engagement, contributor)
    (thing,) = waiting.things(desk(consultant).view, datetime.now(UTC))

    assert (thing.key, thing.kind, thing.side) == (f"item:{KEY}", "question", "client")
    assert thing.people[0].user == contributor
    assert [item.key for item in thing.unblocks] == [
        item.key for item in desk(consultant).framework.dependents(KEY)
    ]
