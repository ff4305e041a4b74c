"""A whole installation of its own for a test: `python -m config.launch up` on a free port and folder."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from config.launch import identity, processes
from config.launch.folder import ROOT

OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "DATA",
    "SECRET_KEY",
    "BASE_URL",
    "ALLOWED_HOSTS",
    "PORT",
    "HOST",
    "DEMO",
)


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Make a temporary folder that the account root steps down to can pass through."""
    with tempfile.TemporaryDirectory(prefix="throughline-setup-") as name:
        place = Path(name)
        place.chmod(0o711)
        yield place


def free_port() -> int:
    """Return a port below the ephemeral range that nobody listens on."""
    for port in range(20000 + os.getpid() % 5000, 32000):
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                line.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


def environment(**given: str) -> dict[str, str]:
    """Return this process's environment without the test run's own services, and with *given*."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | {"DEMO": "0"} | given


class Installation:
    """One `up` on *data*; what it prints goes to a file beside it."""

    def __init__(self, data: Path, port: int, **given: str) -> None:
        self.data = data
        self.port = port
        self.output = data.with_name(data.name + ".out")
        self.environment = environment(DATA=os.fspath(data), PORT=str(port), **given)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Installation":
        """Start it and wait until it has said where it answers."""
        self.begin()
        self.wait(lambda: "Throughline runs at" in self.said(), 90)
        return self

    def begin(self) -> None:
        """Start it without waiting."""
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.launch", "up"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until *condition* holds; fail with all it said when it ends first or takes too long."""
        assert self.process is not None
        running = self.process
        processes.until(lambda: condition() or running.poll() is not None, seconds, every=0.05)
        assert condition(), f"code {running.poll()}:\n{self.said()}"

    def said(self) -> str:
        """Return what it has printed so far."""
        return self.output.read_text()

    def get(self, path: str) -> int:
        """Return the status that a page answers with, 0 when nobody answers."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", path)
            return line.getresponse().status
        except OSError:
            return 0
        finally:
            line.close()

    def ready(self) -> dict[str, bool]:
        """Return what the readiness page says of database, broker and worker."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            line.request("GET", "/healthz/ready")
            return dict(json.loads(line.getresponse().read()))
        except OSError:
            return {"database": False, "broker": False, "worker": False}
        finally:
            line.close()

    def database_url(self) -> str:
        """Return the address of its database, from the secrets in its folder."""
        password = (self.data / "database-password").read_text().strip()
        return f"postgresql://throughline:{password}@/throughline?host={quote(os.fspath(self.data / 'services' / 'run'), safe='')}"

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def kill(self) -> None:
        """Kill the supervisor itself, so that it can clean nothing up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def close(self) -> None:
        """End it at the end of a test, whatever happened in between."""
        if self.process is not None and self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop()
            if self.process.poll() is None:
                self.kill()

    def pid_of(self, folder: str) -> int:
        """Return the first process that works in a folder of the data: postgres or valkey."""
        return processes.living_in(self.data / "services" / folder)[0]

    def child(self, word: str) -> int:
        """Return the supervisor's child whose command line holds *word*."""
        assert self.process is not None
        for pid in children_of(self.process.pid):
            if word in command_line(pid):
                return pid
        raise AssertionError(f"no child with {word} in its command line")


@contextmanager
def installation(data: Path, **given: str) -> Iterator[Installation]:
    """Yield an installation on *data* that is not started yet and is ended afterwards."""
    it = Installation(data, free_port(), **given)
    try:
        yield it
    finally:
        it.close()


def up(data: Path, **given: str) -> "subprocess.CompletedProcess[str]":
    """Run `up` where it is expected to refuse, and return how it ended and what it said."""
    return launch("up", DATA=os.fspath(data), **{"PORT": str(free_port()), **given})


def launch(*words: str, said: str = "", **given: str) -> "subprocess.CompletedProcess[str]":
    """Run one command of the launcher to its end."""
    command = [sys.executable, "-m", "config.launch", *words]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        input=said,
        cwd=ROOT,
        env=environment(**given),
        timeout=90,
    )


def output_of(command: list[str]) -> str:
    """Run a program of the machine in the checkout and return what it prints.

    A make that started the tests tells makes below it to say where they are; this one is to be nobody's.
    """
    alone = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=alone).stdout


def children_of(pid: int) -> list[int]:
    """Return the living children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split() if processes.started(int(word)) is not None]


def command_line(pid: int) -> str:
    """Return the words a process was started with."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def owner(pid: int) -> int:
    """Return the effective user id of a process."""
    return Path(f"/proc/{pid}").stat().st_uid


def stepping_down() -> identity.Account | None:
    """Return the account that root steps down to; None when the tests do not run as root."""
    return identity.unprivileged()


def all_of_it() -> identity.Account | None:
    """Return the account that everything runs as where it can reach this checkout and its Python, else None."""
    account = identity.unprivileged()
    return account if account and account.may_run(ROOT) else None
