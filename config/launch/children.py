"""One long-running child process: start it, see it come up, stop it."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path

from config.launch import identity, processes
from config.launch.errors import CannotStart

# PostgreSQL's last line is often only that it has shut down.
_TELLING = re.compile(r"FATAL|PANIC|\bE?rror\b|Bad file format")
LOG_LIMIT = 20 * 1024 * 1024


def _nothing() -> None:
    return None


@dataclass
class Child:
    """A process that belongs to this one and dies with it.

    *stop_with* lists signals and how many seconds each gets to work; SIGKILL comes by itself at the end.
    *prepare* runs before every start, *ready* says whether it answers.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    folder: Path
    log: Path
    ready: Callable[[], bool]
    account: identity.Account | None = None
    stop_with: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 5.0),)
    prepare: Callable[[], None] = _nothing
    patience: float = 30.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    log_began: int = field(default=0, init=False)

    def start(self) -> None:
        """Start the process, without waiting for it to answer."""
        self.prepare()
        parent = os.getpid()
        death = self.stop_with[0][0]
        with open_log(self.log) as log:
            self.log_began = log.tell()
            # In a session of its own: Ctrl-C at the terminal must reach the supervisor only, which
            # then stops everything in order.
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: processes.die_with(parent, death),
                **identity.options(self.account),
            )

    def wait_until_ready(self) -> None:
        """Wait until it answers.

        Raises CannotStart with the log's last words when it ends instead, or takes too long.
        """
        processes.until(lambda: not self.alive() or self.ready(), self.patience)
        if not self.alive():
            raise CannotStart(f"{self.name} did not start: {self.reason()} (log: {self.log})")
        if not self.ready():
            raise CannotStart(f"{self.name} gave no answer within {self.patience:.0f} s (log: {self.log}).")

    def alive(self) -> bool:
        """Return whether the process runs; a dead one is reaped by this call, so that no zombie stays."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Stop the process and all that it started, by its own signals first."""
        if self.process is None:
            return
        for number, seconds in (*self.stop_with, (signal.SIGKILL, 5.0)):
            if not self.alive():
                break
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self.kill_group()
        self.process = None

    def kill_group(self) -> None:
        """Kill what a dead process left in its session."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def reason(self) -> str:
        """Return the line of the log, since the last start, that tells best why it ended."""
        lines = last_words(self.log, lines=50, since=self.log_began).splitlines()
        telling = [line for line in lines if _TELLING.search(line)]
        return (telling or lines)[-1]

    def ending(self) -> str:
        """Say how the dead process ended."""
        code = self.process.returncode if self.process else None
        if code is None:
            return "is running"
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def open_log(path: Path) -> BufferedWriter:
    """Open a log for appending, first emptying one that has grown too long. A child inherits it open."""
    shorten(path)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600), "ab")


def shorten(path: Path) -> None:
    """Keep a log within bounds: copy a long one to NAME.1 and empty it.

    Emptied rather than renamed, because the process that writes it holds it open in append mode.
    """
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        older = path.with_name(path.name + ".1")
        older.write_bytes(path.read_bytes())
        os.chmod(older, 0o600)
        os.truncate(path, 0)


def last_words(path: Path, lines: int = 1, since: int = 0) -> str:
    """Return the last lines of a log that say something, from byte *since* on."""
    try:
        text = path.read_bytes()[since:].decode(errors="replace")
    except OSError:
        return "it wrote nothing"
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(said[-lines:]) or "it wrote nothing"
