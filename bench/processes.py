"""Start servers to be measured, and read what they use: CPU to the microsecond, and memory."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
# Below the range from which the system gives ports to outgoing connections.
PORTS = range(20_000, 32_000)
START = 60.0  # s


def cpu_of(pid: int) -> float:
    """Return the CPU seconds that a process has used so far, its ended threads included; 0 when it is gone."""
    try:
        # The kernel's number for the CPU clock of another process, see clock_getcpuclockid(3).
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def memory_of(pid: int) -> int:
    """Return the bytes of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def parent_of(pid: int) -> int:
    """Return the number of a process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(parent: int) -> list[int]:
    """Return the processes that a process started and that still run."""
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdigit() and parent_of(int(place.name)) == parent:
                found.append(int(place.name))
    return found


class Postgres:
    """All processes of the database server."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.postmaster = parent_of(cursor.fetchone()[0])

    def cpu(self) -> dict[int, float]:
        """Return the CPU seconds of each of them so far."""
        return {pid: cpu_of(pid) for pid in [self.postmaster, *children_of(self.postmaster)]}

    @staticmethod
    def used(before: dict[int, float], after: dict[int, float]) -> float:
        """Return the CPU seconds between two looks; what a process that ended meanwhile used is not in it."""
        return sum(max(0.0, seconds - before.get(pid, 0.0)) for pid, seconds in after.items())


@dataclass
class Server:
    """A process that serves on a port of this machine."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.process.pid

    def cpu(self) -> float:
        """Return the CPU seconds it has used so far."""
        return cpu_of(self.pid)


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nobody listens."""
    start = PORTS.start + os.getpid() * 13 % (len(PORTS) - 200)
    for port in range(start, start + 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


@contextlib.contextmanager
def web(*, limit: bool = False) -> Iterator[Server]:
    """Serve the product as `make up` does, or the limit it is held against."""
    module = "bench.limit:application" if limit else "config.asgi:application"
    settings = "bench.limit_settings" if limit else "bench.settings"
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", module, "--host", "127.0.0.1", "--port", str(port)),
        *(
            "--timeout-graceful-shutdown",
            "2",
            "--no-access-log",
            "--no-server-header",
            "--log-level",
            "error",
        ),
    ]
    with running(command, port, DJANGO_SETTINGS_MODULE=settings) as server:
        _wait_for(server, "/healthz/live")
        yield server


@contextlib.contextmanager
def running(command: list[str], port: int, **environment: str) -> Iterator[Server]:
    """Run a process for the length of a block."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server, path: str) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise RuntimeError(f"the server ended with {server.process.returncode}")
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5),
        ):
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not answer")
