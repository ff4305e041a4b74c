"""The launcher's commands: up, down, reset, and run on throw-away services."""

import os
import signal
import subprocess
import sys

from config.launch import checks, control, identity, throwaway
from config.launch.errors import CannotStart
from config.launch.folder import Folder
from config.launch.progress import LAUNCHER_STEPS, Steps
from config.launch.up import Options, up

USAGE = """Usage: python -m config.launch up|check [FIRST-STEP]
       python -m config.launch test FIRST-STEP [PYTEST-WORDS...]
       python -m config.launch down
       python -m config.launch reset [--yes]
       python -m config.launch run -- COMMAND..."""


def main(words: list[str]) -> int:
    """Run one command; return its exit code."""
    match words:
        case ["up", *rest]:
            return up(Options.read(), _steps("up", rest))
        case ["check", *rest]:
            return checks.check(_steps("check", rest))
        case ["test", first, *rest]:
            return checks.test(_steps("test", [first]), rest)
        case ["down"]:
            return control.down(_folder())
        case ["reset", *rest]:
            return control.reset(_folder(), sure=rest == ["--yes"] or os.environ.get("YES") == "1")
        case ["run", "--", *command] if command:
            # So that the services are stopped and their folder goes when this is ended from outside.
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            with throwaway.services() as environment:
                return subprocess.run(command, check=False, env=os.environ | environment).returncode
        case _:
            print(USAGE, file=sys.stderr)
            return 2


def _steps(command: str, rest: list[str]) -> Steps:
    first = int(rest[0]) if rest else 1
    return Steps(first - 1 + LAUNCHER_STEPS[command], first)


def _folder() -> Folder:
    path = Options.read().data
    account = identity.unprivileged(path)
    if account and path.exists() and path.stat().st_uid == account.uid:
        # All in it is theirs, links included: not for root to follow.
        account.become(path)
    return Folder(path)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as problem:
        print(f"\n{problem}", file=sys.stderr)
        sys.exit(1)
    except OSError as problem:
        print(f"\n{problem.strerror}: {problem.filename}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
