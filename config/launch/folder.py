"""The data folder of an installation."""

from pathlib import Path

from config.launch.identity import Account

# sun_path is 108 bytes with its closing NUL.
SOCKET_LIMIT = 107


def private(path: Path, account: Account | None) -> Path:
    """Make a folder that only *account* (and root) can enter, and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    if account:
        account.own(path)
    return path
