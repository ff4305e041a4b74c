"""Prepare, offer and decide through HTTP as the pages do."""

from django.urls import reverse

HTMX = {"HX-Request": "true"}
OPTIONS = [
    {"title": "Reasons for each case", "value": "per-case", "pros": "Nurses can check it\nSupports appeals", "cons": "Approximate", "effort": "a week"},
    {"title": "What drives it overall", "value": "overall", "pros": "Most models qualify", "cons": "Cannot justify one case", "risk": "high"},
]  # fmt: skip
KEY = "interpretability-level"


def url(engagement, name, key=KEY, *args):
    return reverse(f"questionnaires:{name}", args=[engagement.pk, key, *args])


def prepare(browser, engagement, key=KEY, *, options=OPTIONS, pick=1, why="People will ask.", seen=0, **more):
    """Post the recommendation form."""
    data = {"pick": pick, "why": why, "seen": seen, "rests_on": "", **more}
    for number, option in enumerate(options, start=1):
        data |= {f"o{number}-{name}": value for name, value in option.items()}
    return browser.post(url(engagement, "recommend", key), data, headers=HTMX)


def offer(browser, engagement, key=KEY):
    return browser.post(url(engagement, "offer", key), headers=HTMX)


def react(browser, engagement, kind, key=KEY, **data):
    return browser.post(url(engagement, "react", key, kind), data, headers=HTMX)


def member(engagement, person):
    return engagement.memberships.get(user=person)


def decide(
    browser,
    engagement,
    *,
    client,
    firm,
    key=KEY,
    option=1,
    reasons="They have to answer for it.",
    seen=1,
    **more,
):
    """Post the decision form."""
    data = {
        "option": option,
        "reasons": reasons,
        "client": member(engagement, client).pk,
        "firm": member(engagement, firm).pk,
        "seen": seen,
        "rests_on": "",
        **more,
    }
    return browser.post(url(engagement, "decide", key), data, headers=HTMX)
