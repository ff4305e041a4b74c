"""Sessions begin anew, end everywhere they should, and wrong passwords are slowed without keeping anybody out."""

import re
from datetime import timedelta
from urllib.parse import urljoin

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.actions import people
from tests.people import PASSWORD, browser_of

pytestmark = pytest.mark.django_db

OTHER = "another long pass phrase"


def sign_in(browser, person, password=PASSWORD, **more):
    fields = {"login": person.email, "password": password} | more
    return browser.post(reverse("account_login"), fields)


def is_in(browser):
    return browser.get(reverse("questionnaires:work")).status_code == 200


class TestBeginning:
    def test_the_session_before_and_the_one_after_are_two(self, client, consultant):
        client.get(reverse("account_reset_password_from_key", args=["1", "set-1-wrong"]))
        session = client.session
        session["planted"] = True
        session.save()
        before = session.session_key
        client.cookies["session"] = before
        sign_in(client, consultant)

        assert is_in(client)
        assert client.cookies["session"].value != before
        stolen = browser_of(None)
        stolen.cookies["session"] = before
        assert not is_in(stolen)

    def test_a_made_up_session_is_not_adopted(self, client, consultant):
        client.cookies["session"] = "planted" * 4
        sign_in(client, consultant)

        assert client.cookies["session"].value != "planted" * 4

    def test_the_cookies_are_for_us_alone(self, client, consultant):
        sign_in(client, consultant)

        cookie = client.cookies["session"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]

    @pytest.mark.parametrize(
        "where",
        [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "https:evil.example",
            "http:///evil.example",
            "%0d%0aLocation: https://evil.example",
            " //evil.example",
        ],
    )
    def test_nobody_is_led_elsewhere(self, client, consultant, where):
        response = sign_in(client, consultant, next=where)

        assert response.status_code == 302
        # As browsers read it, who take a backslash for a slash.
        target = urljoin("http://testserver/account/login/", response.url.strip().replace("\\", "/"))
        assert target.startswith("http://testserver/")

    def test_it_ends_by_itself_after_two_weeks(self, client, consultant):
        sign_in(client, consultant)
        with time_machine.travel(timezone.now() + timedelta(days=13, hours=23), tick=False):
            assert is_in(client)
        with time_machine.travel(timezone.now() + timedelta(days=14, hours=1), tick=False):
            assert not is_in(client)

    def test_an_ordinary_request_writes_no_session(self, client, consultant):
        sign_in(client, consultant)
        before = Session.objects.values().get()
        for _ in range(3):
            is_in(client)

        assert Session.objects.values().get() == before


class TestEnding:
    def test_after_signing_out_the_old_cookie_opens_nothing(self, client, consultant):
        sign_in(client, consultant)
        stolen = browser_of(None)
        stolen.cookies["session"] = client.cookies["session"].value
        assert is_in(stolen)

        response = client.post(reverse("account_logout"))

        assert not is_in(stolen)
        assert response.headers["Clear-Site-Data"] == '"cache", "storage"'

    def test_signing_out_is_told_to_open_pages(self, client, consultant):
        sign_in(client, consultant)
        before = consultant.access_version
        client.post(reverse("account_logout"))

        consultant.refresh_from_db()
        assert consultant.access_version == before + 1

    def test_signing_out_here_leaves_the_phone_signed_in(self, client, client_for, consultant):
        phone = client_for(consultant)
        sign_in(client, consultant)
        client.post(reverse("account_logout"))

        assert is_in(phone)

    def test_a_new_password_ends_the_others_and_keeps_this_one(self, client, client_for, consultant):
        elsewhere = client_for(consultant)
        sign_in(client, consultant)
        response = client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER},
        )

        assert response.status_code == 302
        assert is_in(client)
        assert not is_in(elsewhere)
        consultant.refresh_from_db()
        assert consultant.access_version == 1
        (message,) = mail.outbox
        assert message.to == [consultant.email]
        assert OTHER not in message.body

    def test_a_reset_password_ends_all(self, client, client_for, consultant):
        elsewhere = client_for(consultant)
        client.post(reverse("account_reset_password"), {"email": consultant.email})
        link = re.search(r"http://localhost:8000(\S+)", mail.outbox[0].body)[1]
        form = client.get(link, follow=True)
        client.post(form.request["PATH_INFO"], {"password1": OTHER, "password2": OTHER})

        assert not is_in(elsewhere)
        assert not is_in(client)
        assert client.get(link, follow=True).context["token_fail"]

    def test_who_may_not_sign_in_any_more_is_out_for_good(self, client_for, consultant, administrator):
        browser = client_for(consultant)
        assert people.change_person(person=consultant, by=administrator, is_active=False) == ["is_active"]

        assert not is_in(browser)
        consultant.refresh_from_db()
        assert consultant.access_version == 1
        people.change_person(person=consultant, by=administrator, is_active=True)
        assert not is_in(browser)

    def test_nobody_else_is_signed_out_with_them(self, client_for, consultant, observer, administrator):
        browser = client_for(observer)
        client_for(consultant)
        assert people.end_sessions(person=consultant) == 1

        assert is_in(browser)


class TestWrongPasswords:
    def wrong(self, browser, person, times, **more):
        return [sign_in(browser, person, "not the pass phrase", **more) for _ in range(times)]

    def test_after_five_even_the_right_one_waits(self, client, consultant):
        for response in self.wrong(client, consultant, 5):
            assert response.status_code == 200
        response = sign_in(client, consultant)

        assert response.status_code == 200
        assert "Too many failed login attempts" in response.content.decode()
        assert not is_in(client)

    def test_after_five_minutes_it_works_again(self, client, consultant):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            self.wrong(client, consultant, 6)
        with time_machine.travel(now + timedelta(minutes=5, seconds=2), tick=False):
            sign_in(client, consultant)
            assert is_in(client)

    def test_somebody_elsewhere_cannot_keep_a_person_out(self, client, consultant):
        attacker = browser_of(None)
        attacker.defaults["REMOTE_ADDR"] = "203.0.113.7"
        self.wrong(attacker, consultant, 9)
        sign_in(client, consultant)

        assert is_in(client)

    def test_another_person_from_the_same_place_comes_in(self, client, consultant, observer):
        self.wrong(client, consultant, 6)
        sign_in(client, observer)

        assert is_in(client)

    def test_who_tries_many_people_is_stopped(self, client, world):
        tried = [
            sign_in(client, person, "not the pass phrase").content.decode()
            for person in list(world.people.values()) * 2
        ]

        assert "Too many failed login attempts" in tried[-1]

    def test_a_forwarded_address_is_believed_of_nobody(self, client, consultant):
        for number in range(5):
            client.post(
                reverse("account_login"),
                {"login": consultant.email, "password": "not the pass phrase"},
                headers={"x-forwarded-for": f"203.0.113.{number}"},
            )
        sign_in(client, consultant)

        assert not is_in(client)

    def test_known_and_unknown_addresses_are_answered_alike(self, client, consultant):
        def page(login):
            answer = client.post(reverse("account_login"), {"login": login, "password": "wrong wrong wrong"})
            return re.sub(r'value="[^"]*"', "", answer.content.decode())

        assert page(consultant.email) == page("nobody@firm.example")

    def test_asking_for_links_again_and_again_is_slowed(self, client, consultant):
        for _ in range(8):
            client.post(reverse("account_reset_password"), {"email": consultant.email})

        assert len(mail.outbox) == 5
