"""`make up` from the point where the packages are there: services, tables, demo, web and worker."""

import os
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.launch import commands, identity, processes
from config.launch.address import check_port, port_number
from config.launch.children import last_words, open_log
from config.launch.errors import CannotStart, Stopping
from config.launch.folder import AWAY, ROOT, Folder, Lock
from config.launch.postgres import MAJOR, Postgres
from config.launch.prepare import MARK
from config.launch.progress import Steps
from config.launch.supervisor import Supervisor, ignore_signals, stop_on_signals
from config.launch.valkey import Valkey


@dataclass(frozen=True)
class Options:
    """What the person may choose, from the environment."""

    data: Path
    host: str
    port: int
    demo: bool

    @classmethod
    def read(cls) -> "Options":
        """Read DATA, HOST, PORT and DEMO; raises CannotStart where one makes no sense."""
        return cls(
            data=Path(os.environ.get("DATA") or ROOT / "var").resolve(),
            host=os.environ.get("HOST") or "127.0.0.1",
            port=port_number(os.environ.get("PORT") or "8000"),
            demo=os.environ.get("DEMO", "1") not in ("0", "no", "false"),
        )


def up(options: Options, steps: Steps) -> int:
    """Run everything until asked to stop; return the exit code.

    Raises CannotStart when something keeps it from starting; whatever had started is stopped first.
    """
    stop_on_signals()
    folder = Folder(options.data)
    with ExitStack() as stack:
        # Last of all, when even the database has stopped.
        supervisor = Supervisor(steps.note)
        try:
            _start(options, folder, supervisor, steps, stack)
            supervisor.watch()
        except Stopping:
            steps.end("stopped")
            steps.note("Stopping ...")
            ignore_signals()
            began = time.monotonic()
            supervisor.stop()
            steps.note(f"Stopped in {time.monotonic() - began:.1f} s. The data is in {folder.shown()}.")
        finally:
            ignore_signals()
            supervisor.stop()
    return 0


def _start(options: Options, folder: Folder, supervisor: Supervisor, steps: Steps, stack: ExitStack) -> None:
    steps.begin("PostgreSQL and Valkey")
    folder.check()
    folder = _step_down(folder, steps)
    folder.make()
    lock = Lock(folder)
    if not lock.take():
        pid, address = lock.holder()
        raise CannotStart(
            f"Throughline already runs on {folder.shown()}"
            + (f" (process {pid}{f', {address}' if address else ''})" if pid else "")
            + f". Stop it with: {_make('down', options)}"
        )
    stack.callback(lock.release)
    check_port(options.host, options.port)
    database, broker = _services(folder, supervisor, steps, stack)

    settings = commands.environment(
        folder, host=options.host, port=options.port, database=database, broker=broker
    )
    refuse_newer_tables(settings.get("DATABASE_URL", ""))

    steps.begin("Tables, framework" + (", demo engagements" if options.demo else ""))
    sign_ins = _prepare(options, settings, folder.logs / "setup.log", steps)
    folder.stamp()

    steps.begin("Worker and web process")
    supervisor.add(commands.worker(folder, settings))
    supervisor.add(commands.web(folder, settings, host=options.host, port=options.port))
    steps.end()
    base = settings.get("BASE_URL", "")
    lock.write(base)
    steps.note(
        f"\nThroughline runs at {base}\n"
        f"  Data in {folder.shown()}, logs in {folder.shown(folder.logs)}\n"
        f"  Stop with Ctrl-C here, or elsewhere with: {_make('down', options)}\n"
    )
    if sign_ins:
        steps.note(sign_ins + "\n")


def _services(folder: Folder, supervisor: Supervisor, steps: Steps, stack: ExitStack) -> tuple[str, str]:
    """Start the servers that the environment does not name; return their addresses, empty for a named one."""
    own_database = not commands.has(dict(os.environ), "DATABASE_URL")
    own_broker = not commands.has(dict(os.environ), "REDIS_URL")
    if not own_database and not own_broker:
        return "", ""
    sockets = folder.sockets()
    stack.callback(folder.remove_sockets)
    postgres = Postgres(
        data=folder.services / "postgres",
        sockets=sockets,
        log=folder.logs / "postgres.log",
        account=folder.account,
        password=folder.secret("database-password"),
        superuser_password=folder.secret("superuser-password"),
    )
    if own_database:
        if not postgres.data.exists():
            if folder.cluster_made:
                raise CannotStart(
                    f"The database that belongs to {folder.shown()} is missing ({postgres.data}). Nothing was touched. Restore a backup."
                )
            steps.tell("making the database")
            postgres.create()
        folder.stamp(postgres=MAJOR)
        postgres.check()
        steps.tell("starting PostgreSQL")
        supervisor.add(postgres.child())
    valkey = Valkey(
        data=identity.private(folder.services / "valkey", folder.account),
        sockets=sockets,
        log=folder.logs / "valkey.log",
        account=folder.account,
    )
    if own_broker:
        steps.tell("starting Valkey")
        try:
            supervisor.add(valkey.child())
        except CannotStart:
            failed = supervisor.watched.pop().child
            failed.stop()
            steps.note(
                f"  Valkey cannot read its own file ({failed.reason()}). It is kept in {valkey.set_aside()},"
                " and Valkey starts afresh; waiting jobs are in the database and are found again."
            )
            supervisor.add(valkey.child())
    return (postgres.url if own_database else ""), (valkey.url if own_broker else "")


def _step_down(folder: Folder, steps: Steps) -> Folder:
    """Stop being root, for good where an unprivileged account can do everything; else for the servers only.

    Raises CannotStart when the data belong to an account that cannot run what uses them.
    """
    account = identity.unprivileged(folder.path)
    if account is None:
        return folder
    if account.may_enter(folder.path.parent) and account.may_run(ROOT):
        if not folder.path.exists() or folder.path.stat().st_uid != account.uid:
            identity.private(folder.path, account)
            identity.give(folder.path, account)
        account.become(folder.path)
        return folder
    if folder.path.exists() and folder.path.stat().st_uid != 0:
        raise CannotStart(
            f"{folder.shown()} belongs to the account '{account.name}', which cannot reach this checkout or its Python."
            " Start it where that account can, or choose another folder: make up DATA=/some/where."
        )
    steps.note(
        f"  Web and worker run as root, the servers as '{account.name}', who cannot reach this checkout or its Python."
    )
    folder = Folder(folder.path, account)
    if not account.may_enter(folder.path.parent):
        steps.note(
            f"  The servers keep their files in {AWAY}, since '{account.name}' cannot enter {folder.path.parent}."
        )
    return folder


def _prepare(options: Options, settings: dict[str, str], log: Path, steps: Steps) -> str:
    """Run the preparing commands; return what the last one, the list of sign-ins, said."""
    wanted = [*commands.PREPARE, *(commands.DEMO if options.demo else ())]
    titles = {command: title for title, command in wanted}
    parent = os.getpid()
    said: list[str] = []
    with open_log(log) as kept:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.launch.prepare", *titles],
            env=settings,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=kept,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: processes.die_with(parent, signal.SIGTERM),
        )
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            with process.stdout as lines:
                for line in lines:
                    kept.write(line.encode())
                    kept.flush()
                    if line.startswith(MARK):
                        said.clear()
                        steps.tell(titles[line.removeprefix(MARK).rstrip("\n")].lower())
                    else:
                        said.append(line.rstrip())
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code:
        raise CannotStart(
            f"Preparing the tables and the demo failed:\n{last_words(log, lines=6)}\n(log: {log})"
        )
    return "\n".join(said).strip() if options.demo else ""


def refuse_newer_tables(url: str) -> None:
    """Raise CannotStart when the database holds migrations of ours that this checkout does not know."""
    if not url:
        return
    known = {(app, path.stem) for app in commands.APPS for path in (ROOT / app / "migrations").glob("*.py")}
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            if connection.execute("select to_regclass('django_migrations')").fetchone() == (None,):
                return
            applied = connection.execute(
                "select app, name from django_migrations where app = any(%s)", [list(commands.APPS)]
            ).fetchall()
    except psycopg.OperationalError as error:
        raise CannotStart(
            f"The database that DATABASE_URL names cannot be reached: {' '.join(str(error).split())}"
        ) from error
    if unknown := sorted(set(applied) - known):
        app, name = unknown[-1]
        raise CannotStart(
            f"The database was last used by a newer Throughline (it holds {app}.{name}, which this checkout does not know)."
            " Nothing was touched. Start the newer version, or choose another folder: make up DATA=/some/where."
        )


def _make(target: str, options: Options) -> str:
    data = "" if options.data == ROOT / "var" else f" DATA={shlex.quote(os.fspath(options.data))}"
    return f"make {target}{data}"
