"""What a person finds when they come in: what needs them, what was said, which meetings come, whom to ask."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from engagements.actions import threads
from questionnaires.actions import clashes, meetings, recommendations, requests, signing
from questionnaires.models import Nudge
from questionnaires.places import subject_of
from tests.questionnaires.saves import entry_of, save
from tests.questionnaires.test_entries import do

KEY = "priority-rule"
OPTIONS = [{"title": "The sponsor", "value": "sponsor"}, {"title": "By score", "value": "weighted"}]


@pytest.fixture
def home(client_for):
    """Give `home(person)`: the page they begin with, as text."""

    def of(person):
        response = client_for(person).get(reverse("questionnaires:work"))
        assert response.status_code == 200
        return response.text

    return of


def full(entry, engagement):
    entry.engagement = engagement
    return entry


class TestConflicts:
    @pytest.fixture
    def clash(self, engagement, desk, consultant, contributor):
        wanted = [
            requests.record(
                desk=desk(contributor),
                author=desk(contributor).membership,
                title=title,
                need="A round is what we have",
            )
            for title in ("Hourly", "At once")
        ]
        return clashes.raise_clash(
            desk=desk(consultant),
            title="Alarm timing",
            says="Both cannot be",
            parts=[clashes.Part(request=one) for one in wanted],
        )

    def test_are_with_us_until_our_advice_is_there(self, home, clash, project_manager, sponsor):
        assert "Alarm timing" in home(project_manager)
        assert "Alarm timing" not in home(sponsor)

    def test_are_to_rank_and_then_to_decide(self, home, clash, desk, consultant, sponsor, project_manager):
        advice = clashes.Advice(we_recommend="At once", offered=True)
        clashes.advise(desk=desk(consultant), clash=clash, advice=advice)

        assert "say what comes first for you" in home(sponsor)
        assert "Alarm timing" not in home(project_manager)
        clashes.rank(desk=desk(sponsor), clash=clash, order=[1, 2])
        assert "the outcome is yours to decide" in home(sponsor)

        clashes.settle(
            desk=desk(sponsor),
            clash=clash,
            outcome="At once",
            reason="It is safer",
            decided_by=desk(sponsor).membership,
        )
        assert "Alarm timing" not in home(sponsor)


class TestAdvice:
    def test_is_put_to_who_chooses_until_they_react(self, home, desk, engagement, consultant, sponsor):
        entry = full(entry_of(engagement, KEY), engagement)
        recommendations.prepare(
            desk=desk(consultant), entry=entry, options=OPTIONS, pick=2, why="Easier to accept"
        )
        assert "we recommend something" not in home(sponsor)

        recommendations.offer(desk=desk(consultant), entry=entry)
        assert "we recommend something" in home(sponsor)
        assert "we recommend something" not in home(consultant)

        recommendations.react(desk=desk(sponsor), entry=entry, kind="agree")
        assert "we recommend something" not in home(sponsor)


class TestSignatures:
    def test_come_when_they_are_asked_for(self, home, desk, engagement, project_manager, sponsor, reviewer):
        framework = desk(sponsor).framework
        gate = next(gate for gate in framework.gates if "sponsor" in gate.functions)
        entry = full(entry_of(engagement, gate.item_key), engagement)
        assert "your signature over" not in home(sponsor)

        signing.ask(desk=desk(project_manager), entry=entry, function="sponsor")

        assert f"your signature over {len(gate.covers)} answers" in home(sponsor)
        assert reverse("questionnaires:gate", args=[engagement.pk, gate.key]) in home(sponsor)
        assert "your signature over" not in home(reviewer)


class TestTalk:
    def test_given_to_somebody_is_with_them(self, home, desk, engagement, consultant, contributor, sponsor):
        subject = subject_of(desk(consultant).framework, "opening-request")
        said = threads.open_thread(
            membership=desk(consultant).membership, subject=subject, text="Who knows?", key=uuid.uuid4()
        )
        threads.assign_thread(
            membership=desk(consultant).membership,
            thread=said.thread,
            subject=subject,
            to=desk(contributor).membership,
        )

        assert "a thread is with you" in home(contributor)
        assert "a thread is with you" not in home(sponsor)

    def test_that_names_somebody_is_told_for_a_while(
        self, home, desk, engagement, consultant, contributor, sponsor
    ):
        subject = subject_of(desk(consultant).framework, "opening-request")
        threads.open_thread(
            membership=desk(consultant).membership,
            subject=subject,
            text="@Cem Kaya who knows the wards?",
            key=uuid.uuid4(),
        )

        assert "who knows the wards" in home(contributor)
        assert "who knows the wards" not in home(sponsor)
        contributor.inbox.update(at=timezone.now() - timedelta(days=20))
        assert "who knows the wards" not in home(contributor)


class TestMeetings:
    def test_are_told_to_those_who_come(self, home, desk, engagement, consultant, contributor, sponsor):
        for title, people in (("Working meeting", (consultant, contributor)), ("Kestrel", (consultant,))):
            meetings.plan(
                desk=desk(consultant),
                title=title,
                starts_at=timezone.now(),
                minutes=60,
                people=list(engagement.memberships.filter(user__in=people)),
            )

        assert "Working meeting" in home(contributor)
        assert "Working meeting" not in home(sponsor)
        assert "Kestrel" in home(consultant)
        assert "Kestrel" not in home(contributor)


class TestNews:
    def test_counts_what_others_did_and_this_side_may_know(
        self, home, client_for, engagement, consultant, contributor
    ):
        maya = client_for(consultant)
        save(maya, engagement, "opening-request", "Fewer strokes")
        save(maya, engagement, "engagement-budget", "123456")
        engagement.memberships.update(seen_event=0)
        before = engagement.memberships.get(user=contributor)
        engagement.refresh_from_db()
        engagement.memberships.filter(pk=before.pk).update(seen_event=engagement.last_event - 2)

        assert "1 thing happened since you looked" in home(contributor)


class TestLookingAgain:
    def test_says_what_moved(self, home, client_for, engagement, consultant, contributor):
        maya, cem = client_for(consultant), client_for(contributor)
        save(maya, engagement, "opening-request", "Fewer strokes", settle="1")
        save(cem, engagement, "request-restated", "Find strokes early", settle="1")
        save(maya, engagement, "opening-request", "Fewer falls", base="1", settle="1")

        assert "Opening request changed" in home(contributor)


class TestReminding:
    def test_is_possible_once_in_a_while(self, home, client_for, engagement, consultant, contributor):
        maya = client_for(consultant)
        member = engagement.memberships.get(user=contributor)
        do(maya, engagement, "assign", key="background", to=member.pk)
        assert 'value="item:background"' in home(consultant)

        maya.post(reverse("questionnaires:nudge", args=[engagement.pk]), {"thing": "item:background"})

        assert Nudge.objects.count() == 1
        assert 'value="item:background"' not in home(consultant)
        assert "reminded" in home(consultant)

    def test_takes_somebody_who_may_ask(
        self, home, client_for, engagement, consultant, contributor, observer
    ):
        member = engagement.memberships.get(user=contributor)
        do(client_for(consultant), engagement, "assign", key="background", to=member.pk)

        assert 'value="item:background"' not in home(observer)


def test_people_of_the_client_side_know_whom_to_ask(home, contributor, consultant, project_manager):
    assert f"mailto:{project_manager.email}" in home(contributor)
    assert "mailto:" not in home(consultant)
