"""Whose account a process runs under. PostgreSQL refuses root, and nothing here needs it for long."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.launch.errors import CannotStart


@dataclass(frozen=True)
class Account:
    """An unprivileged account of this machine."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """Return the arguments that make subprocess start a child as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def may_enter(self, folder: Path) -> bool:
        """Return whether this account can reach what lies in *folder* (every parent lets it through)."""
        return self.succeeds(["/bin/sh", "-c", 'cd "$0"', os.fspath(folder)], Path("/"))

    def may_run(self, checkout: Path) -> bool:
        """Return whether this account can run this Python, its packages and the project."""
        return self.succeeds(
            [sys.executable, "-c", "import django, config; open('manage.py').close()"], checkout
        )

    def succeeds(self, command: list[str], folder: Path) -> bool:
        """Return whether *command* works in *folder* as this account."""
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, cwd=folder, **self.popen_options()
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def become(self, home: Path) -> None:
        """Turn this process, and all that it will start, into this account for good; *home* takes the place of root's."""
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        os.environ |= {
            "HOME": os.fspath(home),
            "XDG_CACHE_HOME": os.fspath(home / "cache"),
            "USER": self.name,
            "LOGNAME": self.name,
        }
        os.environ.pop("XDG_RUNTIME_DIR", None)


def unprivileged(folder: Path | None = None) -> Account | None:
    """Return the account that root steps down to; None when this process is not root.

    A *folder* that belongs to somebody goes on belonging to them: then it is their account.
    Raises CannotStart on a machine with neither `postgres` nor `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if folder is not None and folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(_name(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "Root may not run a database, and this machine has neither an account 'postgres' nor 'nobody'."
    )


def options(account: Account | None) -> dict[str, Any]:
    """Return subprocess arguments for *account*, or none for the account we already are."""
    return account.popen_options() if account else {}


def private(path: Path, account: Account | None, mode: int = 0o700) -> Path:
    """Make a folder that belongs to *account* (else to us) with these rights, and return it.

    Never through a link: where an unprivileged account may write it could lead root anywhere.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(handle, mode)
        if account:
            os.fchown(handle, account.uid, account.gid)
    finally:
        os.close(handle)
    return path


def give(path: Path, account: Account) -> None:
    """Give a folder and everything in it to *account*; links themselves, never what they lead to."""
    for _, folders, files, handle in os.fwalk(path, follow_symlinks=False):
        for name in (".", *folders, *files):
            os.chown(name, account.uid, account.gid, dir_fd=handle, follow_symlinks=False)


def remove(path: Path) -> None:
    """Delete a folder tree, or nothing when it is gone already."""
    shutil.rmtree(path, ignore_errors=True)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
