"""What people set for themselves."""

import pytest
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db

MINE = {
    "display_name": "Carla M. Conti",
    "initials": "cmc",
    "job_title": "Principal consultant",
    "time_zone": "America/New_York",
    "language": "de",
    "theme": "dark",
}


def keep(browser, **fields):
    return browser.post(reverse("accounts:preferences"), MINE | fields)


class TestPreferences:
    def test_all_of_it_is_kept_and_shown(self, client_for, consultant):
        browser = client_for(consultant)
        assert keep(browser).status_code == 302

        consultant.refresh_from_db()
        kept = {name: getattr(consultant, name) for name in MINE}
        assert kept == MINE | {"initials": "CMC"}
        assert consultant.single_keys is False
        html = browser.get(reverse("accounts:preferences")).content.decode()
        assert '<html lang="de" data-theme="dark">' in html
        assert 'data-keys="off"' in html

    def test_it_leads_to_password_address_and_second_step(self, client_for, sponsor):
        html = client_for(sponsor).get(reverse("accounts:preferences")).content.decode()

        for name in ("account_change_password", "mfa_index", "account_email"):
            assert f'href="{reverse(name)}"' in html

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"display_name": "  "}, "required"),
            ({"display_name": "x" * 121}, "120"),
            ({"display_name": "a\0b"}, "Null"),
            ({"initials": "<b>"}, "One to three letters"),
            ({"initials": "ABCD"}, "3"),
            ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
            ({"time_zone": "../../etc/passwd"}, "Select a valid choice"),
            ({"language": "xx"}, "Select a valid choice"),
            ({"theme": "pink"}, "Select a valid choice"),
        ],
    )
    def test_nonsense_is_explained_and_nothing_is_kept(self, client_for, consultant, fields, said):
        response = keep(client_for(consultant), **fields)

        assert response.status_code == 422
        assert said in response.content.decode()
        assert User.objects.get(pk=consultant.pk).display_name == "Carla Conti"

    def test_a_refused_form_shows_nobody_under_a_wrong_name(self, client_for, consultant):
        html = keep(client_for(consultant), display_name="Somebody Else", theme="pink").content.decode()

        assert "<b>Carla Conti</b>" in html

    def test_nothing_else_can_be_set(self, client_for, sponsor, world):
        keep(
            client_for(sponsor),
            is_administrator="on",
            is_active="",
            client="",
            email="me@firm.example",
            access_version="9",
        )

        sponsor.refresh_from_db()
        assert (sponsor.is_administrator, sponsor.is_active) == (False, True)
        assert sponsor.client == world.client
        assert sponsor.access_version == 0
        assert sponsor.email.startswith("sofie.sander@")

    def test_an_unusual_zone_that_exists_can_stay(self, client_for, consultant):
        assert keep(client_for(consultant), time_zone="Etc/GMT+12").status_code == 302
