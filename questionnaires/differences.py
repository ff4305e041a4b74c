"""Differences between two texts, in whole words.

A word is a run of characters without white space; Chinese and Japanese characters are words of their own. Every
difference begins and ends between words, so that what is built from them holds no half or glued word. Time is
bounded: where two texts have too little in common to be compared quickly, one difference covers the whole place.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

MAX_WORDS: Final = 50_000
MAX_DETOURS: Final = 120

_NEWLINES = r"\n\r\v\f\x85\u2028\u2029"
_CHARACTERS = r"\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = r"\u0300-\u036f\u200d\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_WORD = re.compile(rf"\r\n|[{_NEWLINES}]|[^\S{_NEWLINES}]+|[{_CHARACTERS}][{_MARKS}]*|[^\s{_CHARACTERS}]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters *start* to *end* of the old text by *text*."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One stretch of a comparison. Same and removed stretches make the old text, same and added the new."""

    op: Literal["same", "added", "removed"]
    text: str


def words(text: str) -> list[str]:
    """Split a text into words, runs of spaces and newlines; together they are the text."""
    return _WORD.findall(text)


def edits(old: str, new: str) -> list[Edit]:
    """Give the edits that turn *old* into *new*, in order, with at least one unchanged word or space between."""
    head, tail = _same_ends(old, new)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    if before == after:
        return []
    old_words, new_words = words(before), words(after)
    if max(len(old_words), len(new_words)) > MAX_WORDS:
        return [Edit(head, head + len(before), after)]
    found: list[Edit] = []
    place = head
    old_at = new_at = 0
    for old_index, new_index, length in [
        *_matches(old_words, new_words),
        (len(old_words), len(new_words), 0),
    ]:
        gone = sum(map(len, old_words[old_at:old_index]))
        if gone or new_at < new_index:
            found.append(Edit(place, place + gone, "".join(new_words[new_at:new_index])))
        place += gone + sum(map(len, old_words[old_index : old_index + length]))
        old_at, new_at = old_index + length, new_index + length
    return _phrases(old, found)


def word_diff(old: str, new: str) -> list[Change]:
    """Compare two texts for reading; the parts that are not added make *old*, those not removed make *new*."""
    changes: list[Change] = []
    place = 0
    for edit in [*edits(old, new), Edit(len(old), len(old), "")]:
        changes.append(Change("same", old[place : edit.start]))
        changes.append(Change("removed", old[edit.start : edit.end]))
        changes.append(Change("added", edit.text))
        place = edit.end
    return [change for change in changes if change.text]


def _phrases(old: str, found: list[Edit]) -> list[Edit]:
    """Join edits that only spaces keep apart: a rewritten phrase is one edit, not one for each word."""
    joined: list[Edit] = []
    for edit in found:
        if joined and (between := old[joined[-1].end : edit.start]).isspace() and "\n" not in between:
            last = joined.pop()
            edit = Edit(last.start, edit.end, last.text + between + edit.text)
        joined.append(edit)
    return joined


def _same_ends(old: str, new: str) -> tuple[int, int]:
    """Measure what both texts begin and end with, up to a place where both have a word's edge."""
    head = _common(old, new, from_end=False)
    most = min(len(old), len(new))
    if head == len(old) == len(new):
        return head, 0
    # The last character in common may belong to a word that goes on differently.
    head = max(head - 1, 0)
    while head and not _is_edge(old, head):
        head -= 1
    tail = max(min(_common(old, new, from_end=True), most - head) - 1, 0)
    while tail and not _is_edge(old, len(old) - tail):
        tail -= 1
    return head, tail


def _is_edge(text: str, place: int) -> bool:
    return text[place - 1].isspace() != text[place].isspace() or text[place - 1] == "\n"


def _common(old: str, new: str, *, from_end: bool) -> int:
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if from_end:
            same = old[len(old) - middle : len(old) - low] == new[len(new) - middle : len(new) - low]
        else:
            same = old[low:middle] == new[low:middle]
        if same:
            low = middle
        else:
            high = middle - 1
    return low


def _matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Find runs of words in common as (old index, new index, length), rising in both.

    Words that stand once on both sides anchor the comparison (patience); between anchors a shortest edit script
    is looked for within limits (Myers). Any choice of matches is safe; a better one only means smaller edits.
    """
    numbers: dict[str, int] = {}
    a = [numbers.setdefault(word, len(numbers)) for word in old]
    b = [numbers.setdefault(word, len(numbers)) for word in new]
    spaces = frozenset(number for word, number in numbers.items() if word.isspace())
    pairs: list[tuple[int, int, int]] = []
    effort = 40 * (len(a) + len(b)) + 200_000
    waiting = [(0, len(a), 0, len(b))]
    while waiting:
        a_from, a_to, b_from, b_to = waiting.pop()
        start = a_from
        while a_from < a_to and b_from < b_to and a[a_from] == b[b_from]:
            a_from, b_from = a_from + 1, b_from + 1
        if a_from > start:
            pairs.append((start, b_from - (a_from - start), a_from - start))
        end = a_to
        while a_from < a_to and b_from < b_to and a[a_to - 1] == b[b_to - 1]:
            a_to, b_to = a_to - 1, b_to - 1
        if end > a_to:
            pairs.append((a_to, b_to, end - a_to))
        effort -= end - start + b_to - b_from
        if a_from == a_to or b_from == b_to or effort < 0:
            continue
        anchors = _anchors(a[a_from:a_to], b[b_from:b_to], spaces)
        if not anchors:
            found, spent = _shortest(a[a_from:a_to], b[b_from:b_to], effort)
            effort -= spent
            pairs.extend((a_from + x, b_from + y, length) for x, y, length in found)
            continue
        a_next, b_next = a_from, b_from
        for x, y in anchors:
            waiting.append((a_next, a_from + x, b_next, b_from + y))
            pairs.append((a_from + x, b_from + y, 1))
            a_next, b_next = a_from + x + 1, b_from + y + 1
        waiting.append((a_next, a_to, b_next, b_to))
    return sorted(pairs)


def _anchors(a: list[int], b: list[int], spaces: frozenset[int]) -> list[tuple[int, int]]:
    """Pair the words that stand once on both sides, as many as keep their order. Spaces are no anchors."""
    places = dict.fromkeys(spaces, -1)
    for x, word in enumerate(a):
        places[word] = -1 if word in places else x
    partners: dict[int, int] = {}
    for y, word in enumerate(b):
        if places.get(word, -1) >= 0:
            partners[word] = -1 if word in partners else y
    # Longest rising run of the partners' places.
    ends: list[int] = []
    last: list[tuple[int, int]] = []
    before: dict[int, tuple[int, int] | None] = {}
    for word, x in places.items():
        y = partners.get(word, -1)
        if x < 0 or y < 0:
            continue
        length = bisect_left(ends, y)
        before[x] = last[length - 1] if length else None
        if length == len(ends):
            ends.append(y)
            last.append((x, y))
        else:
            ends[length] = y
            last[length] = (x, y)
    chain: list[tuple[int, int]] = []
    step = last[-1] if last else None
    while step is not None:
        chain.append(step)
        step = before[step[0]]
    return chain[::-1]


def _shortest(a: list[int], b: list[int], effort: int) -> tuple[list[tuple[int, int, int]], int]:
    """Compare by a shortest edit script, if one of few steps exists; also tell what the search cost."""
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    spent = 0
    for detours in range(min(len(a) + len(b), MAX_DETOURS) + 1):
        trace.append(dict(reach))
        for diagonal in range(-detours, detours + 1, 2):
            down = diagonal == -detours or (diagonal != detours and reach[diagonal - 1] < reach[diagonal + 1])
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            y = x - diagonal
            start = x
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            spent += x - start + 1
            if x >= len(a) and y >= len(b):
                return _walked_back(trace, len(a), len(b)), spent
        spent += detours
        if spent > effort:
            break
    return [], spent


def _walked_back(trace: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int, int]]:
    pairs = []
    for detours in range(len(trace) - 1, -1, -1):
        reach = trace[detours]
        diagonal = x - y
        down = diagonal == -detours or (diagonal != detours and reach[diagonal - 1] < reach[diagonal + 1])
        came_from = diagonal + 1 if down else diagonal - 1
        old_x = reach[came_from]
        old_y = old_x - came_from
        start = old_x if down else old_x + 1
        if x > start:
            pairs.append((start, start - diagonal, x - start))
        x, y = old_x, old_y
    return pairs
