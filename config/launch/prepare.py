"""Runs several of Django's commands in one process; each start of Django costs a second.

    python -m config.launch.prepare 'migrate --no-input' 'framework load'

Before each it prints a line that starts with MARK and the command, so that the launcher can show how far it is.
"""

import os
import shlex
import sys

MARK = "::begin "


def main(commands: list[str]) -> None:
    """Run the commands one after the other; the first error ends it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    for command in commands:
        print(MARK + command, flush=True)
        name, *words = shlex.split(command)
        call_command(name, *words)
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
