"""What is on record for public frameworks: the rule for each status, the score, marks, the export, and one word never."""

import csv
import io
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from engagements.models import Event
from questionnaires import coverage
from questionnaires.actions import evidence
from questionnaires.coverage import Coverage, Mapped, Row, Status
from questionnaires.document import Item, Reference, ReferenceItem
from questionnaires.models import Entry, EvidenceMark
from questionnaires.spreadsheet import as_csv, safe
from tests.questionnaires.saves import entry_of, save
from tests.questionnaires.test_costs import Statements
from tests.questionnaires.test_entries import do


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


def mapped(state="confirmed", *, shown=True, spared=None, proofs=0, revisit=False, reason=""):
    item = Item("one", "One", "One?", "long_text", "client", "core")
    entry = Entry(item_key="one", state=state, shown=shown, revisit=revisit, reason=reason)
    return Mapped(item, entry, spared, proofs)


NA = {"state": "not_applicable", "reason": "out-of-scope"}
HIDDEN = {"state": "open", "shown": False}


class TestJudging:
    @pytest.mark.parametrize(
        ("questions", "registers", "status"),
        [
            ([], [], Status.NOT_SHOWN),
            ([{"state": "open"}], [], Status.NOT_SHOWN),
            ([{"state": "answered"}], [], Status.NOT_SHOWN),
            ([{}], [], Status.PARTLY),  # confirmed, and neither file nor signature
            ([{"proofs": 1}], [], Status.RECORDED),
            ([{"proofs": 1}, {}], [], Status.RECORDED),
            ([{"proofs": 1}, {"state": "answered"}], [], Status.PARTLY),
            ([{"proofs": 1, "revisit": True}], [], Status.NOT_SHOWN),
            ([{"proofs": 1}], [0], Status.PARTLY),
            ([{"proofs": 1}], [3], Status.RECORDED),
            ([], [3], Status.PARTLY),
            ([], [0], Status.NOT_SHOWN),
            ([NA], [], Status.NOT_APPLICABLE),
            ([NA, {"proofs": 1}], [], Status.RECORDED),
            ([NA, {"state": "open"}], [], Status.NOT_SHOWN),
            ([HIDDEN], [], Status.NOT_SHOWN),
            ([HIDDEN | {"spared": True}], [], Status.NOT_APPLICABLE),
            ([HIDDEN | {"spared": True}, HIDDEN], [], Status.NOT_SHOWN),
            ([HIDDEN, {"proofs": 1}], [], Status.RECORDED),
        ],
    )
    def test_follows_the_rule(self, questions, registers, status):
        assert coverage.judge([mapped(**question) for question in questions], registers)[0] == status

    def test_an_answer_alone_is_named_as_what_is_missing(self):
        assert coverage.judge([mapped(state="answered")], [])[1] == "Answered, and not confirmed yet."
        assert coverage.judge([mapped(state="open")], [])[1] == ""

    def test_not_applicable_says_why(self):
        _status, note = coverage.judge([mapped(**NA), mapped(**HIDDEN, spared=True)], [])

        assert note == "Out of scope; not asked, because of an earlier answer"


class TestScore:
    def scored(self, marks):
        letters = "DMIO"
        rows = [
            Row(ReferenceItem(f"MLTS-{letters[n % 4]}{n}", "A row", "5"), [], [], status, mark=mark)
            for n, (status, mark) in enumerate(marks)
        ]
        return Coverage(Reference("MLTS", "The ML Test Score", 28, "MLTS"), rows)

    def test_is_the_lowest_of_the_four_sections(self):
        full = [(Status.RECORDED, "automated")] * 8
        assert self.scored(full).score == 2
        assert self.scored([*full[:7], (Status.RECORDED, "manual")]).score == Decimal("1.5")
        assert self.scored([*full[:3], (Status.RECORDED, ""), *full[4:7], (Status.RECORDED, "")]).score == 0

    def test_counts_no_mark_without_evidence(self):
        assert self.scored([(Status.NOT_SHOWN, "automated")] * 4).score == 0
        assert self.scored([(Status.PARTLY, "manual")] * 4).score == Decimal("0.5")

    def test_others_have_none(self):
        assert Coverage(Reference("GDPR", "GDPR", 0, "GDPR"), []).score is None


def rows_of(engagement, person, desk, key="MLTS"):
    (found,) = coverage.coverages(desk(person).view, only=key)
    return {row.reference_item.code: row for row in found.rows}


@pytest.fixture
def single(consultant, engagement, desk):
    """Give a code and the one open text question that is evidence for it."""
    framework = desk(consultant).framework
    for reference in framework.references:
        for one in reference.items:
            items = framework.mapped_to(one.code)
            plain = [item for item in items if item.type == "long_text" and not item.internal]
            if len(items) == len(plain) == 1 and plain[0].condition is None:
                if framework.registers_mapped_to(one.code):
                    continue
                return reference.key, one.code, plain[0].key
    raise LookupError


class TestReading:
    def test_goes_from_not_shown_to_recorded(self, maya, cem, consultant, engagement, desk, single):
        key, code, item = single
        status = lambda: rows_of(engagement, consultant, desk, key)[code].status  # noqa: E731
        assert status() == Status.NOT_SHOWN

        save(maya, engagement, item, "It is known", settle="1")
        assert status() == Status.NOT_SHOWN
        do(cem, engagement, "confirm", key=item)
        assert status() == Status.PARTLY
        upload = SimpleUploadedFile("proof.txt", b"so it is")
        evidence.attach(
            desk=desk(consultant), entry=entry_of(engagement, item), upload=upload, firm_only=False
        )
        assert status() == Status.RECORDED

    def test_a_file_of_the_firm_is_no_evidence_for_the_client_side(
        self, maya, cem, consultant, contributor, engagement, desk, single
    ):
        key, code, item = single
        save(maya, engagement, item, "It is known", settle="1")
        do(cem, engagement, "confirm", key=item)
        upload = SimpleUploadedFile("proof.txt", b"so it is")
        evidence.attach(
            desk=desk(consultant), entry=entry_of(engagement, item), upload=upload, firm_only=True
        )

        assert rows_of(engagement, consultant, desk, key)[code].status == Status.RECORDED
        assert rows_of(engagement, contributor, desk, key)[code].status == Status.PARTLY

    def test_what_a_condition_hides_is_not_applicable_once_its_answer_says_so(
        self, maya, consultant, engagement, desk
    ):
        def row():
            return rows_of(engagement, consultant, desk, "GDPR")["GDPR-6"]

        assert row().status == Status.NOT_SHOWN

        save(maya, engagement, "personal-data", "no")

        assert row().status == Status.NOT_APPLICABLE
        assert "earlier answer" in row().note

    def test_every_framework_is_there(self, maya, cem, engagement):
        for browser in (maya, cem):
            html = browser.get(reverse("questionnaires:evidence", args=[engagement.pk])).text
            assert html.count('class="name"') == 16

    def test_no_row_names_an_internal_question_to_the_client_side(self, contributor, engagement, desk):
        for found in coverage.coverages(desk(contributor).view):
            for row in found.rows:
                assert not any(one.item.internal for one in row.mapped)

    def test_takes_eight_statements_for_all_sixteen(self, consultant, engagement, desk):
        view = desk(consultant).view
        with Statements() as sent:
            assert len(coverage.coverages(view)) == 16
        assert sent.count <= 8, sent.told


class TestPages:
    def test_never_say_that_one_word(self, maya, cem, engagement, single):
        keys = [reference.key for reference in engagement.questionnaire.framework.references]
        for browser in (maya, cem):
            pages = [browser.get(reverse("questionnaires:evidence", args=[engagement.pk]))]
            pages += [
                browser.get(reverse("questionnaires:evidence-framework", args=[engagement.pk, key]))
                for key in keys
            ]
            pages.append(browser.get(reverse("questionnaires:evidence-export", args=[engagement.pk, "MLTS"])))
            for page in pages:
                assert page.status_code == 200
                assert not re.search(r"\bcompliant\b", page.content.decode(), re.IGNORECASE)

    def test_link_to_the_answers(self, maya, engagement, single):
        key, code, item = single
        html = maya.get(reverse("questionnaires:evidence-framework", args=[engagement.pk, key])).text

        assert reverse("questionnaires:item", args=[engagement.pk, item]) in html
        assert code in html

    def test_there_is_no_framework_by_another_name(self, maya, engagement):
        for name in ("evidence-framework", "evidence-export"):
            assert (
                maya.get(reverse(f"questionnaires:{name}", args=[engagement.pk, "NOPE"])).status_code == 404
            )


class TestMarks:
    def mark(self, browser, engagement, mark, seen="", code="MLTS-D1", key="MLTS"):
        url = reverse("questionnaires:evidence-mark", args=[engagement.pk, key, code])
        return browser.post(url, {"mark": mark, "seen": seen}, follow=True)

    def test_are_set_and_taken_away_with_an_event_each(self, maya, engagement):
        assert self.mark(maya, engagement, "manual").status_code == 200
        assert EvidenceMark.objects.get().mark == "manual"

        self.mark(maya, engagement, "automated", "manual")
        self.mark(maya, engagement, "", "automated")

        assert not EvidenceMark.objects.exists()
        told = Event.objects.filter(engagement=engagement, kind="evidence.marked").order_by("number")
        assert [event.data["mark"] for event in told] == [
            ["", "manual"],
            ["manual", "automated"],
            ["automated", ""],
        ]

    def test_somebody_elses_mark_is_not_written_over(self, maya, project_manager, client_for, engagement):
        self.mark(client_for(project_manager), engagement, "automated")

        assert "Somebody marked this row" in self.mark(maya, engagement, "manual").text
        assert EvidenceMark.objects.get().mark == "automated"

    def test_show_to_the_client_side_and_are_set_by_the_firm_alone(self, maya, cem, engagement):
        self.mark(maya, engagement, "automated")

        html = cem.get(reverse("questionnaires:evidence-framework", args=[engagement.pk, "MLTS"])).text

        assert "by a machine" in html
        assert "/mark/" not in html
        assert self.mark(cem, engagement, "manual", "automated").status_code == 403

    @pytest.mark.parametrize(
        ("mark", "code", "key"),
        [("perfect", "MLTS-D1", "MLTS"), ("manual", "MLTS-D99", "MLTS"), ("manual", "GDPR-6", "GDPR")],
    )
    def test_nonsense_is_not_there(self, mark, code, key, maya, engagement):
        assert self.mark(maya, engagement, mark, code=code, key=key).status_code == 404


class TestExport:
    def read(self, browser, engagement, key="MLTS"):
        response = browser.get(reverse("questionnaires:evidence-export", args=[engagement.pk, key]))
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

    def test_has_a_line_for_each_row_and_the_score(self, maya, engagement):
        lines = self.read(maya, engagement)

        assert [lines[1][0], lines[28][0]] == ["MLTS-D1", "MLTS-O7"]
        assert lines[-1][0] == "Score, the lowest section"
        assert lines[-1][4] == "0"

    def test_runs_nothing_in_a_spreadsheet(self, maya, engagement):
        do(
            maya, engagement, "not-applicable", key="personal-data", reason="other",
            words='=HYPERLINK("http://evil")',
        )  # fmt: skip

        for line in self.read(maya, engagement, "GDPR"):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)

    @pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "＝1"])
    def test_formulas_become_text(self, cell):
        assert safe(cell) == f"'{cell}"
        lines = csv.reader(io.StringIO(as_csv([[cell]]).decode("utf-8-sig"), newline=""))
        assert list(lines) == [[f"'{cell}"]]

    def test_ordinary_text_stays_as_it_is(self):
        assert safe("3.4 Data trust") == "3.4 Data trust"

    def test_takes_the_right_to_export(self, observer, reviewer, engagement, client_for):
        url = reverse("questionnaires:evidence-export", args=[engagement.pk, "MLTS"])
        for person in (observer, reviewer):
            assert client_for(person).get(url).status_code == 403
