"""What cannot all stand is put side by side, ranked by the client, held against the agreed rule, and settled for a reason."""

import pytest
from django.urls import reverse

from engagements.models import Event, InboxItem
from questionnaires import integrity
from questionnaires.models import Clash, Conflict, Request, Row
from tests.questionnaires.advice import member
from tests.questionnaires.saves import answer_of, entry_of, save

KEY = "opening-request"
RULE = "priority-rule"


@pytest.fixture
def carla(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture
def sofie(sponsor, client_for):
    return client_for(sponsor)


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


def address(engagement, name, *args):
    return reverse(f"questionnaires:{name}", args=[engagement.pk, *args])


def page(browser, engagement, number=1):
    return browser.get(address(engagement, "clash", number)).text


def wish(browser, engagement, title, author, **more):
    """Write a request down, and return it."""
    data = {
        "author": member(engagement, author).pk,
        "title": title,
        "need": f"{title} is what our round needs",
        "value": "medium",
        "effort": "medium",
        "moscow": "should",
        "items": KEY,
        **more,
    }
    response = browser.post(address(engagement, "request-new"), data)
    assert response.status_code == 302, response.text
    return Request.objects.get(title=title)


def put(browser, engagement, *wanted, items=""):
    """Put requests on the table."""
    data = {
        "title": "Alarm timing",
        "says": "An alarm cannot be both immediate and held.",
        "requests": [one.pk for one in wanted],
        "items": items,
    }
    return browser.post(address(engagement, "clash-new"), data)


def settle(browser, engagement, by, **more):
    data = {
        "outcome": "At once for the top band",
        "reason": "It interrupts a third as often",
        "decided_by": member(engagement, by).pk,
        "came-1": "taken",
        "came-2": "declined",
        **more,
    }
    return browser.post(address(engagement, "clash-settle", 1), data)


def rank(browser, engagement, *places, words=""):
    data = {f"side-{position}": place for position, place in enumerate(places, start=1)}
    return browser.post(address(engagement, "clash-rank", 1), data | {"words": words})


@pytest.fixture
def wanted(carla, cem, contributor, sponsor, engagement):
    return [
        wish(cem, engagement, "At once", contributor, value="high", effort="low", moscow="must"),
        wish(carla, engagement, "Every hour", sponsor, value="high", effort="high"),
    ]


@pytest.fixture
def clash(carla, wanted, engagement):
    assert put(carla, engagement, *wanted).status_code == 302
    return Clash.objects.get()


class TestRequests:
    def test_keep_author_need_value_and_effort(self, carla, wanted, engagement):
        html = carla.get(address(engagement, "request", 1)).text

        for words in ("At once", "Cem Kaya", "is what our round needs", "Must", "High", "Low"):
            assert words in html

    def test_are_read_by_both_sides_and_by_no_stranger(self, sofie, wanted, outsider, client_for, engagement):
        assert "Every hour" in sofie.get(address(engagement, "requests")).text
        assert client_for(outsider).get(address(engagement, "requests")).status_code == 404

    def test_show_at_the_question_they_concern(self, cem, wanted, engagement):
        assert "Every hour" in cem.get(address(engagement, "item", KEY)).text

    def test_of_somebody_else_are_not_written_by_a_contributor(self, cem, sponsor, engagement):
        data = {"author": member(engagement, sponsor).pk, "title": "Mine", "need": "Because"}

        response = cem.post(address(engagement, "request-new"), data)

        assert response.status_code in (403, 422)
        assert not Request.objects.exists()

    def test_changed_meanwhile_are_not_overwritten(self, carla, cem, contributor, wanted, engagement):
        one = wanted[0]
        data = {"title": "At once, always", "need": one.need, "value": "low", "effort": "low", "moscow": "must", "items": "", "seen": one.changed_at.isoformat()}  # fmt: skip
        assert cem.post(address(engagement, "request-edit", 1), data).status_code == 302

        response = carla.post(address(engagement, "request-edit", 1), data | {"title": "Never"})

        assert response.status_code == 422
        assert Request.objects.get(number=1).title == "At once, always"


class TestPuttingSideBySide:
    def test_shows_who_wants_what_and_why_both_cannot_stand(self, clash, sofie, engagement):
        html = page(sofie, engagement)

        for words in ("An alarm cannot be both", "At once", "Cem Kaya", "Every hour", "Sofie Sander"):
            assert words in html

    def test_shows_where_it_hurts(self, clash, cem, engagement):
        assert "Conflict 1: Alarm timing" in cem.get(address(engagement, "item", KEY)).text

    def test_needs_two(self, carla, wanted, engagement):
        response = put(carla, engagement, wanted[0])

        assert response.status_code == 422
        assert "two to six things" in response.text

    def test_has_a_line_in_the_register(self, clash, carla, engagement):
        assert "At once (Cem Kaya)" in carla.get(address(engagement, "register", "conflicts")).text

    def test_counts_in_the_folio_until_it_is_settled(self, clash, carla, sofie, sponsor, engagement):
        url = address(engagement, "conflicts")
        assert carla.get(url).context["folio"][4]["count"] == 1

        settle(sofie, engagement, sponsor)

        assert carla.get(url).context["folio"][4]["count"] == 0


class TestConsequences:
    def test_stand_under_each_side_for_both(self, clash, carla, sofie, engagement):
        data = {"side_1": "Twelve interruptions a shift", "side_2": "Up to an hour later"}

        assert carla.post(address(engagement, "clash-weigh", 1), data).status_code == 302

        html = page(sofie, engagement)
        assert "Twelve interruptions a shift" in html
        assert "Up to an hour later" in html

    def test_keep_old_and_new_and_say_nothing_twice(self, clash, cem, engagement):
        for words in ("Twelve", "Four", "Four"):
            cem.post(address(engagement, "clash-weigh", 1), {"side_1": words, "side_2": ""})

        events = Event.objects.filter(kind="clash.weighed").order_by("number")
        assert [event.data["fields"] for event in events] == [
            {"consequence-1": ["", "Twelve"]},
            {"consequence-1": ["Twelve", "Four"]},
        ]

    def test_of_a_settled_conflict_stay_as_they_were(self, clash, carla, sofie, sponsor, engagement):
        settle(sofie, engagement, sponsor)

        response = carla.post(address(engagement, "clash-weigh", 1), {"side_1": "Late", "side_2": ""})

        assert response.status_code == 422
        assert not clash.sides.exclude(consequence="").exists()


class TestAdvice:
    def test_is_seen_by_the_client_once_it_is_offered(self, clash, carla, project_manager, sofie, client_for, engagement):  # fmt: skip
        data = {"we_recommend": "Both, by band", "options": "", "pros": "Fewer", "cons": ""}
        url = address(engagement, "clash-advise", 1)
        carla.post(url, data)
        assert "Both, by band" in page(carla, engagement)
        assert "Both, by band" not in page(sofie, engagement)
        assert "Both, by band" not in sofie.get(address(engagement, "register", "conflicts")).text

        client_for(project_manager).post(url, data | {"offered": "on"})

        assert "Both, by band" in page(sofie, engagement)


class TestRanking:
    def test_of_every_voter_is_shown_and_added_up(self, clash, cem, sofie, carla, engagement):
        rank(cem, engagement, "1", "2", words="Minutes count")
        rank(sofie, engagement, "could", "must")

        html = page(carla, engagement)
        assert "Minutes count" in html
        assert carla.get(address(engagement, "clash", 1)).context["sides"][0].points == 4

    def test_is_the_clients(self, clash, carla, engagement):
        assert rank(carla, engagement, "1", "2").status_code == 403

    def test_again_replaces_ones_own(self, clash, cem, engagement):
        rank(cem, engagement, "1", "2")
        rank(cem, engagement, "2", "1")

        assert [ranking.order for ranking in clash.rankings.all()] == [[2, 1]]

    def test_with_a_place_given_twice_is_told(self, clash, cem, engagement):
        assert rank(cem, engagement, "1", "1").status_code == 422


class TestAgreedRule:
    @pytest.fixture
    def agreed(self, carla, engagement):
        def agree(value):
            assert save(carla, engagement, RULE, value, settle="1").status_code == 200

        return agree

    def test_of_value_against_effort_names_what_comes_first(self, agreed, clash, sofie, engagement):
        agreed("value-risk")

        assert "A comes first: value high, effort low." in page(sofie, engagement)

    def test_of_scores_reads_must_and_should_until_somebody_ranks(
        self, agreed, clash, cem, sofie, engagement
    ):
        agreed("weighted")
        assert "A comes first: must." in page(sofie, engagement)

        rank(cem, engagement, "2", "1")

        assert "B comes first, with 3 of 3 points" in page(sofie, engagement)

    def test_of_scores_leaves_open_what_is_even(self, agreed, clash, cem, sofie, engagement):
        agreed("weighted")
        rank(cem, engagement, "2", "1")
        rank(sofie, engagement, "1", "2")

        assert "A and B have the same points" in page(sofie, engagement)

    def test_of_the_sponsor_names_them_and_fills_the_form(self, agreed, clash, sofie, sponsor, engagement):
        agreed("sponsor")

        assert "Sofie Sander decides, on our recommendation." in page(sofie, engagement)
        form = sofie.get(address(engagement, "clash-settle", 1)).context["form"]
        assert form["decided_by"].initial == member(engagement, sponsor).pk

    def test_without_one_says_where_to_agree_on_it(self, clash, sofie, engagement):
        assert "Agree on a rule" in page(sofie, engagement)


class TestSettling:
    def test_needs_outcome_reason_and_a_name(self, clash, sofie, sponsor, engagement):
        assert settle(sofie, engagement, sponsor, reason=" ").status_code == 422
        assert Clash.objects.get().state == "open"

    def test_is_shown_to_both_with_reason_name_and_who_was_told(self, clash, carla, sofie, sponsor, contributor, consultant, engagement):  # fmt: skip
        informed = [member(engagement, contributor).pk, member(engagement, consultant).pk]
        settle(sofie, engagement, sponsor, informed=informed)

        for browser in (carla, sofie):
            html = page(browser, engagement)
            for words in ("At once for the top band", "a third as often", "Sofie Sander", "Cem Kaya", "Carla Conti"):  # fmt: skip
                assert words in html

    def test_reaches_those_who_are_told(self, clash, cem, sofie, sponsor, contributor, engagement):
        settle(sofie, engagement, sponsor, informed=[member(engagement, contributor).pk])

        told = InboxItem.objects.get(user=contributor, kind="settled")
        assert (told.title, told.words) == ("Conflict 1: Alarm timing", "At once for the top band")
        opened = cem.get(reverse("engagements:inbox-open", args=[told.pk]))
        assert opened["Location"] == address(engagement, "clash", 1)
        assert InboxItem.objects.filter(kind="settled").count() == 1

    def test_answers_the_requests(self, clash, wanted, sofie, sponsor, engagement):
        settle(sofie, engagement, sponsor, **{"came-1": "partly"})

        assert [(one.state, one.answer) for one in Request.objects.order_by("number")] == [
            ("partly", "Settled in conflict 1."),
            ("declined", "Settled in conflict 1."),
        ]
        fields = Event.objects.get(kind="clash.settled").data["fields"]
        assert (fields["request-1"], fields["request-2"]) == (["open", "partly"], ["open", "declined"])
        shown = sofie.get(address(engagement, "request", 1)).text
        assert "Taken up in part" in shown
        assert "Settled: At once for the top band" in shown

    def test_says_what_comes_of_every_request(self, clash, wanted, sofie, sponsor, engagement):
        response = settle(sofie, engagement, sponsor, **{"came-2": ""})

        assert response.status_code == 422
        assert {one.state for one in Request.objects.all()} == {"open"}

    def test_may_leave_a_request_open(self, clash, wanted, sofie, sponsor, engagement):
        settle(sofie, engagement, sponsor, **{"came-2": "open"})

        assert Request.objects.get(number=2).state == "open"

    def test_is_for_those_who_decide(self, clash, cem, contributor, engagement):
        assert settle(cem, engagement, contributor).status_code == 403

    def test_twice_is_told(self, clash, sofie, sponsor, engagement):
        settle(sofie, engagement, sponsor)

        assert settle(sofie, engagement, sponsor, outcome="Never").status_code == 422
        assert Clash.objects.get().outcome == "At once for the top band"

    def test_again_asks_why_and_keeps_what_was_agreed(self, clash, sofie, sponsor, engagement):
        settle(sofie, engagement, sponsor)

        response = sofie.post(address(engagement, "clash-reopen", 1), {"why": "Nights are different"})

        assert response.status_code == 302
        assert {one.state for one in Request.objects.all()} == {"open"}
        assert "Opened again" not in page(sofie, engagement)
        event = Event.objects.get(kind="clash.reopened")
        assert event.data["fields"]["outcome"] == ["At once for the top band", ""]
        assert event.data["fields"]["reason"][1] == "Nights are different"


class TestContradiction:
    @pytest.fixture
    def found(self, carla, engagement):
        for key, value in {"risk-tolerance": "averse", "automation-level": "auto"}.items():
            save(carla, engagement, key, value, settle="1")
        return Clash.objects.get()

    def test_comes_up_by_itself_with_what_to_ask(self, found, sofie, engagement):
        html = page(sofie, engagement)

        assert "Little risk, much automation" in html
        assert "Shall a person approve each action at first" in html

    def test_settled_shows_what_the_answers_said_then(self, found, carla, sofie, sponsor, engagement):
        settle(sofie, engagement, sponsor, outcome="It informs at first")
        before = [side.words for side in found.sides.order_by("position")]

        answer = answer_of(engagement, "automation-level")
        save(carla, engagement, "automation-level", "inform", base=answer.version, settle="1")

        assert all(before)
        html = page(sofie, engagement)
        assert all(words in html for words in before)

    def test_goes_when_the_answers_agree(self, found, carla, engagement):
        answer = answer_of(engagement, "automation-level")
        save(carla, engagement, "automation-level", "inform", base=answer.version, settle="1")

        assert Clash.objects.get().state == "gone"


class TestTwoAnswers:
    """Two people answered one question at once, and both have their reasons."""

    @pytest.fixture
    def found(self, carla, cem, engagement):
        save(carla, engagement, RULE, "weighted", settle="1")
        save(cem, engagement, RULE, "sponsor", settle="1")
        return Conflict.objects.get()

    @pytest.fixture
    def raised(self, found, carla, engagement):
        response = carla.post(address(engagement, "clash-from-answers", found.pk))
        assert response.status_code == 302
        return Clash.objects.get()

    def test_stand_side_by_side_with_their_authors(self, raised, sofie, engagement):
        html = page(sofie, engagement)

        for words in (
            "Carla Conti",
            "We score options on agreed criteria",
            "Cem Kaya",
            "The sponsor decides",
        ):
            assert words in html

    def test_are_named_in_the_register(self, raised, carla, engagement):
        html = carla.get(address(engagement, "register", "conflicts")).text

        assert "Priority rule (Carla Conti)" in html
        assert "Priority rule (Cem Kaya)" in html

    def test_can_be_ranked_like_any(self, raised, cem, engagement):
        assert rank(cem, engagement, "2", "1").status_code == 302

    def test_settled_there_answer_the_question(self, raised, found, sofie, sponsor, contributor, engagement):
        seen = sofie.get(address(engagement, "clash-settle", 1)).context["form"]["seen"].value()

        response = settle(sofie, engagement, sponsor, keep="mine", seen=seen, informed=[member(engagement, contributor).pk])  # fmt: skip

        assert response.status_code == 302, response.text
        assert answer_of(engagement, RULE).value == "sponsor"
        assert not entry_of(engagement, RULE).conflict
        clash = Clash.objects.get()
        assert (clash.state, clash.outcome) == ("settled", "At once for the top band")
        assert InboxItem.objects.filter(user=contributor, kind="settled").exists()
        html = page(sofie, engagement)
        assert "We score options on agreed criteria" in html
        assert "Carla Conti" in html

    def test_settled_there_leave_what_stood(self, raised, sofie, sponsor, engagement):
        seen = sofie.get(address(engagement, "clash-settle", 1)).context["form"]["seen"].value()

        settle(sofie, engagement, sponsor, keep="theirs", seen=seen)

        assert answer_of(engagement, RULE).value == "weighted"
        assert Clash.objects.get().state == "settled"

    def test_need_a_choice_to_be_settled(self, raised, sofie, sponsor, engagement):
        assert settle(sofie, engagement, sponsor).status_code == 422
        assert Conflict.objects.get().outcome == ""

    def test_that_moved_on_are_not_settled_unread(self, raised, carla, sofie, sponsor, engagement):
        seen = sofie.get(address(engagement, "clash-settle", 1)).context["form"]["seen"].value()
        save(carla, engagement, RULE, "board", base=answer_of(engagement, RULE).version, settle="1")

        response = settle(sofie, engagement, sponsor, keep="mine", seen=seen)

        assert response.status_code == 422
        assert "has just changed" in response.text
        assert answer_of(engagement, RULE).value == "board"
        assert Clash.objects.get().state == "open"

    def test_chosen_at_the_question_settle_it_here_too(self, raised, found, carla, engagement):
        answer = answer_of(engagement, RULE)
        url = address(engagement, "conflict-decide", found.pk)

        response = carla.post(url, {"outcome": "mine", "version": answer.version, "saves": len(found.keys)})

        assert response.status_code in (200, 302)
        clash = Clash.objects.get()
        assert (clash.state, clash.outcome, clash.decided_by.user.display_name) == (
            "settled", "The second answer was kept.", "Carla Conti",
        )  # fmt: skip
        row = Row.objects.get(clash=clash)
        assert "The second answer was kept." in str([answer.value for answer in row.answers.all()])

    def test_are_not_opened_again_once_one_is_kept(self, raised, sofie, sponsor, engagement):
        seen = sofie.get(address(engagement, "clash-settle", 1)).context["form"]["seen"].value()
        settle(sofie, engagement, sponsor, keep="theirs", seen=seen)

        response = sofie.post(address(engagement, "clash-reopen", 1), {"why": "After all"})

        assert response.status_code == 422
        assert Clash.objects.get().state == "settled"

    def test_in_a_note_of_the_firm_stay_with_the_firm(
        self, carla, project_manager, client_for, cem, engagement
    ):
        save(carla, engagement, KEY, "They will not pay for nights", part="note")
        save(client_for(project_manager), engagement, KEY, "They pay for nights", part="note")
        found = Conflict.objects.get()

        response = carla.post(address(engagement, "clash-from-answers", found.pk))

        assert response.status_code == 409
        assert not Clash.objects.exists()
        assert cem.post(address(engagement, "clash-from-answers", found.pk)).status_code == 404
