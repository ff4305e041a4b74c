"""Eight people write into one field at once while connections and web processes are killed: every word is accounted for."""

import pytest

from questionnaires import integrity
from questionnaires.models import Conflict
from tests import server as servers
from tests.live import tokens

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "opening-request"


@pytest.fixture
def people(world):
    """Give those of the world who may answer, of both sides."""
    return [world.people[name] for name in ("project_manager", "consultant", "sponsor", "contributor")]


def run(people, engagement, *, writers, saves, killing=None, module="config.asgi:application"):
    """Let people write and return the account, what happened, and how often something was killed."""
    book, killed = tokens.Book(), {}
    started = [servers.process(module=module), servers.process(module=module)]
    try:
        if killing:
            killer = tokens.Killer(started, lambda port: servers.process(module=module, port=port), **killing)
            killer.start()
        tokens.write(book, started, people, engagement, KEY, writers=writers, saves=saves)
        if killing:
            killed = killer.stop()
    finally:
        for one in started:
            one.stop()
    print(tokens.describe(book, killed))
    return tokens.account(book, engagement, KEY), book, killed


def test_no_word_is_lost_and_none_is_there_twice(people, engagement):
    (lost, twice, strange), book, killed = run(
        people, engagement, writers=8, saves=50, killing={"connections": 0.15, "processes": 4}
    )

    assert len(book.written) == 8 * 50
    assert killed["connections"] > 3
    assert killed["processes"] > 0
    assert book.retries > 0
    assert book.outcomes["merged"] > 0
    assert Conflict.objects.exists()
    assert (lost, twice, strange) == ([], [], [])
    assert list(integrity.problems(engagement)) == []


@pytest.mark.heavy
def test_no_word_is_lost_in_two_thousand_saves(people, engagement):
    (lost, twice, strange), book, killed = run(
        people, engagement, writers=8, saves=250, killing={"connections": 0.1, "processes": 5}
    )

    assert len(book.written) == 8 * 250
    assert killed["processes"] > 2
    assert (lost, twice, strange) == ([], [], [])
    assert list(integrity.problems(engagement)) == []


def test_with_last_write_wins_words_are_lost(people, engagement):
    """The twin: the same writers, without the merge and without anything killed."""
    (lost, _twice, _strange), book, _killed = run(
        people, engagement, writers=8, saves=15, module="tests.live.last_write_wins:application"
    )

    assert len(book.written) == 8 * 15
    assert len(lost) > 10
