"""How staleness travels: forward along `depends_on`, in memory, without a database.

A change starts at one item and goes along the links to everything that rests on it, directly or not. What has an
answer there is to be looked at again. Somebody who says that an answer still holds, or answers it anew, stands in
the way from then on: what is reached only through that answer need not be looked at because of this change.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

Links = Callable[[str], Iterable[str]]
# Where in an entry a value is: the row's key, the column and the part, "" and None for an item's own value.
Cell = tuple[str | None, str, str]
Changes = Mapping[Cell, tuple[Any, Any]]

# Keys of a path that are kept: the first ones, a gap, and the last ones.
LONGEST = 12


def spread(source: str, moved: Iterable[str], links: Links) -> dict[str, tuple[str, ...]]:
    """Return what rests on *source*, with the shortest way to each: keys from the source to it, both included.

    *moved* are items that appeared or went because of the change; what rests on them is reached as well. The source
    itself is never in the result, whatever the links say. Linear in what is reached.
    """
    paths: dict[str, tuple[str, ...]] = {}
    waiting: deque[tuple[str, tuple[str, ...]]] = deque([(source, (source,))])
    waiting.extend((key, (source, key)) for key in moved if key != source)
    while waiting:
        key, path = waiting.popleft()
        for link in links(key):
            if link not in paths and link != source:
                paths[link] = way = shortened((*path, link))
                waiting.append((link, way))
    return paths


def shortened(path: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out the middle of a path of more than LONGEST keys; "" stands for it."""
    if len(path) <= LONGEST:
        return path
    half = LONGEST // 2
    return (*path[:half], "", *path[half + 1 :][-(half - 1) :])


def reached(source: str, moved: Iterable[str], links: Links, barriers: Collection[str]) -> set[str]:
    """Return what a change of *source* still leads to when nothing goes on through *barriers*.

    A barrier is an item that was re-confirmed or answered anew since the change.
    """
    found: set[str] = set()
    waiting = [source, *(key for key in moved if key != source and key not in barriers)]
    while waiting:
        for link in links(waiting.pop()):
            if link not in found and link != source and link not in barriers:
                found.add(link)
                waiting.append(link)
    return found


def has_returned(newest_first: Sequence[Changes | None]) -> list[bool]:
    """Tell for each of a source's changes whether the source is back at what it was before that change.

    None stands for a change too large to be kept; whatever goes through it never counts as returned.
    """
    now: dict[Cell, Any] = {}
    before: dict[Cell, Any] = {}
    found: list[bool] = []
    is_known = True
    for changes in newest_first:
        if changes is None:
            is_known = False
        if not is_known or changes is None:
            found.append(False)
            continue
        for cell, (was, becomes) in changes.items():
            now.setdefault(cell, becomes)
            before[cell] = was
        found.append(all(before[cell] == now[cell] for cell in before))
    return found
