"""Sign-in, second step, lost passwords, refusals: what people meet before and beside their work."""

import base64
import hmac
import re
import time

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.template.loader import render_to_string
from django.urls import reverse

PASSWORD = "a long enough pass phrase"

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya():
    return get_user_model().objects.create_user(
        "maya@aldervoss.example", PASSWORD, display_name="Maya Lindqvist"
    )


def page(response, status=200):
    """Return the text of a page, and hold it against what every page of ours has."""
    assert response.status_code == status
    html = response.content.decode()
    assert html.count("<h1") == 1
    assert re.search(r"<title>[^<]+ · Throughline</title>", html)
    assert 'id="main"' in html
    return html


class TestSigningIn:
    def test_the_door_asks_for_address_and_password(self, client):
        html = page(client.get(reverse("account_login")))

        assert 'type="email"' in html
        assert 'autocomplete="current-password"' in html
        assert reverse("account_reset_password") in html
        assert reverse("account_signup") not in html

    def test_the_right_words_let_somebody_in(self, client, maya):
        response = client.post(
            reverse("account_login"), {"login": "MAYA@aldervoss.example", "password": PASSWORD}
        )

        assert response.status_code == 302
        assert client.session["_auth_user_id"] == str(maya.pk)

    def test_wrong_words_are_explained_in_place(self, client, maya):
        html = page(
            client.post(reverse("account_login"), {"login": maya.email, "password": "something else"})
        )

        assert "note-bad" in html or 'class="error"' in html
        assert f'value="{maya.email}"' in html
        assert PASSWORD not in html

    def test_nobody_signs_up_alone(self, client):
        page(client.get(reverse("account_signup")))
        client.post(reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD})

        assert not get_user_model().objects.filter(email="new@example.org").exists()

    def test_signing_out_asks_first_when_it_is_a_link(self, client, maya):
        client.force_login(maya)

        assert "data-signs-out" in page(client.get(reverse("account_logout")))
        client.post(reverse("account_logout"))
        assert "_auth_user_id" not in client.session

    def test_an_account_that_rests_is_told_so(self, client):
        page(client.get(reverse("account_inactive")))


class TestLostPasswords:
    def test_the_link_in_the_mail_leads_to_a_new_password(self, client, maya):
        page(client.get(reverse("account_reset_password")))
        page(client.post(reverse("account_reset_password"), {"email": maya.email}, follow=True))
        (message,) = mail.outbox
        link = re.search(r"http\S+", message.body)[0]
        html, kind = message.alternatives[0]

        assert message.subject == "Choose a new password"
        assert kind == "text/html"
        assert f'href="{link}"' in html

        form = client.get(link.replace("http://localhost:8000", ""), follow=True)
        page(form)
        done = client.post(
            form.request["PATH_INFO"],
            {"password1": "another pass phrase", "password2": "another pass phrase"},
            follow=True,
        )
        page(done)
        maya.refresh_from_db()
        assert maya.check_password("another pass phrase")

    def test_an_unknown_address_learns_nothing_on_the_page(self, client, maya):
        known = client.post(reverse("account_reset_password"), {"email": maya.email}, follow=True)
        unknown = client.post(reverse("account_reset_password"), {"email": "who@example.org"}, follow=True)

        assert re.sub(r'value="\w{64}"', "", page(known)) == re.sub(r'value="\w{64}"', "", page(unknown))
        assert "no account" in mail.outbox[-1].body
        assert "signup" not in mail.outbox[-1].body

    def test_a_link_that_has_ended_offers_a_new_one(self, client):
        html = page(client.get(reverse("account_reset_password_from_key", args=["1", "set-1-wrong"])))

        assert "This link has ended" in html
        assert reverse("account_reset_password") in html

    def test_the_page_after_a_reset_leads_to_the_door(self, client):
        assert reverse("account_login") in page(client.get(reverse("account_reset_password_from_key_done")))


class TestOnesOwnAccount:
    @pytest.fixture(autouse=True)
    def _signed_in(self, client, maya):
        client.post(reverse("account_login"), {"login": maya.email, "password": PASSWORD})

    @pytest.mark.parametrize(
        "name",
        [
            "account_change_password",
            "account_email",
            "mfa_index",
            "account_reauthenticate",
            "account_email_verification_sent",
        ],
    )
    def test_each_page_is_ours(self, client, name):
        page(client.get(reverse(name)))

    def test_a_password_can_be_changed(self, client, maya):
        client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": "another pass phrase", "password2": "another pass phrase"},
        )

        maya.refresh_from_db()
        assert maya.check_password("another pass phrase")

    def test_a_short_password_is_explained_at_its_field(self, client):
        html = page(
            client.post(
                reverse("account_change_password"),
                {"oldpassword": PASSWORD, "password1": "short", "password2": "short"},
            )
        )

        assert re.search(
            r'<input[^>]*aria-invalid="true"[^>]*aria-describedby="[^"]*id_password\d_error|aria-describedby="[^"]*id_password\d_error',
            html,
        )
        assert re.search(r'class="error" id="id_password\d_error"', html)

    def test_a_second_step_can_be_set_up_used_and_switched_off(self, client, maya):
        asked = client.get(reverse("mfa_activate_totp"), follow=True)
        assert "Is it you?" in page(asked)
        form = page(
            client.post(
                asked.request["PATH_INFO"] + "?" + asked.request["QUERY_STRING"],
                {"password": PASSWORD},
                follow=True,
            )
        )
        secret = re.search(r'id="secret" value="(\w+)"', form)[1]
        assert 'src="data:image/svg+xml;base64,' in form

        codes = page(client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True))
        assert len(re.findall(r"<li>[\w-]+</li>", codes)) >= 8
        assert "Authenticator app" in page(client.get(reverse("mfa_index")))
        page(client.get(reverse("mfa_generate_recovery_codes")))
        page(client.get(reverse("mfa_deactivate_totp")))

        client.post(reverse("account_logout"))
        asked = client.post(
            reverse("account_login"), {"login": maya.email, "password": PASSWORD}, follow=True
        )
        assert "One more step" in page(asked)
        recovery = re.search(r"<li>([\w-]+)</li>", codes)[1]
        client.post(reverse("mfa_authenticate"), {"code": recovery})
        assert client.session["_auth_user_id"] == str(maya.pk)


def code_of(secret):
    """Return what an authenticator app shows now (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret), int(time.time() // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class TestRefusals:
    def test_a_page_that_is_not_there_says_what_to_do(self, client, maya):
        client.force_login(maya)

        assert "isn’t shared with you" in page(client.get("/nowhere/at/all/"), 404)

    @pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500])
    def test_each_can_be_shown_with_nothing_at_hand(self, status, django_assert_num_queries):
        with django_assert_num_queries(0):
            html = render_to_string(f"{status}.html")

        assert html.count("<h1") == 1
        assert "data-refusal" in html

    @pytest.mark.parametrize("status", [403, 413])
    def test_a_reason_is_said_as_text(self, status):
        html = render_to_string(f"{status}.html", {"message": "Not <b>this</b>."})

        assert "Not &lt;b&gt;this&lt;/b&gt;." in html

    def test_what_broke_looks_nothing_up(self, settings):
        # A missing list of static files must not break the page that says that something is broken.
        settings.STORAGES = {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        }

        assert "The fault is ours" in render_to_string("500.html")
