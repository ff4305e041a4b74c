"""Photograph the running product with its demo: the pictures of README.md and docs/method.md.

    python -m config.launch run -- .venv/bin/python docs/pictures/make.py

It plays the demo into a throw-away installation, serves it on loopback, and writes PNG files beside itself.
"""

import contextlib
import io
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TODAY, PASSWORD = "2026-11-23", "throughline-demo"
MAYA, HELEN, DANIEL = (
    "maya.lindqvist@alder-voss.example",
    "helen.marsh@northbridge.example",
    "daniel.brandt@northbridge.example",
)
# Name, who looks, the page below the engagement's address, the size of the window.
PICTURES = [
    ("overview", MAYA, "", (1440, 1000)),
    ("gates", MAYA, "gates/", (1440, 780)),
    ("waiting", MAYA, "waiting/", (1440, 900)),
    ("health", MAYA, "health/", (1440, 1000)),
    ("conflict", HELEN, "conflicts/4/", (1440, 1000)),
    ("decision", MAYA, "decisions/3/", (1440, 1000)),
    ("meeting", MAYA, "meetings/1/", (1440, 1000)),
    ("attempts", MAYA, "attempts/", (1440, 1000)),
    ("phone", HELEN, "steps/6.2/", (390, 844)),
]


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Play the demo and serve it; give the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    env = {**os.environ, "BASE_URL": base, "ALLOWED_HOSTS": "127.0.0.1", "DEBUG": "1"}
    for words in (["migrate", "-v", "0"], ["demo", "--today", TODAY]):
        subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, env=env, check=True)
    command = ["-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen([sys.executable, *command, "--log-level", "warning"], cwd=ROOT, env=env)
    try:
        for _look in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{base}/healthz/live", timeout=2).close()
                break
            time.sleep(0.1)
        yield base
    finally:
        server.terminate()
        server.wait()


def signed_in(browser: Browser, base: str, email: str, size: tuple[int, int]) -> BrowserContext:
    """Open a window of somebody who signed in as people do."""
    width, height = size
    window = browser.new_context(
        base_url=base, viewport={"width": width, "height": height}, reduced_motion="reduce", locale="en-GB"
    )
    page = window.new_page()
    page.goto("/account/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{base}/")
    page.close()
    return window


def keep(page: Page, name: str) -> None:
    """Write what the window shows, in few enough colours to be small."""
    shot = Image.open(io.BytesIO(page.screenshot()))
    shot.convert("RGB").quantize(96).save(HERE / f"{name}.png", optimize=True)


def main() -> None:
    """Take all of them."""
    with served() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        desk = signed_in(browser, base, MAYA, (1440, 1000))
        overview = desk.new_page()
        overview.goto("/engagements/")
        overview.get_by_role("link", name="Northbridge Health").first.click()
        overview.wait_for_url("**/engagements/*/")
        here = overview.url.removeprefix(base)
        # Both sides are in the same step, and one of them is in a field.
        other = signed_in(browser, base, DANIEL, (1440, 1000)).new_page()
        other.goto(f"{here}steps/3/")
        page = desk.new_page()
        page.goto(f"{here}steps/3/")
        page.locator("[data-presence], .here").first.wait_for(state="attached")
        page.wait_for_timeout(1500)
        keep(page, "step")
        for name, who, path, size in PICTURES:
            shown = signed_in(browser, base, who, size).new_page()
            shown.goto(f"{here}{path}")
            shown.wait_for_timeout(500)
            keep(shown, name)


if __name__ == "__main__":
    main()
