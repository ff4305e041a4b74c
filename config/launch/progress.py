"""What the set-up is doing and how far it is, on a terminal or in a log."""

import os
import shutil
import sys
import time
from typing import TextIO

# Of each command, once the packages are there.
LAUNCHER_STEPS = {"up": 3, "check": 7, "test": 8}
_QUIET = 5.0  # s between two lines of one step where lines cannot be overwritten


class Steps:
    """Numbered steps: `[3/8] Python packages ... 41/68`.

    On a terminal a step is one line that fills up; elsewhere it is a line when it starts, one every few
    seconds while it goes on, and one with the time it took if that was a second or more.
    """

    def __init__(self, total: int, first: int = 1, stream: TextIO | None = None) -> None:
        self.total = total
        self.number = first - 1
        self.stream = stream or sys.stdout
        self.terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self._title = ""
        self._open = False
        self._began = self._spoke = time.monotonic()

    def begin(self, title: str) -> None:
        """Start the next step, ending the one before."""
        self.end()
        self.number += 1
        self._title, self._open = title, True
        self._began = self._spoke = time.monotonic()
        self._write(self._head(), last=not self.terminal)

    def tell(self, how_far: str) -> None:
        """Say how far the step is."""
        now = time.monotonic()
        if self.terminal:
            self._write(f"{self._head()} ... {how_far}", last=False)
        elif now - self._spoke >= _QUIET:
            self._spoke = now
            self._write(f"{self._head()} ... {how_far}", last=True)

    def end(self, result: str = "") -> None:
        """Close the step with its result, or with the time it took."""
        if not self._open:
            return
        self._open = False
        took = time.monotonic() - self._began
        if not (result or self.terminal or took >= 1):
            return
        result = result or (f"done in {took:.0f} s" if took >= 1 else "done")
        self._write(f"{self._head()} ... {result}", last=True)

    def note(self, text: str) -> None:
        """Print a line of its own, without ending the step."""
        if self.terminal and self._open:
            self._write("", last=False)
        self._write(text, last=True, cut=False)
        if self.terminal and self._open:
            self._write(self._head(), last=False)

    def _head(self) -> str:
        return f"[{self.number}/{self.total}] {self._title}"

    def _write(self, text: str, *, last: bool, cut: bool = True) -> None:
        try:
            if self.terminal:
                if cut:
                    text = text[: shutil.get_terminal_size().columns - 1]
                self.stream.write("\r\x1b[K" + text + ("\n" if last else ""))
            else:
                self.stream.write(text + "\n")
            self.stream.flush()
        except OSError:  # the terminal was closed; the work goes on
            pass
