"""Services for one test run: a temporary folder, sockets only, gone afterwards."""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.launch import identity
from config.launch.children import Child
from config.launch.folder import SOCKET_LIMIT
from config.launch.identity import private
from config.launch.postgres import Postgres, new_secret
from config.launch.valkey import Valkey

PREFIX = "throughline-test-"
_STALE = 60  # s; younger folders may be about to be locked by their owner


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """Start PostgreSQL and Valkey on nothing and yield the environment that reaches them.

    Everything lies in one new folder under the temporary directory, closed to others; both servers end and the folder
    goes when the block is left, and when this process is killed they end with it.
    """
    account = identity.unprivileged()
    with ExitStack() as stack:
        place = _temporary(account, stack)
        private(place / "logs", None)
        private(place / "services", account)
        postgres = Postgres(
            data=place / "services" / "postgres",
            sockets=private(place / "services" / "run", account),
            log=place / "logs" / "postgres.log",
            account=account,
            password=new_secret(),
            superuser_password=new_secret(),
            throwaway=True,
        )
        postgres.create()
        _start(postgres.child(), stack)
        url = stack.enter_context(broker(place, account))
        yield environment(place / "data") | {"DATABASE_URL": postgres.url, "REDIS_URL": url}


@contextmanager
def broker(place: Path, account: identity.Account | None) -> Iterator[str]:
    """Start one Valkey in *place* and yield its address."""
    with ExitStack() as stack:
        private(place / "services", account)
        valkey = Valkey(
            data=private(place / "services" / "valkey", account),
            sockets=private(place / "services" / "run", account),
            log=private(place / "logs", None) / "valkey.log",
            account=account,
            throwaway=True,
        )
        _start(valkey.child(), stack)
        yield valkey.url


def environment(data: Path) -> dict[str, str]:
    """Return the settings of a test run, without the two addresses; the data folder is made."""
    private(data, None)
    return {
        "DATA": os.fspath(data),
        "DEBUG": "0",
        "SECRET_KEY": new_secret(),
        "BASE_URL": "http://localhost:8000",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    }


def _start(child: Child, stack: ExitStack) -> None:
    stack.callback(child.stop)
    child.start()
    child.wait_until_ready()


def _temporary(account: identity.Account | None, stack: ExitStack) -> Path:
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108
        room = (
            SOCKET_LIMIT
            - len(os.fsencode(parent))
            - len("/" + PREFIX + "12345678/services/run/.s.PGSQL.5432")
        )
        if room >= 0 and (account is None or account.may_enter(parent)):
            break
    sweep(parent)
    place = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    stack.callback(identity.remove, place)
    lock = stack.enter_context((place / "lock").open("w"))
    fcntl.flock(lock, fcntl.LOCK_EX)
    return private(place, None, 0o711 if account else 0o700)


def sweep(parent: Path) -> None:
    """Remove what a killed run left: folders of ours whose lock nobody holds."""
    for place in parent.glob(PREFIX + "*"):
        try:
            if place.is_symlink() or time.time() - place.stat().st_mtime < _STALE:
                continue
            with (place / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                identity.remove(place)
        except OSError:  # somebody else's, in use, or gone meanwhile
            continue
