"""Follow every link of the product once per route."""

from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page

LINKS = """() => [...document.querySelectorAll('main a[href], header a[href], nav a[href]')]
    .filter((link) => !link.hasAttribute('download') && link.origin === location.origin && link.checkVisibility())
    .map((link) => link.pathname + link.search)"""

# Files, and what answers with something else than a page.
NOT_PAGES = {"file", "file-version", "evidence-export", "download", "stream", "own-stream"}


def route_of(path: str) -> str | None:
    """Return the route that a link leads to, or None where it leads to no page of ours."""
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    return None if found.url_name in NOT_PAGES else found.view_name


def walk(page: Page, look: Callable[[str], None]) -> set[str]:
    """Call *look*, which opens a page, for one address of every route that links lead to from home; return the routes."""
    queue, seen = deque(["/"]), set[str]()
    while queue:
        path = queue.popleft()
        route = route_of(path)
        if route is None or route in seen:
            continue
        seen.add(route)
        look(path)
        queue.extend(page.evaluate(LINKS))
    return seen
