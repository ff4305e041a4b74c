"""The data folder of an installation: whose it is, what is in it, and who works on it."""

import fcntl
import json
import os
import re
import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from config.launch import processes
from config.launch.errors import CannotStart
from config.launch.identity import Account, private, remove

ROOT = Path(__file__).resolve().parents[2]

# sun_path is 108 bytes with its closing NUL.
SOCKET_LIMIT = 107
_LONGEST_SOCKET = "/.s.PGSQL.5432"
_SHORT = "throughline-run-"

# What may be in a folder that carries no version yet: the application's own folders, from a command
# that was run by hand before the first start.
OURS = {"files", "mail", "static", "logs", "cache", "beat", "lock"}
LEAST_SPACE = 200 * 1024 * 1024
LAYOUT = 1
AWAY = Path("/var/lib/throughline")


@dataclass(frozen=True)
class Folder:
    """DATA. What PostgreSQL and Valkey need is in *services*, which alone belongs to *account*.

    *account* is given where this process stays root while they must not be; else everything is ours.
    """

    path: Path
    account: Account | None = None

    @property
    def services(self) -> Path:
        """Where PostgreSQL, Valkey and their sockets are: in here, unless their account cannot get here."""
        inside = self.path / "services"
        if inside.is_symlink() and (away := inside.resolve()).parent == AWAY:
            return away
        return inside

    @property
    def logs(self) -> Path:
        """Where everything writes its log."""
        return self.path / "logs"

    def shown(self, path: Path | None = None) -> str:
        """Return a path as the person at the terminal would write it."""
        path = path or self.path
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else os.fspath(path)

    def check(self) -> None:
        """Look whether it can be used, without touching it.

        Raises CannotStart when it is not ours, is damaged, was used by a newer version, or has no room.
        """
        with self._refusals():
            there = {each.name for each in self.path.iterdir()} if self.path.exists() else set()
            if "version" in there:
                self._check_version()
            elif not there <= OURS:
                raise CannotStart(
                    f"{self.shown()} is not empty and was not made by Throughline; nothing in it was touched."
                    " Choose another folder: make up DATA=/some/where."
                )
        place = next(each for each in (self.path, *self.path.parents) if each.exists())
        free = shutil.disk_usage(place).free
        if free < LEAST_SPACE:
            raise CannotStart(
                f"Only {free // 2**20} MB are free where {self.shown()} lies; {LEAST_SPACE // 2**20} MB are needed."
                " Make room, then start again."
            )

    def make(self) -> None:
        """Make what is missing of it. Raises CannotStart when this account may not."""
        with self._refusals():
            inside = self.path / "services"
            within_reach = self.account is None or self.account.may_enter(self.path.parent)
            # Where the servers have an account of their own it passes through to its part, and no more.
            private(self.path, None, 0o711 if self.account and within_reach else 0o700)
            if not within_reach and not inside.is_symlink():
                AWAY.mkdir(mode=0o755, parents=True, exist_ok=True)
                inside.symlink_to(private(Path(tempfile.mkdtemp(prefix="data-", dir=AWAY)), self.account))
            if self.services == inside:
                private(inside, self.account)
            for name in ("logs", "files", "mail", "static", "cache", "beat"):
                private(self.path / name, None)
            if not (self.path / "version").exists():
                self.stamp()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except PermissionError as error:
            raise CannotStart(
                f"{self.shown()} cannot be used by this account ({(error.strerror or 'no permission').lower()})."
                " Start as the account it belongs to, or choose another folder: make up DATA=/some/where."
            ) from error
        except (NotADirectoryError, FileExistsError) as error:
            raise CannotStart(
                f"{self.shown(Path(error.filename))} is a file or a link where a folder is needed."
                " Choose another: make up DATA=/some/where."
            ) from error

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
        new.replace(self.path / "version")

    def _marker(self) -> dict[str, str]:
        marker = json.loads((self.path / "version").read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in marker.items()}

    def secret(self, name: str) -> str:
        """Return the secret kept in the file *name*, made up on first use."""
        path = self.path / name
        try:
            kept = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            kept = secrets.token_hex(32)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(kept + "\n")
        if not kept:
            raise CannotStart(f"{self.shown(path)} is empty. Restore it from a backup of {self.shown()}.")
        return kept

    def sockets(self) -> Path:
        """Return a fresh private folder for sockets, short enough for the kernel."""
        self.remove_sockets()
        run = self.services / "run"
        if len(os.fsencode(run)) + len(_LONGEST_SOCKET) > SOCKET_LIMIT:
            short = Path(tempfile.mkdtemp(prefix=_SHORT, dir="/tmp"))
            run.symlink_to(short)
            run = short
        return private(run, self.account)

    def remove_sockets(self) -> None:
        """Remove the folder for sockets and, where it was a short one elsewhere, the link to it."""
        run = self.services / "run"
        if run.is_symlink():
            target = run.readlink()
            if target.parent == Path("/tmp") and target.name.startswith(_SHORT):  # noqa: S108
                remove(target)
            run.unlink()
        else:
            remove(run)

    def erase(self) -> None:
        """Delete everything in it, and what lies elsewhere for it."""
        self.remove_sockets()
        if (self.path / "services").is_symlink() and self.services.parent == AWAY:
            remove(self.services)
        # All but the folder itself goes where its parent is somebody else's.
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


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
