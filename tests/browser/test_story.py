"""One engagement from the kick-off to its second round, as the people of both sides walk it in their browsers."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils.timezone import localdate
from playwright.sync_api import Locator, Page, expect

from engagements.models import Membership
from questionnaires import integrity
from questionnaires.models import Attempt, Flag
from tests.browser.pages import field, is_saved, item, opens, step_of, stored, writes
from tests.people import PASSWORD

# Who answers for what, beside what everybody in the tests is.
FUNCTIONS = {
    "project_manager": ["pm", "lead-consultant"],
    "sponsor": ["sponsor", "product-owner"],
    "contributor": ["data-owner", "privacy", "it-architect", "operations", "security", "risk"],
}
NEED, OBJECTIVE, FIT, SPLIT = "problem-statement", "ml-objective", "data-need-fit", "split-design"
ADVISED = "interpretability-level"


class Walk:
    """Pages of the story's people, and what they do on them."""

    def __init__(self, engagement, visit, people):
        self.engagement = engagement
        home = reverse("questionnaires:overview", args=[engagement.pk])
        self.pages = {key: visit(person, home) for key, person in people.items()}

    def at(self, who: str, name: str, *args) -> Page:
        """Go to a page of the engagement."""
        page = self.pages[who]
        if name == "step":
            page.goto(step_of(self.engagement, args[0]))
        else:
            page.goto(reverse(f"questionnaires:{name}", args=[self.engagement.pk, *args]))
        return page

    def answers(self, page: Page, key: str, words: str) -> None:
        """Write an answer in words and leave the question."""
        opens(page, key)
        page.keyboard.type(words)
        page.keyboard.press("Control+Enter")
        is_saved(page, key)

    def chooses(self, page: Page, key: str, value: str) -> None:
        """Choose one of the options."""
        box = item(page, key)
        if not field(page, key).is_visible():
            box.locator("details.edit > summary").first.click()
        field(page, key).locator(f"input[value={value}]").check()
        is_saved(page, key)

    def signs(self, who: str, gate: str, function: str) -> None:
        """Read what a gate covers and sign as *function*."""
        page = self.at(who, "gate", gate)
        page.get_by_role("link", name="Read and sign").click()
        page.locator(f"input[name=function][value={function}]").check()
        if page.locator("#password").count():
            page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign", exact=True).click()
        page.wait_for_url("**/gates/**")

    def presses(self, page: Page, name: str) -> None:
        """Press the main button of a form's page, and wait for where it leads."""
        page.locator("main form.stack .btn-main", has_text=name).click()


@pytest.fixture
def walk(visit, engagement, project_manager, consultant, sponsor, contributor):
    people = {
        "project_manager": project_manager,
        "consultant": consultant,
        "sponsor": sponsor,
        "contributor": contributor,
    }
    for key, functions in FUNCTIONS.items():
        Membership.objects.filter(engagement=engagement, user=people[key]).update(functions=functions)
    return Walk(engagement, visit, people)


def drawer(page: Page) -> Locator:
    """Return the drawer in which forms about a question open."""
    return page.locator("#drawer")


def kick_off(walk):
    """Both sides write in step 1, see each other's words at once, and sign."""
    ours, theirs = walk.at("consultant", "step", "1"), walk.at("sponsor", "step", "1")
    streams_together(ours)
    walk.answers(theirs, "opening-request", "Find strokes sooner")
    expect(item(ours, "opening-request")).to_contain_text("Find strokes sooner")
    walk.answers(ours, "request-restated", "Tell within the first hour who needs a scan")
    expect(item(theirs, "request-restated")).to_contain_text("within the first hour")
    walk.chooses(theirs, "buy-in", "full")
    walk.chooses(theirs, "priority-rule", "sponsor")

    gate = walk.at("consultant", "gate", "kickoff")
    walk.signs("sponsor", "kickoff", "sponsor")
    expect(gate.locator("#main")).to_contain_text("Sofie Sander")
    walk.signs("project_manager", "kickoff", "pm")
    expect(gate.locator(".lede")).to_contain_text("Signed")
    expect(gate.get_by_role("button", name="Certificate as PDF")).to_be_visible()


def streams_together(page):
    """Wait until a page hears, whoever else is on it."""
    expect(page.locator("#presence")).to_have_attribute("aria-label", re.compile("."))


def need(walk):
    """The need is written, advice is prepared, offered and decided, and the sponsor signs."""
    ours = walk.at("consultant", "step", "2")
    walk.answers(ours, NEED, "Strokes are found too late at night")
    walk.answers(ours, OBJECTIVE, "Name the patients at risk within an hour")

    item(ours, ADVISED).get_by_role("link", name="Recommend").click()
    form = drawer(ours)
    for number, (title, value) in enumerate((("Reasons for each", "per-case"), ("Overall", "overall")), 1):
        form.locator(f"[name=o{number}-title]").fill(title)
        form.locator(f"[name=o{number}-value]").select_option(value)
    form.locator("[name=pick][value='1']").check()
    form.locator("[name=why]").fill("Nurses have to answer for it")
    form.locator("[name=rests_on]").fill("2.1")
    form.get_by_role("button", name="Keep it prepared").click()
    expect(item(ours, ADVISED)).to_contain_text("does not see it yet")
    theirs = walk.at("sponsor", "step", "2")
    expect(item(theirs, ADVISED)).not_to_contain_text("Our recommendation")
    manager = walk.at("project_manager", "step", "2")
    item(manager, ADVISED).get_by_role("button", name="Offer it to").click()

    advised = item(theirs, ADVISED)
    expect(advised).to_contain_text("Nurses have to answer for it")
    advised.get_by_role("link", name="Record the decision").click()
    form = drawer(theirs)
    form.locator("[name=option][value='1']").check()
    form.locator("[name=reasons]").fill("We are asked why every night")
    form.locator("[name=client]").select_option(label="Sofie Sander")
    form.locator("[name=firm]").select_option(label="Carla Conti")
    form.locator("button.btn-main, button[type=submit], button").last.click()
    expect(item(ours, ADVISED)).to_contain_text("Decision 1: option A")
    assert stored(walk.engagement, ADVISED) == "per-case"
    walk.signs("sponsor", "need-understood", "sponsor")


def data(walk):
    """The client answers what is known of the data, and says what is not known yet."""
    theirs = walk.at("contributor", "step", "3")
    walk.chooses(theirs, FIT, "yes")
    walk.chooses(theirs, "data-trust", "with-work")
    item(theirs, "data-after-launch").get_by_role("link", name="We don’t know yet").click()
    form = drawer(theirs)
    form.locator("select").first.select_option(label="Cem Kaya")
    form.locator("input[type=date]").first.fill(str(localdate() + datetime.timedelta(days=9)))
    form.locator("button").last.click()
    expect(item(theirs, "data-after-launch")).to_contain_text("Cem finds out")
    expect(walk.at("consultant", "unknowns").locator("#main")).to_contain_text("Cem Kaya")


def architecture(walk):
    """The client says where the model has to live."""
    theirs = walk.at("contributor", "step", "4")
    walk.chooses(theirs, "hosting-model", "on-prem")
    walk.signs("contributor", "discovery-complete", "it-architect")


def attempts(walk):
    """What was tried is written down against what was agreed, for both sides to read."""
    ours = walk.at("consultant", "step", "5")
    walk.chooses(ours, SPLIT, "time")
    page = walk.at("consultant", "attempt-new")
    for name, words in {
        "name": "Bedside score",
        "hypothesis": "The score alone finds six in ten",
        "measure": "Found at night",
        "result": "51",
        "criterion": "at least 60",
        "lesson": "It misses those who cannot speak",
        "rests_on": "2.1",
    }.items():
        page.locator(f"[name={name}]").fill(words)
    page.locator("[name=outcome]").select_option("did not work")
    walk.presses(page, "Write down an attempt")
    page.wait_for_url("**/attempts/1/")
    told = walk.at("sponsor", "attempts").locator("#main")
    expect(told).to_contain_text("What we tried")
    expect(told).to_contain_text("It misses those who cannot speak")


def changed_need(walk):
    """The need changes, and everything built on it is to be looked at again: data, model, decision, attempt, signature."""
    data_page = walk.at("contributor", "step", "3")
    model_page = walk.at("consultant", "step", "5")
    manager = walk.at("project_manager", "step", "2")
    writes(manager, ", and by day on weekends", NEED)
    manager.keyboard.press("Control+Enter")

    for page, key in ((data_page, FIT), (model_page, SPLIT)):
        expect(item(page, key)).to_contain_text("Revisit")
        expect(item(page, key)).to_contain_text("by day on weekends")
    drawn = walk.at("sponsor", "overview").locator("svg.tl-wide").first
    expect(drawn).to_have_attribute("aria-label", re.compile("open in step 3 because of step 2"))
    expect(walk.at("sponsor", "gate", "need-understood").locator("#main")).to_contain_text(
        "Something changed since"
    )
    expect(walk.at("sponsor", "decision", 1).locator("#main")).to_contain_text("by day on weekends")

    item(data_page, FIT).get_by_role("button", name="Still holds").click()
    expect(item(data_page, FIT)).not_to_contain_text("Revisit")
    item(model_page, SPLIT).get_by_role("link", name="Update the answer").click()
    field(model_page, SPLIT).locator("input[value=external]").click()
    expect(item(model_page, SPLIT)).not_to_contain_text("Revisit")
    attempt = walk.at("consultant", "attempt", 1)
    expect(attempt.locator("#main")).to_contain_text("by day on weekends")
    attempt.get_by_role("button", name="Still holds").click()
    expect(attempt.get_by_role("button", name="Still holds")).to_have_count(0)
    assert Attempt.objects.get().footing.changed == {}

    page = walk.at("sponsor", "gate", "need-understood")
    page.get_by_role("link", name="Read and sign").click()
    expect(page.locator("#main")).to_contain_text("answer changed since you signed")
    walk.signs("sponsor", "need-understood", "sponsor")
    expect(page.locator(".lede").first).to_contain_text("Signed")


def conflict(walk):
    """Two wishes that cannot both stand are put side by side, weighed, ranked and settled by the agreed rule."""
    for who, wish in (("sponsor", "Alarms at once"), ("contributor", "Alarms once an hour")):
        page = walk.at(who, "request-new")
        page.locator("[name=title]").fill(wish)
        page.locator("[name=need]").fill("Nights are short of people")
        walk.presses(page, "Write down a request")
        page.wait_for_url("**/requests/*/")
    page = walk.at("consultant", "clash-new")
    page.locator("[name=title]").fill("Alarm timing")
    page.locator("[name=says]").fill("An alarm cannot be both immediate and held")
    for box in page.locator("[name=requests]").all():
        box.check()
    walk.presses(page, "Put a conflict on the table")
    page.wait_for_url("**/conflicts/1/")
    page.get_by_role("link", name="What each side comes to").click()
    page.locator("[name=side_1]").fill("Twelve interruptions a night")
    page.locator("[name=side_2]").fill("Up to an hour later")
    walk.presses(page, "What each side comes to")
    page.wait_for_url("**/conflicts/1/")

    voter = walk.at("contributor", "clash", 1)
    expect(voter.locator("#main")).to_contain_text("Twelve interruptions a night")
    voter.locator("[name=side-1]").select_option("2")
    voter.locator("[name=side-2]").select_option("1")
    voter.get_by_role("button", name="Rank them like this").click()
    expect(voter.locator("#main table")).to_contain_text("Cem Kaya")

    page = walk.at("sponsor", "clash", 1)
    expect(page.locator("#main")).to_contain_text("Sofie Sander decides")
    page.get_by_role("link", name="Settle it").click()
    expect(page.locator("[name=decided_by] option:checked")).to_have_text("Sofie Sander")
    page.locator("[name=outcome]").fill("At once for the highest band")
    page.locator("[name=reason]").fill("It wakes a third as often")
    page.get_by_label("What comes of: Alarms at once").select_option("partly")
    page.get_by_label("What comes of: Alarms once an hour").select_option("declined")
    page.get_by_label("Cem Kaya").check()
    walk.presses(page, "Settle conflict 1")
    page.wait_for_url("**/conflicts/1/")
    expect(voter.locator("#main")).to_contain_text("At once for the highest band")
    voter.goto(reverse("engagements:inbox"))
    expect(voter.locator("#inbox")).to_contain_text("Settled: Conflict 1: Alarm timing")


def go_live(walk):
    """The gate names what is missing; a point is let pass for a reason, and everybody who has to signs."""
    page = walk.at("project_manager", "gate", "go-live")
    expect(page.locator("#main")).to_contain_text("Security review")
    page.goto(reverse("questionnaires:waive", args=[walk.engagement.pk, "go-live", "security-review"]))
    page.locator("[name=reason]").fill("The review of last year still covers this host")
    page.locator("[name=until]").fill(str(localdate() + datetime.timedelta(days=30)))
    page.locator("main form .btn-main").click()
    page.wait_for_url("**/gates/go-live/")
    expect(page.locator("#main")).to_contain_text("Let pass until")
    walk.signs("sponsor", "go-live", "sponsor")
    for function in ("risk", "operations", "security"):
        walk.signs("contributor", "go-live", function)
    expect(page.locator(".lede")).to_contain_text("Signed")
    expect(page.locator("#main")).to_contain_text("The review of last year")


def monitoring(walk):
    """Both sides write who stops the model, what tells that it ages, and who lets a new one in."""
    ours, theirs = walk.at("consultant", "step", "7"), walk.at("contributor", "step", "7")
    walk.answers(theirs, "stop-switch", "The night lead stops it with one call")
    expect(item(ours, "stop-switch")).to_contain_text("The night lead")
    walk.answers(ours, "concept-drift", "Precision of the last four weeks, read each Monday")
    expect(item(theirs, "concept-drift")).to_contain_text("read each Monday")
    walk.chooses(theirs, "retraining-approval", "committee")


def hand_over(walk):
    """Operations and sponsor take it over."""
    walk.signs("contributor", "handover", "operations")
    walk.signs("sponsor", "handover", "sponsor")
    expect(walk.at("consultant", "gate", "handover").locator(".lede")).to_contain_text("Signed")


def second_round(walk):
    """Monitoring taught something: the data step is walked again, and both rounds can be compared."""
    theirs = walk.at("contributor", "step", "3")
    page = walk.at("project_manager", "round-start", "3")
    page.locator("[name=reason]").fill("Monitoring shows a new ward without a feed")
    page.get_by_role("button", name="Begin the round").click()
    page.wait_for_url("**/steps/3/")
    expect(page.locator("#main")).to_contain_text("round 2")

    expect(item(theirs, FIT)).to_contain_text("A new round of step 3 began")
    expect(item(theirs, FIT).locator("[data-edits]")).to_be_visible()
    item(theirs, FIT).get_by_role("link", name="Update the answer").click()
    field(theirs, FIT).locator("input[value=partly]").click()
    expect(item(theirs, FIT)).not_to_contain_text("Revisit")
    compared = walk.at("consultant", "round-compare", "3").locator("#main")
    expect(compared).to_contain_text("Yes")
    expect(compared).to_contain_text("Partly")
    earlier = reverse("questionnaires:step", args=[walk.engagement.pk, "3"]) + "?round=1"
    page.goto(earlier)
    expect(page.locator("#main")).to_contain_text("Nothing can be changed here")


def test_an_engagement_is_walked_from_its_kick_off_to_its_second_round(walk):
    for act in (
        kick_off,
        need,
        data,
        architecture,
        attempts,
        changed_need,
        conflict,
        go_live,
        monitoring,
        hand_over,
        second_round,
    ):
        act(walk)

    assert not Flag.objects.open().filter(entry__item_key=SPLIT).exists()
    assert list(integrity.problems()) == []
