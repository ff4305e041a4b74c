"""Reports that are written by themselves: on time by the engagement's clock, once, and with what follows."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from engagements.models import Event, InboxItem, Mail, Membership
from reports.actions import editing, scheduling, writing
from reports.content.edits import Edits
from reports.models import Report, Schedule
from tests.questionnaires.saves import save
from tests.reports.lives import finished, go_on

FRIDAY = date(2026, 11, 27)
THREE = time(15)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.fixture
def manager(project_manager, client_for):
    return client_for(project_manager)


@pytest.fixture
def planned(desk, project_manager, engagement, manager):
    """Give `planned(**more)`: a plan of status reports every second Friday at three, made on a Monday."""
    go_on(manager, engagement, 0)
    of_pm = desk(project_manager)

    def make(**more):
        fields = {"kind": "status-report", "edition": "client", "every": 2, "first_on": FRIDAY, "at": THREE}
        return scheduling.plan(
            engagement=of_pm.engagement,
            questionnaire=of_pm.questionnaire,
            by=project_manager,
            now=utc(2026, 11, 23, 9),
            **fields | {"then": "review"} | more,
        )

    return make


class TestMoments:
    @pytest.mark.parametrize(
        ("day", "at"),
        [
            (FRIDAY, THREE),
            (date(2027, 3, 28), time(2, 30)),  # left out
            (date(2026, 10, 25), time(2, 30)),  # shown twice
            (date(2026, 10, 25), time(3)),
            (date(2027, 7, 2), THREE),
        ],
    )
    @pytest.mark.parametrize(
        "zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]
    )
    def test_are_the_same_here_and_in_the_database(self, engagement, day, at, zone):
        engagement.time_zone = zone
        with connection.cursor() as cursor:
            cursor.execute("SELECT (%s + %s) AT TIME ZONE %s", [day, at, zone])
            (worked_out,) = cursor.fetchone()

        assert scheduling.moment(engagement, day, at) == worked_out

    def test_three_stays_three_when_the_clocks_change(self, planned, engagement):
        schedule = planned(first_on=date(2027, 3, 19), every=2)

        before = scheduling.moment(engagement, schedule.next_on, schedule.at)
        after = scheduling.moment(engagement, schedule.next_on + timedelta(weeks=2), schedule.at)

        assert (before.hour, after.hour) == (14, 13)


class TestOnTime:
    def test_nothing_is_written_before(self, planned):
        schedule = planned()

        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 11, 27, 13, 59)) is None
        assert Report.objects.count() == 0

    def test_one_is_written_and_the_next_day_noted(self, planned, project_manager):
        schedule = planned()

        report = scheduling.write_as_planned(schedule.pk, now=utc(2026, 11, 27, 14, 0, 1))

        schedule.refresh_from_db()
        assert (report.due_on, report.then, report.requested_by) == (FRIDAY, "review", project_manager)
        assert (schedule.next_on, schedule.attempts, schedule.lease_until) == (date(2026, 12, 11), 0, None)
        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 11, 27, 14, 1)) is None

    def test_what_was_missed_is_written_once(self, planned, manager, engagement):
        schedule = planned(every=1)

        scheduling.write_as_planned(schedule.pk, now=utc(2026, 12, 21, 9))

        schedule.refresh_from_db()
        assert schedule.next_on == date(2026, 12, 25)
        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 12, 21, 10)) is None
        assert Report.objects.count() == 1

    def test_follows_the_engagement_to_another_zone(self, planned, engagement):
        schedule = planned()
        type(engagement).objects.filter(pk=engagement.pk).update(time_zone="America/New_York")

        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 11, 27, 19, 59)) is None
        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 11, 27, 20)) is not None

    def test_the_lookout_finds_what_is_due(self, planned):
        schedule = planned()
        other = planned(kind="risk-register", first_on=date(2099, 1, 2))
        Schedule.objects.filter(pk=schedule.pk).update(next_on=date(2020, 1, 3))

        with connection.cursor() as cursor:
            cursor.execute(scheduling.PLANS.due)
            found = [row[0] for row in cursor.fetchall()]

        assert schedule.pk in found
        assert other.pk not in found

    def test_a_worker_that_died_is_followed_by_another_that_writes_no_second_one(self, planned, monkeypatch):
        schedule, now = planned(), utc(2026, 11, 27, 14, 5)
        first = writing.create

        class Died(Exception):
            pass

        def die(**more):
            first(**more)
            raise Died

        with monkeypatch.context() as patched:
            patched.setattr(writing, "create", die)
            with pytest.raises(Died):
                scheduling.write_as_planned(schedule.pk, now=now)
        assert scheduling.write_as_planned(schedule.pk, now=now + timedelta(seconds=30)) is None

        scheduling.write_as_planned(schedule.pk, now=now + timedelta(minutes=3))

        assert Report.objects.count() == 1
        schedule.refresh_from_db()
        assert schedule.next_on == date(2026, 12, 11)

    def test_a_plan_that_ended_writes_nothing(self, planned, manager, engagement):
        schedule = planned()
        manager.post(reverse("reports:plan-end", args=[engagement.pk, schedule.pk]))

        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 12, 27, 14)) is None

    def test_neither_does_one_of_a_closed_engagement(self, planned, engagement):
        schedule = planned()
        type(engagement).objects.filter(pk=engagement.pk).update(status="closed")

        assert scheduling.write_as_planned(schedule.pk, now=utc(2026, 12, 27, 14)) is None


class TestThen:
    def written(self, schedule):
        return finished(scheduling.write_as_planned(schedule.pk, now=timezone.now()))

    def due(self, planned, **more):
        schedule = planned(**more)
        Schedule.objects.filter(pk=schedule.pk).update(next_on=date(2020, 1, 3))
        return schedule

    def test_it_is_given_to_be_read(self, planned, project_manager, consultant):
        report = self.written(self.due(planned))

        with connection.cursor() as cursor:
            cursor.execute(scheduling.FOLLOW_UPS.due)
            assert [row[0] for row in cursor.fetchall()] == [report.pk]
        scheduling.follow_up(report.pk)
        scheduling.follow_up(report.pk)

        report.refresh_from_db()
        assert (report.stage, report.then) == ("review", "")
        told = InboxItem.objects.filter(kind="review").values_list("user_id", flat=True)
        assert sorted(told) == sorted([project_manager.pk, consultant.pk])

    def test_it_stays_a_draft(self, planned):
        report = self.written(self.due(planned, then=""))

        assert (report.stage, report.then) == ("draft", "")

    def test_it_is_released_straight_away(self, planned, sponsor):
        report = self.written(self.due(planned, then="release"))

        scheduling.follow_up(report.pk)

        report.refresh_from_db()
        assert (report.stage, report.then) == ("released", "")
        assert InboxItem.objects.filter(user=sponsor, kind="report").exists()

    def test_one_that_cannot_be_released_is_read_by_us_first(
        self, planned, manager, engagement, sponsor, project_manager
    ):
        schedule = self.due(planned, then="release")
        report = self.written(schedule)
        save(manager, engagement, "background", report.snapshot["sections"][0]["lede"] or "x", part="note")
        manager.post(reverse("reports:comment", args=[engagement.pk, report.pk]), {"text": "Not yet"})

        scheduling.follow_up(report.pk)

        report.refresh_from_db()
        assert (report.stage, report.then) == ("review", "")
        event = Event.objects.get(kind="report.kept-back")
        assert "open" in event.data["why"]
        assert InboxItem.objects.filter(user=project_manager, event=event.number).exists()
        assert not InboxItem.objects.filter(user=sponsor).exists()

    def test_whoever_was_chosen_gets_it_by_mail_and_nobody_two(
        self, planned, engagement, sponsor, contributor, consultant
    ):
        chosen = engagement.memberships.filter(user__in=[sponsor, consultant])
        report = self.written(self.due(planned, then="release", people=list(chosen), with_file=True))
        Mail.objects.all().delete()

        scheduling.follow_up(report.pk)

        mails = {mail.to: (mail.kind, mail.attachment) for mail in Mail.objects.all()}
        assert mails == {
            sponsor.email: ("sent-report", report.storage_name),
            consultant.email: ("sent-report", report.storage_name),
            **{
                member.user.email: ("report", "")
                for member in engagement.memberships.exclude(user=sponsor)
                if member.side == "client"
            },
        }
        assert InboxItem.objects.filter(user=sponsor, kind="report").exists()
        assert Event.objects.filter(kind="report.mailed").count() == 1

    def test_it_is_mailed_when_somebody_releases_it_by_hand_and_to_nobody_who_left(
        self, planned, manager, engagement, sponsor, contributor
    ):
        chosen = engagement.memberships.filter(user__in=[sponsor, contributor])
        report = self.written(self.due(planned, people=list(chosen)))
        scheduling.follow_up(report.pk)
        chosen.filter(user=contributor).update(ended_at=timezone.now())
        page = manager.get(reverse("reports:release", args=[engagement.pk, report.pk])).text
        assert f"as a link, to {sponsor.display_name}." in page

        manager.post(reverse("reports:release", args=[engagement.pk, report.pk]))

        assert [mail.to for mail in Mail.objects.filter(kind="sent-report")] == [sponsor.email]

    def test_a_draft_that_says_the_same_goes_the_way_of_the_plan(self, planned, desk, project_manager):
        draft, _new = writing.write_report(desk=desk(project_manager), kind="status-report", edition="client")
        schedule = self.due(planned, then="release")

        report = self.written(schedule)
        scheduling.follow_up(report.pk)

        report.refresh_from_db()
        schedule.refresh_from_db()
        assert (report.pk, report.stage, schedule.outcome) == (draft.pk, "released", "")

    def test_a_draft_that_people_work_on_stays_theirs(self, planned, desk, project_manager):
        draft, _new = writing.write_report(desk=desk(project_manager), kind="status-report", edition="client")
        editing.edit(report=draft, edits=Edits("Before all"), seen=0, by=project_manager)
        schedule = self.due(planned, then="release")

        self.written(schedule)

        draft.refresh_from_db()
        schedule.refresh_from_db()
        assert draft.then == ""
        assert schedule.outcome == f"Nothing had changed since {draft.name}."

    def test_we_are_told_of_one_that_could_not_be_made_once(self, planned, project_manager, sponsor):
        report = scheduling.write_as_planned(self.due(planned).pk, now=timezone.now())
        Report.objects.filter(pk=report.pk).update(state="failed", error="The disk is full.")
        with connection.cursor() as cursor:
            cursor.execute(scheduling.FOLLOW_UPS.due)
            assert [row[0] for row in cursor.fetchall()] == [report.pk]

        for _ring in range(2):
            scheduling.follow_up(report.pk)

        event = Event.objects.get(kind="report.not-made")
        assert event.firm_only
        told = InboxItem.objects.get(user=project_manager, event=event.number)
        assert told.words == "The disk is full."
        assert not InboxItem.objects.filter(user=sponsor).exists()

    def test_one_whose_planner_left_is_not_released(self, planned, project_manager):
        report = self.written(self.due(planned, then="release"))
        Membership.objects.filter(user=project_manager).update(ended_at=timezone.now())

        scheduling.follow_up(report.pk)

        report.refresh_from_db()
        assert report.stage == "review"


class TestPages:
    def body(self, **more):
        return {
            "kind": "status-report",
            "edition": "client",
            "every": "2",
            "first_on": "2026-11-27",
            "at": "15:00",
            "then": "review",
            "way": "link",
            **more,
        }

    @time_machine.travel(utc(2026, 11, 23, 9), tick=True)
    def test_offers_every_second_friday_at_three(self, manager, engagement):
        page = manager.get(reverse("reports:plan", args=[engagement.pk]))

        assert 'value="2026-11-27"' in page.text
        assert 'value="15:00' in page.text

    @time_machine.travel(utc(2026, 11, 23, 9), tick=True)
    def test_plans_and_says_so_where_reports_are(self, manager, engagement, sponsor, client_for):
        url = reverse("reports:reports", args=[engagement.pk])

        assert manager.post(reverse("reports:plan", args=[engagement.pk]), self.body()).status_code == 302

        page = manager.get(url).text
        assert "every second week" in page
        assert "Friday 15:00" in page
        assert "every second week" not in client_for(sponsor).get(url).text

    @time_machine.travel(utc(2026, 11, 23, 9), tick=True)
    @pytest.mark.parametrize(
        "more",
        [
            {"first_on": "2026-11-20"},
            {"kind": "poem"},
            {"edition": "moon"},
            {"every": "3"},
            {"at": "25:00"},
            {"edition": "firm", "then": "release"},
            {"people": ["0"]},
            {"way": "pigeon"},
        ],
    )
    def test_refuses_nonsense(self, manager, engagement, more):
        response = manager.post(reverse("reports:plan", args=[engagement.pk]), self.body(**more))

        assert response.status_code == 422
        assert not Schedule.objects.exists()

    @time_machine.travel(utc(2026, 11, 23, 9), tick=True)
    def test_says_who_gets_it(self, manager, engagement, sponsor, world):
        seat = engagement.memberships.get(user=sponsor)
        elsewhere = world.other_engagement.memberships.first()
        url = reverse("reports:plan", args=[engagement.pk])
        assert manager.post(url, self.body(people=[elsewhere.pk])).status_code == 422
        assert manager.post(url, self.body(people=[seat.pk], edition="firm")).status_code == 422

        assert manager.post(url, self.body(people=[seat.pk], way="file")).status_code == 302

        page = manager.get(reverse("reports:reports", args=[engagement.pk])).text
        assert f"By mail, with the file, to {sponsor.display_name}" in page

    def test_a_second_plan_takes_the_place_of_the_first(self, planned):
        first, second = planned(), planned(every=4)

        first.refresh_from_db()
        assert first.ended_at is not None
        assert second.ended_at is None
