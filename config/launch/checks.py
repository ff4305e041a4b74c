"""`make check` and `make test`: what must hold before anything is handed on."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from config.launch import throwaway
from config.launch.folder import ROOT
from config.launch.postgres import new_secret
from config.launch.progress import Steps

_BIN = Path(sys.executable).parent
_MANAGE = [sys.executable, "manage.py"]
_NOWHERE = {"DATABASE_URL": "postgresql:///nowhere", "REDIS_URL": "unix:///nowhere"}

# (what it looks at, command, whether it needs the database); {templates} stands for every template.
CHECKS: tuple[tuple[str, list[str], bool], ...] = (
    ("Format", [f"{_BIN}/ruff", "format", "--check", "--quiet", "."], False),
    ("Lint", [f"{_BIN}/ruff", "check", "--quiet", "."], False),
    ("Templates", [f"{_BIN}/djade", "--check", "--target-version", "5.2", "{templates}"], False),
    ("Types", [f"{_BIN}/mypy"], False),
    ("Import directions", [f"{_BIN}/lint-imports", "--no-cache"], False),
    ("Migrations", [*_MANAGE, "makemigrations", "--check", "--dry-run"], True),
    ("Deployment", [*_MANAGE, "check", "--deploy", "--fail-level", "WARNING"], False),
)


def check(steps: Steps) -> int:
    """Run every check, also after one has failed; return the exit code."""
    failed = [
        title for title, command, database in CHECKS if not _holds(steps, title, command, database=database)
    ]
    if failed:
        steps.note(f"\nNot yet right: {', '.join(failed).lower()}.")
    return 1 if failed else 0


def test(steps: Steps, words: list[str]) -> int:
    """Run the checks and then the tests on two processes; *words* go to pytest. Return the exit code."""
    checked = check(steps)
    steps.begin("Tests")
    steps.end("follow")
    # File by file: the tests of one share what is slow to start.
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *words]
    tested = subprocess.run(command, check=False, cwd=ROOT).returncode
    if checked:
        steps.note("The tests ran, but the checks before them found faults; see above.")
    return tested or checked


def _holds(steps: Steps, title: str, command: list[str], *, database: bool) -> bool:
    steps.begin(title)
    templates = sorted(os.fspath(path.relative_to(ROOT)) for path in ROOT.glob("*/**/*.html") if _ours(path))
    words = [word for part in command for word in (templates if part == "{templates}" else [part])]
    if "{templates}" in command and not templates:
        steps.end("none yet")
        return True
    if database:
        with throwaway.services() as environment:
            done = _run(words, environment)
    else:
        done = _run(words, _NOWHERE)
    if done.returncode == 0:
        steps.end()
        return True
    steps.end("NOT RIGHT")
    steps.note(done.stdout.decode(errors="replace").rstrip())
    return False


def _run(command: list[str], services: Mapping[str, str]) -> "subprocess.CompletedProcess[bytes]":
    # As in production, so that the checks for a deployment mean something.
    environment = {
        **os.environ,
        **services,
        "SECRET_KEY": new_secret(),
        "DEBUG": "0",
        "BASE_URL": "https://throughline.example",
        "ALLOWED_HOSTS": "throughline.example",
    }
    return subprocess.run(
        command, check=False, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _ours(path: Path) -> bool:
    return path.relative_to(ROOT).parts[0] not in {".venv", "node_modules", "var", "docs"}
