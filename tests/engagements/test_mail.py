"""Mail as rows: written with what causes it, sent once, tried three times, and silent about what it carried."""

import re
import socket
import stat
import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import send_mail
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from accounts.actions import people as accounts
from engagements import doorbell, mail
from engagements.actions import invitations
from engagements.models import Mail, Membership
from tests.people import browser_of
from tests.postbox import Postbox
from tests.server import free_port

pytestmark = pytest.mark.django_db

CONTEXT = {"act_url": "http://localhost:8000/secret-way-in/"}


@pytest.fixture
def letter(engagement, project_manager, consultant):
    """Write a mail to the consultant."""

    def write(once="one", **more):
        given = {"to": "", "user": consultant, "engagement": engagement} | more
        context = CONTEXT | {"person": consultant, "by": project_manager}
        return mail.queue("welcome", once=once, template="welcome", context=context, **given)

    return write


@pytest.fixture
def by_smtp(settings):
    """Give `by_smtp(RCPT="550 no")`: a mail server that the product now delivers to."""
    opened = []

    def serve(**answers):
        box = Postbox(free_port(), **answers)
        box.start()
        opened.append(box)
        settings.MAIL_DELIVERY = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = box.listening.getsockname()
        settings.EMAIL_TIMEOUT = 2
        return box

    yield serve
    for box in opened:
        box.close()


class TestWriting:
    def test_a_mail_exists_only_with_what_caused_it(self, letter):
        with transaction.atomic():
            letter()
            transaction.set_rollback(True)

        assert not Mail.objects.exists()

    def test_the_same_mail_is_written_once(self, letter):
        assert letter().pk == letter().pk
        assert letter("two").pk != letter().pk

    def test_both_forms_say_the_same(self, letter):
        message = letter()

        assert message.subject == "Petra Brandt made an account for you"
        assert "http://localhost:8000/secret-way-in/" in message.text
        assert 'href="http://localhost:8000/secret-way-in/"' in message.html
        assert message.to == "carla.conti@firm.example"

    def test_it_speaks_the_readers_language(self, letter, consultant):
        consultant.language = "de"

        assert '<html lang="de">' in letter().html


class TestDeliveringAsAFile:
    def test_the_file_can_be_read_by_its_owner_only_and_the_row_forgets(self, letter, settings):
        message = letter()
        mail.send(message.pk)

        message.refresh_from_db()
        assert (message.state, message.attempts, message.text, message.html) == ("sent", 1, "", "")
        assert "/secret-way-in/" in mail.read_file(message)
        file = settings.MAIL_FOLDER / f"{message.pk}.eml"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        raw = file.read_bytes()
        assert b"Auto-Submitted: auto-generated" in raw
        assert raw.count(b"Message-ID:") == 1

    def test_a_folder_that_takes_nothing_is_tried_again(self, letter, settings, tmp_path):
        (tmp_path / "file").write_text("in the way")
        settings.MAIL_FOLDER = tmp_path / "file"
        message = letter()
        mail.send(message.pk)

        message.refresh_from_db()
        assert message.state == "queued"
        assert "secret" not in message.error
        assert message.text


class TestDeliveringBySmtp:
    def test_the_server_gets_it_once_with_both_forms(self, letter, by_smtp):
        box, message = by_smtp(), letter()
        for _ in range(3):
            mail.send(message.pk)

        (told,) = box.messages
        assert "To: carla.conti@firm.example" in told
        assert re.search(rf"Message-ID: <{message.pk}\.\d+@localhost>", told)
        assert "multipart/alternative" in told
        message.refresh_from_db()
        assert message.state == "sent"

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ({"RCPT": "550 5.1.1 <carla.conti@firm.example> who?"}, "SMTPRecipientsRefused 550"),
            ({"DATA": "451 later"}, "SMTPDataError 451"),
            ({"MAIL": "554 not from you"}, "SMTPSenderRefused 554"),
        ],
    )
    def test_after_three_refusals_it_has_failed_with_the_reason(self, letter, by_smtp, answer, reason):
        by_smtp(**answer)
        message, now = letter(), timezone.now()
        pauses = []
        for _ in range(4):
            with time_machine.travel(now, tick=False):
                mail.send(message.pk)
            message.refresh_from_db()
            if message.state == "queued":
                pauses.append(message.send_after - now)
            now += timedelta(minutes=10)

        assert pauses == [timedelta(seconds=30), timedelta(minutes=5)]
        assert (message.state, message.attempts, message.error) == ("failed", 3, reason)
        assert message.text

    def test_before_its_time_it_is_not_tried(self, letter, by_smtp):
        box = by_smtp(RCPT="451 later")
        message = letter()
        mail.send(message.pk)
        mail.send(message.pk)

        assert box.talks == 1

    def test_a_server_that_is_away_is_tried_again(self, letter, by_smtp):
        by_smtp().close()
        message = letter()
        mail.send(message.pk)

        message.refresh_from_db()
        assert (message.state, message.error) == ("queued", "ConnectionRefusedError")

    def test_what_failed_can_be_sent_again(self, letter, by_smtp):
        box = by_smtp()
        message = letter()
        Mail.objects.filter(pk=message.pk).update(state="failed", attempts=3, error="SMTPDataError 451")
        mail.send_again(mail=message)
        mail.send(message.pk)

        assert len(box.messages) == 1
        message.refresh_from_db()
        assert (message.state, message.error) == ("sent", "")

    @pytest.mark.parametrize("state", ["sent", "sending", "queued", "dropped"])
    def test_only_what_failed_can_be_sent_again(self, letter, state):
        message = letter()
        Mail.objects.filter(pk=message.pk).update(state=state, attempts=1, sent_at=timezone.now())
        mail.send_again(mail=message)

        message.refresh_from_db()
        assert (message.state, message.attempts) == (state, 1)

    @pytest.mark.parametrize("subject", ["Two\r\nBcc: all@c.example", "Two\nlines", " much   room "])
    def test_a_subject_stays_one_line(self, by_smtp, subject):
        box = by_smtp()
        with connection.cursor():
            message = Mail.objects.create(
                to="a@b.example", kind="test", once="x", subject=mail.one_line(subject), text="Hello"
            )
        mail.send(message.pk)

        head = box.messages[0].partition("\r\n\r\n")[0]
        assert "\r\nBcc:" not in head


class TestLeases:
    def test_who_holds_it_holds_it_alone(self, letter):
        message = letter()

        assert mail.claim(message.pk) is not None
        assert mail.claim(message.pk) is None

    def test_a_lease_that_ran_out_is_taken_over(self, letter):
        message = letter()
        mail.claim(message.pk)
        with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
            mail.send(message.pk)

        message.refresh_from_db()
        assert (message.state, message.attempts) == ("sent", 2)

    def test_who_died_three_times_over_it_leaves_a_reason(self, letter):
        message, now = letter(), timezone.now()
        for turn in range(4):
            with time_machine.travel(now + turn * timedelta(minutes=2), tick=False):
                mail.claim(message.pk)

        message.refresh_from_db()
        assert (message.state, message.attempts) == ("failed", 3)
        assert message.error == "The worker ended while sending it."

    def test_who_comes_late_does_not_write_over_a_new_holder(self, letter):
        message = letter()
        late = mail.claim(message.pk)
        with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
            mail.claim(message.pk)
        mail._settle(late, state=Mail.State.QUEUED)

        message.refresh_from_db()
        assert message.state == "sending"

    def test_a_mail_that_is_not_there_is_nothing(self):
        mail.send(10**12)

    @pytest.mark.django_db(transaction=True)
    def test_of_many_at_once_one_sends(self, letter, by_smtp):
        box, message = by_smtp(), letter()
        barrier = threading.Barrier(6)

        def send():
            close_old_connections()
            barrier.wait(10)
            mail.send(message.pk)
            connection.close()

        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

        assert len(box.messages) == 1


class TestDropping:
    def test_who_left_gets_nothing_more_about_it(self, letter, by_smtp, engagement, consultant):
        box, message = by_smtp(), letter()
        Membership.objects.filter(engagement=engagement, user=consultant).update(ended_at=timezone.now())
        mail.send(message.pk)

        message.refresh_from_db()
        assert (message.state, message.text, message.html) == ("dropped", "", "")
        assert not box.messages

    def test_who_may_not_sign_in_gets_nothing(self, letter, by_smtp, consultant):
        box, message = by_smtp(), letter(engagement=None)
        accounts.change_person(person=consultant, by=None, is_active=False)
        mail.send(message.pk)

        assert not box.messages


class TestWhatLibrariesSend:
    @pytest.fixture(autouse=True)
    def _outbox(self, settings):
        settings.EMAIL_BACKEND = "engagements.mail.Outbox"

    def test_it_becomes_a_row_for_each_reader(self):
        assert send_mail("Hello", "Words", None, ["a@b.example", "c@d.example"]) == 2

        assert [(row.to, row.kind, row.state) for row in Mail.objects.order_by("id")] == [
            ("a@b.example", "account", "queued"),
            ("c@d.example", "account", "queued"),
        ]

    def test_a_lost_password_is_mailed_with_our_address_only(self, consultant):
        browser_of(None).post(
            "/account/password/reset/",
            {"email": consultant.email},
            headers={"host": "127.0.0.1:666", "x-forwarded-host": "evil.example"},
        )

        message = Mail.objects.get()
        assert message.to == consultant.email
        assert "http://localhost:8000/account/password/reset/key/" in message.text
        assert "127.0.0.1:666" not in message.text + message.html
        assert "evil" not in message.text + message.html


class TestTheDoorbell:
    @pytest.fixture(autouse=True)
    def _no_client_yet(self, monkeypatch):
        monkeypatch.setattr(doorbell, "_client", None)
        monkeypatch.setattr(doorbell, "_away_until", 0.0)

    def test_a_commit_rings(self, letter, django_capture_on_commit_callbacks, settings):
        import redis

        with redis.Redis.from_url(settings.REDIS_URL) as broker, broker.pubsub() as bell:
            bell.subscribe(doorbell.CHANNEL)
            bell.get_message(timeout=1)
            with django_capture_on_commit_callbacks(execute=True):
                letter()
                assert bell.get_message(timeout=0.05) is None
            assert bell.get_message(timeout=1)["type"] == "message"

    def test_nobody_waits_for_one_that_is_away(self, settings):
        settings.REDIS_URL = "unix:///nowhere/at/all.sock"
        started = time.monotonic()
        for _ in range(50):
            doorbell.ring()

        assert time.monotonic() - started < 0.3

    def test_nobody_waits_long_for_one_that_hangs(self, settings):
        with socket.create_server(("127.0.0.1", free_port())) as deaf:
            settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
            started = time.monotonic()
            for _ in range(50):
                doorbell.ring()

            assert time.monotonic() - started < 1.0

    def test_an_invitation_succeeds_without_a_broker(self, settings, client_for, project_manager, engagement):
        settings.REDIS_URL = "unix:///nowhere/at/all.sock"
        invitations.invite(
            engagement=engagement, email="x@y.example", role="client_reviewer", by=project_manager
        )

        assert Mail.objects.get().state == "queued"
