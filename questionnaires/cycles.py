"""Ways round in a graph of keys."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def cycles(graph: Graph) -> list[list[str]]:
    """Find a shortest way round in each knot of a graph, as the keys along it. Links to keys outside are ignored.

    A key that links to itself is a way round of one. Linear, without recursion.
    """
    return [_way_round(graph, knot) for knot in _knots(graph)]


def _knots(graph: Graph) -> Iterator[list[str]]:
    """Give the keys that all reach each other (Tarjan), a single key only if it links to itself."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_keys: list[str] = []
    is_open: set[str] = set()
    for start in graph:
        if start in order:
            continue
        waiting = [(start, iter(graph[start]))]
        order[start] = lowest[start] = len(order)
        open_keys.append(start)
        is_open.add(start)
        while waiting:
            key, links = waiting[-1]
            link = next((link for link in links if link in graph), None)
            if link is not None and link not in order:
                order[link] = lowest[link] = len(order)
                open_keys.append(link)
                is_open.add(link)
                waiting.append((link, iter(graph[link])))
            elif link is not None:
                if link in is_open:
                    lowest[key] = min(lowest[key], order[link])
            else:
                waiting.pop()
                if waiting:
                    lowest[waiting[-1][0]] = min(lowest[waiting[-1][0]], lowest[key])
                if lowest[key] == order[key]:
                    knot = [open_keys.pop()]
                    while knot[-1] != key:
                        knot.append(open_keys.pop())
                    is_open.difference_update(knot)
                    if len(knot) > 1 or key in graph[key]:
                        yield knot[::-1]


def _way_round(graph: Graph, knot: list[str]) -> list[str]:
    """Walk from the first key of a knot along the fewest links back to it."""
    first, inside = knot[0], set(knot)
    came_from: dict[str, str] = {}
    waiting = deque([first])
    while waiting:
        key = waiting.popleft()
        for link in graph[key]:
            if link == first:
                path = [key]
                while path[-1] != first:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if link in inside and link not in came_from:
                came_from[link] = key
                waiting.append(link)
    return []
