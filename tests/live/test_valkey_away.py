"""With Valkey gone or hung, saves stay fast and pages still hear of everything; when it is back, at once again."""

import os
import signal
import time

import pytest

from config.launch import identity
from config.launch.folder import private
from config.launch.valkey import Valkey
from tests import server as servers
from tests.live.ears import Pen, eventually, listening, number_of

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "opening-request"
# Between processes the bell is the quick way; without it everybody looks once a second.
QUICK, LOOKING = 0.6, 3.0


@pytest.fixture
def valkey(tmp_path):
    """Give a Valkey of this test's own, to be stopped and killed."""
    account = identity.unprivileged()
    place = private(identity_folder(tmp_path, account), account)
    valkey = Valkey(
        data=private(place / "data", account),
        sockets=private(place / "run", account),
        log=private(place / "log", account) / "valkey.log",
        account=account,
        throwaway=True,
    )
    child = valkey.child()
    child.start()
    child.wait_until_ready()
    child.url = valkey.url
    yield child
    if child.alive():
        os.kill(child.process.pid, signal.SIGCONT)
    child.stop()
    identity.remove(place)


def identity_folder(tmp_path, account):
    """Return a folder that the account may enter; pytest's own is for this user only."""
    if account is None:
        return tmp_path / "valkey"
    import tempfile
    from pathlib import Path

    return Path(tempfile.mkdtemp(prefix="throughline-test-bell-"))


@pytest.fixture
def two(world, valkey):
    """Give two web processes on one database and one Valkey."""
    started = [servers.process(REDIS_URL=valkey.url)]
    started.append(servers.process(REDIS_URL=valkey.url))
    yield started
    for one in started:
        one.stop()


def written_and_heard(pen, ear, engagement, version) -> tuple[float, float]:
    """Save once; return how long the save took, and how long until the other process's page was told."""
    began = time.monotonic()
    status, headers, _body = pen.save(KEY, f"Version {version}", str(version - 1))
    took = time.monotonic() - began
    assert (status, headers["Save-Outcome"]) == (200, "saved")
    ear.wait_until(number_of(engagement), seconds=LOOKING)
    return took, time.monotonic() - began


def test_pages_of_another_process_hear_at_once_and_without_valkey_a_little_later(
    two, valkey, consultant, contributor, engagement
):
    writer, reader = two
    pen = Pen(writer, consultant, engagement)
    with listening(reader, contributor, engagement, after=number_of(engagement)) as ear:
        ear.wait_for("beat")
        eventually(lambda: is_heard(valkey, 2))
        version = 0

        def once() -> tuple[float, float]:
            nonlocal version
            version += 1
            return written_and_heard(pen, ear, engagement, version)

        once()
        assert min(once()[1] for _ in range(3)) < QUICK

        os.kill(valkey.process.pid, signal.SIGSTOP)
        hung = [once() for _ in range(4)]
        assert max(took for took, _heard in hung) < 0.3 + QUICK
        os.kill(valkey.process.pid, signal.SIGCONT)
        eventually(lambda: once()[1] < QUICK, seconds=10)

        os.kill(valkey.process.pid, signal.SIGKILL)
        valkey.process.wait()
        gone = [once() for _ in range(4)]
        assert max(took for took, _heard in gone) < 0.3 + QUICK

        valkey.start()
        valkey.wait_until_ready()
        eventually(lambda: once()[1] < QUICK, seconds=10)

    assert f"Version {version}" in ear.html()


def test_pages_of_the_same_process_hear_at_once_even_then(world, valkey, consultant, contributor, engagement):
    server = servers.process(REDIS_URL=valkey.url)
    try:
        valkey.stop()
        pen = Pen(server, consultant, engagement)
        with listening(server, contributor, engagement, after=number_of(engagement)) as ear:
            ear.wait_for("beat")

            heard = [written_and_heard(pen, ear, engagement, version)[1] for version in range(1, 6)]

        assert min(heard) < QUICK
        assert "presence" in {message.name for message in ear.heard}
    finally:
        server.stop()


def test_a_process_that_is_asked_to_end_does_so_in_two_seconds_with_streams_open(
    world, valkey, consultant, engagement
):
    server = servers.process(REDIS_URL=valkey.url)
    with (
        listening(server, consultant, engagement, after=0) as one,
        listening(server, consultant, None) as other,
    ):
        one.wait_for("beat")
        other.wait_for("beat")

        began = time.monotonic()
        server.stop()

        assert time.monotonic() - began < 2
        assert one.wait_for("bye").data["wait"] > 0
        other.wait_for("bye")


def is_heard(valkey, count: int) -> bool:
    """Say whether that many processes listen to the bell."""
    import redis

    from live.bell import CHANNEL

    with redis.Redis.from_url(valkey.url) as client:
        return dict(client.pubsub_numsub(CHANNEL)).get(CHANNEL.encode(), 0) >= count - 1
