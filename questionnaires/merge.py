"""Three-way merge: what two people made of the same text, taken together, or told apart as an overlap.

Both texts are compared with the text they began from. Where the edits of both keep at least one unchanged word
or space between them, both are applied. Where they meet, nothing is guessed: the merge is not clean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from questionnaires.differences import Change, Edit, edits, word_diff, words

__all__ = ["Change", "Merge", "merge", "merge_sets", "word_diff"]

# Lines that begin alike may be two stages of one person's typing; joining them would double it.
ALIKE = 8
MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Merge:
    """The result: the merged text, or the current text and `clean` False when the edits overlap."""

    text: str
    clean: bool


def merge(base: str, current: str, sent: str) -> Merge:
    """Merge two versions of *base* word by word, keeping all white space.

    Identical edits are taken once. Edits that touch are joined only at the edge of a line: whole lines that both
    added in one place follow each other, the current one first, and a line added below or above an edited line
    stays below or above it. Whether the result is clean does not depend on which text is current.
    """
    if sent in (current, base):
        return Merge(current, True)
    if current == base:
        return Merge(sent, True)
    joined = _joined(base, edits(base, current), edits(base, sent))
    if joined is None:
        return Merge(current, False)
    parts: list[str] = []
    place = 0
    for edit in joined:
        parts += (base[place : edit.start], edit.text)
        place = edit.end
    parts.append(base[place:])
    return Merge("".join(parts), True)


def merge_sets(base: Sequence[str], current: Sequence[str], sent: Sequence[str]) -> list[str]:
    """Merge choices one by one: what either side added is in, what either side removed is out.

    The order is that of *current*, then of what *sent* adds.
    """
    removed = set(base) - set(sent)
    added = [value for value in dict.fromkeys(sent) if value not in base and value not in current]
    return [value for value in dict.fromkeys(current) if value not in removed] + added


def _joined(base: str, ours: list[Edit], theirs: list[Edit]) -> list[Edit] | None:
    """Put both lists of edits in order; None where they overlap."""
    joined: list[Edit] = []
    shared: list[Edit] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        our, their = ours[i], theirs[j]
        if our == their:
            joined.append(our)
            shared.append(our)
            i, j = i + 1, j + 1
        elif our.end < their.start or (their.end >= our.start and _goes_first(base, our, their)):
            joined.append(our)
            i += 1
        elif their.end < our.start or _goes_first(base, their, our):
            joined.append(their)
            j += 1
        else:
            return None
    joined += ours[i:] + theirs[j:]
    return None if shared and _doubles(base, ours, theirs, shared) else joined


def _goes_first(base: str, one: Edit, other: Edit) -> bool:
    """Tell whether *one* may stand directly before *other*: only at the edge of a line, and never by guessing."""
    if one.end != other.start or not base.strip() or "\r" in one.text + other.text:
        return False
    place = one.end
    below = (
        other.start == other.end
        and other.text.startswith("\n")
        and (place == len(base) or base[place] == "\n")
    )
    above = one.start == one.end and one.text.endswith("\n") and (place == 0 or base[place - 1] == "\n")
    # A line beside one that the other side emptied would answer a question nobody asked.
    if not (below and one.text.strip()) and not (above and other.text.strip()):
        return False
    return not _look_alike(one.text, other.text)


def _look_alike(one: str, other: str) -> bool:
    starts = [line.strip()[:ALIKE] for line in one.split("\n") if line.strip()]
    others = [line.strip()[:ALIKE] for line in other.split("\n") if line.strip()]
    if len(starts) > MOST_LINES or len(others) > MOST_LINES:
        return True
    return any(a.startswith(b) or b.startswith(a) for a in starts for b in others)


def _doubles(base: str, ours: list[Edit], theirs: list[Edit], shared: list[Edit]) -> bool:
    """Tell whether a word would stand twice: both removed it from one place and put it into different ones."""
    our, their, both = _balance(base, ours), _balance(base, theirs), _balance(base, shared)
    return any(
        our[word] + their[word] - both[word] > max(our[word], their[word], our[word] + their[word])
        for word in both
        if both[word] < 0 and not word.isspace()
    )


def _balance(base: str, found: list[Edit]) -> Counter[str]:
    balance: Counter[str] = Counter()
    for edit in found:
        balance.update(words(edit.text))
        balance.subtract(words(base[edit.start : edit.end]))
    return balance
