"""Whose account a process runs under. PostgreSQL refuses root, and nothing here needs it."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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

    def succeeds(self, command: list[str], folder: Path) -> bool:
        """Return whether *command* works in *folder* as this account."""
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, cwd=folder, **self.popen_options()
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def own(self, path: Path) -> None:
        """Give *path* and everything below it to this account; links are not followed."""
        for each in _tree(path):
            if (info := each.lstat()).st_uid != self.uid or info.st_gid != self.gid:
                os.chown(each, self.uid, self.gid, follow_symlinks=False)


def unprivileged() -> Account | None:
    """Return the account that root steps down to; None when this process is not root.

    Raises LookupError on a machine with neither `postgres` nor `nobody`.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(
        "This machine has neither an account 'postgres' nor 'nobody' to run the database under."
    )


def options(account: Account | None) -> dict[str, Any]:
    """Return subprocess arguments for *account*, or none for the account we already are."""
    return account.popen_options() if account else {}


def remove(path: Path) -> None:
    """Delete a folder tree, or nothing when it is gone already."""
    shutil.rmtree(path, ignore_errors=True)


def _tree(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                yield Path(folder, name)
