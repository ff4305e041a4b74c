"""What every test of people at the same time shares: nobody is here yet, and what is stored agrees with itself after."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings

from engagements import integrity as of_engagements
from live import presence
from questionnaires import integrity as of_questionnaires


@pytest.fixture(autouse=True)
def _nobody_is_here_yet():
    """Forget whom an earlier test left behind, and that Valkey may have been away."""
    presence._away_until = 0.0
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter("throughline:presence:*"):
            client.delete(key)


@pytest.fixture(autouse=True)
def _sound_afterwards(db) -> Iterator[None]:
    """Hold everything that is stored against itself after each test, as `manage.py fsck` does."""
    yield
    problems = [*of_engagements.problems(), *of_questionnaires.problems()]
    assert not problems, "\n".join(problems)
