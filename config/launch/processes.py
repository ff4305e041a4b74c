"""Processes as the kernel sees them: who is alive, since when, and where."""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def started(pid: int) -> int | None:
    """Return when *pid* started, in clock ticks since boot; None when it is gone or a zombie.

    A pid alone is no identity (it is used again), and a zombie answers kill(pid, 0) like a living process
    for as long as its parent does not wait for it.
    """
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def living_in(folder: Path) -> list[int]:
    """Return the living processes whose working folder is *folder*, this one left out.

    PostgreSQL and Valkey both work inside their data folder, and so do their children: this finds what an
    earlier supervisor left behind, whatever their pid files say.
    """
    place = os.path.realpath(folder)
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            here = (entry / "cwd").readlink()
        except OSError:  # gone meanwhile, or not ours to see
            continue
        if str(here) == place and started(int(entry.name)) is not None:
            found.append(int(entry.name))
    return sorted(found)


def until(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Wait until *condition* holds, looking *every* so many seconds; return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def clear_out(folder: Path, first: signal.Signals, patience: float = 5) -> int:
    """Stop whatever an earlier run left working in *folder*, politely with *first*, then for good.

    Returns how many processes there were.
    """
    found = living_in(folder)
    for number, seconds in ((first, patience), (signal.SIGKILL, 5.0)):
        for pid in living_in(folder):
            send(pid, number)
        if until(lambda: not living_in(folder), seconds, every=0.05):
            break
    return len(found)


def die_with(parent: int, number: signal.Signals) -> None:
    """Ask the kernel to send *number* to this process when *parent* dies, even by kill -9.

    To be called in the child between fork and exec, after it has changed its account: changing it forgets
    the request. Python sets SIGPIPE and blocked signals back itself.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != parent:  # it died between fork and here
        os._exit(1)
