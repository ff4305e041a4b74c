"""Invitations: one link, one use, one address, and words for everything that can be in the way."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as django_mail
from django.db import close_old_connections, connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from engagements import mail
from engagements.actions import invitations, people
from engagements.models import Event, Invitation, Mail, Membership
from engagements.policy import Role
from tests.people import PASSWORD, browser_of, make_person

pytestmark = pytest.mark.django_db

NEW = "helen.ward@northbridge.example"
WORDS = "a long enough pass phrase"


@pytest.fixture
def invited(engagement, project_manager):
    """Give `invited(email, role)`: the path of the link that was mailed."""

    def invite(email=NEW, role=Role.CLIENT_CONTRIBUTOR, **more):
        invitations.invite(engagement=engagement, email=email, role=role, by=project_manager, **more)
        return mailed_link()

    return invite


def mailed_link():
    """Return the path of the link in the newest mail."""
    return re.search(r"http://localhost:8000(/invitations/[\w-]+/)", Mail.objects.latest("id").text)[1]


def send_form(browser, engagement, **fields):
    filled = {"email": NEW, "role": "client_contributor"} | fields
    return browser.post(reverse("engagements:invite", args=[engagement.pk]), filled)


class TestInviting:
    def test_the_mail_carries_a_link_and_the_database_only_its_hash(
        self, client_for, project_manager, engagement
    ):
        response = send_form(
            client_for(project_manager),
            engagement,
            functions=["data-owner"],
            may_sign="on",
            display_name="Helen",
        )

        assert response.status_code == 302
        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.functions, invitation.may_sign) == (NEW, ["data-owner"], True)
        token = mailed_link().split("/")[2]
        assert len(token) >= 43  # 32 bytes
        assert invitation.token_hash == invitations.hash_of(token)
        assert not Invitation.objects.filter(token_hash__contains=token).exists()
        assert invitation.expires_at - invitation.sent_at == timedelta(days=14)
        message = Mail.objects.get()
        assert (message.to, message.kind) == (NEW, "invitation")
        assert "Hello Helen," in message.text
        assert "Petra Brandt" in message.subject
        assert f'href="http://localhost:8000{mailed_link()}"' in message.html
        event = Event.objects.get(kind="member.invited")
        assert event.firm_only
        assert NEW not in str(event.data)

    def test_an_address_is_the_same_in_capitals(self, invited, client_for, project_manager, engagement):
        invited()
        with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
            response = send_form(client_for(project_manager), engagement, email=NEW.upper())

        assert response.status_code == 422
        assert "invited already" in response.content.decode()

    def test_two_presses_are_one_invitation(self, client_for, project_manager, engagement):
        browser = client_for(project_manager)
        assert [send_form(browser, engagement).status_code for _ in range(2)] == [302, 302]

        assert Invitation.objects.count() == Mail.objects.count() == 1
        assert Event.objects.filter(kind="member.invited").count() == 1

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"email": "no address"}, "valid email"),
            ({"email": ""}, "required"),
            ({"email": "a@b.example\r\nBcc: all@c.example"}, "valid email"),
            ({"email": f"{'a' * 300}@b.example"}, "254"),
            ({"role": "administrator"}, "Select a valid choice"),
            ({"role": ""}, "required"),
            ({"functions": ["pm"]}, "other side"),
            ({"functions": ["king"]}, "Select a valid choice"),
            ({"display_name": "x" * 121}, "120"),
            ({"display_name": "a\0b"}, "Null characters"),
        ],
    )
    def test_bad_input_is_explained_and_nothing_is_sent(
        self, client_for, project_manager, engagement, fields, said
    ):
        response = send_form(client_for(project_manager), engagement, **fields)

        assert response.status_code == 422
        assert said in response.content.decode()
        assert not Invitation.objects.exists()
        assert not Mail.objects.exists()

    def test_people_of_another_client_cannot_be_invited(
        self, client_for, project_manager, engagement, other_client_member
    ):
        response = send_form(client_for(project_manager), engagement, email=other_client_member.email)

        assert response.status_code == 422
        assert "another client" in response.content.decode()
        assert not Invitation.objects.exists()

    def test_a_role_of_the_other_side_is_refused(self, client_for, project_manager, engagement, outsider):
        response = send_form(client_for(project_manager), engagement, email=outsider.email)

        assert "for the other side" in response.content.decode()

    def test_members_and_disabled_people_are_named(
        self, client_for, project_manager, engagement, sponsor, world
    ):
        browser = client_for(project_manager)
        resting = make_person("Rita Rest", client=world.client, is_active=False)

        here = send_form(browser, engagement, email=sponsor.email).content.decode()
        away = send_form(browser, engagement, email=resting.email).content.decode()

        assert "Sofie Sander is in this engagement already" in here
        assert "Rita Rest may not sign in" in away

    def test_a_subject_never_becomes_a_second_header(self, engagement, project_manager):
        project_manager.display_name = "Petra\r\nBcc: all@c.example"
        project_manager.save()
        invitations.invite(engagement=engagement, email=NEW, role="client_reviewer", by=project_manager)

        assert "\n" not in Mail.objects.get().subject

    def test_a_forged_host_changes_no_link(self, client_for, project_manager, engagement):
        browser = client_for(project_manager)
        browser.post(
            reverse("engagements:invite", args=[engagement.pk]),
            {"email": NEW, "role": "client_contributor"},
            headers={"host": "127.0.0.1:666", "x-forwarded-host": "evil.example"},
        )

        message = Mail.objects.get()
        assert "127.0.0.1" not in message.text + message.html
        assert "evil" not in message.text + message.html
        assert "http://localhost:8000/invitations/" in message.text


class TestSendingAgain:
    def test_the_new_link_works_and_the_old_one_does_not(
        self, client, client_for, invited, project_manager, engagement
    ):
        old = invited()
        invitation = Invitation.objects.get()
        with time_machine.travel(timezone.now() + timedelta(days=20), tick=False):
            browser_of(project_manager).post(
                reverse("engagements:invitation-resend", args=[engagement.pk, invitation.pk])
            )
            new = mailed_link()

            assert new != old
            assert client.get(old).status_code == 404
            assert client.get(new).status_code == 200
        assert Event.objects.filter(kind="invitation.sent-again").count() == 1

    def test_a_mail_that_has_not_left_stays_here(self, invited, project_manager):
        invited()
        with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
            invitations.resend(invitation=Invitation.objects.get(), by=project_manager)

        assert [message.state for message in Mail.objects.order_by("id")] == ["dropped", "queued"]

    def test_pressing_twice_sends_once(self, invited, client_for, project_manager, engagement):
        invited()
        path = reverse("engagements:invitation-resend", args=[engagement.pk, Invitation.objects.get().pk])
        browser = client_for(project_manager)
        with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
            browser.post(path)
            browser.post(path)

        assert Mail.objects.count() == 2

    def test_what_was_taken_back_is_not_sent_again(self, invited, client_for, project_manager, engagement):
        invited()
        invitation = Invitation.objects.get()
        invitations.revoke(invitation=invitation, by=project_manager)
        page = client_for(project_manager).post(
            reverse("engagements:invitation-resend", args=[engagement.pk, invitation.pk]), follow=True
        )

        assert "was taken back meanwhile" in page.content.decode()
        assert Mail.objects.count() == 1


class TestTakingBack:
    def test_the_link_ends_at_once_and_the_mail_stays_here(
        self, client, invited, client_for, project_manager, engagement
    ):
        link = invited()
        path = reverse("engagements:invitation-revoke", args=[engagement.pk, Invitation.objects.get().pk])
        browser = client_for(project_manager)
        for _ in range(2):
            assert browser.post(path).status_code == 302

        page = client.get(link)
        assert page.status_code == 410
        assert "taken back" in page.content.decode()
        assert project_manager.email in page.content.decode()
        assert Mail.objects.get().state == "dropped"
        assert Event.objects.filter(kind="invitation.taken-back").count() == 1

    def test_somebody_who_is_in_cannot_be_taken_back(self, invited, project_manager, engagement):
        invited()
        invitation = Invitation.objects.get()
        invitations.accept_as_new(invitation=invitation, display_name="Helen Ward", password=WORDS)

        with pytest.raises(invitations.InvitationEnded):
            invitations.revoke(invitation=invitation, by=project_manager)
        assert Membership.objects.filter(user__email=NEW, ended_at=None).exists()


class TestComingInNew:
    def test_name_and_password_make_a_person_of_the_client(self, client, invited, engagement):
        link = invited(functions=["data-owner"], may_sign=True)

        response = client.post(link, {"display_name": "Helen Ward", "password": WORDS})

        assert response.status_code == 302
        assert response.url == reverse("questionnaires:overview", args=[engagement.pk])
        helen = User.objects.get(email=NEW)
        assert (helen.display_name, helen.initials, helen.client) == ("Helen Ward", "HW", engagement.client)
        assert helen.check_password(WORDS)
        membership = Membership.objects.get(user=helen)
        assert (membership.role, membership.functions, membership.may_sign) == (
            Role.CLIENT_CONTRIBUTOR,
            ["data-owner"],
            True,
        )
        assert client.get(response.url).status_code == 200
        joined = Event.objects.filter(kind="member.joined").latest("number")
        assert (joined.by, joined.firm_only) == (helen, False)

    def test_a_firm_role_makes_a_person_of_the_firm(self, client, invited):
        client.post(invited(role=Role.OBSERVER), {"display_name": "Helen Ward", "password": WORDS})

        assert User.objects.get(email=NEW).is_firm

    def test_the_session_is_a_new_one(self, client, invited):
        link = invited()
        client.cookies["session"] = "a" * 32  # planted by somebody who waits
        client.post(link, {"display_name": "Helen Ward", "password": WORDS})

        assert client.cookies["session"].value != "a" * 32
        assert "_auth_user_id" in client.session

    def test_looking_uses_nothing_up(self, client, invited):
        link = invited()
        before = Invitation.objects.values().get()
        for method in (client.get, client.head, client.get):
            assert method(link).status_code == 200

        assert Invitation.objects.values().get() == before
        assert not User.objects.filter(email=NEW).exists()

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"password": "short"}, "too short"),
            ({"password": "password1234"}, "too common"),
            ({"password": "helen.ward@northbridge"}, "too similar"),
            ({"password": "Helen Margaret Ward", "display_name": "Helen Margaret Ward"}, "too similar"),
            ({"password": ""}, "required"),
            ({"display_name": "   "}, "required"),
            ({"display_name": "x" * 121}, "120"),
            ({"display_name": "a\0b"}, "Null characters"),
            ({"password": "p" * 5000}, "4096"),
        ],
    )
    def test_bad_input_is_explained_and_the_link_still_works(self, client, invited, fields, said):
        link = invited()
        page = client.post(link, {"display_name": "Helen Ward", "password": WORDS} | fields)

        assert page.status_code == 422
        assert said in page.content.decode()
        assert not User.objects.filter(email=NEW).exists()
        assert client.post(link, {"display_name": "Helen Ward", "password": WORDS}).status_code == 302

    def test_more_fields_than_asked_for_change_nothing(self, client, invited, engagement):
        extra = {
            "is_administrator": "on",
            "role": "project_manager",
            "client": "",
            "email": "me@else.example",
        }
        client.post(invited(), {"display_name": "Helen Ward", "password": WORDS} | extra)

        helen = User.objects.get(email=NEW)
        assert not helen.is_administrator
        assert helen.client == engagement.client
        assert Membership.objects.get(user=helen).role == Role.CLIENT_CONTRIBUTOR

    def test_a_second_use_is_explained(self, client, invited, project_manager):
        link = invited()
        client.post(link, {"display_name": "Helen Ward", "password": WORDS})

        again = client.get(link)  # by the same person: they are in
        assert again.status_code == 302
        stranger = browser_of(None).get(link)
        assert stranger.status_code == 410
        assert "was used" in stranger.content.decode()
        assert project_manager.email in stranger.content.decode()
        twice = browser_of(None).post(link, {"display_name": "Eve", "password": WORDS})
        assert twice.status_code == 410
        assert User.objects.filter(email=NEW).get().display_name == "Helen Ward"

    def test_after_two_weeks_it_has_run_out(self, client, invited, project_manager):
        link = invited()
        with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1), tick=False):
            page = client.get(link)
            posted = client.post(link, {"display_name": "Helen Ward", "password": WORDS})

        assert page.status_code == posted.status_code == 410
        assert "has run out" in page.content.decode()
        assert project_manager.display_name in page.content.decode()
        assert not User.objects.filter(email=NEW).exists()

    @pytest.mark.parametrize("token", ["x", "a" * 43, "a" * 3000, "%00", "..", "ünï"])
    def test_a_made_up_link_is_explained(self, client, world, token):
        page = client.get(f"/invitations/{token}/")

        assert page.status_code == 404
        assert "<h1>" in page.content.decode()

    def test_the_token_needs_the_right_csrf_token_too(self, invited):
        link = invited()
        browser = browser_of(None, csrf=True)
        assert browser.post(link, {"display_name": "Helen", "password": WORDS}).status_code == 403
        assert not User.objects.filter(email=NEW).exists()


class TestComingInWithAnAccount:
    def test_somebody_signed_in_confirms_and_is_in(self, client_for, invited, engagement, outsider):
        link = invited(outsider.email, Role.CONSULTANT)
        browser = client_for(outsider)

        assert "Join" in browser.get(link).content.decode()
        assert not Membership.objects.filter(user=outsider).exists()
        assert browser.post(link).url == reverse("questionnaires:overview", args=[engagement.pk])
        assert Membership.objects.get(user=outsider).role == Role.CONSULTANT

    def test_somebody_signed_out_signs_in_on_the_way(self, client, invited, outsider):
        link = invited(outsider.email, Role.CONSULTANT)
        page = client.get(link).content.decode()
        door = re.search(r'href="([^"]+next=[^"]+)"', page)[1]

        signed = client.post(door, {"login": outsider.email, "password": PASSWORD, "next": link})

        assert signed.url == link
        assert "Join" in client.get(link).content.decode()

    def test_posting_a_new_name_never_takes_over_an_account(self, client, invited, outsider):
        link = invited(outsider.email, Role.CONSULTANT)
        client.post(link, {"display_name": "Eve", "password": WORDS})

        outsider.refresh_from_db()
        assert outsider.display_name == "Nils Fremd"
        assert outsider.check_password(PASSWORD)
        assert "_auth_user_id" not in client.session
        assert Invitation.objects.open().count() == 1

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_somebody_else_is_told_kindly(self, client_for, invited, outsider, other_manager, method):
        link = invited(outsider.email, Role.CONSULTANT)
        page = getattr(client_for(other_manager), method)(link)

        assert page.status_code == (200 if method == "get" else 403)
        assert "for somebody else" in page.content.decode()
        assert "Otto Vance" in page.content.decode()
        assert not Membership.objects.filter(user=other_manager, role=Role.CONSULTANT).exists()
        assert Invitation.objects.open().count() == 1

    def test_a_client_whose_account_belongs_elsewhere_is_refused(self, client_for, invited, world):
        link = invited("sam@both.example")
        # They came in through the other client first.
        sam = make_person("Sam Both", client=world.other_client, email="sam@both.example")
        page = client_for(sam).post(link)

        assert page.status_code == 409
        assert "another client" in page.content.decode()
        assert not Membership.objects.filter(user=sam).exists()
        assert Invitation.objects.open().count() == 1

    def test_a_former_member_comes_back(self, client_for, invited, engagement, reviewer):
        Membership.objects.filter(user=reviewer).update(ended_at=timezone.now())
        client_for(reviewer).post(invited(reviewer.email, Role.CLIENT_CONTRIBUTOR))

        membership = Membership.objects.get(user=reviewer)
        assert (membership.ended_at, membership.role) == (None, Role.CLIENT_CONTRIBUTOR)

    def test_joining_twice_keeps_the_part_one_has(
        self, client_for, invited, engagement, outsider, project_manager
    ):
        link = invited(outsider.email, Role.OBSERVER)
        people.join(engagement=engagement, user=outsider, role=Role.CONSULTANT, by=project_manager)

        assert client_for(outsider).post(link).status_code == 302
        assert Membership.objects.get(user=outsider).role == Role.CONSULTANT


class TestSecrecy:
    def test_the_page_tells_no_other_page_its_address(self, client, invited):
        link = invited()
        for response in (client.get(link), client.post(link, {}), client.get("/invitations/unknown/")):
            assert response.headers["Referrer-Policy"] == "strict-origin"
            assert "no-store" in response.headers["Cache-Control"]

    def test_no_log_line_holds_a_token(self, client, invited, caplog):
        from config.logs import JsonLines

        link = invited()
        token = link.split("/")[2]
        with time_machine.travel(timezone.now() + timedelta(days=15), tick=False):
            client.get(link)
        browser_of(None, csrf=True).post(link)
        lines = [JsonLines().format(record) for record in caplog.records]

        assert any("/invitations/" in line for line in lines)
        assert not any(token in line for line in lines)

    def test_a_sent_mail_no_longer_holds_the_link(self, invited, settings):
        settings.MAIL_DELIVERY = "django.core.mail.backends.locmem.EmailBackend"
        invited()
        mail.send(Mail.objects.get().pk)

        sent = Mail.objects.get()
        assert (sent.state, sent.text, sent.html) == ("sent", "", "")
        assert "/invitations/" in django_mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_two_acceptances_make_one_person(self, engagement, project_manager):
        invitations.invite(engagement=engagement, email=NEW, role="client_reviewer", by=project_manager)
        link = mailed_link()

        statuses = at_once(
            lambda number: (
                browser_of(None)
                .post(link, {"display_name": f"Helen {number}", "password": WORDS})
                .status_code
            ),
            times=4,
        )

        assert sorted(statuses)[0] == 302
        assert set(sorted(statuses)[1:]) <= {409, 410}
        assert User.objects.filter(email=NEW).count() == 1
        assert Membership.objects.filter(user__email=NEW).count() == 1

    def test_two_invitations_to_one_address_make_one_person(self, world, engagement, project_manager):
        other = world.other_engagement
        links = []
        for place, manager in ((engagement, project_manager), (other, world.people["other_manager"])):
            invitations.invite(engagement=place, email=NEW, role="observer", by=manager)
            links.append(mailed_link())

        statuses = at_once(
            lambda number: (
                browser_of(None).post(links[number], {"display_name": "Helen", "password": WORDS}).status_code
            ),
            times=2,
        )

        assert 302 in statuses
        assert set(statuses) <= {302, 409}
        assert User.objects.filter(email=NEW).count() == 1

    def test_two_people_inviting_one_address_send_one_mail(self, engagement, project_manager, consultant):
        def invite(number):
            try:
                invitations.invite(
                    engagement=engagement,
                    email=NEW,
                    role="client_reviewer",
                    by=(project_manager, consultant)[number],
                )
            except invitations.CannotInvite:
                return "told"
            return "sent"

        assert sorted(at_once(invite, times=2)) == ["sent", "told"]
        assert Mail.objects.count() == 1

    def test_taking_back_and_accepting_never_both_happen(self, engagement, project_manager):
        invitation = invitations.invite(
            engagement=engagement, email=NEW, role="client_reviewer", by=project_manager
        )

        def act(number):
            try:
                if number:
                    invitations.revoke(invitation=invitation, by=project_manager)
                else:
                    invitations.accept_as_new(invitation=invitation, display_name="Helen", password=WORDS)
            except invitations.InvitationEnded:
                return "late"
            return "done"

        assert sorted(at_once(act, times=2)) == ["done", "late"]
        invitation.refresh_from_db()
        assert bool(invitation.accepted_at) == User.objects.filter(email=NEW).exists()


def at_once(act, *, times):
    """Run `act(number)` in as many threads, released together; return what each gave."""
    barrier = threading.Barrier(times)
    given = [None] * times

    def run(number):
        close_old_connections()
        try:
            barrier.wait(10)
            given[number] = act(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return given
