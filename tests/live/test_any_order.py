"""Whatever people and accidents do, in whatever order: no word is lost and every page ends up as a fresh one."""

import logging

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from questionnaires.actions import answers, locks
from tests.live import any_order
from tests.people import browser_of

pytestmark = pytest.mark.django_db

USUAL = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    # Making a failing story shorter takes minutes; the long run does it.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def machine(world):
    """Give the machine; requests that die on purpose leave no trace in the output."""
    browsers = {name: browser_of(world.people[name]) for name in ("consultant", "contributor", "sponsor")}
    for browser in browsers.values():
        browser.raise_request_exception = False
    logging.disable(logging.CRITICAL)
    yield any_order.of(world, browsers)
    logging.disable(logging.NOTSET)


def test_nothing_is_lost_and_every_page_is_a_fresh_page(machine):
    run_state_machine_as_test(machine, settings=USUAL)

    # What the stories have to hold to be worth anything.
    wanted = {"saved", "merged", "conflict", "replayed", "died", "answer lost", "answer overtaken"}
    wanted |= {"delete", "move", "bring-back", "decided mine", "decided theirs", "decided combined"}
    assert not wanted - machine.happened.keys(), dict(machine.happened)


@pytest.mark.heavy
def test_nothing_is_lost_in_long_stories(machine):
    run_state_machine_as_test(
        machine,
        settings=settings(
            USUAL, max_examples=150, stateful_step_count=60, derandomize=False, phases=list(Phase)
        ),
    )


class TestTwins:
    """The same stories without one guard: each has to fail, or the test above proves nothing."""

    FIRST = settings(USUAL, max_examples=60)

    def test_without_the_merge_words_are_lost(self, machine, monkeypatch):
        monkeypatch.setattr(
            answers, "_reconcile", lambda desk, place, answer, value, base: answers._Reconciled(value)
        )

        with pytest.raises(AssertionError, match="lost"):
            run_state_machine_as_test(machine, settings=self.FIRST)

    def test_without_the_one_time_keys_a_repeated_request_is_not_recognised(self, machine, monkeypatch):
        monkeypatch.setattr(locks, "REPLAYED", "(%s::uuid IS NULL AND %s::uuid IS NULL)")
        locks._locked.cache_clear()

        with pytest.raises(AssertionError):
            run_state_machine_as_test(machine, settings=self.FIRST)

        locks._locked.cache_clear()
