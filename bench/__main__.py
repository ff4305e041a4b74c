"""`python -m bench [WORKLOAD...] [--json FILE]`: measure on throw-away services, and say which targets are missed.

Every limit is measured in the same run, in turns with what is held against it, so that other load hits both alike.
Whatever DATABASE_URL says, it works on a database of its own.
"""

import argparse
import importlib
import json
import os
import sys
from pathlib import Path

from bench.figures import Result, table, verdicts
from config.launch import throwaway

WORKLOADS = {
    "opening": "1. Open a checklist",
    "saving": "2. Save one answer",
    "crowd": "3. Fifty people edit one engagement, all listening",
    "streams": "4. A thousand open streams on one process",
    "lists": "5. Lists of engagements",
    "papers": "6, 7, 8. Documents",
    "start": "9. First start",
    "ripple": "10. One change that 2,000 confirmed answers rest on",
}


def main() -> int:
    """Run the workloads that are named, or all; return 1 when a target is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure speed against limits of the same run."
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--json", type=Path, help="also write every figure into this file")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(WORKLOADS):
        parser.error(f"there is no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    kept: dict[str, object] = {}
    missed = 0
    for name in options.workloads or WORKLOADS:
        print(
            f"\n{WORKLOADS[name]} (load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)",
            flush=True,
        )
        result = measure(name)
        print(table(result.lines))
        print(verdicts(result.targets), flush=True)
        missed += sum(not one.met for one in result.targets)
        kept[name] = {
            "lines": {line.what: line.figures for line in result.lines},
            "targets": [one.told() for one in result.targets],
        }
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1))
    print(f"\n{missed} missed" if missed else "\nall targets met")
    return 1 if missed else 0


def measure(name: str) -> Result:
    """Run one workload."""
    result: Result = importlib.import_module(f"bench.{name}").run()
    return result


def prepare() -> None:
    """Make the tables."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    # The limit's own tables have no migrations; they rest on those of people.
    call_command("migrate", run_syncdb=True, verbosity=0)


if __name__ == "__main__":
    with throwaway.services() as environment:
        os.environ |= environment | {"DJANGO_SETTINGS_MODULE": "bench.settings", "LOG_LEVEL": "ERROR"}
        prepare()
        sys.exit(main())
