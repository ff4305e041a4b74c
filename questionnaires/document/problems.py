"""What is wrong with a document, each point with its line and place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One point. `line` counts from 1, 0 when there is none; `place` names the thing, such as "item kpis"."""

    line: int
    place: str
    message: str
    level: Literal["error", "warning"] = "error"

    @property
    def is_error(self) -> bool:
        """Say whether this alone refuses the document."""
        return self.level == "error"

    def __str__(self) -> str:
        where = ", ".join(part for part in (f"line {self.line}" if self.line else "", self.place) if part)
        return f"{where}: {self.message}" if where else self.message


class DocumentError(ValueError):
    """Refuse a document, with every problem that was found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))
