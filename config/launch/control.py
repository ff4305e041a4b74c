"""`make down` and `make reset`: from outside, on a folder that a supervisor may hold."""

import signal
import sys

from config.launch import processes
from config.launch.errors import CannotStart
from config.launch.folder import Folder, Lock

_PATIENCE = 30.0


def down(folder: Folder) -> int:
    """Stop the supervisor of *folder* and whatever an earlier one left behind; return the exit code."""
    if not folder.path.is_dir():
        print(f"Nothing runs on {folder.shown()}.")
        return 0
    lock = Lock(folder)
    if not lock.take():
        pid, _ = lock.holder()
        if pid is None:
            raise CannotStart(
                f"Somebody holds {folder.shown(folder.path / 'lock')} but does not say who. Look for it with: fuser {folder.path / 'lock'}"
            )
        processes.send(pid, signal.SIGTERM)
        if not processes.until(lambda: processes.started(pid) is None, _PATIENCE, every=0.05):
            raise CannotStart(
                f"Process {pid} was asked to stop and has not within {_PATIENCE:.0f} s. Its logs are in {folder.shown(folder.path / 'logs')}."
            )
        print(f"Stopped what ran on {folder.shown()}.")
        return 0
    left = clear_out(folder)
    lock.release()
    print(
        f"Stopped {left} processes that an earlier start left on {folder.shown()}."
        if left
        else f"Nothing runs on {folder.shown()}."
    )
    return 0


def clear_out(folder: Folder) -> int:
    """Stop the servers that a killed supervisor left behind; return how many processes there were."""
    return processes.clear_out(folder.services / "postgres", signal.SIGINT) + processes.clear_out(
        folder.services / "valkey", signal.SIGTERM
    )


def reset(folder: Folder, *, sure: bool) -> int:
    """Delete all data of *folder* after asking; return the exit code."""
    if not folder.path.exists():
        print(f"There is nothing in {folder.shown()}.")
        return 0
    if not (folder.path / "version").exists():
        raise CannotStart(f"{folder.shown()} was not made by Throughline, so it is left alone.")
    lock = Lock(folder)
    if not lock.take():
        raise CannotStart(f"Throughline runs on {folder.shown()}. Stop it first: make down")
    if not sure:
        print(
            f"This deletes everything in {folder.path}: the database, files and mails. It cannot be undone."
        )
        print("Type yes to go on: ", end="", flush=True)
        if sys.stdin.readline().strip().lower() != "yes":
            print("Nothing was deleted.")
            return 1
    clear_out(folder)
    folder.erase()
    lock.release()
    print(f"Deleted {folder.shown()}.")
    return 0
