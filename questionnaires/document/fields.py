"""The fields of one mapping, taken one by one with what is wrong with each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from questionnaires import conditions
from questionnaires.conditions import Condition
from questionnaires.document.problems import Problem
from questionnaires.document.source import MAX_TEXT, Many, Node, Scalar, Table, suggestion

KEY: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CODE: Final = re.compile(r"[A-Za-z0-9]+([.:_-][A-Za-z0-9]+)*")
MAX_KEY: Final = 60
MAX_TITLE: Final = 200


class Fields:
    """Take the fields of one mapping, noting what is missing, unknown or of the wrong kind."""

    def __init__(
        self,
        node: Node,
        place: str,
        problems: list[Problem],
        required: Sequence[str],
        optional: Sequence[str] = (),
    ) -> None:
        self.place = place
        self.problems = problems
        self.line = node.line
        self.parts: dict[str, Node] = {}
        if not isinstance(node, Table):
            self.wrong(node.line, "expected keys with values here")
            return
        self.parts = node.parts
        allowed = (*required, *optional)
        for name in node.parts:
            if name not in allowed:
                near = suggestion(name[:MAX_KEY], allowed) or f"; known are {', '.join(allowed)}"
                self.wrong(node.lines[name], f"'{name[:MAX_KEY]}' is not a known key{near}")
        for name in required:
            if name not in node.parts:
                self.wrong(node.line, f"'{name}' is missing")

    def wrong(self, line: int, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(line, self.place, message))

    def text(self, name: str, *, most: int = MAX_TEXT) -> str:
        """Take a text; '' when it is missing."""
        return self.text_of(self.parts.get(name), name, most=most)

    def text_of(self, node: Node | None, name: str, *, most: int = MAX_TEXT) -> str:
        """Read a node as text, noting what YAML would have made of it."""
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self.wrong(node.line, f"'{name}' must be a text")
            return ""
        if (kind := node.kind()) is not None:
            if not node.text:
                self.wrong(node.line, f"'{name}' is empty; write a text or leave the key out")
            else:
                self.wrong(
                    node.line,
                    f"'{name}' is read as {kind} in YAML; put it in quotes: '{node.text[:MAX_KEY]}'",
                )
            return ""
        if len(node.text) > most:
            self.wrong(node.line, f"'{name}' has {len(node.text):,} characters; at most {most:,} are allowed")
            return ""
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", node.text):
            self.wrong(node.line, f"'{name}' holds a control character")
            return ""
        return node.text.strip()

    def title(self, name: str = "title") -> str:
        """Take a text of one line that may not be empty."""
        text = self.text(name, most=MAX_TITLE)
        node = self.parts.get(name)
        if isinstance(node, Scalar) and node.kind() is None and not node.text.strip():
            self.wrong(node.line, f"'{name}' is empty")
        elif node is not None and "\n" in text:
            self.wrong(node.line, f"'{name}' must stay on one line")
        return text

    def key(self, name: str = "key") -> str:
        """Take a key: small letters, digits, hyphens."""
        node = self.parts.get(name)
        return self.key_of(node, name) if node else ""

    def key_of(self, node: Node, name: str) -> str:
        """Read a node as a key."""
        text = self.text_of(node, name)
        if text and (not KEY.fullmatch(text) or len(text) > MAX_KEY):
            self.wrong(
                node.line,
                f"'{name}' is '{text[:80]}'; a key is at most {MAX_KEY} small letters, digits and single hyphens",
            )
            return ""
        if text in conditions.RESERVED:
            self.wrong(node.line, f"'{name}' is '{text}', a word of the condition language; choose another")
            return ""
        return text

    def nodes(self, name: str) -> list[Node]:
        """Take a list; empty when it is missing."""
        node = self.parts.get(name)
        if node is None:
            return []
        if not isinstance(node, Many):
            self.wrong(node.line, f"'{name}' must be a list: [one, two]")
            return []
        return node.parts

    def keys(self, name: str) -> tuple[str, ...]:
        """Take a list of keys, each once."""
        return self._each_once(name, self.key_of)

    def codes(self, name: str) -> tuple[str, ...]:
        """Take a list of codes such as AIA-IV.5, each once."""
        return self._each_once(name, self.code_of)

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts, each once."""
        return self._each_once(name, self.text_of)

    def code_of(self, node: Node, name: str) -> str:
        """Read a node as a code."""
        text = self.text_of(node, name, most=MAX_KEY)
        if text and not CODE.fullmatch(text):
            self.wrong(
                node.line,
                f"'{name}' holds '{text}'; a code is letters, digits and single . : _ - between them",
            )
            return ""
        return text

    def _each_once(self, name: str, one: Callable[[Node, str], str]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for node in self.nodes(name):
            text = one(node, name)
            if text in found:
                self.wrong(node.line, f"'{name}' names '{text}' twice")
            elif text:
                found[text] = None
        return tuple(found)

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """Take one of a few words."""
        text = self.text(name)
        if text and text not in allowed:
            near = suggestion(text, list(allowed))
            self.wrong(
                self.parts[name].line, f"'{name}' is '{text[:80]}'; allowed are {', '.join(allowed)}{near}"
            )
        return text

    def integer(self, name: str) -> int:
        """Take a whole number; 0 when it is missing."""
        node = self.parts.get(name)
        if node is None:
            return 0
        if isinstance(node, Scalar) and node.plain and re.fullmatch(r"0|[1-9][0-9]{0,8}", node.text):
            return int(node.text)
        self.wrong(node.line, f"'{name}' must be a whole number")
        return 0

    def boolean(self, name: str) -> bool:
        """Take true or false; False when it is missing."""
        node = self.parts.get(name)
        if node is None:
            return False
        if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        self.wrong(node.line, f"'{name}' must be true or false")
        return False

    def condition(self, name: str) -> Condition | None:
        """Take a condition."""
        text = self.text(name)
        if not text:
            return None
        try:
            return conditions.parse(text)
        except conditions.ConditionError as error:
            self.wrong(self.parts[name].line, f"'{name}': {error}")
            return None
