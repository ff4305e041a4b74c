"""Where a value lives: an item, a cell of its table, its words, or the firm's note on it."""

import re
from dataclasses import dataclass

from engagements.notify import Subject
from questionnaires.document import Column, Framework, Item
from questionnaires.models import Answer
from questionnaires.models.entry import REGISTER_PREFIX


@dataclass(frozen=True)
class Place:
    """The address of one answer within an engagement. *round_number* None means the latest round."""

    item_key: str
    row_id: int | None = None
    column: str = ""
    part: str = Answer.Part.VALUE
    round_number: int | None = None

    @property
    def is_register(self) -> bool:
        """Say whether the place is in a register."""
        return self.item_key.startswith(REGISTER_PREFIX)

    def columns(self, framework: Framework) -> tuple[Column, ...]:
        """Return the columns of the table or register this place is in."""
        if self.is_register:
            return framework.register(self.item_key.removeprefix(REGISTER_PREFIX)).columns
        return framework.item(self.item_key).columns

    def column_of(self, framework: Framework) -> Column | None:
        """Return the column this place is in, or None where there is no such column."""
        return next((column for column in self.columns(framework) if column.key == self.column), None)

    def item(self, framework: Framework) -> Item | None:
        """Return the item, or None for a register."""
        return None if self.is_register else framework.item(self.item_key)

    def takes_text(self, framework: Framework) -> bool:
        """Say whether values here are texts, which merge word by word."""
        if self.part != Answer.Part.VALUE:
            return True
        if self.column:
            column = self.column_of(framework)
            return column is not None and column.type == "text"
        item = self.item(framework)
        return item is not None and item.type == "long_text"


@dataclass(frozen=True)
class Base:
    """The version an author's text rests on; *as_sent* when it is their own text of a merged version.

    After a merge the author's field still shows what they typed. Basing their next save on the merged text
    would delete the other person's words, and on the version before it would repeat the conflict. After an
    overlap the field shows what was kept as their *conflict* with its *saves*-th save, and rests on that.
    """

    version: int
    as_sent: bool = False
    conflict: int = 0
    saves: int = 0

    @classmethod
    def parse(cls, text: str) -> "Base":
        """Read ``7``, ``7s`` or ``7sc12.3``; raises ValueError for anything else."""
        if not (match := re.fullmatch(r"(\d{1,9})(s?)(?:c(\d{1,18})\.(\d{1,9}))?", text, re.ASCII)):
            raise ValueError("A base is a version number.")
        return cls(int(match[1]), bool(match[2]), int(match[3] or 0), int(match[4] or 0))

    def __str__(self) -> str:
        kept = f"c{self.conflict}.{self.saves}" if self.conflict else ""
        return f"{self.version}{'s' if self.as_sent else ''}{kept}"


def subject_of(framework: Framework, key: str) -> Subject:
    """Return what a thread or a notice about the item or register *key* is about. Raises KeyError for another key."""
    if key.startswith(REGISTER_PREFIX):
        return Subject(key, framework.register(key.removeprefix(REGISTER_PREFIX)).title)
    item = framework.item(key)
    return Subject(key, f"{item.number} {item.title}", item.internal)
