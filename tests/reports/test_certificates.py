"""The certificate of a gate, as a document of each side."""

import pytest
from django.urls import reverse

from questionnaires.models import SignOff
from reports.models import Report
from reports.render import process
from tests.questionnaires.saves import answer_of, save
from tests.questionnaires.test_gates import sign
from tests.reports.test_writing import made, pdf_of

CANARY = "Kestrel"
GATE = "need-understood"


@pytest.fixture(scope="module", autouse=True)
def _end_child():
    yield
    process.end()


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def sofie(sponsor, client_for):
    return client_for(sponsor)


@pytest.fixture
def signed(maya, sofie, engagement):
    save(maya, engagement, "problem-statement", "Too many missed strokes", settle="1")
    assert sign(sofie, engagement, comment="Thank you all").status_code == 302


def ask(browser, engagement, **data):
    return browser.post(reverse("reports:certificate", args=[engagement.pk, GATE]), data)


def written(browser, engagement, **data):
    """Press the button; return the document it leads to."""
    response = ask(browser, engagement, **data)
    assert response.status_code == 302, response.text
    return Report.objects.get(pk=int(response["Location"].strip("/").split("/")[-1]))


def gate_page(browser, engagement):
    return browser.get(reverse("questionnaires:gate", args=[engagement.pk, GATE])).text


class TestCertificate:
    def test_is_offered_from_the_first_signature_on(self, maya, sofie, engagement):
        address = reverse("reports:certificate", args=[engagement.pk, GATE])
        assert address not in gate_page(sofie, engagement)

        sign(sofie, engagement)

        assert address in gate_page(sofie, engagement)
        assert address in gate_page(maya, engagement)

    def test_tells_who_signed_what_and_with_which_words(self, signed, sofie, engagement):
        text = str(written(sofie, engagement).snapshot["sections"])

        for words in ("Sofie Sander", "Sponsor", "agree to go on from them", "Thank you all", "Too many missed strokes"):  # fmt: skip
            assert words in text

    def test_carries_the_fingerprints_of_what_was_signed(self, signed, sofie, engagement):
        text = str(written(sofie, engagement).snapshot["sections"])

        assert text.count(SignOff.objects.get().fingerprint) == 2

    def test_is_set_and_read_by_the_client_side_without_being_released(self, signed, sofie, engagement):
        report = made(written(sofie, engagement))

        html = sofie.get(reverse("reports:report", args=[engagement.pk, report.pk])).text
        assert "Release" not in html
        with pdf_of(report) as pdf:
            assert len(pdf.pages) >= 2
            assert "Certificate" in str(pdf.docinfo.get("/Title"))

    def test_is_the_same_while_nothing_changed_and_a_new_one_after(self, signed, maya, sofie, engagement):
        first = written(sofie, engagement)
        assert written(sofie, engagement) == first

        answer = answer_of(engagement, "problem-statement")
        save(maya, engagement, "problem-statement", "Far too many", base=answer.version, settle="1")

        second = written(sofie, engagement)
        assert (second.number, first.number) == (2, 1)
        assert "To be signed again" in str(second.snapshot)
        assert "To be signed again" not in str(first.snapshot)

    def test_of_the_firm_is_none_of_the_client_s(self, signed, maya, sofie, engagement):
        ours = written(maya, engagement)

        assert written(sofie, engagement, edition="firm").edition == "client"
        assert written(maya, engagement, edition="client").edition == "client"
        assert sofie.get(reverse("reports:report", args=[engagement.pk, ours.pk])).status_code == 404

    def test_names_what_is_not_settled(self, signed, sofie, engagement):
        assert "What is not settled" in str(written(sofie, engagement).snapshot)

    def test_without_a_signature_is_told(self, sofie, engagement):
        response = ask(sofie, engagement)

        assert response.status_code == 409
        assert "Nobody has signed here yet" in response.text

    def test_is_nothing_to_release(self, signed, sofie, project_manager, client_for, engagement):
        report = made(written(sofie, engagement))

        response = client_for(project_manager).post(
            reverse("reports:release", args=[engagement.pk, report.pk])
        )

        assert response.status_code == 409
