"""Words that are to go, and what is left of a text or of plain data without them."""

import html
import re
from collections.abc import Collection
from typing import Any

# What stands where words were taken out. No words are shorter, so that whatever fitted still fits.
MARK = "███"
SHORTEST = len(MARK)

# Figures and dates are kept in a form that is computed with: such a value goes as a whole or not at all.
FIGURE = re.compile(r"-?\d+(\.\d+)?(/[a-z]+)?|\d{4}-\d\d-\d\d")
# What our own bookkeeping writes: moments, and keys of rows and saves.
BOOKKEEPING = re.compile(
    r"\d{4}-\d\d-\d\d[T ][\d:.]+(Z|[+-]\d\d:\d\d)?|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
ORDER = "rank"
CUT = "…"


class TooShort(Exception):
    """The words are so short that they would be found everywhere."""


class Words:
    """Words to take out, however they are capitalised and wherever lines break between them.

    *known* are the words that the program itself reads, such as keys of questions; a value that is exactly one of
    them is no text and stays.
    """

    def __init__(self, text: str, known: Collection[str] = ()) -> None:
        parts = text.split()
        self.line = " ".join(parts)
        if len(self.line) < SHORTEST:
            raise TooShort
        self.known = frozenset(known)
        plain = r"\s+".join(re.escape(part) for part in parts)
        escaped = r"\s+".join(re.escape(html.escape(part)) for part in parts)
        self.pattern = re.compile(plain if plain == escaped else f"{plain}|{escaped}", re.IGNORECASE)

    @property
    def clue(self) -> str:
        """The longest run of letters and digits that every occurrence holds, however a database folds case; or ""."""
        return max(re.findall(r"[A-Za-z0-9]+", self.line), key=len, default="")

    def text(self, text: str) -> str:
        """Return *text* without the words, and without what a cut has left of them."""
        if CUT in text:
            text = self._beside_cuts(text)
        return self.pattern.sub(MARK, text)

    def _beside_cuts(self, text: str) -> str:
        line = self.line.casefold()
        pieces = text.split(CUT)
        for place, piece in enumerate(pieces):
            folded = piece.casefold()
            if len(folded) != len(piece):
                continue
            if place + 1 < len(pieces):
                end = len(folded.rstrip())
                for size in range(min(len(line) - 1, end), SHORTEST - 1, -1):
                    if folded[:end].endswith(line[:size]):
                        piece = piece[: end - size] + MARK + piece[end:]
                        folded = piece.casefold()
                        break
            if place:
                start = len(folded) - len(folded.lstrip())
                for size in range(min(len(line) - 1, len(folded) - start), SHORTEST - 1, -1):
                    if folded[start:].startswith(line[-size:]):
                        piece = piece[:start] + MARK + piece[start + size :]
                        break
            pieces[place] = piece
        return CUT.join(pieces)

    def data(self, value: Any) -> Any:
        """Return plain data without the words; a figure or a date that is all of them becomes None."""
        if isinstance(value, str):
            if value in self.known or BOOKKEEPING.fullmatch(value):
                return value
            if FIGURE.fullmatch(value):
                return None if value == self.line else value
            return self.text(value)
        if isinstance(value, list):
            return [self.data(part) for part in value]
        if isinstance(value, dict):
            return {key: part if key == ORDER else self.data(part) for key, part in value.items()}
        return value
