"""The bell: a ring names a topic that has something new, and carries nothing else."""

import weakref
from typing import Protocol

# The one channel on which processes ring for each other.
CHANNEL = "throughline:bell"


class Hearer(Protocol):
    """Who hears the bell in this process."""

    def ring(self, text: str) -> None:
        """Take note of a ring; called from any thread."""


hearers: weakref.WeakSet[Hearer] = weakref.WeakSet()


def ring_here(text: str) -> None:
    """Ring in this process, without the way over Valkey."""
    for hearer in list(hearers):
        hearer.ring(text)
