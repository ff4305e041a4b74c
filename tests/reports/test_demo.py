"""The demo: it plays through the product's own actions, ends where its stories say, and plays only once."""

import io
from datetime import date

import pytest
import yaml
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from engagements.models import Event, Mail
from questionnaires.models import Entry
from reports.demo import story

MONDAY = "2026-11-23"


def load(**options):
    """Run the command and return what it says."""
    out = io.StringIO()
    call_command("demo", today=date.fromisoformat(options.pop("today", MONDAY)), stdout=out, **options)
    return out.getvalue()


def expected(code):
    """Return what a story says of its own end."""
    for path in story.files():
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        if told["engagement"]["code"] == code:
            return told["expect"]
    raise KeyError(code)


class TestDemo:
    def test_brings_three_engagements_that_agree_with_themselves(self, demo):
        assert set(demo) == {"NBH-01", "CHA-01", "FRN-01"}
        call_command("fsck", stdout=io.StringIO())

    @pytest.mark.parametrize("code", ["NBH-01", "CHA-01", "FRN-01"])
    def test_ends_where_its_story_says(self, demo, code):
        told = expected(code)
        shown = Entry.objects.of_latest_rounds().filter(engagement=demo[code], shown=True)

        revisits = shown.filter(revisit=True).exclude(item_key__endswith="sign-off")
        assert set(revisits.values_list("item_key", flat=True)) == set(told.get("revisit", []))
        unknowns = shown.filter(state=Entry.State.UNKNOWN)
        assert set(unknowns.values_list("item_key", flat=True)) == set(told.get("unknown", []))

    def test_spreads_over_weeks_and_never_into_the_future(self, demo):
        events = Event.objects.filter(engagement=demo["NBH-01"])
        days = {event.at.date() for event in events}

        assert len(days) > 30
        assert max(days) <= date.fromisoformat(MONDAY)
        assert all(day.weekday() < 5 for day in days)

    def test_plays_only_once(self, demo):
        before = Event.objects.count()

        said = load()

        assert said.count("already there") == 3
        assert Event.objects.count() == before

    def test_lists_its_sign_ins(self, demo):
        out = io.StringIO()

        call_command("demo", accounts=True, stdout=out)

        assert "maya.lindqvist@alder-voss.example" in out.getvalue()
        assert User.objects.get(email="maya.lindqvist@alder-voss.example").check_password(story.PASSWORD)

    def test_is_refused_away_from_home(self, demo, settings):
        settings.BASE_URL = "https://throughline.example"

        with pytest.raises(CommandError, match="public"):
            load()

    def test_sends_nobody_a_mail_about_the_past(self, demo):
        assert not Mail.objects.filter(state=Mail.State.QUEUED).exists()


class TestDays:
    @pytest.mark.parametrize("today", ["2026-11-23", "2026-11-25", "2026-11-28", "2027-02-28"])
    def test_every_day_of_the_story_is_a_working_day(self, today):
        day = date.fromisoformat(today)

        for week in range(-20, 20):
            for weekday in range(5):
                assert story.working_day(day, 5 * week + weekday).weekday() < 5

    def test_a_week_is_five_working_days(self):
        monday = date.fromisoformat(MONDAY)

        assert story.working_day(monday, -5) == date(2026, 11, 16)
        assert story.working_day(monday, 4) == date(2026, 11, 27)
        assert story.working_day(monday, 5) == date(2026, 11, 30)
