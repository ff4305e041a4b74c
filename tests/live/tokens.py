"""Writers who each put words of their own into one text, and an account of what became of every word.

A word that the server acknowledged has to be in the text, in a kept conflict, or deleted by a later save whose
author's page showed it. No word may be there twice, and none that nobody wrote.
"""

import contextlib
import http.client
import json
import random
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from django.db import connection

from accounts.models import User
from engagements.models import Engagement
from questionnaires.models import Answer, Conflict, Revision
from tests.server import Server, as_header, cookies_for

PATIENCE = 60


@dataclass
class Book:
    """What the writers did: words that were acknowledged, and words that were deleted by somebody who saw them."""

    written: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    outcomes: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Writer(threading.Thread):
    """One person with one window: types a word, saves, goes on from the answer as the page's script does."""

    def __init__(
        self,
        book: Book,
        servers: list[Server],
        person: User,
        engagement: Engagement,
        key: str,
        saves: int,
        seed: int,
    ) -> None:
        super().__init__(name=f"writer-{seed}", daemon=True)
        self.book, self.servers, self.engagement, self.key, self.saves = book, servers, engagement, key, saves
        self.random = random.Random(seed)
        self.cookies = cookies_for(person)
        self.text, self.base = "", "0"
        self.connection: http.client.HTTPConnection | None = None
        self.failed: Exception | None = None

    def run(self) -> None:
        """Write until all is saved."""
        try:
            self.catch_up()
            for number in range(self.saves):
                self.write(f"{self.name}-{number}")
        except Exception as error:
            self.failed = error
        finally:
            self.hang_up()

    def write(self, word: str) -> None:
        """Put *word* somewhere and sometimes take another out, save, and go on."""
        words = self.text.split(" ") if self.text else []
        gone = ""
        if len(words) > 12 and self.random.random() < 0.35:
            gone = words.pop(self.random.randrange(len(words)))
        words.insert(self.random.randrange(len(words) + 1), word)
        text = " ".join(words)
        headers = self.post(text)
        with self.book.lock:
            self.book.written[word] = self.ident or 0
            if gone:
                self.book.deleted.add(gone)
            outcome = headers["Save-Outcome"]
            self.book.outcomes[outcome] = self.book.outcomes.get(outcome, 0) + 1
        self.text, self.base = text, headers["Save-Base"]
        # The field is left: it shows what stands now.
        if self.random.random() < 0.4:
            self.catch_up()

    def catch_up(self) -> None:
        """Look at the page again."""
        path = f"/engagements/{self.engagement.pk}/items/{self.key}/"
        _headers, html = self.ask("GET", path, None, {"HX-Request": "true"})
        field = re.search(r'<textarea[^>]*data-base="(\d+)"[^>]*>(.*?)</textarea>', html, re.DOTALL)
        assert field
        self.base, self.text = field[1], unescape(field[2]).removeprefix("\n")

    def post(self, text: str) -> http.client.HTTPMessage:
        """Save until the server says that it has it, with the same key every time."""
        fields = {"value": text, "base": self.base, "key": str(uuid.uuid4())}
        path = f"/engagements/{self.engagement.pk}/items/{self.key}/answer/"
        headers, _html = self.ask("POST", path, urlencode(fields), {"X-Fragment": "1"})
        return headers

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(
        self, method: str, path: str, body: str | None, more: dict[str, str]
    ) -> tuple[http.client.HTTPMessage, str]:
        """Ask one of the servers until one answers."""
        headers = {
            "Cookie": as_header(self.cookies),
            "X-CSRFToken": next(value for name, value in self.cookies.items() if "csrf" in name),
            "Content-Type": "application/x-www-form-urlencoded",
            **more,
        }
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.connection is None:
                    server = self.random.choice(self.servers)
                    self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                html = response.read().decode()
                if response.status == 200:
                    return response.headers, html
                assert response.status >= 500, f"{response.status}: {html}"
            self.book.retries += 1
            self.hang_up()
            time.sleep(self.random.random() * 0.1)
        raise AssertionError("no server answered")


def write(
    book: Book,
    servers: list[Server],
    people: list[User],
    engagement: Engagement,
    key: str,
    *,
    writers: int,
    saves: int,
) -> None:
    """Let *writers* write at the same time, and wait for all of them."""
    threads = [
        Writer(book, servers, people[number % len(people)], engagement, key, saves, number)
        for number in range(writers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for thread in threads:
        if thread.failed:
            raise thread.failed


def account(book: Book, engagement: Engagement, key: str) -> tuple[list[str], list[str], list[str]]:
    """Return the words that were lost, those that are there twice, and those that nobody wrote."""
    answer = Answer.objects.get(entry__engagement=engagement, entry__item_key=key, part="value")
    text = (answer.value or "").split()
    kept = {
        word
        for value in Conflict.objects.filter(answer=answer).values_list("value", flat=True)
        for word in (value or "").split()
    }
    there = set(text) | kept
    lost = [word for word in book.written if word not in there and word not in book.deleted]
    twice = [word for word in set(text) if text.count(word) > 1]
    # A save whose answer never came may still have been stored.
    sent = {
        word
        for revision in Revision.objects.filter(answer=answer)
        for word in f"{revision.value or ''} {revision.sent or ''}".split()
    }
    strange = [word for word in there if word not in book.written and word not in sent]
    return lost, twice, strange


class Killer(threading.Thread):
    """Ends database connections and web processes at random while others write."""

    def __init__(
        self, servers: list[Server], restart, *, connections: float, processes: float, seed: int = 7
    ) -> None:
        super().__init__(name="killer", daemon=True)
        self.servers, self.restart, self.every = servers, restart, (connections, processes)
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.killed = {"connections": 0, "processes": 0}

    def run(self) -> None:
        """Kill until told to stop."""
        next_process = time.monotonic() + self.every[1]
        try:
            while not self.over.wait(self.random.random() * 2 * self.every[0]):
                self.end_a_connection()
                if time.monotonic() > next_process:
                    self.kill_a_process()
                    next_process = time.monotonic() + self.every[1]
        finally:
            connection.close()

    def end_a_connection(self) -> None:
        """End one connection of the web processes."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'web'"
                " ORDER BY random() LIMIT 1"
            )
            self.killed["connections"] += len(cursor.fetchall())

    def kill_a_process(self) -> None:
        """Kill one web process and start it again at the same place."""
        place = self.random.randrange(len(self.servers))
        self.servers[place].stop(9)
        self.servers[place] = self.restart(self.servers[place].port)
        self.killed["processes"] += 1

    def stop(self) -> dict[str, int]:
        """Stop killing; return how often it did."""
        self.over.set()
        self.join()
        return self.killed


def describe(book: Book, killed: dict[str, int]) -> str:
    """Say what happened, for the one who reads the test's output."""
    return json.dumps(
        {
            "written": len(book.written),
            "deleted": len(book.deleted),
            "retries": book.retries,
            **book.outcomes,
            **killed,
        }
    )
