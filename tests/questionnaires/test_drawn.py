"""What was drawn before is used again, and never when anything it shows is another."""

import re
from html.parser import HTMLParser

import pytest
import time_machine
from django.urls import resolve, reverse
from django.utils import timezone, translation

from accounts.models import Side, User
from engagements.actions import people
from engagements.models import Engagement, Membership
from engagements.policy import Role
from questionnaires import drawn
from questionnaires.access import Viewpoint
from questionnaires.actions import entries, rows
from questionnaires.drawn import Fragment, Kept
from questionnaires.fragments import TOKEN, TOKEN_FIELD, Drawing
from questionnaires.models import Answer, Entry
from tests.people import browser_of, make_person
from tests.questionnaires.saves import entry_of, save

KEY = "opening-request"


@pytest.fixture(autouse=True)
def _nothing_kept():
    drawn.KEPT.clear()


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def draw(engagement):
    """Give `draw(key)`: the item as a side sees it now, everything read afresh."""

    def draw_now(key=KEY, side=Side.FIRM):
        found = Engagement.objects.select_related("client", "questionnaire").get(pk=engagement.pk)
        found.questionnaire.engagement = found
        return Drawing(Viewpoint(found.questionnaire, side)).entry(entry_of(found, key).pk)

    return draw_now


def step_of(engagement, number="3"):
    return reverse("questionnaires:step", args=[engagement.pk, number])


class TestKept:
    def test_a_second_page_draws_nothing(self, maya, engagement, consultant, desk):
        rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "EHR"}] * 3
        )
        urls = [step_of(engagement, step.number) for step in engagement.questionnaire.framework.steps]
        first = [maya.get(url).text for url in urls]
        kept = len(drawn.KEPT)

        again = [maya.get(url).text for url in urls]

        assert kept == 220
        assert len(drawn.KEPT) == kept
        assert [without_tokens(html) for html in again] == [without_tokens(html) for html in first]

    def test_one_save_draws_one_item(self, maya, engagement):
        maya.get(step_of(engagement, "1"))
        kept = len(drawn.KEPT)
        save(maya, engagement, KEY, "A model")
        maya.get(step_of(engagement, "1"))

        assert len(drawn.KEPT) == kept + 1

    def test_it_is_used_by_everybody_of_a_side_and_by_nobody_of_the_other(self, draw):
        firm = draw()
        assert draw() is not None
        assert len(drawn.KEPT) == 1
        client = draw(side=Side.CLIENT)

        assert len(drawn.KEPT) == 2
        assert "Internal note" in firm
        assert "Internal note" not in client

    def test_what_was_not_used_for_longest_goes_first(self):
        kept = Kept(most=100)
        for name in "abc":
            kept.put(name, Fragment("x" * 33))
        kept.get("a")
        kept.put("d", Fragment("x" * 33))

        assert [name for name in "abcd" if kept.get(name)] == ["a", "c", "d"]
        kept.put("d", Fragment("x" * 101))
        assert len(kept) == 0


class TestNothingIsOutOfDate:
    """Each case changes something behind the back of every action, as a repair or a migration might."""

    def test_a_value(self, maya, engagement, draw):
        save(maya, engagement, KEY, "Before")
        assert "Before" in draw()
        Answer.objects.filter(entry=entry_of(engagement, KEY), part="value").update(value="After")

        assert "Before" not in draw()

    def test_a_cell(self, engagement, consultant, desk, draw):
        rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "EHR"}]
        )
        assert "EHR" in draw("datasets")
        Answer.objects.filter(entry=entry_of(engagement, "datasets"), column="dataset").update(value="Labs")

        assert "EHR" not in draw("datasets")
        assert "Labs" in draw("datasets")

    def test_the_order_of_rows(self, engagement, consultant, desk, draw):
        one, other = rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{}, {}]
        )
        assert re.findall(r'<tr id="row-(\d+)', draw("datasets")) == [str(one.pk), str(other.pk)]
        one.rank = f"{other.rank}z"
        one.save()

        assert re.findall(r'<tr id="row-(\d+)', draw("datasets")) == [str(other.pk), str(one.pk)]

    @pytest.mark.parametrize(
        "change",
        [
            {"state": "confirmed"},
            {"revisit": True},
            {"conflict": True},
            {"certainty": "estimate"},
            {"source": "The lab’s handbook"},
            {"shown": False},
        ],
    )
    def test_the_entry(self, maya, engagement, consultant, draw, change):
        save(maya, engagement, KEY, "Something", settle="1")
        before = draw()
        now = timezone.now()
        Entry.objects.filter(pk=entry_of(engagement, KEY).pk).update(
            confirmed_by=consultant, confirmed_at=now, **change
        )

        assert draw() != before

    def test_a_name_of_who_answered(self, maya, engagement, consultant, draw):
        save(maya, engagement, KEY, "Something", settle="1")
        assert "Carla Conti" in draw()
        User.objects.filter(pk=consultant.pk).update(display_name="Carla Bianchi")

        assert "Carla Conti" not in draw()
        assert "Carla Bianchi" in draw()

    def test_a_name_of_who_was_asked(self, engagement, project_manager, contributor, desk, draw):
        member = Membership.objects.get(engagement=engagement, user=contributor)
        entries.assign(
            desk=desk(project_manager), entry=entry_of(engagement, KEY), to=member, due=None, words=""
        )
        assert "Cem Kaya" in draw()
        User.objects.filter(pk=contributor.pk).update(display_name="Cem Demir")

        assert "Cem Demir" in draw()

    def test_somebody_to_choose(self, engagement, world, project_manager, draw):
        key = next(item.key for item in engagement.questionnaire.framework.items if item.type == "person")
        Entry.objects.filter(engagement=engagement).update(shown=True)
        before = draw(key)
        nora = make_person("Nora Neu")
        people.join(engagement=engagement, user=nora, role=Role.CONSULTANT, by=project_manager)

        assert "Nora Neu" not in before
        assert "Nora Neu" in draw(key)

    def test_the_name_of_the_client(self, engagement, draw):
        assert "Northbridge Hospitals" in draw()
        engagement.client.short_name = "NBH"
        engagement.client.save()

        assert "Northbridge Hospitals" not in draw()

    def test_the_currency(self, engagement, draw):
        key = next(item.key for item in engagement.questionnaire.framework.items if item.type == "money")
        Entry.objects.filter(engagement=engagement).update(shown=True)
        assert "EUR" in draw(key)
        Engagement.objects.filter(pk=engagement.pk).update(currency="CHF")

        assert "CHF" in draw(key)

    def test_the_day(self, consultant, client_for, engagement, draw):
        with time_machine.travel("2026-12-31T12:00:00+01:00", tick=False):
            save(client_for(consultant), engagement, KEY, "Something", settle="1")
            assert "Thu 31 Dec<" in draw()
        with time_machine.travel("2027-01-01T12:00:00+01:00", tick=False):
            assert "Thu 31 Dec 2026<" in draw()

    def test_the_zone(self, consultant, client_for, engagement, draw):
        with time_machine.travel("2026-12-10T23:30:00+00:00", tick=False):
            save(client_for(consultant), engagement, KEY, "Something", settle="1")
            assert "Fri 11 Dec" in draw()
            Engagement.objects.filter(pk=engagement.pk).update(time_zone="America/New_York")
            assert "Thu 10 Dec" in draw()

    def test_the_language(self, draw):
        with translation.override("en"):
            draw()
        with translation.override("de"):
            draw()

        assert len(drawn.KEPT) == 2

    def test_an_item_of_the_framework(self, engagement, draw):
        added = {
            "key": "extra", "title": "Extra", "prompt": "And this?", "type": "long_text", "answered_by": "both",
            "depth": "core", "section": engagement.questionnaire.framework.item(KEY).section_key,
        }  # fmt: skip
        draw()
        engagement.questionnaire.overlay = {"added": [added]}
        engagement.questionnaire.save()
        draw()

        assert len(drawn.KEPT) == 2

    def test_something_of_a_kind_nobody_thought_of(self):
        class New:
            pass

        assert drawn.content([New()]) != drawn.content([New()])
        assert drawn.content([1, "a", None, [{"b": 2}]]) == drawn.content([1, "a", None, [{"b": 2}]])
        assert drawn.content([[], [1]]) != drawn.content([[1], []])


class TestTokens:
    def test_every_page_has_its_own(self, maya, engagement, contributor, client_for):
        maya.get(step_of(engagement, "1"))
        page = maya.get(step_of(engagement, "1")).text
        other = client_for(contributor).get(step_of(engagement, "1")).text

        assert tokens(page)
        assert tokens(other)
        assert not tokens(page) & tokens(other)
        assert TOKEN not in tokens(page) | tokens(other)

    def test_a_form_of_a_page_works_without_scripts(self, engagement, consultant):
        browser = browser_of(consultant, csrf=True)
        page = browser.get(step_of(engagement, "1")).text
        url = reverse("questionnaires:answer", args=[engagement.pk, KEY])
        form = page[page.index(f'action="{url}"') :]
        fields = dict(
            re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.split("</form>")[0])
        )

        response = browser.post(url, {**fields, "value": "Without a script"})

        assert response.status_code == 302
        assert Answer.objects.get(entry=entry_of(engagement, KEY), part="value").value == "Without a script"

    def test_fragments_have_none(self, draw):
        assert "csrfmiddlewaretoken" not in draw()

    def test_a_text_that_looks_like_one_stays_a_text(self, maya, engagement):
        save(maya, engagement, KEY, TOKEN_FIELD)
        page = maya.get(step_of(engagement, "1")).text

        assert f"value=&quot;{TOKEN}&quot;" in page
        assert Answer.objects.get(entry=entry_of(engagement, KEY), part="value").value == TOKEN_FIELD


class TestAddresses:
    def test_everything_in_an_item_leads_somewhere(
        self, maya, engagement, consultant, contributor, desk, client_for
    ):
        rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "EHR"}]
        )
        save(maya, engagement, KEY, "We want a model", settle="1")
        save(client_for(contributor), engagement, KEY, "We want none", base=0)
        Entry.objects.filter(engagement=engagement).update(shown=True)
        found = set()
        for step in engagement.questionnaire.framework.steps:
            found |= addresses(maya.get(step_of(engagement, step.number)).text)

        assert len(found) > 1500
        for address in found:
            resolve(address.partition("?")[0].partition("#")[0])


class Addresses(HTMLParser):
    """Collects where links, forms and scripts of a page go."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in (
                "href",
                "action",
                "hx-get",
                "hx-post",
                "data-save",
                "data-paste",
                "data-undo",
                "data-mentions",
            ):
                self.found.add(value)


def addresses(html):
    parser = Addresses()
    parser.feed(html)
    return {one for one in parser.found if one.startswith("/") and not one.startswith("/static/")}


def tokens(html):
    return set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', html))


def without_tokens(html):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", html)
