"""Workload 9: the first start, from an empty folder to the first page, as `make up DEMO=0` does it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from bench.figures import Line, Result, Target
from bench.processes import ROOT, children_of, free_port

MOST_CPU = 10.0  # s
PATIENCE = 180.0
TICKS = os.sysconf("SC_CLK_TCK")


def run() -> Result:
    """Start the product on nothing, ask for its first page, and stop it."""
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as place:
        # Where the servers' own account can reach it.
        os.chmod(place, 0o755)
        port = free_port() + 100
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL", "ALLOWED_HOSTS", "DEBUG")
        }
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "config.launch", "up"],
            cwd=ROOT,
            env=clean
            | {
                "DATA": os.fspath(Path(place) / "data"),
                "PORT": str(port),
                "DEMO": "0",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        try:
            _first_page(process, port)
            seconds = time.perf_counter() - began
            used = _cpu_of_all(process.pid)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    return Result(
        [Line("empty folder to first page, without demo", {"CPU ms": 1000 * used, "seconds": seconds})],
        [Target("CPU of the first start, all processes", used, MOST_CPU, "s")],
    )


def _first_page(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the start ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=10) as page:
                if page.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError("no first page")


def _cpu_of_all(pid: int) -> float:
    """Return the CPU seconds of a process and of all it started, those that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(field) for field in fields[11:15]) / TICKS
    return own + sum(_cpu_of_all(child) for child in children_of(pid))
