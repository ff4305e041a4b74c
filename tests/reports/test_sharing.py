"""Links to released reports, and mails with them."""

import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as delivered
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from config.logs import JsonLines
from engagements import mail
from engagements.models import Event, Mail
from reports.actions import sharing
from reports.models import Link, Opening
from tests.reports.lives import draft_of, go_on, released_of

PASSWORD = "a long way round"


@pytest.fixture
def manager(project_manager, client_for):
    return client_for(project_manager)


@pytest.fixture
def of_pm(desk, project_manager, engagement, manager):
    go_on(manager, engagement, 0)
    return desk(project_manager)


@pytest.fixture
def report(of_pm):
    return released_of(of_pm)


def made(report, **more):
    """Make a link; return it with the address of its page."""
    fields = {
        "label": "The board",
        "expires_at": timezone.now() + timedelta(days=3),
        "key": uuid.uuid4(),
        "by": report.released_by,
    }
    link, token = sharing.make_link(report=report, **fields | more)
    return link, reverse("reports:shared", args=[token])


def form(**more):
    ends = (timezone.now() + timedelta(days=5)).date().isoformat()
    return {"label": "The board", "ends": ends, "key": str(uuid.uuid4()), **more}


def got(response):
    """Read a file to its end, and return its first letters."""
    return response.content[:5]


class TestMaking:
    def test_shows_the_address_once_and_keeps_only_its_hash(self, manager, report, client):
        url, sent = reverse("reports:share", args=[report.engagement_id, report.pk]), form()

        page = manager.post(url, sent)

        address = page.context["address"]
        token = address.rstrip("/").rpartition("/")[2]
        link = Link.objects.get()
        assert link.token_hash == sharing.hash_of(token)
        assert token not in str(Event.objects.latest("number").data)
        assert "no-store" in page["Cache-Control"]
        assert client.get(reverse("reports:shared", args=[token])).status_code == 200
        again = manager.post(url, sent)
        assert again.status_code == 302
        assert Link.objects.count() == 1

    def test_is_for_what_is_released(self, manager, of_pm):
        draft = draft_of(of_pm)

        assert (
            manager.post(reverse("reports:share", args=[draft.engagement_id, draft.pk]), form()).status_code
            == 409
        )

    @pytest.mark.parametrize(
        "more", [{"ends": "2020-01-01"}, {"ends": "2040-01-01"}, {"password": "short"}, {"label": ""}]
    )
    def test_refuses_nonsense(self, manager, report, more):
        url = reverse("reports:share", args=[report.engagement_id, report.pk])

        assert manager.post(url, form(**more)).status_code == 422
        assert not Link.objects.exists()

    def test_can_be_sent_to_somebody_and_the_token_is_in_that_mail_only(self, manager, report, client):
        url = reverse("reports:share", args=[report.engagement_id, report.pk])

        manager.post(url, form(mail_to="chair@board.example", password=PASSWORD))

        sent = Mail.objects.get(to="chair@board.example")
        address = sent.text.partition("/shared/")[2].split("/")[0]
        assert PASSWORD not in sent.text
        assert "password" in sent.text
        assert client.get(reverse("reports:shared", args=[address])).status_code == 200


class TestOpening:
    def test_looking_counts_nothing_and_opening_does(self, report, client):
        link, url = made(report)
        for _scanner in range(3):
            page = client.get(url)
            client.head(url)
        assert report.name in page.text
        assert not Opening.objects.exists()

        response = client.post(url, headers={"User-Agent": "Browser 1.0"}, REMOTE_ADDR="203.0.113.77")

        assert got(response) == b"%PDF-"
        assert "attachment" in response["Content-Disposition"]
        opening = Opening.objects.get()
        assert (opening.outcome, opening.network, opening.agent) == (
            "opened",
            "203.0.113.0/24",
            "Browser 1.0",
        )

    def test_no_cache_and_no_other_page_learns_the_address(self, report, client):
        _link, url = made(report)

        opened = client.post(url)
        got(opened)

        for response in (client.get(url), opened):
            assert "no-store" in response["Cache-Control"]
            assert response["Referrer-Policy"] == "strict-origin"
            assert "noindex" in response["X-Robots-Tag"]

    def test_with_a_password_nothing_is_told_before(self, report, client, engagement):
        _link, url = made(report, password=PASSWORD)

        page = client.get(url).text
        for words in (report.title, engagement.name, engagement.client.name):
            assert words not in page

        assert client.post(url, {"password": "wrong"}).status_code == 422
        assert got(client.post(url, {"password": PASSWORD})) == b"%PDF-"
        assert [one.outcome for one in Opening.objects.order_by("pk")] == ["wrong", "opened"]

    def test_after_five_wrong_ones_it_rests_and_then_opens_again(self, report, client):
        _link, url = made(report, password=PASSWORD)
        assert [client.post(url, {"password": "wrong"}).status_code for _try in range(6)] == [422] * 5 + [429]
        assert client.post(url, {"password": PASSWORD}).status_code == 429

        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            assert got(client.post(url, {"password": PASSWORD})) == b"%PDF-"

    def test_one_that_ended_is_answered_as_one_that_never_was(self, report, client, manager):
        link, url = made(report)
        _other, late = made(report)
        end = reverse("reports:link-end", args=[report.engagement_id, report.pk, link.pk])
        manager.post(end)
        manager.post(end)

        with time_machine.travel(timezone.now() + timedelta(days=4)):
            answers = [client.get(one) for one in (url, late, reverse("reports:shared", args=["nothing"]))]

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert Event.objects.filter(kind="report.link-ended").count() == 1
        assert client.post(url).status_code == 404

    def test_no_log_line_holds_the_address(self, report, client, caplog):
        _link, url = made(report, password=PASSWORD)
        client.post(url, {"password": "wrong"})
        with time_machine.travel(timezone.now() + timedelta(days=4)):
            client.get(url)
        lines = [JsonLines().format(record) for record in caplog.records]

        assert any("/shared/" in line for line in lines)
        assert not any(url.split("/")[2] in line for line in lines)

    def test_says_that_there_is_a_later_version(self, report, client, manager, of_pm):
        _link, url = made(report)
        go_on(manager, of_pm.engagement, 1)
        released_of(of_pm)

        assert "A later version has been released" in client.get(url).text

    def test_the_log_is_for_whoever_may_release(self, report, client, manager, sponsor, client_for):
        link, url = made(report)
        got(client.post(url))
        log = reverse("reports:link", args=[report.engagement_id, report.pk, link.pk])

        assert "opened it" in manager.get(log).text
        assert client_for(sponsor).get(log).status_code == 403

    @pytest.mark.django_db(transaction=True)
    def test_many_wrong_ones_at_once_count_as_many(self, world, client):
        from tests.people import browser_of, desk

        petra = world.people["project_manager"]
        go_on(browser_of(petra), world.engagement, 0)
        link, _url = made(released_of(desk(petra, world.engagement)), password=PASSWORD)
        barrier, outcomes = threading.Barrier(8), []

        def attempt():
            try:
                barrier.wait(10)
                sharing.open_link(link=link, password="wrong", network="", agent="")
            except (sharing.WrongPassword, sharing.TooManyTries) as error:
                outcomes.append(type(error).__name__)
            finally:
                connection.close()

        tries = [threading.Thread(target=attempt) for _try in range(8)]
        for one in tries:
            one.start()
        for one in tries:
            one.join(30)

        assert sorted(outcomes) == ["TooManyTries"] * 3 + ["WrongPassword"] * 5


class TestMailing:
    def send(self, manager, report, people, **more):
        url = reverse("reports:send", args=[report.engagement_id, report.pk])
        members = report.engagement.memberships.filter(user__in=people).values_list("pk", flat=True)
        return manager.post(url, {"people": [*members], "way": "link", "key": str(uuid.uuid4()), **more})

    def test_the_way_to_it(self, manager, report, sponsor):
        Mail.objects.all().delete()

        assert self.send(manager, report, [sponsor], words="As agreed.").status_code == 302

        sent = Mail.objects.get()
        assert (sent.to, sent.attachment) == (sponsor.email, "")
        assert "As agreed." in sent.text
        assert reverse("reports:report", args=[report.engagement_id, report.pk]) in sent.text

    def test_the_file_itself(self, manager, report, sponsor, settings):
        settings.MAIL_DELIVERY = "django.core.mail.backends.locmem.EmailBackend"
        Mail.objects.all().delete()
        self.send(manager, report, [sponsor], way="file")

        mail.send(Mail.objects.get().pk)

        (name, content, kind) = delivered.outbox[0].attachments[0]
        assert (name, kind) == (report.filename, "application/pdf")
        assert bytes(content).startswith(b"%PDF-")

    def test_is_sent_once_however_often_it_is_pressed(self, manager, report, sponsor, contributor):
        Mail.objects.all().delete()
        key = str(uuid.uuid4())

        for _press in range(2):
            self.send(manager, report, [sponsor, contributor], key=key)

        assert Mail.objects.count() == 2

    def test_nobody_from_elsewhere_gets_it(self, manager, report, other_client_member, world):
        other = world.other_engagement.memberships.get(user=other_client_member)
        url = reverse("reports:send", args=[report.engagement_id, report.pk])

        assert (
            manager.post(url, {"people": [other.pk], "way": "file", "key": str(uuid.uuid4())}).status_code
            == 422
        )
