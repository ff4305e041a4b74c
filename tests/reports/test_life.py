"""A document's life: draft, review, release, superseded; what it says besides the record; who sees it when."""

import threading
import uuid

import pikepdf
import pytest
from django.core.files import storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Side
from engagements.actions import threads
from engagements.models import Event, InboxItem
from questionnaires.actions import evidence
from questionnaires.models import Meeting
from questionnaires.places import subject_of
from reports import leaks
from reports.actions import editing, release, setting, writing
from reports.content.edits import Edits, document_of
from reports.models import Report
from reports.render import process
from tests.people import browser_of
from tests.questionnaires.saves import save
from tests.reports.lives import draft_of, finished, go_on, released_of

NOTE = "Kestrel, the old supplier, still lobbies against us in the board"


@pytest.fixture
def manager(project_manager, client_for):
    return client_for(project_manager)


@pytest.fixture
def helen(sponsor, client_for):
    return client_for(sponsor)


@pytest.fixture
def of_pm(desk, project_manager, engagement, manager):
    """Give the manager's desk in an engagement where something was answered."""
    go_on(manager, engagement, 0)
    return desk(project_manager)


def at(route, report, *more):
    return reverse(f"reports:{route}", args=[report.engagement_id, report.pk, *more])


def fresh(report):
    return Report.objects.select_related("engagement__client").get(pk=report.pk)


class TestReview:
    def test_the_people_who_write_here_are_asked_to_read_it(self, manager, of_pm, consultant, sponsor):
        report = draft_of(of_pm)

        assert manager.post(at("review", report)).status_code == 302

        assert fresh(report).stage == "review"
        told = InboxItem.objects.filter(kind="review")
        assert {item.user_id for item in told} == {consultant.pk}
        assert "In review" in manager.get(at("report", report)).text

    def test_is_taken_back(self, manager, of_pm):
        report = draft_of(of_pm)
        manager.post(at("review", report))

        manager.post(at("review", report), {"back": "1"})

        assert fresh(report).stage == "draft"

    def test_what_is_said_stands_on_the_page_until_it_is_settled(
        self, manager, of_pm, consultant, client_for
    ):
        report, carla = draft_of(of_pm), client_for(consultant)
        section = report.snapshot["sections"][1]

        said = carla.post(at("comment", report), {"text": "Is this date right?", "about": section["key"]})

        assert "#comment-" in said["Location"]
        page = manager.get(at("report", report)).text
        assert "Is this date right?" in page
        assert f"<strong>{section['title']}:</strong>" in page
        thread = threads.Thread.objects.get(item_key=report.key)
        manager.post(at("comment-reply", report, thread.pk), {"text": "It is."})
        manager.post(at("comment-settle", report, thread.pk))
        page = carla.get(at("report", report)).text
        assert "It is." in page
        assert "Settled" in page

    def test_whoever_is_named_is_led_to_the_comment(self, manager, of_pm, consultant, client_for):
        report = draft_of(of_pm)
        manager.post(at("comment", report), {"text": f"@{consultant.display_name} look here"})

        item = InboxItem.objects.get(user=consultant, kind="mention")
        response = client_for(consultant).get(reverse("engagements:inbox-open", args=[item.pk]))

        assert response["Location"].startswith(at("report", report) + "#comment-")

    def test_what_we_say_never_reaches_the_client(self, manager, of_pm, helen):
        report = draft_of(of_pm)
        manager.post(at("comment", report), {"text": NOTE})
        manager.post(at("comment-settle", report, threads.Thread.objects.get(item_key=report.key).pk))
        release.release(report=report, by=of_pm.membership.user)

        page = helen.get(at("report", report))

        assert page.status_code == 200
        assert "Kestrel" not in page.text
        assert "Kestrel" not in helen.get(reverse("questionnaires:history", args=[report.engagement_id])).text
        assert helen.post(at("comment", report), {"text": "Hello"}).status_code == 403

    def test_an_open_comment_holds_the_release(self, manager, of_pm):
        report = draft_of(of_pm)
        manager.post(at("comment", report), {"text": "Wait for the new figures."})

        refused = manager.post(at("release", report))

        assert refused.status_code == 409
        assert "comment" in refused.text
        assert fresh(report).stage == "draft"


class TestWords:
    def words(self, report, **more):
        keys = [part["key"] for part in report.snapshot["sections"]]
        return {"seen": str(report.edited), "part": keys, "foreword": "", **more}

    def test_a_foreword_and_a_text_stand_in_the_document(self, manager, of_pm):
        report = draft_of(of_pm)
        section = report.snapshot["sections"][1]
        words = {"foreword": "A **good** fortnight.", f"text-{section['key']}": "Mind the second row."}

        assert manager.post(at("edit", report), self.words(report, **words)).status_code == 302

        report = fresh(report)
        assert (report.state, report.edited, report.storage_name) == ("queued", 1, "")
        document = document_of(report)
        assert document["sections"][0]["summary"]
        assert document["sections"][1]["blocks"] == [{"type": "text", "text": "A **good** fortnight."}]
        assert document["sections"][2]["blocks"][0]["text"] == "Mind the second row."
        page = manager.get(at("read", report)).text
        assert "A <strong>good</strong> fortnight." in page
        assert Event.objects.get(kind="report.edited").firm_only

    def test_what_is_written_is_shown_safely(self, manager, of_pm):
        report = draft_of(of_pm)
        manager.post(
            at("edit", report),
            self.words(report, foreword="<script>alert(1)</script> [x](javascript:alert(1))"),
        )

        page = manager.get(at("read", report)).text

        assert "<script>alert" not in page
        assert 'href="javascript' not in page

    def test_what_is_left_out_is_not_even_in_the_released_data(self, manager, of_pm):
        report = draft_of(of_pm)
        gone = report.snapshot["sections"][-1]
        words = self.words(report)
        words["part"] = words["part"][:-1]

        manager.post(at("edit", report), words)
        release.release(report=finished(fresh(report)), by=of_pm.membership.user)

        report = fresh(report)
        assert gone["key"] not in [section["key"] for section in report.snapshot["sections"]]
        assert report.fingerprint == editing.fingerprint(report.snapshot)

    def test_chapters_count_without_a_gap(self, of_pm):
        report = draft_of(of_pm, kind="discovery-report")
        first = next(section["key"] for section in report.snapshot["sections"] if section.get("numbered"))
        report.edits = Edits(left_out=[first]).plain()

        numbers = [section["over"] for section in document_of(report)["sections"] if section.get("numbered")]

        assert numbers == [str(number) for number in range(1, len(numbers) + 1)]

    def test_a_document_left_out_of_the_pack_goes_whole(self, of_pm):
        report = draft_of(of_pm, kind="handover-pack")
        second = report.snapshot["contents"][1]["key"]
        report.edits = Edits("Dear all", {}, [second]).plain()

        document = document_of(report)

        kind = second.partition("--")[0]
        assert not [one for one in document["sections"] if one["key"].startswith(f"{kind}--")]
        assert [line["over"] for line in document["contents"][:3]] == ["", "1", "2"]
        assert document["contents"][0]["key"] == document["sections"][0]["key"]

    def test_who_comes_second_keeps_their_words_and_sees_both(self, manager, of_pm, consultant, client_for):
        report = draft_of(of_pm)
        words = self.words(report)
        client_for(consultant).post(at("edit", report), words | {"foreword": "Carla was first."})

        response = manager.post(at("edit", report), words | {"foreword": "Petra was second."})

        assert response.status_code == 409
        assert "Carla was first." in response.text
        assert "Petra was second." in response.text
        assert fresh(report).edits["foreword"] == "Carla was first."

    def test_storing_the_same_again_makes_nothing_again(self, manager, of_pm):
        report = draft_of(of_pm)

        manager.post(at("edit", report), self.words(report))

        assert fresh(report).state == "done"
        assert not Event.objects.filter(kind="report.edited").exists()

    @pytest.mark.parametrize("words", [{"part": []}, {"foreword": "x" * 10_001}])
    def test_nonsense_is_refused_with_the_words_kept(self, manager, of_pm, words):
        report = draft_of(of_pm)

        response = manager.post(at("edit", report), self.words(report) | words)

        assert response.status_code == 422
        assert words.get("foreword", "") in response.text
        assert fresh(report).edits == {}

    def test_a_released_one_takes_no_words(self, manager, of_pm):
        report = released_of(of_pm)

        assert manager.post(at("edit", report), self.words(report, foreword="Late")).status_code == 422

    def test_a_new_version_takes_them_over(self, manager, of_pm):
        report = draft_of(of_pm)
        editing.edit(report=report, edits=Edits("Dear all"), seen=0, by=of_pm.membership.user)
        release.release(report=finished(report), by=of_pm.membership.user)

        response = manager.post(at("anew", report))

        new = Report.objects.get(number=2)
        assert response["Location"] == at("report", new)
        assert (new.edits["foreword"], new.stage) == ("Dear all", "draft")


class TestLeaks:
    def refused(self, manager, report):
        response = manager.post(at("release", report))
        assert response.status_code == 409
        assert fresh(report).stage == "draft"
        return response.text

    def with_words(self, of_pm, words):
        report = draft_of(of_pm)
        editing.edit(report=report, edits=Edits(words), seen=0, by=of_pm.membership.user)
        return finished(report)

    def test_a_line_of_our_note_is_found_and_its_place_named(self, manager, of_pm, engagement):
        save(manager, engagement, "background", NOTE, part="note")
        report = self.with_words(of_pm, f"As you know: {NOTE.lower()}.")

        page = self.refused(manager, report)

        assert "“Foreword”" in page
        assert "the firm&#x27;s note on" in page
        assert "One line would show what only we may know" in manager.get(at("read", report)).text

    def test_a_comment_among_us_is_found(self, manager, of_pm):
        threads.open_thread(
            membership=of_pm.membership,
            subject=subject_of(of_pm.framework, "background"),
            text=NOTE,
            key=uuid.uuid4(),
            firm_only=True,
        )

        assert "a comment among us" in self.refused(manager, self.with_words(of_pm, NOTE))

    def test_an_internal_question_is_found(self, manager, of_pm):
        internal = next(item for item in of_pm.framework.items if item.internal)

        assert f"internal question {internal.number}" in self.refused(
            manager, self.with_words(of_pm, f"We asked ourselves: {internal.prompt}")
        )

    def test_the_address_of_an_internal_question_is_found(self, manager, of_pm):
        internal = next(item for item in of_pm.framework.items if item.internal)

        self.refused(manager, self.with_words(of_pm, f"[here](https://x.example/items/{internal.key}/)"))

    def test_an_answer_that_is_hidden_is_found(self, manager, of_pm, engagement):
        save(manager, engagement, "problem-statement", NOTE, settle="1")
        report = self.with_words(of_pm, NOTE)
        of_pm.questionnaire.engagement.entries.filter(item_key="problem-statement").update(shown=False)

        assert "an answer that is hidden" in self.refused(manager, report)

    def test_the_name_of_a_file_of_ours_is_found_however_short(self, manager, of_pm):
        evidence.attach(
            desk=of_pm,
            entry=of_pm.engagement.entries.get(item_key="background"),
            upload=SimpleUploadedFile("rates.txt", b"Words."),
            firm_only=True,
        )

        assert "the name of a file of ours" in self.refused(manager, self.with_words(of_pm, "See rates.txt."))

    def test_words_of_our_own_edition_are_found(self, manager, of_pm):
        ours = draft_of(of_pm, edition=Side.FIRM)
        editing.edit(report=ours, edits=Edits(NOTE), seen=0, by=of_pm.membership.user)

        assert f"words of ours in {ours.name}" in self.refused(manager, self.with_words(of_pm, NOTE))

    def test_what_we_noted_in_a_meeting_among_us_is_found(self, manager, of_pm):
        meeting = Meeting.objects.create(
            engagement=of_pm.engagement,
            title="Before the board meets",
            starts_at=timezone.now(),
            minutes=30,
            firm_only=True,
            made_by=of_pm.membership,
        )
        meeting.points.create(position=1, kind="words", title="Tactics", minutes=5, note=NOTE)

        assert "a point of our own on an agenda" in self.refused(manager, self.with_words(of_pm, NOTE))

    def test_a_note_that_quotes_what_both_read_is_no_leak(self, manager, of_pm, engagement):
        save(manager, engagement, "problem-statement", NOTE, settle="1")
        save(manager, engagement, "background", NOTE, part="note")

        assert manager.post(at("release", self.with_words(of_pm, NOTE))).status_code == 302

    def test_common_turns_of_phrase_are_none(self):
        assert leaks.runs("and at the end of the day we will see") == []
        assert leaks.runs("Yes") == []
        assert leaks.runs("The supplier still lobbies loudly") != []

    def test_every_document_of_the_demo_can_be_released(self, demo):
        from questionnaires.access import Viewpoint
        from questionnaires.models import Questionnaire
        from reports.content import deliverables
        from reports.content.record import record_of

        for code in demo:
            questionnaire = Questionnaire.objects.select_related("engagement__client", "version").get(
                engagement__code=code
            )
            record = record_of(Viewpoint(questionnaire, Side.CLIENT))
            document = deliverables.snapshot(record, deliverables.PACK, number=1, since=0)
            assert leaks.leaks(Viewpoint(questionnaire, Side.FIRM), document) == [], code


class TestRelease:
    def test_the_page_says_what_it_does(self, manager, of_pm, sponsor, contributor):
        first = released_of(of_pm)
        go_on(manager, of_pm.engagement, 1)
        report = draft_of(of_pm)

        page = manager.get(at("release", report)).text

        assert sponsor.display_name in page
        assert f"{first.name} becomes superseded" in page
        assert fresh(report).stage == "draft"

    def test_both_versions_say_which_is_current(self, manager, of_pm, helen):
        first = released_of(of_pm)
        go_on(manager, of_pm.engagement, 1)

        second = released_of(of_pm)

        first = fresh(first)
        assert (first.stage, first.superseded_by) == ("superseded", second)
        assert "replaced this" in helen.get(at("report", first)).text
        assert "It replaced Status report 1" in helen.get(at("report", second)).text
        assert second.snapshot["about"][-1][1].startswith("Status report 1 of")

    def test_one_that_is_compared_with_an_older_one_is_written_anew(self, manager, of_pm):
        stale = draft_of(of_pm)
        go_on(manager, of_pm.engagement, 1)
        released_of(of_pm)

        refused = manager.post(at("release", stale))

        assert refused.status_code == 409
        assert "Write it anew" in refused.text

    def test_the_clients_people_hear_of_it_first_on_their_page(
        self, manager, of_pm, helen, sponsor, consultant
    ):
        report = released_of(of_pm)

        home = helen.get(reverse("questionnaires:work")).text

        assert "New for you to read" in home
        item = InboxItem.objects.get(user=sponsor, kind="report")
        assert not InboxItem.objects.filter(user=consultant, kind="report").exists()
        assert helen.get(reverse("engagements:inbox-open", args=[item.pk]))["Location"] == at(
            "report", report
        )
        assert "New for you to read" not in helen.get(reverse("questionnaires:work")).text

    def test_nobody_of_the_client_sees_a_draft(self, manager, of_pm, helen):
        report = draft_of(of_pm)
        manager.post(at("review", report))

        for route in ("report", "read", "file"):
            assert helen.get(at(route, report)).status_code == 404
        assert report.name not in helen.get(reverse("reports:reports", args=[report.engagement_id])).text


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """Two people release two drafts in the same moment."""

    def race(self, world, monkeypatch):
        people = [world.people["project_manager"]] * 2
        go_on(browser_of(people[0]), world.engagement, 0)
        from tests.people import desk

        of_pm = desk(people[0], world.engagement)
        drafts = [draft_of(of_pm)]
        go_on(browser_of(people[0]), world.engagement, 1)
        drafts.append(draft_of(of_pm))
        barrier = threading.Barrier(2)
        # Both have looked for leaks before either goes on.
        looked = release._leaks

        def meet(report, document):
            found = looked(report, document)
            barrier.wait(20)
            return found

        monkeypatch.setattr(release, "_leaks", meet)
        outcomes = []

        def go(report):
            try:
                release.release(report=report, by=people[0])
                outcomes.append("released")
            except (release.NotReleasable, IntegrityError) as error:
                outcomes.append(type(error).__name__)
            finally:
                connection.close()

        racers = [threading.Thread(target=go, args=[report]) for report in drafts]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(30)
        return sorted(outcomes)

    def test_one_is_released_and_the_other_told_why_not(self, world, monkeypatch):
        assert self.race(world, monkeypatch) == ["NotReleasable", "released"]
        assert Report.objects.filter(stage="released").count() == 1

    def test_without_looking_again_the_second_takes_the_place_of_the_first(self, world, monkeypatch):
        """The twin: what was looked at before the lock is believed after it."""
        looked_at = release.obstacles
        seen = {}

        def once(report):
            return seen.setdefault(report.pk, looked_at(report))

        monkeypatch.setattr(release, "obstacles", once)

        assert self.race(world, monkeypatch) == ["released", "released"]


class TestStands:
    """The database itself refuses to change what was released."""

    @pytest.mark.parametrize(
        "change",
        [
            {"snapshot": {}},
            {"title": "Other"},
            {"fingerprint": "0"},
            {"stage": "draft", "released_by": None, "released_at": None},
            {"storage_name": "reports/other.pdf"},
            {"sha256": "1" * 64},
            {"number": 7},
            {"state": "queued"},
        ],
        ids=str,
    )
    def test_it_cannot_be_changed(self, of_pm, change):
        report = released_of(of_pm)

        with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
            Report.objects.filter(pk=report.pk).update(**change)

    def test_it_cannot_be_removed(self, of_pm):
        report = released_of(of_pm)

        with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
            Report.objects.filter(pk=report.pk).delete()

    def test_a_draft_can(self, of_pm):
        report = draft_of(of_pm)

        Report.objects.filter(pk=report.pk).update(title="Other")
        assert Report.objects.filter(pk=report.pk).delete()[0] == 1

    def test_only_one_is_current(self, of_pm, manager, engagement):
        released_of(of_pm)
        go_on(manager, engagement, 1)
        second = draft_of(of_pm)

        with pytest.raises(IntegrityError, match="reports_report_one_is_current"), transaction.atomic():
            Report.objects.filter(pk=second.pk).update(
                stage="released", released_by=of_pm.membership.user, released_at=second.requested_at
            )


class TestCheck:
    def page(self, client, code):
        return client.get(reverse("reports:check", args=[code]))

    def test_says_yes_to_a_stranger_and_names_nobody(self, of_pm, client, engagement):
        report = released_of(of_pm)

        response = self.page(client, report.code)

        assert response.status_code == 200
        assert "Yes, this copy is current" in response.text
        for name in (engagement.name, engagement.client.name, engagement.client.short_name, report.title):
            assert name not in response.text
        assert of_pm.membership.user.display_name not in response.text
        assert "no-store" in response["Cache-Control"]
        assert "noindex" in response["X-Robots-Tag"]

    def test_says_by_what_it_was_superseded(self, of_pm, client, manager):
        first = released_of(of_pm)
        go_on(manager, of_pm.engagement, 1)
        released_of(of_pm)

        page = self.page(client, first.code).text

        assert "No, there is a later version" in page
        assert "Version 2 of" in page

    def test_a_draft_is_answered_as_a_code_that_nobody_knows(self, of_pm, client):
        report = draft_of(of_pm)

        draft, unknown = self.page(client, report.code), self.page(client, "AAAA-AAAA")

        assert draft.status_code == unknown.status_code == 200
        assert draft.text.replace(report.code, "") == unknown.text.replace("AAAA-AAAA", "")

    def test_takes_a_code_as_people_type_it(self, of_pm, client):
        report = released_of(of_pm)

        response = client.get(
            reverse("reports:check-ask"), {"code": f" {report.code.lower().replace('-', ' ')} "}
        )

        assert response["Location"] == reverse("reports:check", args=[report.code])

    @pytest.mark.parametrize("typed", ["%00", "../../etc", "ÄÖÜ", "x" * 500])
    def test_takes_nonsense_calmly(self, client, typed, db):
        response = client.get(reverse("reports:check-ask"), {"code": typed}, follow=True)

        assert response.status_code == 200
        assert "We know no released document" in response.text

    def test_the_picture_of_it_at_the_foot_of_pages_is_in_the_file_once(self, of_pm):
        report = draft_of(of_pm)
        report.state, report.attempts = "queued", 0
        report.save()

        setting.set_report(report.pk)
        process.end()

        with storage.default_storage.open(fresh(report).storage_name) as stored, pikepdf.open(stored) as pdf:
            squares = [
                one
                for one in pdf.objects
                if isinstance(one, pikepdf.Stream)
                and one.get("/Subtype") == "/Image"
                and one.Width == one.Height
            ]
            # Once in the file, and drawn at the foot of every page after the cover.
            assert len(squares) == 1
            assert squares[0].Width >= 29 * 8

    def test_leads_whoever_is_in_the_engagement_to_it(self, of_pm, helen, outsider, client_for):
        report = released_of(of_pm)

        assert at("report", report) in self.page(helen, report.code).text
        assert at("report", report) not in self.page(client_for(outsider), report.code).text

    def test_who_tries_many_codes_has_to_wait(self, client, db):
        answers = [self.page(client, "AAAA-AAAA").status_code for _code in range(31)]

        assert answers == [200] * 30 + [429]


def test_writing_anew_without_news_is_asked_for_once(of_pm):
    report = released_of(of_pm)

    first = writing.write_anew(desk=of_pm, report=report)

    assert writing.write_anew(desk=of_pm, report=report) == first
