"""Text that wants to be markup, in every field that takes text: on every page it is shown, and nothing of it runs."""

from uuid import UUID

import pytest
from django.urls import reverse

from questionnaires.models import Row
from tests.browser.walking import walk
from tests.people import browser_of
from tests.questionnaires.saves import save

HOSTILE = [
    "<script>window.ran=1</script>",
    "<img src=x onerror=window.ran=2>",
    "<svg onload=window.ran=3>",
    "<svg><script>window.ran=4</script></svg>",
    "<iframe srcdoc='<script>parent.ran=5</script>'></iframe>",
    '<a href="javascript:window.ran=6">a</a>',
    "[a](javascript:window.ran=7)",
    '![a](x"onerror="window.ran=8)',
    "<details open ontoggle=window.ran=9>",
    "<input autofocus onfocus=window.ran=10>",
    "<body onpageshow=window.ran=11>",
    '"><script>window.ran=12</script>',
    "'-window.ran=13-'",
    "</textarea><script>window.ran=14</script>",
    "</title><script>window.ran=15</script>",
    "<style>@import 'javascript:window.ran=16';</style>",
    '<div style="background:url(javascript:window.ran=17)">',
    '<div hx-get="/" hx-trigger="load" hx-on::load="window.ran=18">',
    '<form action="javascript:window.ran=19"><button>b</button></form>',
    '<base href="javascript:window.ran=20//">',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.ran=21>",
    '<noscript><p title="</noscript><img src=x onerror=window.ran=22>">',
    "<template><script>window.ran=23</script></template>",
    "{{ 7|add:7 }}{% load static %}{% include 'base.html' %}",
    "${window.ran=24}`+window.ran=25+`",
    "<x onclick=window.ran=26 tabindex=1 id=x>",
    "&lt;script&gt;window.ran=27&lt;/script&gt;",
    "\u003cscript\u003ewindow.ran=28\u003c/script\u003e",
    '<meta http-equiv=refresh content="0;url=javascript:window.ran=29">',
    '<link rel=stylesheet href="data:text/css,*{display:none}">',
]
ALL = "\n\n".join(HOSTILE)
FOUND = """() => ({
    ran: window.ran ?? null,
    frames: document.querySelectorAll('iframe, object, embed, base, main style, main script, main meta').length,
    handlers: [...document.querySelectorAll('*')].filter((it) =>
        [...it.attributes].some(({name}) => /^on|^hx-on|^style$/.test(name))).map((it) => it.outerHTML.slice(0, 120)),
    lures: [...document.querySelectorAll('[href], [action], [src]')].filter((it) =>
        /^\\s*(javascript|data:text)/i.test(it.getAttribute('href') ?? it.getAttribute('action') ?? it.getAttribute('src')))
        .map((it) => it.outerHTML.slice(0, 120)),
})"""


@pytest.fixture
def poisoned(engagement, consultant, contributor, sponsor):
    """Write hostile text wherever people can write, and give the engagement."""
    short = iter(HOSTILE * 3)
    for person in (consultant, contributor, sponsor):
        person.display_name = next(short)[:80]
        person.job_title = next(short)[:80]
        person.save()
    engagement.name, engagement.aim = HOSTILE[0][:80], HOSTILE[1]
    engagement.save()
    engagement.client.name = engagement.client.short_name = "<b onclick=window.ran=99>C</b>"
    engagement.client.save()

    carla, cem = browser_of(consultant), browser_of(contributor)
    assert save(carla, engagement, "opening-request", ALL, settle="1").status_code == 200
    save(cem, engagement, "opening-request", ALL.replace("window", "top"), base="0")
    save(carla, engagement, "datasets", ALL, part="words")
    here = [engagement.pk]
    for number, text in enumerate(HOSTILE):
        table = "datasets" if number % 2 else "register:risks"
        browser = carla if number % 3 else cem
        browser.post(reverse("questionnaires:row-add", args=[*here, table]), {"key": str(UUID(int=number))})
        row = Row.objects.filter(entry__engagement=engagement, entry__item_key=table).latest("pk")
        column = "dataset" if table == "datasets" else "risk"
        assert save(browser, engagement, table, text, row=row, column=column).status_code == 200
        save(browser, engagement, table, text, row=row, column="system" if number % 2 else "action")
        cem.post(
            reverse("questionnaires:talk", args=[*here, "opening-request"]),
            {"text": text, "key": str(UUID(int=number))},
        )
        cem.post(
            reverse("questionnaires:request-new", args=here),
            {"title": text[:100], "need": text, "moscow": "must", "value": "3", "effort": "3"},
        )
        carla.post(
            reverse("questionnaires:attempt-new", args=here),
            {"name": text[:80], "hypothesis": text, "approach": text, "outcome": "worked", "lesson": text},
        )
    return engagement


@pytest.mark.parametrize("who", ["consultant", "contributor"])
def test_nothing_that_people_write_runs_anywhere(window, poisoned, request, who):
    page = window(request.getfixturevalue(who), reduced_motion="reduce").new_page()
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    wrong, shown = [], []

    def look(path):
        page.goto(path)
        page.wait_for_load_state("load")
        found = page.evaluate(FOUND)
        shown.append("window.ran=" in page.locator("main").inner_text())
        if found["ran"] is not None or found["frames"] or found["handlers"] or found["lures"]:
            wrong.append(f"{path}: {found}")

    walk(page, look)

    assert wrong == []
    assert sum(shown) > 8
