"""What `live` is given by those who know the domain: who may listen, how far a topic is, and what to send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

# More events than this are not replayed: the page fetches itself again instead.
MAX_BEHIND = 500


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """What a view hands to a page that may listen.

    *audience* names a rendering: everybody with the same audience gets the same bytes. *proof* is whatever the
    source needs to find out later whether its holder may still listen. *after* is the number the page was
    rendered at, None for a page that only wants to know that something changed from now on.
    """

    source: "Source"
    topic: int
    audience: str
    person: int
    proof: tuple[Any, ...]
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a topic's listeners get next: messages by audience, and the number they bring a page to."""

    number: int
    messages: Mapping[str, bytes]


class Source(Protocol):
    """A kind of topic. Its methods run in a thread of their own and may query; the connection is given back after."""

    name: str
    # Whether `draw` can tell what changed; otherwise another number makes a page fetch itself again.
    draws: bool

    def look(self, tickets: Sequence[Ticket]) -> list[int | None]:
        """Return for each ticket the number its topic has reached, or None when its holder may not listen any more."""

    def draw(self, topic: int, after: Mapping[str, int]) -> Batch:
        """Render what changed since a number, for each audience; an audience that sees nothing of it is left out."""

    def is_page(self, audience: str, pages: str) -> bool:
        """Say whether the page that *audience* stands for has a name that begins with *pages*."""

    def draw_presence(self, topic: int, people: Sequence[dict[str, Any]], audience: str) -> bytes:
        """Render who is here and who writes where, as *audience* may know it."""
