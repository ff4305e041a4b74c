"""Gates: what is missing and with whom, signatures, what makes them stale, what is let pass.

The need gate covers `problem-statement`, `ml-objective`, `kpis`, `risk-tolerance` and more and asks for the sponsor;
the kick-off gate asks for sponsor and project manager; the data gate for a data owner and for privacy, whom nobody is.
"""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from engagements.models import Event, InboxItem, Mail
from questionnaires import gates, integrity, signed
from questionnaires.access import Viewpoint
from questionnaires.actions import waiving
from questionnaires.models import SignOff, Waiver
from tests.people import PASSWORD
from tests.questionnaires.saves import entry_of, save

NEED = "need-sign-off"
KICK_OFF = "kickoff-sign-off"


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


@pytest.fixture
def sofie(sponsor, client_for):
    return client_for(sponsor)


def sign_url(engagement, key=NEED):
    return reverse("questionnaires:sign", args=[engagement.pk, key])


def gate_url(engagement, key="need-understood"):
    return reverse("questionnaires:gate", args=[engagement.pk, key])


def sign(browser, engagement, key=NEED, *, function="sponsor", password=PASSWORD, **more):
    """Sign what the page shows now."""
    page = browser.get(sign_url(engagement, key)).text
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    data = {"seen": seen[1] if seen else "", "function": function, "password": password, **more}
    return browser.post(sign_url(engagement, key), data)


def valid(engagement, key=NEED):
    return SignOff.objects.filter(entry=entry_of(engagement, key), withdrawn_at=None, is_stale=False).count()


class TestSigning:
    def test_takes_the_password_again(self, sofie, engagement):
        assert sign(sofie, engagement, password="").status_code == 422
        assert sign(sofie, engagement, password="something else").status_code == 422
        assert valid(engagement) == 0

        assert sign(sofie, engagement).status_code == 302
        assert valid(engagement) == 1

    def test_keeps_what_was_written_when_the_password_is_wrong(self, sofie, engagement):
        page = sign(sofie, engagement, password="something else", comment="With one reservation").text

        assert "With one reservation" in page
        assert "That is not your password" in page

    def test_right_after_signing_in_needs_no_password(self, client, sponsor, engagement):
        client.post(reverse("account_login"), {"login": sponsor.email, "password": PASSWORD})

        assert 'type="password"' not in client.get(sign_url(engagement)).text
        assert sign(client, engagement, password="").status_code == 302

    def test_ten_minutes_later_it_does(self, client, sponsor, engagement):
        client.post(reverse("account_login"), {"login": sponsor.email, "password": PASSWORD})

        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=True):
            assert sign(client, engagement, password="").status_code == 422

    def test_belongs_to_the_function(self, petra, engagement):
        assert sign(petra, engagement).status_code == 409
        assert valid(engagement) == 0

    def test_is_not_for_those_who_may_not_sign(self, carla, engagement):
        assert carla.get(sign_url(engagement)).status_code == 403

    def test_of_something_that_changed_meanwhile_is_refused(self, sofie, write, engagement):
        page = sofie.get(sign_url(engagement)).text
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page)[1]
        write("problem-statement", "Changed while she read")

        response = sofie.post(
            sign_url(engagement), {"seen": seen, "function": "sponsor", "password": PASSWORD}
        )

        assert response.status_code == 409
        assert "Changed while she read" in response.text
        assert valid(engagement) == 0

    def test_records_the_statement_and_what_was_covered(self, sofie, write, engagement):
        write("problem-statement", "Too many missed strokes")
        sign(sofie, engagement, comment="Agreed on the phone")

        sign_off = SignOff.objects.get()
        assert "Need sign-off" in sign_off.statement
        assert sign_off.comment == "Agreed on the phone"
        assert sign_off.covered["problem-statement"]["values"] == [
            [None, "", "value", "Too many missed strokes"]
        ]

    def test_closes_the_gate_with_the_last_function(self, petra, sofie, engagement):
        sign(sofie, engagement, KICK_OFF)
        assert entry_of(engagement, KICK_OFF).state == "draft"
        assert gates.standings(Viewpoint(engagement.questionnaire, "firm"), only="kickoff")[0].state == "open"

        sign(petra, engagement, KICK_OFF, function="pm")

        assert entry_of(engagement, KICK_OFF).state == "confirmed"
        assert (
            gates.standings(Viewpoint(engagement.questionnaire, "firm"), only="kickoff")[0].state == "signed"
        )

    def test_never_locks(self, sofie, write, engagement):
        sign(sofie, engagement)

        assert write("problem-statement", "Changed after the signature").status_code == 200


class TestStaleness:
    @pytest.fixture
    def signed_need(self, sofie, write, engagement):
        write("problem-statement", "Too many missed strokes")
        write("risk-tolerance", "cautious")
        sign(sofie, engagement)

    def test_comes_with_a_change_in_substance(self, signed_need, write, engagement):
        write("problem-statement", "Too many false alarms")

        assert valid(engagement) == 0
        entry = entry_of(engagement, NEED)
        assert entry.revisit
        assert entry.flags.open().get().path == ["problem-statement", NEED]

    def test_comes_with_a_first_answer_to_what_was_open(self, signed_need, write, engagement):
        write("ml-objective", "Find them earlier")

        assert valid(engagement) == 0

    def test_comes_with_setting_something_aside(self, signed_need, carla, engagement):
        url = reverse("questionnaires:deed", args=[engagement.pk, "problem-statement", "not-applicable"])
        carla.post(url, {"reason": "out-of-scope"}, headers={"HX-Request": "true"})

        assert valid(engagement) == 0

    def test_does_not_come_with_white_space_or_a_confirmation(self, signed_need, write, sofie, engagement):
        write("problem-statement", "Too many missed strokes \n")
        url = reverse("questionnaires:deed", args=[engagement.pk, "problem-statement", "confirm"])
        assert sofie.post(url, headers={"HX-Request": "true"}).status_code == 200

        assert valid(engagement) == 1

    def test_does_not_come_with_what_the_gate_does_not_cover(self, signed_need, write, engagement):
        write("current-process", "A nurse calls")

        assert valid(engagement) == 1

    def test_goes_when_the_answer_is_as_it_was_signed(self, signed_need, write, engagement):
        write("problem-statement", "Too many false alarms")
        write("problem-statement", "Too many missed strokes")

        assert valid(engagement) == 1
        assert not entry_of(engagement, NEED).revisit

    def test_is_not_seen_where_only_the_firm_sees_the_change(self, engagement, sofie, petra, carla, write):
        """An internal item among what a gate covers counts for the firm's signatures only."""
        sign(sofie, engagement, KICK_OFF)
        covers = gates.Covers(engagement.questionnaire, engagement.questionnaire.framework.gates)
        gate = engagement.questionnaire.framework.gate("kickoff")
        from dataclasses import replace

        wider = replace(gate, covers=(*gate.covers, "engagement-budget"))
        covers = gates.Covers(engagement.questionnaire, [wider])

        assert "engagement-budget" in covers.seen_by("firm", wider)
        assert "engagement-budget" not in covers.seen_by("client", wider)

    def test_does_not_come_with_moving_a_row(self, sofie, carla, engagement, consultant, desk):
        from questionnaires.actions import answers, rows

        made = rows.add_rows(desk=desk(consultant), entry=entry_of(engagement, "kpis"), rows=[{}, {}])
        column = engagement.questionnaire.framework.item("kpis").columns[0].key
        for row, text in zip(made, ["Time to treatment", "Missed strokes"], strict=True):
            save(carla, engagement, "kpis", text, row=row, column=column)
        answers.settle_entry(desk=desk(consultant), entry=entry_of(engagement, "kpis"))
        sign(sofie, engagement)

        carla.post(reverse("questionnaires:row-move", args=[engagement.pk, "kpis", made[1].pk]), {"to": "up"})
        assert valid(engagement) == 1

        carla.post(reverse("questionnaires:row-delete", args=[engagement.pk, "kpis", made[1].pk]))
        assert valid(engagement) == 0

    def test_is_drawn_on_the_line(self, signed_need, write, carla, engagement):
        overview = reverse("questionnaires:overview", args=[engagement.pk])
        assert "signed off" in carla.get(overview).text

        write("problem-statement", "Too many false alarms")

        assert "sign-off out of date" in carla.get(overview).text

    def test_signing_again_shows_only_the_difference(self, signed_need, write, sofie, engagement):
        write("problem-statement", "Too many false strokes")

        page = sofie.get(sign_url(engagement)).text
        assert "<del>missed</del>" in page
        assert "<ins>false</ins>" in page
        assert "How much risk" not in page
        assert engagement.questionnaire.framework.item("risk-tolerance").prompt not in page

        assert sign(sofie, engagement).status_code == 302
        assert valid(engagement) == 1
        assert not entry_of(engagement, NEED).revisit
        assert SignOff.objects.count() == 2


class TestFiles:
    def upload(self, text):
        return SimpleUploadedFile("paper.txt", text.encode())

    @pytest.fixture
    def paper(self, engagement, consultant, desk, write):
        from questionnaires.actions import evidence
        from questionnaires.places import Place

        write("materiality-tier", "high")
        entry = entry_of(engagement, "impact-assessment")
        file = evidence.attach(desk=desk(consultant), entry=entry, upload=self.upload("first"))
        evidence.answer_with(desk=desk(consultant), place=Place("impact-assessment"), file=file)
        return file

    def covers(self, engagement, side="firm"):
        from dataclasses import replace

        gate = engagement.questionnaire.framework.gate("need-understood")
        wider = replace(gate, covers=(*gate.covers, "impact-assessment"))
        return gates.Covers(engagement.questionnaire, [wider]).seen_by(side, wider)["impact-assessment"]

    def test_are_covered_by_version_and_content(self, paper, engagement, consultant, desk):
        from questionnaires.actions import evidence

        before = self.covers(engagement)
        entry = entry_of(engagement, "impact-assessment")
        evidence.attach(desk=desk(consultant), entry=entry, upload=self.upload("second"), replaces=paper)

        after = self.covers(engagement)
        assert before["values"][0][3][0][2] == 1
        assert after["values"][0][3][0][2] == 2
        assert before != after

    def test_of_the_firm_are_not_in_the_clients_view(self, engagement, consultant, desk, write):
        from questionnaires.actions import evidence
        from questionnaires.places import Place

        write("materiality-tier", "high")
        entry = entry_of(engagement, "impact-assessment")
        file = evidence.attach(desk=desk(consultant), entry=entry, upload=self.upload("ours"), firm_only=True)
        evidence.answer_with(desk=desk(consultant), place=Place("impact-assessment"), file=file)

        assert self.covers(engagement)["values"][0][3][0][0] == file.pk
        assert self.covers(engagement, "client")["values"] == [[None, "", "value", []]]


class TestWithdrawing:
    def test_keeps_the_signature_and_the_reason(self, sofie, engagement):
        sign(sofie, engagement)
        sign_off = SignOff.objects.get()
        url = reverse("questionnaires:sign-off-withdraw", args=[engagement.pk, sign_off.pk])

        assert sofie.post(url, {"why": "Signed the wrong one"}).status_code == 302

        sign_off.refresh_from_db()
        assert sign_off.withdrawn_why == "Signed the wrong one"
        assert entry_of(engagement, NEED).state == "open"
        assert "Signed the wrong one" in sofie.get(gate_url(engagement)).text

    def test_needs_a_reason(self, sofie, engagement):
        sign(sofie, engagement)
        url = reverse("questionnaires:sign-off-withdraw", args=[engagement.pk, SignOff.objects.get().pk])

        assert sofie.post(url, {"why": ""}).status_code == 422
        assert valid(engagement) == 1

    def test_is_for_the_signer_alone(self, sofie, petra, engagement):
        sign(sofie, engagement)
        url = reverse("questionnaires:sign-off-withdraw", args=[engagement.pk, SignOff.objects.get().pk])

        assert petra.get(url).status_code == 403
        petra.post(url, {"why": "Mine now"})
        assert valid(engagement) == 1

    def test_touches_what_rests_on_the_signature(self, sofie, write, engagement):
        sign(sofie, engagement)
        write("go-decision", "go")

        url = reverse("questionnaires:sign-off-withdraw", args=[engagement.pk, SignOff.objects.get().pk])
        sofie.post(url, {"why": "Not yet"})
        assert entry_of(engagement, "go-decision").revisit

        sign(sofie, engagement)
        assert not entry_of(engagement, "go-decision").revisit


class TestPage:
    def test_names_what_is_missing_and_with_whom(self, carla, write, engagement, contributor):
        member = engagement.memberships.get(user=contributor)
        for deed, data in (
            ("assign", {"to": member.pk}),
            ("unknown", {"finder": member.pk, "find_by": "2026-12-04"}),
        ):
            key = "ml-objective" if deed == "assign" else "risk-tolerance"
            url = reverse("questionnaires:deed", args=[engagement.pk, key, deed])
            carla.post(url, data, headers={"HX-Request": "true"})

        page = carla.get(gate_url(engagement)).text

        assert page.count("Cem Kaya") == 2
        assert "No answer yet" in page
        assert "We don’t know yet" in page

    def test_says_who_can_name_a_signer_where_nobody_is(self, carla, engagement):
        page = carla.get(gate_url(engagement, "data-understood")).text

        assert "Nobody here signs for this yet." in page
        assert "Petra Brandt" in page

    def test_lists_all_gates(self, sofie, engagement):
        page = sofie.get(reverse("questionnaires:gates", args=[engagement.pk])).text

        for gate in engagement.questionnaire.framework.gates:
            assert gate.title in page

    def test_of_a_gate_that_is_not_there_is_not_found(self, carla, engagement):
        assert carla.get(gate_url(engagement, "no-such-gate")).status_code == 404

    def test_is_not_for_strangers(self, engagement, outsider, client_for):
        assert client_for(outsider).get(gate_url(engagement)).status_code == 404

    def test_costs_the_same_however_much_is_open(
        self, carla, write, engagement, django_assert_max_num_queries
    ):
        url = gate_url(engagement)
        carla.get(url)
        write("problem-statement", "x")
        with django_assert_max_num_queries(10):
            carla.get(url)


class TestAsking:
    def test_writes_to_those_who_can_sign(self, carla, engagement, sponsor):
        url = reverse("questionnaires:gate-ask", args=[engagement.pk, "need-understood"])

        carla.post(url, {"function": "sponsor"})

        told = InboxItem.objects.get(kind="signature")
        assert (told.user, told.item_key) == (sponsor, NEED)
        assert Mail.objects.filter(user=sponsor, kind="signature").exists()
        assert entry_of(engagement, NEED).held_by == "client"

    def test_of_nobody_says_so(self, carla, engagement):
        url = reverse("questionnaires:gate-ask", args=[engagement.pk, "data-understood"])

        page = carla.post(url, {"function": "privacy"}, follow=True).text

        assert "Nobody holds this function" in page
        assert not Mail.objects.exists()


class TestWaivers:
    UNTIL = date(2026, 12, 18)
    NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def _today(self):
        with time_machine.travel(self.NOW, tick=False):
            yield

    def waive(self, browser, engagement, item="ml-objective", **data):
        url = reverse("questionnaires:waive", args=[engagement.pk, "need-understood", item])
        return browser.post(url, {"reason": "Comes with the pilot", "until": "2026-12-18", **data})

    def test_show_as_waived_with_name_and_day(self, petra, engagement):
        assert self.waive(petra, engagement).status_code == 302

        page = petra.get(gate_url(engagement)).text
        assert "Let pass until Fri 18 Dec by Petra Brandt" in page
        assert "Comes with the pilot" in page

    def test_take_the_right_to_waive(self, carla, sofie, engagement):
        assert self.waive(carla, engagement).status_code == 403
        assert self.waive(sofie, engagement).status_code == 403

    def test_need_a_reason_and_a_day_to_come(self, petra, engagement):
        assert self.waive(petra, engagement, reason="").status_code == 422
        assert self.waive(petra, engagement, until="2026-11-22").status_code == 422
        assert self.waive(petra, engagement, until="2030-01-01").status_code == 422
        assert not Waiver.objects.exists()

    def test_are_for_points_that_are_open(self, petra, write, engagement):
        write("ml-objective", "Find them")

        assert self.waive(petra, engagement).status_code == 422

    def test_hold_through_their_last_day_and_not_longer(self, petra, engagement):
        self.waive(petra, engagement)
        view = Viewpoint(engagement.questionnaire, "firm")

        def waived(day):
            now = datetime(2026, 12, day, 12, tzinfo=UTC)
            return [p.item.key for p in gates.standings(view, only="need-understood", now=now)[0].waived]

        assert waived(18) == ["ml-objective"]
        assert waived(19) == []

    def test_that_ran_out_are_noted_once(self, petra, engagement):
        self.waive(petra, engagement)
        later = datetime(2026, 12, 19, 6, tzinfo=UTC)

        assert waiving.note_expired(datetime(2026, 12, 18, 6, tzinfo=UTC)) == 0
        assert waiving.note_expired(later) == 1
        assert waiving.note_expired(later) == 0
        event = Event.objects.get(kind="waiver.expired")
        assert event.by is None
        assert "Throughline" in petra.get(reverse("questionnaires:overview", args=[engagement.pk])).text

    def test_end_by_hand(self, petra, engagement):
        self.waive(petra, engagement)
        url = reverse("questionnaires:waiver-end", args=[engagement.pk, Waiver.objects.get().pk])

        petra.post(url)

        assert "Let pass until" not in petra.get(gate_url(engagement)).text

    def test_can_be_given_again(self, petra, engagement):
        self.waive(petra, engagement)
        self.waive(petra, engagement, reason="Still not there", until="2027-01-15")

        assert Waiver.objects.count() == 2
        assert Waiver.objects.get(ended_event=None).reason == "Still not there"


class TestCertificate:
    def test_holds_what_was_signed_and_by_whom(self, sofie, write, engagement):
        write("problem-statement", "Too many missed strokes")
        sign(sofie, engagement)

        told = signed.certificate(Viewpoint(engagement.questionnaire, "client"), "need-understood")

        assert told["state"] == "signed"
        assert told["signatures"][0]["name"] == "Sofie Sander"
        assert told["signatures"][0]["fingerprint"] == told["fingerprint"]
        assert ["", "Too many missed strokes"] in told["covered"][0]["values"]
        assert any(point["what"] == "open" for point in told["missing"])

    def test_of_a_gate_that_is_not_there_is_none(self, engagement):
        assert signed.certificate(Viewpoint(engagement.questionnaire, "client"), "no-such-gate") is None
