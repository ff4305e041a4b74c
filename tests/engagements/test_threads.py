"""Talk about a question: who may say what to whom, and what becomes of it."""

import re
import uuid

import pytest
from django.urls import reverse

from engagements.models import Comment, Event, InboxItem, Thread
from engagements.policy import Role
from questionnaires import integrity
from tests.people import make_person
from tests.questionnaires.saves import save

KEY = "opening-request"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def say(browser, engagement, text, key=KEY, *, htmx=True, **data):
    """Begin a thread as the form does."""
    data = {"text": text, "key": str(uuid.uuid4()), **data}
    url = reverse("questionnaires:talk", args=[engagement.pk, key])
    return browser.post(url, data, headers={"HX-Request": "true"} if htmx else {})


def answer(browser, thread, text, **data):
    """Reply as the form does."""
    url = reverse("questionnaires:thread-reply", args=[thread.engagement_id, thread.pk])
    data = {"text": text, "key": str(uuid.uuid4()), **data}
    return browser.post(url, data, headers={"HX-Request": "true"})


def act(browser, name, pk, engagement, **data):
    """Press a button of a thread or a comment."""
    url = reverse(f"questionnaires:{name}", args=[engagement.pk, pk])
    return browser.post(url, data, headers={"HX-Request": "true"})


def step_page(browser, engagement, number="1"):
    return browser.get(reverse("questionnaires:step", args=[engagement.pk, number])).text


class TestTalking:
    def test_a_comment_stands_in_the_margin_for_both_sides(self, maya, cem, engagement):
        response = say(maya, engagement, "Is this **really** what they asked?")

        assert response.status_code == 200
        assert "<strong>really</strong>" in response.text
        assert "<strong>really</strong>" in step_page(cem, engagement)

    def test_a_reply_follows_in_the_same_thread(self, maya, cem, engagement, contributor):
        say(maya, engagement, "Is this what they asked?")
        thread = Thread.objects.get()

        answer(cem, thread, "It is.")

        assert [comment.by for comment in thread.comments.order_by("pk")][1] == contributor
        assert thread.engagement.events.get(kind="comment.added").item_key == KEY

    def test_without_a_script_the_form_leads_back_to_the_comment(self, maya, engagement):
        response = say(maya, engagement, "Plain form", htmx=False)

        comment = Comment.objects.get()
        assert response.status_code == 302
        assert response["Location"].endswith(f"/steps/1/#comment-{comment.pk}")
        assert f'id="comment-{comment.pk}"' in maya.get(response["Location"].partition("#")[0]).text

    def test_a_second_click_says_it_once(self, maya, engagement):
        key = str(uuid.uuid4())
        say(maya, engagement, "Once", key=KEY, **{})
        for _click in (1, 2):
            maya.post(
                reverse("questionnaires:talk", args=[engagement.pk, KEY]), {"text": "Twice?", "key": key}
            )

        assert Comment.objects.filter(text="Twice?").count() == 1

    def test_another_text_from_an_old_page_is_kept_as_well(self, maya, engagement):
        key = str(uuid.uuid4())
        for text in ("First", "Second"):
            maya.post(reverse("questionnaires:talk", args=[engagement.pk, KEY]), {"text": text, "key": key})

        assert set(Comment.objects.values_list("text", flat=True)) == {"First", "Second"}

    def test_an_empty_comment_is_refused_and_a_long_one_comes_back_whole(self, maya, engagement):
        assert say(maya, engagement, "  ").status_code == 422

        long = "word " * 2500
        response = say(maya, engagement, long)

        assert response.status_code == 422
        assert long.strip() in response.text
        assert Thread.objects.count() == 0

    def test_nothing_somebody_types_becomes_markup(self, maya, engagement):
        text = "<img src=x onerror=alert(1)> <script>alert(1)</script> [x](javascript:alert(1))"

        html = say(maya, engagement, text).text

        prose = re.search(r'<div class="prose">(.*?)</div>', html, re.DOTALL)[1]
        assert "<img" not in prose
        assert "<script" not in prose
        assert 'href="javascript' not in prose

    def test_a_register_can_be_talked_about(self, maya, engagement):
        say(maya, engagement, "Too many risks", key="register:risks")

        page = maya.get(reverse("questionnaires:register", args=[engagement.pk, "risks"])).text
        assert "Too many risks" in page

    def test_the_page_of_all_threads_has_settled_ones_too(self, maya, engagement):
        say(maya, engagement, "Old matter")
        act(maya, "thread-settle", Thread.objects.get().pk, engagement)

        assert "Old matter" not in step_page(maya, engagement)
        assert "Old matter" in maya.get(reverse("questionnaires:talk", args=[engagement.pk, KEY])).text


class TestFirmOnly:
    def test_the_client_side_never_sees_it(self, maya, cem, engagement):
        response = say(maya, engagement, "Canary among us", firm="1")

        thread = Thread.objects.get()
        assert "Canary" in response.text
        assert "Canary" not in step_page(cem, engagement)
        assert answer(cem, thread, "Hello?").status_code == 404
        assert act(cem, "thread-settle", thread.pk, engagement).status_code == 404
        wordings = reverse("questionnaires:comment-wordings", args=[engagement.pk, Comment.objects.get().pk])
        assert cem.get(wordings).status_code == 404
        assert Event.objects.get(kind="thread.opened").firm_only

    def test_a_client_cannot_begin_one(self, cem, engagement):
        assert say(cem, engagement, "Among whom?", firm="1").status_code == 403
        assert Thread.objects.count() == 0

    def test_what_is_said_about_an_internal_item_is_the_firms(self, maya, engagement):
        framework = engagement.questionnaire.framework
        internal = next(item for item in framework.items if item.internal)

        say(maya, engagement, "About a secret", key=internal.key)

        assert Thread.objects.get().firm_only

    def test_an_observer_reads_and_does_not_write(self, maya, engagement, observer, client_for):
        say(maya, engagement, "Among us", firm="1")
        oskar = client_for(observer)

        assert "Among us" in step_page(oskar, engagement)
        assert answer(oskar, Thread.objects.get(), "May I?").status_code == 403
        assert say(oskar, engagement, "May I?").status_code == 403

    def test_strangers_get_nothing(self, maya, engagement, outsider, client_for):
        say(maya, engagement, "Among members")
        nils = client_for(outsider)

        assert answer(nils, Thread.objects.get(), "Hello").status_code == 404
        assert nils.get(reverse("questionnaires:names", args=[engagement.pk])).status_code == 404


class TestMentions:
    def test_names_a_person_in_the_text_and_tells_them(self, maya, engagement, contributor):
        html = say(maya, engagement, "@Cem Kaya is three years enough?").text

        assert f'<span class="at" data-person="{contributor.pk}">@Cem Kaya</span>' in html
        told = InboxItem.objects.get(user=contributor)
        assert (told.kind, told.words) == ("mention", "@Cem Kaya is three years enough?")

    def test_a_first_name_is_enough_where_only_one_is_called_so(self, maya, world, engagement, contributor):
        say(maya, engagement, "@cem, please look")
        assert InboxItem.objects.filter(user=contributor).count() == 1

    def test_a_name_that_two_share_names_nobody(self, maya, world, engagement):
        from engagements.actions import people

        other = make_person("Cem Aydin", client=world.client)
        people.join(
            engagement=engagement, user=other, role=Role.CLIENT_REVIEWER, by=world.people["project_manager"]
        )
        say(maya, engagement, "@Cem who is meant?")
        assert InboxItem.objects.count() == 0

    def test_among_the_firm_a_client_person_cannot_be_named(
        self, maya, engagement, project_manager, contributor
    ):
        say(maya, engagement, "@Petra shall we tell @Cem Kaya?", firm="1")

        assert [item.user for item in InboxItem.objects.all()] == [project_manager]

    def test_an_address_or_a_link_is_no_name(self, maya, engagement):
        html = say(maya, engagement, "mail me@cem.example or [here](mailto:x@cem.example)").text

        assert 'class="at"' not in html
        assert InboxItem.objects.count() == 0

    def test_the_list_to_choose_from_holds_who_may_read(self, maya, cem, engagement):
        url = reverse("questionnaires:names", args=[engagement.pk])

        everybody = {person["name"] for person in maya.get(url).json()["people"]}
        firm = {person["name"] for person in maya.get(url, {"firm": "1"}).json()["people"]}

        assert everybody == {
            "Petra Brandt",
            "Carla Conti",
            "Oskar Lind",
            "Sofie Sander",
            "Cem Kaya",
            "Rosa Ruiz",
        }
        assert firm == {"Petra Brandt", "Carla Conti", "Oskar Lind"}
        # Asking for the firm's list does not give it to the client side.
        assert len(cem.get(url, {"firm": "1"}).json()["people"]) == 6


class TestEditing:
    def test_the_author_says_it_better_and_the_first_wording_stays(self, maya, engagement):
        say(maya, engagement, "Three yaers")
        comment = Comment.objects.get()

        act(maya, "comment-edit", comment.pk, engagement, text="Three years", seen=1)

        comment.refresh_from_db()
        assert (comment.text, comment.version) == ("Three years", 2)
        assert [one.text for one in comment.wordings.order_by("version")] == ["Three yaers", "Three years"]
        page = maya.get(reverse("questionnaires:comment-wordings", args=[engagement.pk, comment.pk])).text
        assert "<del>yaers</del><ins>years</ins>" in page
        assert "said differently before" in step_page(maya, engagement)

    def test_nobody_else_can(self, maya, cem, engagement):
        say(maya, engagement, "Mine")

        response = act(cem, "comment-edit", Comment.objects.get().pk, engagement, text="Yours", seen=1)

        assert response.status_code == 404
        assert Comment.objects.get().text == "Mine"

    def test_a_second_window_is_told_and_loses_nothing(self, maya, engagement):
        say(maya, engagement, "One")
        pk = Comment.objects.get().pk
        act(maya, "comment-edit", pk, engagement, text="Two", seen=1)

        response = act(maya, "comment-edit", pk, engagement, text="Three", seen=1)

        assert response.status_code == 422
        assert "Two" in response.text
        assert "Three" in response.text
        assert Comment.objects.get().text == "Two"
        act(maya, "comment-edit", pk, engagement, text="Three", seen=2)
        assert Comment.objects.get().text == "Three"

    def test_whoever_is_named_anew_is_told(self, maya, engagement, contributor, sponsor):
        say(maya, engagement, "@Cem look")
        act(maya, "comment-edit", Comment.objects.get().pk, engagement, text="@Cem and @Sofie look", seen=1)

        kinds = list(InboxItem.objects.order_by("pk").values_list("user", "kind"))
        assert kinds == [(contributor.pk, "mention"), (sponsor.pk, "mention")]


class TestSettling:
    def test_settles_and_opens_again(self, maya, cem, engagement):
        say(maya, engagement, "Done?")
        thread = Thread.objects.get()

        act(cem, "thread-settle", thread.pk, engagement)
        thread.refresh_from_db()
        assert thread.settled_by.display_name == "Cem Kaya"
        assert "One settled thread" in step_page(maya, engagement)

        act(maya, "thread-reopen", thread.pk, engagement)
        assert "Done?" in step_page(maya, engagement)
        kinds = Event.objects.filter(item_key=KEY).order_by("number").values_list("kind", flat=True)
        assert list(kinds) == ["thread.opened", "thread.settled", "thread.reopened"]

    def test_pressing_twice_is_one_event(self, maya, engagement):
        say(maya, engagement, "Done?")
        thread = Thread.objects.get()

        for _press in (1, 2):
            assert act(maya, "thread-settle", thread.pk, engagement).status_code == 200

        assert Event.objects.filter(kind="thread.settled").count() == 1

    def test_a_reply_opens_it_again(self, maya, cem, engagement):
        say(maya, engagement, "Done?")
        thread = Thread.objects.get()
        act(maya, "thread-settle", thread.pk, engagement)

        answer(cem, thread, "Not quite")

        thread.refresh_from_db()
        assert thread.settled_at is None

    def test_a_closed_engagement_is_only_read(self, maya, engagement):
        say(maya, engagement, "Done?")
        engagement.__class__.objects.filter(pk=engagement.pk).update(status="closed")

        assert answer(maya, Thread.objects.get(), "One more").status_code == 403
        assert say(maya, engagement, "And another").status_code == 403
        assert "Done?" in step_page(maya, engagement)


class TestAssigning:
    def test_gives_a_thread_to_somebody_who_is_told(self, maya, engagement, contributor):
        say(maya, engagement, "Who knows?")
        thread = Thread.objects.get()
        member = engagement.memberships.get(user=contributor)

        html = act(maya, "thread-assign", thread.pk, engagement, to=member.pk).text

        assert "Cem Kaya looks after this" in html
        assert InboxItem.objects.get(user=contributor).kind == "assigned"
        assert Event.objects.get(kind="thread.assigned").data["assigned"] == [None, member.pk]

    def test_a_firm_thread_cannot_go_to_the_client(self, maya, engagement, contributor):
        say(maya, engagement, "Among us", firm="1")
        thread = Thread.objects.get()
        member = engagement.memberships.get(user=contributor)

        response = act(maya, "thread-assign", thread.pk, engagement, to=member.pk)

        assert response.status_code == 422
        thread.refresh_from_db()
        assert thread.assigned_to is None

    def test_the_form_names_only_who_reads_along(self, maya, engagement):
        say(maya, engagement, "Among us", firm="1")
        url = reverse("questionnaires:thread-assign", args=[engagement.pk, Thread.objects.get().pk])

        page = maya.get(url).text

        assert "Petra Brandt" in page
        assert "Cem Kaya" not in page


class TestHistory:
    def test_an_event_carries_no_words(self, maya, engagement):
        say(maya, engagement, "A secret word")

        event = Event.objects.get(kind="thread.opened")
        assert "secret" not in str(event.data)

    def test_comments_and_answers_of_a_page_cost_no_statement_more(self, maya, engagement):
        from tests.questionnaires.test_costs import Statements

        url = reverse("questionnaires:step", args=[engagement.pk, "1"])
        save(maya, engagement, KEY, "Something", settle="1")
        maya.get(url)
        with Statements() as before:
            maya.get(url)
        for number in range(12):
            say(maya, engagement, f"Comment {number}", firm="1" if number % 2 else "")
        with Statements() as after:
            page = maya.get(url).text
        assert "Comment 11" in page
        assert after.count == before.count, after.told
