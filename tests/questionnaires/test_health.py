"""How engagements do: every rule at its thresholds, the forecast, what is set by hand, and where it is shown."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import Client, Side
from engagements.actions import engagements
from engagements.models import Engagement, Event, Membership
from questionnaires import gates, health
from questionnaires.actions import signing
from questionnaires.actions.health import override as set_by_hand
from questionnaires.calendar import Calendar
from questionnaires.document import Gate, Item
from questionnaires.health import rules, summaries
from questionnaires.health.facts import Facts
from questionnaires.health.forecast import Forecast, forecast
from questionnaires.models import Entry, HealthOverride, HealthSummary
from questionnaires.waiting import Kind, Thing
from tests.questionnaires.saves import entry_of, save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_entries import do

MONDAY = date(2026, 11, 23)
PLAIN = Calendar(UTC)
BUDGET = "engagement-budget"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def petra(project_manager, client_for):
    return client_for(project_manager)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


# ---- the rules, without a database


def back(days):
    """Return the day that lies so many working days before Monday the 23rd; a negative number lies ahead."""
    if days <= 0:
        return PLAIN.add(MONDAY, -days) if days else MONDAY
    return next(
        MONDAY - timedelta(days=n)
        for n in range(1, 200)
        if PLAIN.between(MONDAY - timedelta(days=n), MONDAY) == days
        and PLAIN.is_working(MONDAY - timedelta(days=n))
    )


def thing(kind=Kind.QUESTION, *, days=0, due=None):
    return Thing(
        "item:one", kind, "One", "1.1", "/one/", Side.CLIENT, [], datetime(2026, 11, 1, tzinfo=UTC), days, "step", due=due
    )  # fmt: skip


def item(key="one"):
    return Item(key, "One", "One?", "long_text", "client", "core", number="1.1")


def standing(state="stale"):
    gate = Gate("gate", "The gate", "one", "step", (), ("sponsor",))
    found = gates.Standing(gate, item(), Entry(item_key="one"), [], [])
    assert state in ("stale", "open")
    return found


def facts(**more):
    engagement = Engagement(
        pk=1, client=Client(name="A", short_name="A"), start_date=date(2026, 9, 7), end_date=date(2027, 2, 26)
    )
    for name in ("start_date", "end_date", "budget", "spent"):
        if name in more:
            setattr(engagement, name, more.pop(name))
    return Facts(engagement, PLAIN, MONDAY, more.pop("things", []), is_firm=more.pop("is_firm", True), **more)


def money(ahead):
    """Return a budget that is so many points ahead of the time: half of it is gone."""
    return {
        "start_date": MONDAY - timedelta(days=100),
        "end_date": MONDAY + timedelta(days=100),
        "budget": Decimal(100),
        "spent": Decimal(50 + ahead),
    }


CASES = {
    "late": lambda value: facts(things=[thing(due=back(value))]),
    "conflict": lambda value: facts(things=[thing(Kind.CONFLICT, days=value)]),
    "stale": lambda value: facts(stale=[standing()] * value),
    "waiting": lambda value: facts(things=[thing(days=value)]),
    "unknown": lambda value: facts(things=[thing(Kind.UNKNOWN, due=back(value))]),
    "no_owner": lambda value: facts(unowned=[item()] * value),
    "revisit": lambda value: facts(things=[thing(Kind.REVISIT)] * value),
    "waiver": lambda value: facts(waivers=[(back(value), standing(), item())]),
    "quiet": lambda value: facts(quiet=value),
    "forecast": lambda value: facts(
        end_date=MONDAY, forecast=Forecast(PLAIN.add(MONDAY, value) if value else MONDAY, None, 5, 9, 15)
    ),
    "budget": lambda value: facts(**money(value)),
}


class TestRules:
    @pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.key)
    def test_speak_from_their_thresholds_on(self, rule):
        def level(value):
            return {reason.rule: reason.level for reason in rules.judge(CASES[rule.key](value))}.get(rule.key)

        if rule.watch != 0:
            assert level(rule.watch - 1) is None
        assert level(rule.watch) == "watch"
        if rule.at_risk is None:
            assert level(rule.watch + 60) == "watch"
        else:
            assert level(rule.at_risk - 1) == "watch"
            assert level(rule.at_risk) == "at_risk"

    @pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.key)
    def test_say_a_sentence(self, rule):
        for value in (rule.watch, 2, rule.at_risk or 30):
            for reason in rules.judge(CASES[rule.key](max(value, rule.watch))):
                assert len(reason.sentence) > 12
                assert "%(" not in reason.sentence

    def test_find_nothing_where_nothing_is_wrong(self):
        assert rules.judge(facts()) == ()
        assert rules.level_of(()) == "on_track"

    def test_the_worst_decides_and_comes_first(self):
        found = rules.judge(facts(things=[thing(Kind.REVISIT), thing(days=15)]))

        assert [(reason.rule, reason.level) for reason in found] == [
            ("waiting", "at_risk"),
            ("revisit", "watch"),
        ]
        assert rules.level_of(found) == "at_risk"

    def test_the_budget_is_for_the_firm_alone(self):
        assert rules.judge(facts(**money(40)))
        assert not rules.judge(facts(is_firm=False, **money(40)))

    def test_a_missing_number_says_nothing(self):
        for name in ("budget", "spent", "start_date", "end_date"):
            assert "budget" not in {
                reason.rule for reason in rules.judge(facts(**(money(40) | {name: None})))
            }

    def test_the_planned_end_counts_as_a_date_while_something_is_open(self):
        late = facts(end_date=back(4), things=[thing()])

        assert "planned end was Tue 17 Nov, 4 days ago" in rules.judge(late)[0].sentence
        assert not rules.judge(facts(end_date=back(4)))

    def test_every_rule_has_a_measure_and_a_sentence(self):
        keys = {rule.key for rule in rules.RULES}

        assert keys == set(rules.MEASURES) == set(rules.SAYS) - {"resting"} == set(CASES)


class TestForecast:
    def settled(self, count, days_back=10):
        return [MONDAY - timedelta(days=n % days_back) for n in range(count)]

    def test_is_a_range_around_the_pace(self):
        found = forecast(16, self.settled(16), began=date(2026, 9, 1), today=MONDAY, calendar=PLAIN)

        # 16 in 15 working days: between 12 and 20 of them, so 16 more take 12 to 20 working days.
        assert (found.settled, found.days) == (16, 15)
        assert (found.first, found.last) == (PLAIN.add(MONDAY, 12), PLAIN.add(MONDAY, 20))
        assert found.words == "Wed 9 Dec to Mon 21 Dec"
        assert found.basis == "at the pace of the last 3 weeks, from 16 settled answers; 16 to go"

    def test_of_a_young_step_counts_from_its_beginning(self):
        found = forecast(9, [MONDAY] * 9, began=date(2026, 11, 16), today=MONDAY, calendar=PLAIN)

        assert found.days == 6
        assert found.first == PLAIN.add(MONDAY, 5)

    @pytest.mark.parametrize(
        ("count", "began"), [(0, date(2026, 9, 1)), (4, date(2026, 9, 1)), (9, date(2026, 11, 20))]
    )
    def test_is_honest_about_too_little(self, count, began):
        found = forecast(10, [MONDAY] * count, began=began, today=MONDAY, calendar=PLAIN)

        assert (found.first, found.last) == (None, None)
        assert found.words == "too early to say"
        assert "too little to go by" in found.basis

    def test_does_not_name_a_day_that_is_years_away(self):
        found = forecast(300, self.settled(6), began=date(2026, 9, 1), today=MONDAY, calendar=PLAIN)

        assert found.last is None
        assert found.words.startswith("not before")

    def test_of_nothing_left_is_that(self):
        assert forecast(0, [], began=MONDAY, today=MONDAY, calendar=PLAIN).words == "all settled"

    def test_leaves_holidays_out(self):
        closed = Calendar(UTC, frozenset({date(2026, 12, 1), date(2026, 12, 2)}))
        plain = forecast(16, self.settled(16), began=date(2026, 9, 1), today=MONDAY, calendar=PLAIN)
        later = forecast(16, self.settled(16), began=date(2026, 9, 1), today=MONDAY, calendar=closed)

        assert closed.between(plain.first, later.first) == 2


# ---- what pages show


def give(browser, engagement, person, key, **more):
    member = engagement.memberships.get(user=person)
    assert do(browser, engagement, "assign", key=key, to=member.pk, **more).status_code == 200


def read(engagement, person, desk, **more):
    return health.health(desk(person).view, **more)


def reasons(found):
    return {reason.rule: reason for reason in found.reasons}


class TestGathering:
    def test_a_fresh_engagement_is_on_track(self, consultant, engagement, desk):
        found = health.gather(desk(consultant).view, datetime.now(UTC))

        assert found.whole.level == "on_track"
        assert found.steps == {}

    def test_finds_what_waits_is_late_and_is_unknown(self, maya, contributor, consultant, engagement, desk):
        give(maya, engagement, contributor, "opening-request", due="2026-01-05")
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "unknown", key="background", finder=member.pk, find_by="2026-01-05")

        found = reasons(read(engagement, consultant, desk))

        assert found["late"].level == "at_risk"
        assert "Opening request" in found["late"].sentence
        assert found["late"].url == reverse("questionnaires:item", args=[engagement.pk, "opening-request"])
        assert found["unknown"].level == "at_risk"

    def test_a_step_says_its_own(self, maya, contributor, consultant, engagement, desk):
        save(maya, engagement, "data-volume", "12")
        give(maya, engagement, contributor, "datasets", due="2026-01-05")

        found = health.gather(desk(consultant).view, datetime.now(UTC))

        assert "late" in reasons(found.steps["data"])
        assert set(found.steps) == {"data"}

    def test_a_stale_signature_is_a_reason(self, maya, sponsor, consultant, engagement, desk):
        save(maya, engagement, "problem-statement", "Strokes are found late", settle="1")
        table = desk(sponsor)
        entry = entry_of(engagement, "need-sign-off")
        gate = signing.gate_of(table, entry)
        seen = signing.fingerprint(signing.covered_values(table.view, gate))
        signing.sign(desk=table, entry=entry, function="sponsor", statement="Yes", seen=seen)
        assert "stale" not in reasons(read(engagement, consultant, desk))

        save(maya, engagement, "problem-statement", "Strokes are found too late", base="1", settle="1")

        found = reasons(read(engagement, consultant, desk))
        assert found["stale"].level == "watch"

    def test_nobody_to_ask_is_a_reason_once_a_step_is_in_work(self, maya, consultant, engagement, desk):
        assert "no_owner" not in reasons(read(engagement, consultant, desk))

        save(maya, engagement, "data-volume", "12")

        assert "no_owner" in reasons(read(engagement, consultant, desk))
        Membership.objects.filter(engagement=engagement, role="client_contributor").update(
            functions=[function.key for function in desk(consultant).framework.functions]
        )
        Membership.objects.filter(engagement=engagement, role="consultant").update(
            functions=[function.key for function in desk(consultant).framework.functions]
        )
        assert "no_owner" not in reasons(read(engagement, consultant, desk))

    def test_silence_is_a_reason_after_a_week(self, maya, consultant, engagement, desk):
        save(maya, engagement, "opening-request", "A model", settle="1")
        now = datetime.now(UTC)

        assert "quiet" not in reasons(read(engagement, consultant, desk, now=now + timedelta(days=2)))
        assert "quiet" in reasons(read(engagement, consultant, desk, now=now + timedelta(days=8)))

    def test_rests_while_the_engagement_does(self, maya, contributor, project_manager, engagement, desk):
        give(maya, engagement, contributor, "opening-request", due="2026-01-05")
        engagements.set_status(engagement=engagement, status="paused", by=project_manager)

        found = read(engagement, project_manager, desk)

        assert (found.level, [reason.rule for reason in found.reasons]) == ("on_track", ["resting"])

    def test_the_client_side_reads_nothing_of_what_is_internal(
        self, maya, consultant, contributor, project_manager, engagement, desk
    ):
        give(maya, engagement, consultant, BUDGET, due="2026-01-05")
        today = engagement.today(datetime.now(UTC))
        engagements.set_frame(
            engagement=engagement,
            by=project_manager,
            start_date=today - timedelta(days=10),
            end_date=today + timedelta(days=300),
            budget=Decimal(1000),
            spent=Decimal(900),
        )

        ours, theirs = (reasons(read(engagement, person, desk)) for person in (consultant, contributor))

        assert {"late", "budget"} <= set(ours)
        assert not {"late", "budget"} & set(theirs)

    def test_takes_seventeen_statements_whatever_there_is(
        self, maya, consultant, contributor, engagement, desk
    ):
        view = desk(consultant).view
        with Statements() as before:
            health.gather(view, datetime.now(UTC))
        for one in view.framework.step("data").items[:12]:
            if entry_of(engagement, one.key).shown:
                give(maya, engagement, contributor if not one.internal else consultant, one.key)
        with Statements() as after:
            health.gather(view, datetime.now(UTC))

        assert after.count == before.count, after.told
        assert after.count <= 17, after.told


class TestByHand:
    def set(self, browser, engagement, step="", **data):
        url = reverse("questionnaires:health-override", args=[engagement.pk])
        until = (datetime.now(UTC) + timedelta(days=7)).date()
        data = {"level": "watch", "reason": "The kick-off moved", "until": until, **data}
        return browser.post(f"{url}?step={step}" if step else url, data, headers={"HX-Request": "true"})

    def page(self, browser, engagement):
        return browser.get(reverse("questionnaires:health", args=[engagement.pk])).text

    def test_shows_as_that_with_name_reason_and_what_the_rules_say(self, petra, cem, engagement):
        assert self.set(petra, engagement).status_code == 302

        for browser in (petra, cem):
            html = self.page(browser, engagement)
            assert "set by hand" in html
            assert "Set by Petra Brandt until" in html
            assert "The kick-off moved" in html
            assert "By the rules:" in html
        assert Event.objects.filter(engagement=engagement, kind="health.set").count() == 1

    def test_ends_by_itself(self, petra, project_manager, engagement, desk):
        self.set(petra, engagement)

        later = datetime.now(UTC) + timedelta(days=9)

        assert health.health(desk(project_manager).view).override is not None
        assert health.health(desk(project_manager).view, now=later).override is None

    def test_a_later_one_replaces_it_and_it_can_be_taken_back(self, petra, engagement):
        self.set(petra, engagement)
        self.set(petra, engagement, level="at_risk", reason="The sponsor left")
        assert HealthOverride.objects.filter(ended_event=None).count() == 1
        assert "The sponsor left" in self.page(petra, engagement)

        petra.post(reverse("questionnaires:health-take-back", args=[engagement.pk]))

        assert "set by hand" not in self.page(petra, engagement)
        assert HealthOverride.objects.count() == 2

    def test_of_a_step_stands_with_that_step(self, petra, project_manager, engagement, desk):
        self.set(petra, engagement, step="3")

        found = health.gather(desk(project_manager).view, datetime.now(UTC))

        assert found.steps["data"].override.reason == "The kick-off moved"
        assert found.whole.override is None

    @pytest.mark.parametrize(
        "wrong", [{"reason": " "}, {"level": "splendid"}, {"until": "2020-01-01"}, {"until": ""}]
    )
    def test_needs_all_three(self, wrong, petra, engagement):
        assert self.set(petra, engagement, **wrong).status_code == 422
        assert not HealthOverride.objects.exists()

    def test_takes_a_project_manager(self, maya, cem, engagement):
        for browser in (maya, cem):
            assert self.set(browser, engagement).status_code == 403
            url = reverse("questionnaires:health-take-back", args=[engagement.pk])
            assert browser.post(url).status_code == 403

    def test_there_is_no_step_nine(self, petra, engagement):
        assert self.set(petra, engagement, step="9").status_code == 404


class TestThePage:
    def test_shows_the_table_of_rules(self, maya, cem, engagement):
        url = reverse("questionnaires:health", args=[engagement.pk])

        ours, theirs = maya.get(url).text, cem.get(url).text

        for rule in rules.RULES:
            assert str(rule.measured) in ours
            assert (str(rule.measured) in theirs) != rule.firm_only

    def test_each_reason_leads_to_its_place(self, maya, contributor, engagement):
        give(maya, engagement, contributor, "opening-request", due="2026-01-05")

        html = maya.get(reverse("questionnaires:health", args=[engagement.pk])).text

        place = reverse("questionnaires:item", args=[engagement.pk, "opening-request"])
        assert f'<a href="{place}">' in html


class TestSummaries:
    def test_keep_both_sides_apart(self, maya, consultant, engagement, desk):
        give(maya, engagement, consultant, BUDGET, due="2026-01-05")

        summaries.sum_up(engagement.pk)

        firm, client = (HealthSummary.objects.get(engagement=engagement, side=side) for side in Side)
        assert (firm.level, client.level) == ("at_risk", "on_track")
        assert (firm.with_firm, client.with_firm) == (1, 0)
        assert BUDGET not in str(client.data)

    def test_read_back_as_they_were(self, maya, contributor, consultant, engagement, desk):
        give(maya, engagement, contributor, "opening-request", due="2026-01-05")
        save(maya, engagement, "background", "Some", settle="1")
        set_by_hand(
            desk=desk(consultant), step_key="", level="watch", reason="Agreed", until=date(2999, 1, 1)
        )
        now = datetime.now(UTC)
        summaries.sum_up(engagement.pk, now=now)

        kept = summaries.as_health(HealthSummary.objects.get(side="firm").data["whole"])

        assert kept == health.health(desk(consultant).view, now=now)

    def test_are_due_after_an_event_and_a_midnight_and_not_otherwise(self, maya, world, engagement):
        def due():
            with connection.cursor() as cursor:
                cursor.execute(summaries.WORK.due)
                return {pk for pk, _turn in cursor.fetchall()}

        assert due() == {world.engagement.pk, world.other_engagement.pk}
        for pk in due():
            summaries.sum_up(pk)
        assert due() == set()
        save(maya, engagement, "opening-request", "A model")
        assert due() == set()  # it rests for a few seconds
        HealthSummary.objects.update(made_at=datetime.now(UTC) - timedelta(minutes=1))
        assert due() == {engagement.pk}
        past = datetime.now(UTC) - timedelta(hours=1)
        HealthSummary.objects.filter(engagement=world.other_engagement).update(
            made_at=past - timedelta(hours=9), again_at=past
        )
        assert due() == {world.engagement.pk, world.other_engagement.pk}

    def test_end_at_midnight_where_the_work_is(self, engagement):
        now = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # 23:30 in Berlin

        summaries.sum_up(engagement.pk, now=now)

        assert HealthSummary.objects.first().again_at == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)

    def test_doing_it_twice_keeps_one_row_a_side(self, engagement):
        summaries.sum_up(engagement.pk)
        summaries.sum_up(engagement.pk)

        assert HealthSummary.objects.filter(engagement=engagement).count() == 2
