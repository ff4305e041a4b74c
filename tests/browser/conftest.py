"""Real browsers on the real product: one Chromium a run, and a window for each person who is asked for."""

import os
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.live.soundness import _nobody_is_here_yet, _sound_afterwards  # noqa: F401 - used by every test
from tests.server import Server, cookies_for, serving

# Playwright keeps an event loop in this thread; the tests still ask the database directly.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=10_000)

# A resource that is not there in tests, or a request that a test cut off on purpose.
HARMLESS = re.compile(
    r"net::ERR_(INTERNET_DISCONNECTED|FAILED|ABORTED|CONNECTION|NETWORK|EMPTY)|status of (401|403|404|409|422|5\d\d)"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Give the Chromium of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        yield browser
        browser.close()


@pytest.fixture
def server(transactional_db, kept_world) -> Iterator[Server]:
    """Serve the test's database on a port."""
    with serving() as running:
        yield running


@pytest.fixture
def window(chromium: Browser, server: Server) -> Iterator[Callable[..., BrowserContext]]:
    """Give `window(person)`: a browser of theirs, signed in; what it logs as an error fails the test."""
    opened: list[BrowserContext] = []
    errors: list[str] = []

    def open_window(person=None, **options) -> BrowserContext:
        context = chromium.new_context(base_url=server.base_url, **options)
        if person is not None:
            context.add_cookies(
                [
                    {"name": name, "value": value, "url": server.base_url}
                    for name, value in cookies_for(person).items()
                ]
            )
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error" and not HARMLESS.search(message.text)
                else None
            ),
        )
        opened.append(context)
        return context

    yield open_window
    for context in opened:
        context.close()
    assert errors == []


@pytest.fixture
def visit(window) -> Callable[..., Page]:
    """Give `visit(person, path)`: a page of theirs, with its stream open."""

    def open_page(person, path: str, **options) -> Page:
        page = window(person, **options).new_page()
        page.goto(path)
        return page

    return open_page
