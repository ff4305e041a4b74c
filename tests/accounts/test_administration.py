"""Looking after people and clients, and letting the first administrator in."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.actions import people
from accounts.models import Client, User
from engagements.models import Mail
from tests.people import browser_of, make_client, make_person

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough pass phrase"


@pytest.fixture
def browser(client_for, administrator):
    """Give the administrator's browser."""
    return client_for(administrator)


def person_form(person, **fields):
    known = {
        "display_name": person.display_name,
        "initials": person.initials,
        "job_title": person.job_title,
        "time_zone": person.time_zone,
        "language": person.language,
    }
    ticked = {name: "on" for name in ("is_administrator", "is_active") if getattr(person, name)}
    merged = known | ticked | fields
    return {name: value for name, value in merged.items() if value is not None}


class TestListingPeople:
    def test_everybody_is_found_by_name_address_and_client(self, browser, world):
        def names(**query):
            html = browser.get(reverse("accounts:administration"), query).content.decode()
            return set(re.findall(r'class="name"[^>]*>([^<]+)<', html))

        assert len(names()) == len(world.people)
        assert names(q="sofie") == {"Sofie Sander"}
        assert names(q="harbour") == {"Olga Orlova"}
        assert names(q="CARLA.CONTI@") == {"Carla Conti"}
        assert "Carla Conti" not in names(show="clients")
        assert "Sofie Sander" not in names(show="firm")
        assert names(show="resting") == set()
        assert names(q="100%_\\\0'") == set()

    def test_a_long_list_has_pages_at_a_constant_cost(self, browser, world):
        counts = []
        for count in (5, 60):
            for _ in range(count):
                make_person(client=world.client)
            browser.get(reverse("accounts:preferences"))
            with CaptureQueriesContext(connection) as seen:
                html = browser.get(reverse("accounts:administration")).content.decode()
            counts.append(len(seen))

        assert counts[0] == counts[1] <= 5
        assert "Page 1 of 2" in html
        for page in ("2", "999", "x", "-1"):
            assert browser.get(reverse("accounts:administration"), {"page": page}).status_code == 200


class TestMakingPeople:
    def make(self, browser, **fields):
        filled = {
            "email": "Helen.Ward@firm.example",
            "display_name": "Helen Ward",
            "time_zone": "Europe/Berlin",
            "language": "en",
        }
        return browser.post(reverse("accounts:admin-person-new"), filled | fields)

    def test_the_link_in_the_mail_lets_them_choose_a_password_and_come_in(self, browser):
        assert self.make(browser, job_title="Partner").status_code == 302

        helen = User.objects.get(email="helen.ward@firm.example")
        assert (helen.is_firm, helen.is_administrator, helen.initials) == (True, False, "HW")
        assert not helen.has_usable_password()
        link = re.search(r"http://localhost:8000(\S+)", Mail.objects.get(user=helen).text)[1]
        new = browser_of(None)
        form = new.get(link, follow=True)
        new.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
        new.post(reverse("account_login"), {"login": helen.email, "password": PASSWORD})
        assert new.get(reverse("questionnaires:work")).status_code == 200
        assert new.get(link, follow=True).context["token_fail"]

    def test_a_persons_client_is_chosen_once(self, browser, world):
        self.make(browser, client=world.client.pk)

        assert User.objects.get(email="helen.ward@firm.example").client == world.client

    def test_before_a_password_is_chosen_nobody_comes_in(self, browser):
        self.make(browser)
        new = browser_of(None)
        for password in ("", "!", "unusable"):
            new.post(reverse("account_login"), {"login": "helen.ward@firm.example", "password": password})

        assert "_auth_user_id" not in new.session

    def test_after_three_days_the_door_sends_a_new_link(self, browser):
        self.make(browser)
        link = re.search(r"http://localhost:8000(\S+)", Mail.objects.get().text)[1]
        with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1), tick=False):
            late = browser_of(None)
            assert late.get(link, follow=True).context["token_fail"]
            late.post(reverse("account_reset_password"), {"email": "helen.ward@firm.example"})

        assert "/account/password/reset/key/" in mail.outbox[0].body

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"email": "sofie.sander"}, "valid email"),
            ({"email": ""}, "required"),
            ({"display_name": " "}, "required"),
            ({"display_name": "x" * 121}, "120"),
            ({"client": "999999"}, "Select a valid choice"),
            ({"client": "x"}, "Select a valid choice"),
            ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
        ],
    )
    def test_bad_input_is_explained_and_nobody_is_made(self, browser, fields, said):
        count = User.objects.count()
        response = self.make(browser, **fields)

        assert response.status_code == 422
        assert said in response.content.decode()
        assert User.objects.count() == count
        assert not Mail.objects.exists()

    def test_administrators_are_of_the_firm(self, browser, world):
        response = self.make(browser, client=world.client.pk, is_administrator="on")

        assert response.status_code == 422
        assert "people of the firm" in response.content.decode()

    def test_an_address_is_taken_once_whatever_its_case(self, browser, sponsor):
        response = self.make(browser, email=sponsor.email.upper())

        assert response.status_code == 422
        assert "here already" in response.content.decode()

    def test_pressed_twice_one_is_made_and_told(self, browser):
        assert self.make(browser).status_code == 302
        assert self.make(browser).status_code == 422
        assert Mail.objects.count() == 1

    def test_another_link_can_be_sent(self, browser, consultant):
        for _ in range(2):
            browser.post(reverse("accounts:admin-person-write", args=[consultant.pk]))

        assert Mail.objects.get().to == consultant.email

    def test_who_may_not_sign_in_gets_no_link(self, browser, consultant):
        User.objects.filter(pk=consultant.pk).update(is_active=False)
        browser.post(reverse("accounts:admin-person-write", args=[consultant.pk]))

        assert not Mail.objects.exists()


class TestChangingPeople:
    def change(self, browser, person, **fields):
        return browser.post(reverse("accounts:admin-person", args=[person.pk]), person_form(person, **fields))

    def test_what_is_changed_holds_and_the_rest_stays(self, browser, consultant):
        before = User.objects.values().get(pk=consultant.pk)
        assert self.change(browser, consultant, job_title="Partner", time_zone="UTC").status_code == 302

        after = User.objects.values().get(pk=consultant.pk)
        assert after == before | {"job_title": "Partner", "time_zone": "UTC"}

    def test_address_and_side_are_not_an_administrators_to_change(self, browser, sponsor, world):
        self.change(
            browser,
            sponsor,
            email="else@firm.example",
            client="",
            is_administrator="on",
            password="x",
            access_version="7",
        )

        now = User.objects.get(pk=sponsor.pk)
        assert (now.email, now.client, now.is_administrator) == (sponsor.email, world.client, False)
        assert now.password == sponsor.password

    def test_whoever_may_not_sign_in_is_out_at_once(self, browser, client_for, consultant):
        theirs = client_for(consultant)
        assert self.change(browser, consultant, is_active=None).status_code == 302

        assert theirs.get(reverse("questionnaires:work")).status_code == 302
        html = browser.get(reverse("accounts:administration"), {"show": "resting"}).content.decode()
        assert "Carla Conti" in html

    @pytest.mark.parametrize("name", ["is_administrator", "is_active"])
    def test_the_last_administrator_stays(self, browser, administrator, name):
        response = self.change(browser, administrator, **{name: None})

        assert response.status_code == 422
        assert "only administrator" in response.content.decode()
        assert User.objects.get(pk=administrator.pk).is_administrator
        assert browser.get(reverse("accounts:administration")).status_code == 200

    def test_of_two_administrators_one_can_go(self, browser, administrator, consultant):
        self.change(browser, consultant, is_administrator="on")
        assert self.change(browser, administrator, is_administrator=None).status_code == 302

        assert browser.get(reverse("accounts:administration")).status_code == 404

    def test_a_disabled_administrator_does_not_count(self, browser, administrator, consultant):
        User.objects.filter(pk=consultant.pk).update(is_administrator=True, is_active=False)

        assert self.change(browser, administrator, is_administrator=None).status_code == 422

    def test_somebody_who_is_not_there(self, browser):
        for name in ("accounts:admin-person", "accounts:admin-client"):
            assert browser.get(reverse(name, args=[10**12])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_remove_each_other(administrator, consultant):
    people.change_person(person=consultant, by=administrator, is_administrator=True)
    barrier = threading.Barrier(2)
    outcomes = []

    def remove(by, person):
        close_old_connections()
        barrier.wait(10)
        try:
            people.change_person(person=person, by=by, is_administrator=False)
            outcomes.append("removed")
        except people.LastAdministrator:
            outcomes.append("told")
        connection.close()

    threads = [
        threading.Thread(target=remove, args=pair)
        for pair in ((administrator, consultant), (consultant, administrator))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(outcomes) == ["removed", "told"]
    assert people.administrators_exist()


class TestClients:
    def test_a_client_is_added_found_and_renamed(self, browser):
        browser.post(
            reverse("accounts:admin-client-new"), {"name": "Lakeside Clinics", "short_name": "Lakeside"}
        )
        lakeside = Client.objects.get(name="Lakeside Clinics")
        browser.post(
            reverse("accounts:admin-client", args=[lakeside.pk]),
            {"name": "Lakeside Group", "short_name": "LG"},
        )

        html = browser.get(reverse("accounts:admin-clients"), {"q": "lake"}).content.decode()
        assert "Lakeside Group" in html
        assert "Northbridge" not in html

    @pytest.mark.parametrize("name", ["", "  ", "x" * 121, "northbridge HOSPITALS", "a\0b"])
    def test_a_bad_name_is_explained(self, browser, world, name):
        for path in (
            reverse("accounts:admin-client-new"),
            reverse("accounts:admin-client", args=[world.other_client.pk]),
        ):
            assert browser.post(path, {"name": name, "short_name": "S"}).status_code == 422
        assert Client.objects.count() == 2
        assert Client.objects.filter(name="Harbour Streaming").exists()

    def test_the_lists_cost_the_same_however_long(self, browser):
        counts = []
        for count in (3, 30):
            for _ in range(count):
                make_client()
            browser.get(reverse("accounts:preferences"))
            with CaptureQueriesContext(connection) as seen:
                browser.get(reverse("accounts:admin-clients"))
            counts.append(len(seen))

        assert counts[0] == counts[1] <= 5


class TestTheFirstAdministrator:
    def test_the_command_prints_a_way_in(self, client, capsys):
        call_command("createadmin", "Ada@firm.example", "--name", "Ada Moreau")

        ada = User.objects.get()
        assert (ada.email, ada.display_name) == ("ada@firm.example", "Ada Moreau")
        assert ada.is_administrator
        assert ada.is_firm
        link = re.search(r"http://localhost:8000(\S+)", capsys.readouterr().out)[1]
        form = client.get(link, follow=True)
        client.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
        client.post(reverse("account_login"), {"login": ada.email, "password": PASSWORD})
        assert client.get(reverse("accounts:administration")).status_code == 200

    def test_an_existing_person_of_the_firm_becomes_one(self, consultant, capsys):
        User.objects.filter(pk=consultant.pk).update(is_active=False)
        call_command("createadmin", consultant.email)

        consultant.refresh_from_db()
        assert consultant.is_administrator
        assert consultant.is_active
        assert consultant.display_name == "Carla Conti"

    def test_people_of_clients_and_nonsense_are_refused(self, sponsor):
        for address in (sponsor.email, "nobody", "a@b\nBcc: c@d.example"):
            with pytest.raises(CommandError):
                call_command("createadmin", address)
        assert not User.objects.filter(is_administrator=True).exclude(display_name="Ada Moreau").exists()

    def test_the_door_says_how_while_nobody_is_there(self, client):
        assert "createadmin" in client.get(reverse("account_login")).content.decode()

        make_person()
        assert "createadmin" not in client.get(reverse("account_login")).content.decode()
