"""Somebody signed in who asks a server for pages and saves, over one connection."""

import http.client
import time
import uuid
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.middleware.csrf import _get_new_csrf_string

from accounts.models import User
from bench.counting import HEADER
from bench.processes import Server

# Seconds; the server hangs up on who has not asked for five.
IDLE = 3.0


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took in seconds."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    seconds: float

    @property
    def statements(self) -> int:
        """How many statements it took, begin and end of transactions not counted."""
        return int(self.headers[HEADER])

    @property
    def gzip(self) -> int:
        """How many bytes it is once compressed."""
        return len(zlib.compress(self.body, 6))


def cookies_for(user: User) -> str:
    """Sign *user* in; return the cookies of their browser as a header."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={_get_new_csrf_string()}"


def headers_of(cookies: str) -> dict[str, str]:
    """Return what the page's script sends with a save."""
    return {
        "Cookie": cookies,
        "X-CSRFToken": cookies.rpartition("=")[2],
        "X-Fragment": "1",
        "Content-Type": "application/x-www-form-urlencoded",
    }


class Browser:
    """One signed-in person at one server."""

    def __init__(self, server: Server, user: User) -> None:
        self.cookies = cookies_for(user)
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self._used = 0.0

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None, {"Cookie": self.cookies})

    def post(self, path: str, **fields: Any) -> Answer:
        """Send a form as the page's script does, and be answered with 200 or with the status to *expect*."""
        expect = fields.pop("expect", 200)
        return self._ask("POST", path, urlencode(fields, doseq=True), headers_of(self.cookies), expect)

    def save(self, engagement: int, key: str, value: str, base: str, **more: Any) -> Answer:
        """Save one answer."""
        path = f"/engagements/{engagement}/items/{key}/answer/"
        return self.post(path, value=value, base=base, key=str(uuid.uuid4()), **more)

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str], expect: int = 200
    ) -> Answer:
        if time.perf_counter() - self._used > IDLE:
            self._connection.close()
        began = time.perf_counter()
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        self._used = time.perf_counter()
        answer = Answer(response.status, response.headers, content, self._used - began)
        if answer.status != expect:
            raise RuntimeError(f"{method} {path} was answered with {answer.status}: {content[:300]!r}")
        return answer
