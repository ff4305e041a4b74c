"""The launcher's commands."""

import os
import signal
import subprocess
import sys

from config.launch import throwaway
from config.launch.errors import CannotStart


def main(words: list[str]) -> int:
    """Run one command; return its exit code."""
    if words[:2] == ["run", "--"] and len(words) > 2:
        # So that the services are stopped and their folder goes when this is ended from outside.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        with throwaway.services() as environment:
            return subprocess.run(words[2:], check=False, env=os.environ | environment).returncode
    print("Usage: python -m config.launch run -- COMMAND...", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
