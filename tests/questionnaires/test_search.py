"""Search what one may see, and nothing else."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engagements.actions import threads
from engagements.models import Thread
from questionnaires.actions import answers, decisions, evidence, recommendations, rows
from questionnaires.models import Answer
from questionnaires.places import Base, Place, subject_of
from questionnaires.search import find
from tests.people import make_engagement
from tests.questionnaires.saves import answer_of, entry_of, save
from tests.questionnaires.test_costs import Statements

CANARY = "Kestrelwing"
KEY = "priority-rule"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


def look(browser, words, **more):
    response = browser.get(reverse("questionnaires:search"), {"q": words, **more})
    assert response.status_code == 200
    return response.text


def hits(page):
    """Return the part of the page that shows what was found."""
    return page.split('class="stack-lg"', 1)[1]


def say(desk, words, *, key="background", firm_only=False):
    return threads.open_thread(
        membership=desk.membership,
        subject=subject_of(desk.framework, key),
        text=words,
        firm_only=firm_only,
        key=uuid.uuid4(),
    )


@pytest.fixture
def written(engagement, desk, project_manager, contributor, maya):
    """Put one word into an answer, a comment, a decision and a file's name."""
    of_pm, of_cem = desk(project_manager), desk(contributor)
    save(maya, engagement, "background", "The ambulance radio drops out near the harbour", settle="1")
    say(of_cem, "The harbour mast is ours")
    options = [{"title": "Harbour first", "value": "sponsor"}, {"title": "By score", "value": "weighted"}]
    advised = entry_of(engagement, KEY)
    recommendations.prepare(desk=of_pm, entry=advised, options=options, pick=1, why="Because")
    recommendations.offer(desk=of_pm, entry=advised)
    decisions.decide(
        desk=of_pm, entry=advised, option=1, client=of_cem.membership, firm=of_pm.membership, reasons="All agree", seen=1
    )  # fmt: skip
    evidence.attach(
        desk=of_pm,
        entry=entry_of(engagement, "background"),
        upload=SimpleUploadedFile("harbour_masts-2026.txt", b"Words."),
    )
    return engagement


class TestFinding:
    def test_finds_answers_comments_decisions_and_files_with_their_place(self, written, maya):
        page = hits(look(maya, "harbour"))

        assert "near the <mark>harbour</mark>" in page
        assert "The <mark>harbour</mark> mast" in page
        assert "<mark>Harbour</mark> first" in page
        assert "harbour_masts-2026.txt" in page
        thread = Thread.objects.get()
        comment = thread.comments.get()
        assert (
            f"{reverse('questionnaires:item', args=[written.pk, 'background'])}#comment-{comment.pk}" in page
        )
        assert reverse("questionnaires:decision", args=[written.pk, 1]) in page
        assert written.name in page

    def test_finds_questions_by_their_words_and_options(self, engagement, maya, desk, consultant):
        item = desk(consultant).framework.item("hosting-model")

        assert item.title in look(maya, item.prompt)
        assert item.title in look(maya, item.options[0].label)

    @pytest.mark.parametrize(
        "words", ["harbours", "harb", "HARBOUR", "habrour", "harbor", "near harbour", "ambulence radio"]
    )
    def test_stems_beginnings_capitals_and_slips_find_it(self, words, written, maya):
        assert "ambulance" in hits(look(maya, words))

    def test_every_word_must_be_there(self, written, maya):
        assert "near the" not in look(maya, "harbour zeppelin")

    def test_a_choice_is_shown_by_its_label(self, engagement, maya, desk, consultant):
        save(maya, engagement, "hosting-model", "hybrid")
        item = desk(consultant).framework.item("hosting-model")
        label = next(option.label for option in item.options if option.value == "hybrid")

        assert label in hits(look(maya, "hybrid", kind="answer"))

    def test_a_table_with_many_fitting_cells_is_one_hit(self, engagement, maya, desk, consultant):
        made = [{"dataset": f"Tidewater {number}"} for number in range(4)]
        rows.add_rows(desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=made)

        page = hits(look(maya, "tidewater"))

        assert "3 more places there" in page
        assert page.count("<mark>Tidewater</mark>") == 1

    def test_what_was_replaced_or_deleted_is_not_found(self, engagement, maya, desk, consultant):
        save(maya, engagement, "background", "Gannetry")
        save(maya, engagement, "background", "Something else", base=1)
        (row,) = rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "Gannetry"}]
        )
        rows.delete_row(desk=desk(consultant), row=row)

        assert "<mark>" not in look(maya, "gannetry")

    def test_kinds_and_engagements_narrow_it(self, written, maya):
        only = hits(look(maya, "harbour", kind="comment"))
        assert "harbour</mark> mast" in only
        assert "near the" not in only
        assert "near the" in look(maya, "harbour", **{"in": written.pk})

    def test_markup_in_a_text_stays_text(self, engagement, maya):
        save(maya, engagement, "background", "<script>alert(1)</script> harbour <b>bold</b>")

        page = look(maya, "harbour")

        assert "<script>alert" not in page
        assert "<b>bold" not in page
        assert "<mark>harbour</mark>" in page

    def test_words_that_stand_nowhere_say_so(self, engagement, maya):
        assert "Nothing is found that you may see" in look(maya, "zzyzxqwfp")

    def test_a_very_long_answer_is_saved_and_found_by_its_beginning(self, engagement, desk, consultant):
        text = "Cormorant " + " ".join(f"w{number}" for number in range(130_000))
        at = desk(consultant)
        answers.save(desk=at, place=Place("background"), raw=text, base=Base(0), key=uuid.uuid4())

        assert Answer.objects.get(entry=entry_of(engagement, "background"), part="value").value == text
        assert find([at.view], "cormorant").total == 1


class TestSecrecy:
    def test_a_client_never_finds_what_only_the_firm_may_know(
        self, engagement, maya, cem, desk, project_manager, contributor
    ):
        of_pm = desk(project_manager)
        internal = next(item for item in of_pm.framework.items if item.internal and item.type == "money")
        save(maya, engagement, internal.key, "48120043")
        say(of_pm, f"{CANARY} one", key=internal.key)
        save(maya, engagement, "background", f"{CANARY} two", part="note")
        say(of_pm, f"{CANARY} three", firm_only=True)
        evidence.attach(
            desk=of_pm,
            entry=entry_of(engagement, internal.key),
            upload=SimpleUploadedFile(f"{CANARY}.txt", b"Words."),
        )

        for words in (CANARY, CANARY[:6], f"{CANARY[:-1]}x"):
            found = look(cem, words)
            assert "<mark>" not in found
            assert "spelled alike" not in found
            assert found.count(CANARY) == found.count(words) * (words == CANARY)
        for number in ("one", "two", "three"):
            assert f"</mark> {number}" in look(maya, CANARY)
        assert "4 places" in look(maya, CANARY)
        assert internal.title in hits(look(maya, "48120043"))
        assert "Nothing is found" in look(cem, "48120043")
        assert internal.title in look(maya, internal.prompt)
        assert internal.title not in hits(look(cem, internal.prompt)).replace(internal.prompt, "")

    def test_nobody_finds_what_is_in_engagements_of_others(
        self, written, outsider, other_manager, observer, client_for
    ):
        for person in (outsider, other_manager):
            assert "<mark>" not in look(client_for(person), "harbour mast").split('class="stack-lg"')[-1]
            assert "ambulance" not in look(client_for(person), "harbour", **{"in": written.pk})
        assert "ambulance" in look(client_for(observer), "harbour")

    def test_who_has_left_finds_nothing(self, written, maya, desk, consultant):
        membership = desk(consultant).membership
        type(membership).objects.filter(pk=membership.pk).update(ended_at=membership.joined_at)

        assert "ambulance" not in look(maya, "harbour")


class TestCosts:
    def test_statements_do_not_grow(self, written, world, maya, project_manager, consultant, desk):
        look(maya, "harbour")
        with Statements() as before:
            look(maya, "harbour")
        for _more in range(3):
            other = make_engagement(
                client=world.client, manager=project_manager, version=world.version, depth="core"
            )
            other.memberships.create(user=consultant, role="consultant")
        rows.add_rows(
            desk=desk(consultant), entry=entry_of(written, "datasets"), rows=[{"dataset": "Harbour"}] * 100
        )
        with Statements() as after:
            look(maya, "harbour")
        with Statements() as with_slips:
            look(maya, "habrour mast")
        assert after.count == before.count, after.told
        assert with_slips.count <= before.count + 2, with_slips.told

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(max_size=60))
    def test_no_words_break_it(self, written, maya, words):
        look(maya, words)

    @pytest.mark.parametrize(
        "words",
        ["'", "a & b | !c", "':*", "\\", "the", "it", "((", "%", "_", "\x00", "x" * 5000, "<->", "a:b:*"],
    )
    def test_operators_are_only_words(self, words, written, maya):
        look(maya, words)

    def test_an_answer_keeps_its_own_words(self, engagement, maya):
        save(maya, engagement, "background", "Puffin")
        assert answer_of(engagement, "background").value == "Puffin"
        assert "Puffin" in look(maya, "puffins")
