"""The data folder of an installation: whose it is, what is in it, and who works on it."""

import fcntl
import json
import os
import re
import secrets
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from config.launch import processes
from config.launch.errors import CannotStart
from config.launch.identity import Account, remove

ROOT = Path(__file__).resolve().parents[2]

# sun_path is 108 bytes with its closing NUL.
SOCKET_LIMIT = 107
_LONGEST_SOCKET = "/.s.PGSQL.5432"

# What may be in a folder that carries no version yet: the application's own folders, from a command
# that was run by hand before the first start.
OURS = {"files", "mail", "static", "logs", "cache", "beat", "lock"}
LEAST_SPACE = 200 * 1024 * 1024
LAYOUT = 1
AWAY = Path("/var/lib/throughline")


@dataclass(frozen=True)
class Folder:
    """DATA. *services* is where the database, the broker and their sockets lie: usually the folder itself."""

    path: Path
    account: Account | None

    @property
    def reachable(self) -> bool:
        """Whether the account that root steps down to can get here."""
        return self.account is None or self.account.may_enter(self.path.parent)

    @property
    def services(self) -> Path:
        """Where PostgreSQL, Valkey and their sockets are."""
        link = self.path / "services"
        return link.resolve() if link.is_symlink() else self.path

    @property
    def logs(self) -> Path:
        """Where PostgreSQL and Valkey write: beside their data."""
        return self.services / "logs"

    def shown(self, path: Path | None = None) -> str:
        """Return a path as the person at the terminal would write it."""
        path = path or self.path
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else os.fspath(path)

    def open(self) -> None:
        """Make the folder, or check the one that is there.

        Raises CannotStart when it is not ours, is damaged, was used by a newer version, or has no room.
        """
        try:
            self._check_or_make()
        except PermissionError as error:
            raise CannotStart(
                f"{self.shown()} cannot be used by this account ({(error.strerror or 'no permission').lower()}). Start as the account it belongs to,"
                " or choose another folder: make up DATA=/some/where."
            ) from error
        except (NotADirectoryError, FileExistsError) as error:
            raise CannotStart(
                f"{self.shown()} is a file, not a folder. Choose another: make up DATA=/some/where."
            ) from error

    def _check_or_make(self) -> None:
        there = {each.name for each in self.path.iterdir()} if self.path.exists() else set()
        if "version" not in there and not there <= OURS:
            raise CannotStart(
                f"{self.shown()} is not empty and was not made by Throughline; nothing in it was touched."
                " Choose another folder: make up DATA=/some/where."
            )
        if "version" in there:
            self._check_version()
        private(self.path, None)
        free = shutil.disk_usage(self.path).free
        if free < LEAST_SPACE:
            raise CannotStart(
                f"Only {free // 2**20} MB are free where {self.shown()} lies; {LEAST_SPACE // 2**20} MB are needed. Make room, then start again."
            )
        if not self.reachable and not (self.path / "services").is_symlink():
            self._go_away()
        self._settle()
        if "version" not in there:
            self.stamp()

    def _check_version(self) -> None:
        try:
            marker = self._marker()
            layout, application = int(marker["layout"]), marker["application"]
        except (ValueError, KeyError, AttributeError) as error:
            raise CannotStart(
                f"{self.shown(self.path / 'version')} is damaged, so it is unknown which version the data belongs to."
                " Nothing was touched. Restore that file from a backup, or choose another folder: make up DATA=/some/where."
            ) from error
        if layout > LAYOUT or _numbers(application) > _numbers(application_version()):
            raise CannotStart(
                f"{self.shown()} was last used by Throughline {application}, and this is {application_version()}."
                " Nothing was touched. Start the newer version, or choose another folder: make up DATA=/some/where."
            )

    @property
    def cluster_made(self) -> bool:
        """Whether a database was ever made here: if so, its absence is damage and not a beginning."""
        return bool(self._marker().get("postgres"))

    def stamp(self, *, postgres: str = "") -> None:
        """Write which version uses this folder, and which PostgreSQL made its database."""
        marker = {"layout": str(LAYOUT), "application": application_version()}
        if (self.path / "version").exists():
            marker = self._marker() | marker
        if postgres:
            marker["postgres"] = postgres
        new = self.path / "version.new"
        new.write_text(json.dumps(marker) + "\n", encoding="utf-8")
        if self.account and self.reachable:
            self.account.own(new)
        new.replace(self.path / "version")

    def _marker(self) -> dict[str, str]:
        marker = json.loads((self.path / "version").read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in marker.items()}

    def _go_away(self) -> None:
        AWAY.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix="data-", dir=AWAY))
        (self.path / "services").symlink_to(place)

    def _settle(self) -> None:
        for place in {self.services, *([self.path] if self.reachable else [])}:
            private(place, self.account)

    def secret(self, name: str) -> str:
        """Return the secret kept in the file *name*, made up on first use."""
        path = self.path / name
        try:
            kept = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            kept = secrets.token_hex(32)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(kept + "\n")
            if self.account and self.reachable:
                self.account.own(path)
        if not kept:
            raise CannotStart(f"{self.shown(path)} is empty. Restore it from a backup of {self.shown()}.")
        return kept

    def sockets(self) -> Path:
        """Return a fresh private folder for sockets, short enough for the kernel."""
        self.remove_sockets()
        run = self.services / "run"
        if len(os.fsencode(run)) + len(_LONGEST_SOCKET) > SOCKET_LIMIT:
            for parent in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108
                if len(os.fsencode(parent)) < 60:
                    break
            short = Path(tempfile.mkdtemp(prefix="throughline-run-", dir=parent))
            run.symlink_to(short)
            run = short
        return private(run, self.account)

    def remove_sockets(self) -> None:
        """Remove the folder for sockets and, where it was a short one elsewhere, the link to it."""
        run = self.services / "run"
        if run.is_symlink():
            target = run.readlink()
            if target.name.startswith("throughline-run-"):
                remove(target)
            run.unlink()
        else:
            remove(run)

    def erase(self) -> None:
        """Delete everything in it, and what lies elsewhere for it."""
        self.remove_sockets()
        if (self.path / "services").is_symlink() and self.services.parent == AWAY:
            remove(self.services)
        remove(self.path)


class Lock:
    """One supervisor per folder. The kernel lets go of it when its holder ends, however it ends."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._file: TextIO | None = None

    def take(self) -> bool:
        """Take the lock; return whether nobody else had it."""
        path = self.folder.path / "lock"
        file = path.open("a+")
        path.chmod(0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        self.write("")
        return True

    def write(self, address: str) -> None:
        """Say in the lock file who holds it and where it answers."""
        if self._file:
            self._file.seek(0)
            self._file.truncate()
            json.dump(
                {"pid": os.getpid(), "started": processes.started(os.getpid()), "address": address},
                self._file,
            )
            self._file.flush()

    def release(self) -> None:
        """Let go."""
        if self._file:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def holder(self) -> tuple[int | None, str]:
        """Return pid and address of who wrote the file, the pid only while it is the same living process."""
        try:
            said = json.loads((self.folder.path / "lock").read_text())
            pid, began, address = int(said["pid"]), said["started"], str(said["address"])
        except (OSError, ValueError, KeyError, TypeError):
            return None, ""
        return (pid if processes.started(pid) == began else None), address


def application_version() -> str:
    """Return this checkout's version."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def private(path: Path, account: Account | None) -> Path:
    """Make a folder that only *account* (and root) can enter, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    if account:
        account.own(path)
    return path


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
