"""A server in this process for tests of streams, and pages that listen."""

import pytest

from tests.live.ears import open_ear
from tests.live.soundness import _nobody_is_here_yet, _sound_afterwards  # noqa: F401 - used by every test
from tests.server import serving


@pytest.fixture
def server(transactional_db, kept_world):
    """Serve the test's database on a port."""
    with serving() as running:
        yield running


@pytest.fixture
def ear(server):
    """Give `ear(person, engagement, ...)`: an open stream, closed after the test."""
    opened = []

    def open_one(*given, **named):
        opened.append(open_ear(server, *given, **named))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
