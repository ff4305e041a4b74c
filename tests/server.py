"""The product on a port, as browsers meet it: pages, saves and streams over real HTTP.

`serving()` runs uvicorn in a thread of the test process, on the test's own database; `process()` starts one as a
process of its own, for tests that kill it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.db import connection
from django.middleware.csrf import _get_new_csrf_string

from accounts.models import User
from live import hub
from live.asgi import Streams

ROOT = Path(__file__).resolve().parent.parent
# Below the range from which the system gives ports to outgoing connections.
PORTS = range(20_000, 32_000)


@dataclass
class Server:
    """A running server: where it is, and how to end it."""

    base_url: str
    port: int
    stop: Callable[[], None]
    pid: int = 0


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    start = PORTS.start + os.getpid() * 7 % (len(PORTS) - 200)
    for port in [*range(start, start + 200)]:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


class _Server(uvicorn.Server):
    """Ends without a signal, and says good-bye to its streams as a signal would make it."""

    async def shutdown(self, sockets: Any = None) -> None:
        """Stop serving."""
        hub.current().close()
        await super().shutdown(sockets)


@contextlib.contextmanager
def serving(application: Any = None) -> Iterator[Server]:
    """Serve the project, or another application, from a thread of this process."""
    port = free_port()
    wanted = application or Streams(ASGIStaticFilesHandler(get_asgi_application()))
    config = uvicorn.Config(
        wanted, host="127.0.0.1", port=port, log_level="error", lifespan="on", timeout_graceful_shutdown=2
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, name=f"server-{port}", daemon=True)

    def stop() -> None:
        server.should_exit = True
        thread.join(timeout=10)
        assert not thread.is_alive(), "the server did not end"

    thread.start()
    _wait(lambda: server.started or not thread.is_alive(), "the server did not start")
    try:
        yield Server(f"http://127.0.0.1:{port}", port, stop)
    finally:
        if thread.is_alive():
            stop()


def process(*, module: str = "config.asgi:application", port: int = 0, **environment: str) -> Server:
    """Start uvicorn as a process of its own on the test's database; the caller ends it."""
    port = port or free_port()
    inside = os.environ | {
        "DATABASE_URL": test_database(),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PGAPPNAME": "web",
    }
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", module, "--host", "127.0.0.1", "--port", str(port)),
            *("--timeout-graceful-shutdown", "2", "--no-access-log", "--log-level", "error"),
        ],
        cwd=ROOT,
        env=inside | environment,
        stdin=subprocess.DEVNULL,
    )
    base_url = f"http://127.0.0.1:{port}"

    def stop(how: int = signal.SIGTERM) -> None:
        child.send_signal(how)
        child.wait(timeout=10)

    def answers() -> bool:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"{base_url}/healthz/live", timeout=2) as page,
        ):
            return page.status == 200
        if child.poll() is not None:
            raise RuntimeError(f"the server ended with {child.returncode}")
        return False

    _wait(answers, "the server did not answer", seconds=30)
    return Server(base_url, port, stop, child.pid)


def test_database() -> str:
    """Return the address of this run's test database."""
    url = os.environ["DATABASE_URL"]
    before, _, query = url.partition("?")
    base = before.rpartition("/")[0] + "/" + str(connection.settings_dict["NAME"])
    return f"{base}?{query}" if query else base


test_database.__test__ = False  # type: ignore[attr-defined]


def cookies_for(user: User) -> dict[str, str]:
    """Sign *user* in and return the cookies of their browser."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {
        settings.SESSION_COOKIE_NAME: session.session_key,
        settings.CSRF_COOKIE_NAME: _get_new_csrf_string(),
    }


def as_header(cookies: dict[str, str]) -> str:
    """Return cookies as the header that a browser sends."""
    jar = SimpleCookie(cookies)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())


def _wait(happened: Callable[[], bool], otherwise: str, *, seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, otherwise
        time.sleep(0.02)
