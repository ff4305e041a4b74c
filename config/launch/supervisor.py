"""Keeps the children running and stops them in order."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from config.launch.children import Child, shorten
from config.launch.errors import CannotStart, Stopping

_LONGEST_PAUSE = 30.0
_STEADY = 60.0  # s after which an earlier death is forgotten
_LOOK = 0.2
_SHORTEN_EVERY = 60.0


@dataclass
class _Watched:
    child: Child
    deaths: int = 0
    started: float = 0.0
    due: float | None = None


@dataclass
class Supervisor:
    """Children in the order they were started; *say* prints one line for the person at the terminal."""

    say: Callable[[str], None]
    watched: list[_Watched] = field(default_factory=list)
    shortened: float = field(default_factory=time.monotonic, init=False)

    def add(self, child: Child) -> None:
        """Start a child and wait until it answers.

        Raises CannotStart when it does not.
        """
        self.adopt(child)
        child.start()
        child.wait_until_ready()

    def adopt(self, child: Child) -> None:
        """Look after a child from now on."""
        self.watched.append(_Watched(child, started=time.monotonic()))

    def watch(self) -> None:
        """Start again what dies, until Stopping is raised by a signal."""
        while True:
            self.look()
            time.sleep(_LOOK)

    def look(self) -> None:
        """Look at every child once, and now and then at its log."""
        now = time.monotonic()
        for each in self.watched:
            self._look_after(each, now)
        if now - self.shortened > _SHORTEN_EVERY:
            self.shortened = now
            for each in self.watched:
                shorten(each.child.log)

    def stop(self) -> None:
        """Stop the children, the last started first."""
        for each in reversed(self.watched):
            each.child.stop()
        self.watched.clear()

    def _look_after(self, each: _Watched, now: float) -> None:
        if each.due is not None:
            if now >= each.due:
                self._start_again(each, now)
            return
        if each.child.alive():
            if each.deaths and now - each.started > _STEADY:
                each.deaths = 0
            return
        each.child.kill_group()
        pause = min(_LONGEST_PAUSE, 2.0**each.deaths - 1)
        each.deaths += 1
        each.due = now + pause
        when = f"in {pause:.0f} s" if pause else "now"
        self.say(
            f"{each.child.name} {each.child.ending()}; starting it again {when} (log: {each.child.log})."
        )
        if each.deaths > 1:
            self.say(f"  Its last words: {each.child.reason()}")

    def _start_again(self, each: _Watched, now: float) -> None:
        each.due = None
        each.started = now
        try:
            each.child.start()
        except (CannotStart, OSError) as error:
            each.deaths += 1
            each.due = now + min(_LONGEST_PAUSE, 2.0**each.deaths)
            self.say(f"{each.child.name} cannot be started again: {error}")


def stop_on_signals() -> None:
    """Let Ctrl-C, `make down` and a closing terminal raise Stopping in this process."""

    def stop(number: int, frame: object) -> None:
        # Once is enough: a second Ctrl-C must not cut the orderly stop short.
        ignore_signals()
        raise Stopping(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def ignore_signals() -> None:
    """Let nothing interrupt what follows."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
