"""Opening engagements, their frame and status, joining one, and reading the mail: the administrator's side."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from engagements import mail
from engagements.actions import invitations
from engagements.models import Engagement, Event, Mail, Membership
from engagements.policy import Role
from questionnaires.models import Entry
from tests.people import browser_of, make_engagement

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client_for, administrator):
    """Give the administrator's browser."""
    return client_for(administrator)


@pytest.fixture
def form(world, outsider):
    """Give the fields of a new engagement."""
    return {
        "client": world.client.pk,
        "name": "Bed planning",
        "aim": "Know two days ahead which wards fill up.",
        "code": "NBH-02",
        "manager": outsider.pk,
        "version": world.version.pk,
        "depth": "core",
        "start_date": "2026-12-01",
        "end_date": "2027-03-31",
        "currency": "CHF",
        "budget": "120000",
        "staffing": "1 consultant",
        "time_zone": "Europe/Zurich",
    }


def frame_of(engagement, **fields):
    names = ("name", "aim", "code", "start_date", "end_date", "currency", "staffing", "time_zone")
    return {name: getattr(engagement, name) or "" for name in names} | fields


class TestOpening:
    def test_the_lead_finds_all_questions_laid_out(self, browser, form, outsider, client_for):
        assert browser.post(reverse("engagements:admin-engagement-new"), form).status_code == 302

        opened = Engagement.objects.get(code="NBH-02")
        assert (opened.status, opened.depth, opened.currency) == ("draft", "core", "CHF")
        assert opened.end_date == date(2027, 3, 31)
        assert Membership.objects.get(engagement=opened).role == Role.PROJECT_MANAGER
        asked = Entry.objects.filter(engagement=opened, round__isnull=False).count()
        assert 0 < asked < 220
        overview = reverse("questionnaires:overview", args=[opened.pk])
        assert client_for(outsider).get(overview).status_code == 200
        kinds = Event.objects.filter(engagement=opened).order_by("number").values_list("kind", flat=True)
        assert list(kinds) == ["engagement.created", "member.joined", "questionnaire.opened"]

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"code": "nbh-02"}, "capital letters"),
            ({"code": "NBH-01"}, "has this code"),
            ({"code": ""}, "required"),
            ({"end_date": "2026-11-30"}, "before the start"),
            ({"start_date": "30 February"}, "valid date"),
            ({"start_date": "0000-00-00"}, "valid date"),
            ({"budget": "-1"}, "greater than or equal to 0"),
            ({"budget": "1e99"}, "digits"),
            ({"budget": "NaN"}, "number"),
            ({"currency": "euro"}, "letters"),
            ({"time_zone": "Mars/Olympus"}, "Select a valid choice"),
            ({"time_zone": "../etc/passwd"}, "Select a valid choice"),
            ({"aim": "x" * 301}, "300"),
            ({"depth": "deepest"}, "Select a valid choice"),
            ({"version": "999999"}, "Select a valid choice"),
            ({"client": ""}, "required"),
        ],
    )
    def test_bad_input_is_explained_and_nothing_is_opened(self, browser, form, fields, said):
        response = browser.post(reverse("engagements:admin-engagement-new"), form | fields)

        assert response.status_code == 422
        assert said in response.content.decode()
        assert Engagement.objects.count() == 2

    @pytest.mark.parametrize("who", ["sponsor", "nobody"])
    def test_only_people_of_the_firm_lead(self, browser, form, world, who):
        manager = world.people["sponsor"].pk if who == "sponsor" else 10**9
        response = browser.post(reverse("engagements:admin-engagement-new"), form | {"manager": manager})

        assert response.status_code == 422

    def test_more_fields_than_asked_for_change_nothing(self, browser, form):
        browser.post(
            reverse("engagements:admin-engagement-new"),
            form | {"status": "closed", "last_event": "99", "created_by": "1"},
        )

        opened = Engagement.objects.get(code="NBH-02")
        assert (opened.status, opened.last_event) == ("draft", 3)


class TestTheFrame:
    @pytest.mark.parametrize("who", ["administrator", "project_manager"])
    def test_old_and_new_go_on_the_record(self, world, engagement, client_for, who):
        name = "engagements:admin-engagement" if who == "administrator" else "engagements:frame"
        response = client_for(world.people[who]).post(
            reverse(name, args=[engagement.pk]),
            frame_of(engagement, name="Stroke risk, phase 2", budget="90000"),
        )

        assert response.status_code == 302
        event = Event.objects.get(kind="engagement.changed")
        assert event.by == world.people[who]
        assert event.data["engagement"] == {
            "name": ["Stroke risk", "Stroke risk, phase 2"],
            "budget": [None, "90000"],
        }

    def test_money_alone_is_the_firms_matter(self, engagement, client_for, project_manager):
        client_for(project_manager).post(
            reverse("engagements:frame", args=[engagement.pk]), frame_of(engagement, spent="10", budget="20")
        )

        assert Event.objects.get(kind="engagement.changed").firm_only

    def test_nothing_changed_is_no_event(self, engagement, client_for, project_manager):
        client_for(project_manager).post(
            reverse("engagements:frame", args=[engagement.pk]), frame_of(engagement)
        )

        assert not Event.objects.filter(kind="engagement.changed").exists()

    def test_a_refused_frame_leaves_the_page_as_it_was(self, engagement, client_for, project_manager):
        html = (
            client_for(project_manager)
            .post(
                reverse("engagements:frame", args=[engagement.pk]),
                frame_of(engagement, name="Wrong name", code="HST-01"),
            )
            .content.decode()
        )

        assert "has this code" in html
        where = re.search(r'class="where">(.*?)</p>', html)[1]
        assert "Stroke risk" in where
        assert "Wrong name" not in where


class TestStatus:
    def set(self, person, engagement, status, reason="", name="engagements:admin-engagement-status"):
        return browser_of(person).post(
            reverse(name, args=[engagement.pk]), {"status": status, "reason": reason}
        )

    def test_closing_ends_all_change_and_opening_again_needs_a_reason(
        self, administrator, engagement, project_manager, contributor
    ):
        assert self.set(administrator, engagement, "closed").status_code == 302
        people = reverse("engagements:people", args=[engagement.pk])
        assert browser_of(contributor).get(people).status_code == 200

        refused = self.set(administrator, engagement, "active", "   ")
        assert refused.status_code == 422
        assert "why this engagement is opened again" in refused.content.decode()
        assert Engagement.objects.get(pk=engagement.pk).status == "closed"

        self.set(administrator, engagement, "active", "The pilot is extended.")
        event = Event.objects.get(kind="engagement.reopened")
        assert event.data == {
            "engagement": {"status": ["closed", "active"]},
            "reason": "The pilot is extended.",
        }

    def test_the_project_manager_can_reopen_too(self, engagement, project_manager):
        name = "engagements:status"
        self.set(project_manager, engagement, "closed", name=name)
        self.set(project_manager, engagement, "active", "There is more to do.", name=name)

        assert Engagement.objects.get(pk=engagement.pk).status == "active"

    @pytest.mark.parametrize("status", ["purged", "deleted", ""])
    def test_what_is_no_choice_is_refused(self, administrator, engagement, status):
        assert self.set(administrator, engagement, status).status_code == 422
        assert Engagement.objects.get(pk=engagement.pk).status == "active"

    def test_the_same_again_is_no_event(self, administrator, engagement):
        self.set(administrator, engagement, "active")

        assert not Event.objects.filter(kind__startswith="engagement.status").exists()


class TestJoining:
    def test_an_administrator_reads_only_after_joining_which_all_can_see(
        self, browser, administrator, engagement, client_for, sponsor
    ):
        overview = reverse("questionnaires:overview", args=[engagement.pk])
        assert browser.get(overview).status_code == 404

        join = reverse("engagements:admin-engagement-join", args=[engagement.pk])
        for _ in range(2):
            assert browser.post(join, {"role": "observer"}).url == overview

        assert browser.get(overview).status_code == 200
        event = Event.objects.filter(engagement=engagement, kind="member.joined").latest("number")
        assert (event.by, event.firm_only) == (administrator, False)
        assert Event.objects.filter(kind="member.joined", by=administrator).count() == 1
        assert "Ada Moreau" in client_for(sponsor).get(overview).content.decode()

    @pytest.mark.parametrize("role", ["client_sponsor", "king", ""])
    def test_only_as_somebody_of_the_firm(self, browser, engagement, administrator, role):
        join = reverse("engagements:admin-engagement-join", args=[engagement.pk])

        assert browser.post(join, {"role": role}).status_code == 422
        assert not Membership.objects.filter(user=administrator).exists()

    def test_joining_twice_keeps_the_part_one_has(self, browser, engagement, administrator):
        join = reverse("engagements:admin-engagement-join", args=[engagement.pk])
        browser.post(join, {"role": "observer"})
        browser.post(join, {"role": "project_manager"})

        assert Membership.objects.get(user=administrator).role == Role.OBSERVER


class TestListing:
    def test_shells_are_found_and_cost_the_same_however_many(self, browser, world, project_manager):
        counts = []
        for _turn in range(2):
            for _ in range(3):
                make_engagement(
                    client=world.client, manager=project_manager, version=world.version, depth="core"
                )
            browser.get(reverse("accounts:preferences"))
            with CaptureQueriesContext(connection) as seen:
                html = browser.get(reverse("engagements:admin-engagements")).content.decode()
            counts.append(len(seen))

        assert counts[0] == counts[1] <= 6
        assert "Threats in video" in html
        only = browser.get(reverse("engagements:admin-engagements"), {"q": "hst"}).content.decode()
        assert "Threats in video" in only
        assert "Stroke risk" not in only

    def test_the_page_of_a_shell_shows_no_answers(self, browser, engagement, desk, consultant):
        framework = desk(consultant).framework
        html = browser.get(reverse("engagements:admin-engagement", args=[engagement.pk])).content.decode()

        assert "Petra Brandt" in html
        assert not any(item.title in html for item in framework.items if len(item.title) > 20)


class TestMail:
    @pytest.fixture
    def letter(self, engagement, project_manager):
        invitations.invite(
            engagement=engagement, email="x@northbridge.example", role="client_reviewer", by=project_manager
        )
        return Mail.objects.get()

    def test_without_a_mail_server_the_link_is_passed_on_by_hand(self, browser, letter):
        mail.send(letter.pk)
        listed = browser.get(reverse("engagements:admin-mails")).content.decode()
        assert "x@northbridge.example" in listed
        assert "Written to a file" in listed

        html = browser.get(reverse("engagements:admin-mail", args=[letter.pk])).content.decode()
        link = re.search(r'href="http://localhost:8000(/invitations/[\w-]+/)"', html)[1]
        assert browser_of(None).get(link).status_code == 200

    def test_with_a_mail_server_words_are_the_readers_own(self, browser, letter, settings):
        mail.send(letter.pk)
        settings.MAIL_DELIVERY = "django.core.mail.backends.smtp.EmailBackend"
        for page in (reverse("engagements:admin-mails"), reverse("engagements:admin-mail", args=[letter.pk])):
            assert "/invitations/" not in browser.get(page).content.decode()

    def test_what_waits_shows_no_words_either(self, browser, letter):
        html = browser.get(reverse("engagements:admin-mail", args=[letter.pk])).content.decode()

        assert "/invitations/" not in html
        assert "Waiting" in html

    def test_what_failed_is_named_and_can_be_tried_again(self, browser, letter):
        Mail.objects.update(state="failed", attempts=3, error="SMTPDataError 554")
        page = reverse("engagements:admin-mail", args=[letter.pk])
        assert "SMTPDataError 554" in browser.get(page).content.decode()
        listed = browser.get(reverse("engagements:admin-mails"), {"show": "failed"}).content.decode()
        assert letter.to in listed

        browser.post(reverse("engagements:admin-mail-again", args=[letter.pk]))
        letter.refresh_from_db()
        assert (letter.state, letter.attempts) == ("queued", 0)

    def test_a_missing_file_is_said(self, browser, letter, settings):
        mail.send(letter.pk)
        (settings.MAIL_FOLDER / f"{letter.pk}.eml").unlink()

        html = browser.get(reverse("engagements:admin-mail", args=[letter.pk])).content.decode()
        assert "no longer there" in html

    def test_words_of_a_mail_are_text(self, browser):
        letter = Mail.objects.create(
            to="a@b.example", kind="test", once="x", subject="<b>S</b>", text="<script>alert(1)</script>"
        )
        mail.send(letter.pk)
        html = browser.get(reverse("engagements:admin-mail", args=[letter.pk])).content.decode()

        assert "<script>alert" not in html
        assert "<b>S</b>" not in html
