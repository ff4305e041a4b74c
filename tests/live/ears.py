"""A page that listens, without a browser: one open stream, read in a thread."""

import contextlib
import http.client
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from accounts.models import User
from engagements.models import Engagement
from tests.server import Server, as_header, cookies_for


@dataclass
class Message:
    """One event as it came."""

    name: str
    data: Any
    number: int | None
    at: float


@dataclass
class Ear:
    """An open stream: what it has heard so far."""

    connection: http.client.HTTPConnection
    response: http.client.HTTPResponse
    heard: list[Message] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    came: threading.Condition = field(default_factory=threading.Condition)

    @property
    def status(self) -> int:
        """The status it was answered with."""
        return self.response.status

    def read(self) -> None:
        """Read until the stream ends."""
        name, data, number = "", "", None
        try:
            while line := self.response.readline():
                text = line.decode().rstrip("\n")
                if text.startswith("event: "):
                    name = text[7:]
                elif text.startswith("data: "):
                    data = text[6:]
                elif text.startswith("id: "):
                    number = int(text[4:])
                elif not text and name:
                    with self.came:
                        self.heard.append(Message(name, json.loads(data or "null"), number, time.monotonic()))
                        self.came.notify_all()
                    name, data, number = "", "", None
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        finally:
            self.ended.set()
            with self.came:
                self.came.notify_all()

    def wait_for(self, name: str, *, count: int = 1, seconds: float = 5, **having: Any) -> Message:
        """Return the *count*-th message called *name*; fails when it does not come."""

        def found() -> list[Message]:
            return [
                one
                for one in self.heard
                if one.name == name and all(getattr(one, key) == value for key, value in having.items())
            ]

        with self.came:
            assert self.came.wait_for(lambda: len(found()) >= count, seconds), (
                f"no {name}: heard {[one.name for one in self.heard]}"
            )
        return found()[count - 1]

    def wait_until(self, number: int, *, seconds: float = 5) -> None:
        """Wait until the stream has told what happened up to event *number*."""
        with self.came:
            assert self.came.wait_for(
                lambda: any((one.number or 0) >= number for one in self.heard), seconds
            ), f"not told of {number}: heard {[(one.name, one.number) for one in self.heard]}"

    def html(self) -> str:
        """Return all fragments that came, one after the other."""
        return "".join(one.data["html"] for one in self.heard if one.name == "fragments")

    def names(self) -> list[str]:
        """Return what came, without heartbeats and presence."""
        return [one.name for one in self.heard if one.name not in ("beat", "presence")]

    def close(self) -> None:
        """Close as a browser does."""
        with contextlib.suppress(OSError, AttributeError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.connection.close()


def open_ear(
    server: Server,
    person: User | None,
    engagement: Engagement | None,
    *,
    page: str = "item:opening-request",
    after: int | None = None,
    cookies: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    more: str = "",
    method: str = "GET",
) -> Ear:
    """Open a stream as *person*; without *engagement* that of their own work."""
    if cookies is None:
        cookies = cookies_for(person) if person else {}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    path = f"/engagements/{engagement.pk}/stream/?page={page}" if engagement else "/stream/?"
    if after is not None:
        path += f"&after={after}"
    connection.request(method, path + more, headers={"Cookie": as_header(cookies), **(headers or {})})
    ear = Ear(connection, connection.getresponse())
    if ear.status == 200:
        threading.Thread(target=ear.read, daemon=True).start()
    return ear


@contextlib.contextmanager
def listening(*given: Any, **named: Any) -> Iterator[Ear]:
    """Open a stream for the length of a block."""
    ear = open_ear(*given, **named)
    try:
        yield ear
    finally:
        ear.close()


def number_of(engagement: Engagement) -> int:
    """Return the number of the engagement's newest event."""
    return Engagement.objects.values_list("last_event", flat=True).get(pk=engagement.pk)


class Pen:
    """Somebody who saves over HTTP, as the page's script does."""

    def __init__(self, server: Server, person: User, engagement: Engagement) -> None:
        self.server, self.engagement = server, engagement
        self.cookies = cookies_for(person)

    def post(self, path: str, **fields: str) -> tuple[int, http.client.HTTPMessage, str]:
        """Post a form and return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        headers = {
            "Cookie": as_header(self.cookies),
            "X-CSRFToken": next(value for name, value in self.cookies.items() if "csrf" in name),
            "X-Fragment": "1",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            connection.request("POST", path, urlencode(fields), headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def save(
        self, key: str, value: str, base: str = "0", **more: str
    ) -> tuple[int, http.client.HTTPMessage, str]:
        """Save one value."""
        path = f"/engagements/{self.engagement.pk}/items/{key}/answer/"
        return self.post(path, value=value, base=base, key=str(uuid.uuid4()), **more)


def eventually(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
