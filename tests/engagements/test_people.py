"""The people page, changing somebody's part, and letting somebody go with all they hold handed over."""

import threading
from datetime import date

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from engagements.actions import invitations, people
from engagements.models import Event, InboxItem, Membership, Thread
from engagements.policy import Permission, Role
from questionnaires import integrity
from questionnaires.actions import entries, handover
from questionnaires.models import Entry
from tests.people import browser_of, make_person
from tests.people import desk as people_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def member_of(engagement):
    """Give `member_of(person)`: their membership, freshly read."""
    return lambda person: Membership.objects.select_related("engagement", "user").get(
        engagement=engagement, user=person
    )


def page_of(person, engagement):
    return browser_of(person).get(reverse("engagements:people", args=[engagement.pk])).content.decode()


class TestThePage:
    def test_everybody_stands_on_their_side_with_part_functions_and_signature(self, engagement, consultant):
        html = page_of(consultant, engagement)

        client, firm = html.index("Northbridge Hospitals</h2>"), html.index("Our team</h2>")
        assert client < html.index("Cem Kaya") < firm < html.index("Petra Brandt")
        assert "Data owner, IT architect" in html
        assert html.count("may sign") == 3

    def test_only_who_may_invite_sees_invitations(self, engagement, project_manager, consultant, sponsor):
        invitations.invite(
            engagement=engagement, email="new@northbridge.example", role="client_reviewer", by=project_manager
        )

        assert "new@northbridge.example" in page_of(project_manager, engagement)
        for person in (consultant, sponsor):
            assert "new@northbridge.example" not in page_of(person, engagement)
            assert reverse("engagements:invite", args=[engagement.pk]) not in page_of(person, engagement)

    def test_who_left_is_still_named(self, engagement, member_of, consultant, project_manager, desk):
        handover.leave(desk=desk(project_manager), membership=member_of(consultant))
        html = page_of(project_manager, engagement)

        assert html.index("Were here</h2>") < html.index("Carla Conti")

    def test_its_cost_does_not_grow(self, world, engagement, project_manager):
        counts = []
        for _turn in (1, 2):
            for _ in range(5):
                people.join(
                    engagement=engagement,
                    user=make_person(client=world.client),
                    role=Role.CLIENT_REVIEWER,
                    by=project_manager,
                )
                invitations.invite(
                    engagement=engagement,
                    email=f"{Membership.objects.count()}@northbridge.example",
                    role="client_reviewer",
                    by=project_manager,
                )
            browser = browser_of(project_manager)
            browser.get("/healthz/live")
            with CaptureQueriesContext(connection) as seen:
                browser.get(reverse("engagements:people", args=[engagement.pk]))
            counts.append(len(seen))

        assert counts[0] == counts[1] <= 6


class TestChangingAPart:
    def change(self, by, membership, **fields):
        filled = {"role": membership.role, "functions": membership.functions} | fields
        return browser_of(by).post(
            reverse("engagements:member", args=[membership.engagement_id, membership.pk]), filled
        )

    def test_the_new_part_holds_at_once_and_is_told(self, project_manager, member_of, reviewer):
        membership = member_of(reviewer)
        response = self.change(
            project_manager, membership, role="client_contributor", functions=["privacy"], may_sign="on"
        )

        assert response.status_code == 302
        now = member_of(reviewer)
        assert now.may(Permission.ANSWER)
        assert now.may(Permission.SIGN)
        event = Event.objects.get(kind="member.changed")
        assert event.data["member"] == {
            "role": ["client_reviewer", "client_contributor"],
            "functions": [[], ["privacy"]],
            "may_sign": [False, True],
        }

    def test_nothing_changed_is_no_event(self, project_manager, member_of, reviewer):
        assert self.change(project_manager, member_of(reviewer)).status_code == 302
        assert not Event.objects.filter(kind="member.changed").exists()

    @pytest.mark.parametrize("role", ["consultant", "project_manager", "king", ""])
    def test_nobody_changes_sides(self, project_manager, member_of, sponsor, role):
        assert self.change(project_manager, member_of(sponsor), role=role).status_code == 422
        assert member_of(sponsor).role == Role.CLIENT_SPONSOR

    def test_the_last_project_manager_stays_one(self, project_manager, member_of):
        response = self.change(project_manager, member_of(project_manager), role="observer", functions=[])

        assert response.status_code == 422
        assert "only project manager" in response.content.decode()
        assert member_of(project_manager).role == Role.PROJECT_MANAGER

    def test_a_disabled_project_manager_does_not_count(
        self, engagement, project_manager, member_of, consultant
    ):
        other = make_person(is_active=False)
        people.join(engagement=engagement, user=other, role=Role.PROJECT_MANAGER, by=project_manager)

        assert self.change(project_manager, member_of(project_manager), role="observer").status_code == 422

    def test_who_left_meanwhile_is_not_changed(self, engagement, member_of, project_manager, reviewer):
        membership = member_of(reviewer)
        Membership.objects.filter(pk=membership.pk).update(ended_at=timezone.now())

        with pytest.raises(people.HasLeft):
            people.change_part(
                membership=membership,
                role="client_contributor",
                functions=[],
                may_sign=False,
                by=project_manager,
            )
        assert member_of(reviewer).role == Role.CLIENT_REVIEWER

    def test_a_member_of_another_engagement_is_not_there(self, engagement, project_manager, world):
        foreign = Membership.objects.filter(engagement=world.other_engagement).first()
        browser = browser_of(project_manager)
        for name in ("engagements:member", "engagements:member-leave"):
            found = browser.get(reverse(name, args=[engagement.pk, foreign.pk]))
            none = browser.get(reverse(name, args=[engagement.pk, 10**12]))
            assert found.status_code == none.status_code == 404


class TestLeaving:
    @pytest.fixture
    def held(self, engagement, desk, consultant, contributor, member_of):
        """Give the contributor three things: one to answer by a date, one to answer, one to find out."""
        keys = list(
            Entry.objects.filter(engagement=engagement, shown=True, round__isnull=False, held_by="firm")
            .order_by("id")
            .values_list("item_key", flat=True)
        )
        visible = [key for key in keys if desk(contributor).may_see(desk(contributor).framework.item(key))][
            :3
        ]

        def entry(key):
            return Entry.objects.select_related("round", "owner", "finder").get(
                engagement=engagement, item_key=key
            )

        mine = member_of(contributor)
        entries.assign(desk=desk(consultant), entry=entry(visible[0]), to=mine, due=date(2026, 12, 1))
        entries.assign(desk=desk(consultant), entry=entry(visible[1]), to=mine)
        entries.mark_unknown(
            desk=desk(consultant), entry=entry(visible[2]), finder=mine, find_by=date(2026, 12, 9)
        )
        return [entry(key) for key in visible]

    def path(self, membership):
        return reverse("engagements:member-leave", args=[membership.engagement_id, membership.pk])

    def test_the_page_lists_what_they_hold(self, held, project_manager, member_of, contributor, desk):
        html = browser_of(project_manager).get(self.path(member_of(contributor))).content.decode()

        framework = desk(project_manager).framework
        for entry in held:
            assert framework.item(entry.item_key).title in html
        assert "3 things are in their hands" in html
        assert "Tue 1 Dec" in html
        assert "Wed 9 Dec" in html

    def test_all_of_it_goes_to_one_person_in_one_event(
        self, held, project_manager, member_of, contributor, sponsor, engagement
    ):
        engagement.refresh_from_db()
        before = engagement.last_event
        response = browser_of(project_manager).post(
            self.path(member_of(contributor)), {"to": member_of(sponsor).pk}
        )

        assert response.status_code == 302
        for entry in held:
            entry.refresh_from_db()
        assert [entry.owner_id for entry in held[:2]] == [member_of(sponsor).pk] * 2
        assert held[2].finder_id == member_of(sponsor).pk
        assert held[0].due_date == date(2026, 12, 1)
        engagement.refresh_from_db()
        assert engagement.last_event == before + 1
        event = Event.objects.get(engagement=engagement, number=before + 1)
        assert (event.kind, event.by) == ("member.left", project_manager)
        assert event.data["person"] == contributor.pk
        assert event.data["to"] == sponsor.pk
        changed = event.data["entries"][str(held[0].pk)]["owner"]
        assert changed == [member_of(contributor).pk, member_of(sponsor).pk]
        assert member_of(contributor).ended_at is not None
        assert list(integrity.problems(engagement)) == []

    def test_they_are_out_at_once(self, held, project_manager, member_of, contributor, sponsor, engagement):
        browser = browser_of(contributor)
        overview = reverse("questionnaires:overview", args=[engagement.pk])
        assert browser.get(overview).status_code == 200

        browser_of(project_manager).post(self.path(member_of(contributor)), {"to": member_of(sponsor).pk})
        assert browser.get(overview).status_code == 404

    def test_to_the_firm_it_is_the_firms_turn(
        self, held, project_manager, member_of, contributor, consultant, engagement
    ):
        assert {entry.held_by for entry in held} == {"client"}
        browser_of(project_manager).post(self.path(member_of(contributor)), {"to": member_of(consultant).pk})

        for entry in held:
            entry.refresh_from_db()
        assert {entry.held_by for entry in held} == {"firm"}
        assert list(integrity.problems(engagement)) == []

    @pytest.mark.parametrize("to", ["", "0", "x", "999999999999"])
    def test_without_somebody_to_take_over_nothing_changes(
        self, held, project_manager, member_of, contributor, to
    ):
        response = browser_of(project_manager).post(self.path(member_of(contributor)), {"to": to})

        assert response.status_code == 422
        assert member_of(contributor).ended_at is None

    def test_what_is_internal_stays_with_the_firm(
        self, engagement, desk, project_manager, member_of, consultant, sponsor
    ):
        framework = desk(project_manager).framework
        internal = next(item.key for item in framework.items if item.internal)
        entry = Entry.objects.select_related("round").get(engagement=engagement, item_key=internal)
        entries.assign(desk=desk(project_manager), entry=entry, to=member_of(consultant))

        refused = browser_of(project_manager).post(
            self.path(member_of(consultant)), {"to": member_of(sponsor).pk}
        )

        assert refused.status_code == 422
        assert "internal" in refused.content.decode()
        assert member_of(consultant).ended_at is None

    def test_threads_go_along_and_stay_with_the_firm_where_they_are_its_own(
        self, engagement, project_manager, consultant, member_of, sponsor
    ):
        def thread(*, firm_only):
            return Thread.objects.create(
                engagement=engagement,
                item_key="opening-request",
                firm_only=firm_only,
                created_by=consultant,
                event=1,
                assigned_to=member_of(consultant),
            )

        shared, own = thread(firm_only=False), thread(firm_only=True)
        path = self.path(member_of(consultant))
        browser = browser_of(project_manager)
        assert "A thread that was given to them" in browser.get(path).content.decode()

        assert browser.post(path, {"to": member_of(sponsor).pk}).status_code == 422
        assert browser.post(path, {"to": member_of(project_manager).pk}).status_code == 302
        for one in (shared, own):
            one.refresh_from_db()
            assert one.assigned_to == member_of(project_manager)
        event = Event.objects.get(kind="member.left")
        assert set(event.data["threads"]) == {str(shared.pk), str(own.pk)}

    def test_who_takes_over_is_told_once(self, held, project_manager, member_of, contributor, sponsor):
        InboxItem.objects.all().delete()
        browser_of(project_manager).post(self.path(member_of(contributor)), {"to": member_of(sponsor).pk})

        item = InboxItem.objects.get(user=sponsor)
        assert "Cem Kaya left. 3 questions are with you now." in item.words

    def test_pressed_twice_they_leave_once(self, held, project_manager, member_of, contributor, sponsor):
        browser = browser_of(project_manager)
        path, to = self.path(member_of(contributor)), member_of(sponsor).pk
        assert [browser.post(path, {"to": to}).status_code for _ in range(2)] == [302, 302]

        assert Event.objects.filter(kind="member.left").count() == 1

    def test_who_holds_nothing_just_leaves(self, project_manager, member_of, reviewer):
        browser = browser_of(project_manager)
        assert "They hold nothing" in browser.get(self.path(member_of(reviewer))).content.decode()
        assert browser.post(self.path(member_of(reviewer))).status_code == 302

        assert member_of(reviewer).ended_at is not None

    def test_the_last_project_manager_stays(self, project_manager, member_of, consultant):
        response = browser_of(project_manager).post(
            self.path(member_of(project_manager)), {"to": member_of(consultant).pk}
        )

        assert response.status_code == 422
        assert "only project manager" in response.content.decode()
        assert member_of(project_manager).ended_at is None

    def test_a_project_manager_can_let_themselves_go(
        self, engagement, project_manager, member_of, consultant
    ):
        people.change_part(
            membership=member_of(consultant),
            role=Role.PROJECT_MANAGER,
            functions=[],
            may_sign=True,
            by=project_manager,
        )
        response = browser_of(project_manager).post(self.path(member_of(project_manager)))

        assert response.url == reverse("questionnaires:portfolio")

    def test_it_works_in_a_closed_engagement_too(self, engagement, project_manager, member_of, reviewer):
        engagement.status = "closed"
        engagement.save()

        assert browser_of(project_manager).post(self.path(member_of(reviewer))).status_code == 302
        assert member_of(reviewer).ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_project_managers_leaving_at_once_leave_one(engagement, project_manager, consultant):
    people.change_part(
        membership=Membership.objects.select_related("engagement", "user").get(
            engagement=engagement, user=consultant
        ),
        role=Role.PROJECT_MANAGER,
        functions=[],
        may_sign=False,
        by=project_manager,
    )
    barrier = threading.Barrier(2)
    outcomes = []

    def go(person):
        close_old_connections()
        mine = people_desk(person, engagement)
        barrier.wait(10)
        try:
            handover.leave(desk=mine, membership=mine.membership)
            outcomes.append("left")
        except people.LastManager:
            outcomes.append("stays")
        connection.close()

    threads = [threading.Thread(target=go, args=[person]) for person in (project_manager, consultant)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(outcomes) == ["left", "stays"]
    assert Membership.objects.current().filter(engagement=engagement, role=Role.PROJECT_MANAGER).count() == 1
