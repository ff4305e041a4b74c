"""Every page that links lead to, in the demo: it is there, it fits a phone, and everybody can read and use it.

The walk begins at a person's home and follows each link once per route, so that a new page is looked at as soon as
something leads to it. What is looked at: the answer's status, errors in the console, width at 390 px, one heading of
the first rank, and axe's rules of WCAG 2.2 A and AA, with contrast in both themes.
"""

from pathlib import Path

import pytest

from accounts.models import User
from engagements.models import Engagement
from tests.browser.walking import walk
from tests.server import serving

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
PHONE = {"width": 390, "height": 844}

TOO_WIDE = """() => {
    const clipped = (element) => {
        for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== 'visible') return true;
        return false;
    };
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    return [...document.querySelectorAll('body *')]
        .filter((it) => it.getBoundingClientRect().right > innerWidth + 1 && !clipped(it))
        .slice(0, 3).map((it) => it.outerHTML.slice(0, 120));
}"""
HEADINGS = "() => document.querySelectorAll('h1').length"
VIOLATIONS = """(rules) => axe.run(document, rules).then((found) => found.violations.map((rule) =>
    rule.id + ': ' + rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')))"""
ALL_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}


@pytest.fixture
def server(transactional_db, demo):
    """Serve the demo instead of the world."""
    with serving() as running:
        yield running


def faults(page, path: str) -> list[str]:
    """Open a page and say what is wrong with it."""
    page.emulate_media(color_scheme="light")
    response = page.goto(path)
    if response.status != 200:
        return [f"answers {response.status}"]
    if not response.headers["content-type"].startswith("text/html"):
        return []
    found = []
    if page.evaluate(HEADINGS) != 1:
        found.append(f"{page.evaluate(HEADINGS)} headings of the first rank")
    found += [f"too wide: {it}" for it in page.evaluate(TOO_WIDE)]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found += page.evaluate(VIOLATIONS, ALL_RULES)
    page.emulate_media(color_scheme="dark")
    found += [f"in the dark, {it}" for it in page.evaluate(VIOLATIONS, CONTRAST)]
    return found


@pytest.mark.parametrize(
    "email",
    ["ines.carvalho@alder-voss.example", "helen.marsh@northbridge.example", "edwin.cho@alder-voss.example"],
)
def test_every_page_is_there_fits_a_phone_and_is_open_to_all(window, demo, email):
    page = window(User.objects.get(email=email), viewport=PHONE, reduced_motion="reduce").new_page()
    wrong = []

    seen = walk(page, lambda path: wrong.extend(f"{path} {fault}" for fault in faults(page, path)))

    assert len(seen) > 5
    assert not wrong, "\n".join(wrong)


def test_pages_of_the_past_and_of_what_was_looked_for_are_open_to_all(window, demo):
    """What the walk does not meet, because the address is that of a page it knows, or a form leads there."""
    ines = User.objects.get(email="ines.carvalho@alder-voss.example")
    engagement = Engagement.objects.get(code="NBH-01")
    page = window(ines, viewport=PHONE, reduced_motion="reduce").new_page()
    home = f"/engagements/{engagement.pk}/"

    wrong = [
        f"{path} {fault}"
        for path in (
            f"{home}steps/3/?at=304",
            f"{home}items/background/?at=304",
            f"{home}registers/?at=304",
            f"{home}registers/risks/?at=304",
            f"{home}compare/?from=200&to=304",
            f"{home}history/?kind=decisions",
            "/search/?q=pharmacy",
            "/search/?q=farmacy",
            "/search/?q=zzyzx",
        )
        for fault in faults(page, path)
    ]

    assert not wrong, "\n".join(wrong)
