"""The whole installation, started, killed and started again."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import redis

from config.launch import processes
from config.launch.folder import ROOT
from tests import launching


@pytest.fixture(scope="module")
def running() -> Iterator[launching.Installation]:
    with launching.reachable_folder() as place, launching.installation(place / "data") as it:
        yield it.start()


class TestRunningInstallation:
    def test_it_answers_where_it_said(self, running: launching.Installation) -> None:
        assert f"http://localhost:{running.port}" in running.said()
        assert running.get("/healthz/live") == 200

    def test_it_becomes_ready_when_the_worker_has_shown_itself(self, running: launching.Installation) -> None:
        running.wait(lambda: running.get("/healthz/ready") == 200, 40)

    def test_servers_listen_on_no_network_address(self, running: launching.Installation) -> None:
        for folder in ("postgres", "valkey"):
            assert not listening(running.pid_of(folder)), folder

    def test_only_its_own_account_gets_at_anything(self, running: launching.Installation) -> None:
        services = running.data / "services"
        for path in (
            services,
            services / "run",
            services / "postgres",
            services / "valkey",
            running.data / "files",
        ):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
        # Where the servers have an account of their own it passes through, and no more.
        assert stat.S_IMODE(running.data.stat().st_mode) in (0o700, 0o711)
        for path in running.data.iterdir():
            assert (
                path.is_dir() or stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.name == "version"
            ), path

    def test_nothing_of_the_database_runs_as_root(self, running: launching.Installation) -> None:
        for folder in ("postgres", "valkey"):
            assert launching.owner(running.pid_of(folder)) != 0, folder

    def test_web_and_worker_step_down_where_they_can_and_say_so_where_not(
        self, running: launching.Installation
    ) -> None:
        account = launching.all_of_it()
        wanted = account.uid if account else os.geteuid()

        assert {launching.owner(running.child(name)) for name in ("uvicorn", "celery")} == {wanted}
        assert ("run as root" in running.said()) == (wanted == 0)

    def test_a_container_s_health_check_asks_it(self, running: launching.Installation) -> None:
        command = [sys.executable, "-m", "config.launch.health"]
        settings = launching.environment(PORT=str(running.port), ALLOWED_HOSTS="localhost")
        running.wait(lambda: running.ready()["worker"], 40)

        assert subprocess.run(command, check=False, cwd=ROOT, env=settings).returncode == 0

    def test_a_second_start_on_the_same_folder_is_refused(self, running: launching.Installation) -> None:
        second = launching.up(running.data)

        assert second.returncode == 1
        assert "already runs on" in second.stderr
        assert str(running.process.pid if running.process else "") in second.stderr
        assert running.get("/healthz/live") == 200

    def test_reset_leaves_a_running_installation_alone(self, running: launching.Installation) -> None:
        refused = launching.launch("reset", "--yes", DATA=os.fspath(running.data))

        assert refused.returncode == 1
        assert "Stop it first" in refused.stderr
        assert running.get("/healthz/live") == 200

    @pytest.mark.parametrize("name", ["uvicorn", "celery"])
    def test_a_killed_process_is_started_again_and_said(
        self, running: launching.Installation, name: str
    ) -> None:
        before = running.child(name)
        said = running.said().count("was ended by SIGKILL")

        os.kill(before, signal.SIGKILL)

        running.wait(lambda: running.said().count("was ended by SIGKILL") == said + 1)
        running.wait(lambda: child_or_none(running, name) not in (None, before))
        running.wait(lambda: running.get("/healthz/live") == 200)

    def test_a_killed_database_comes_back_with_its_rows(self, running: launching.Installation) -> None:
        with psycopg.connect(running.database_url(), autocommit=True) as line:
            line.execute("create table probe as select 'kept' as word")
        before = running.child("postgres")

        os.kill(before, signal.SIGKILL)

        running.wait(lambda: processes.started(before) is None)
        running.wait(lambda: running.ready()["database"])
        with psycopg.connect(running.database_url()) as line:
            assert line.execute("select word from probe").fetchall() == [("kept",)]

    def test_a_killed_broker_comes_back_with_its_keys(self, running: launching.Installation) -> None:
        url = f"unix://{running.data}/services/run/valkey.sock"
        with redis.Redis.from_url(url) as line:
            line.set("probe", "kept")
        before = running.child("valkey-server")

        os.kill(before, signal.SIGKILL)

        running.wait(lambda: processes.started(before) is None)
        running.wait(lambda: running.ready()["broker"])
        with redis.Redis.from_url(url) as line:
            assert line.get("probe") == b"kept"


class TestStopping:
    def test_it_leaves_no_process_and_no_socket(self, installed: launching.Installation) -> None:
        installed.start()
        pids = [*launching.children_of(installed.process.pid if installed.process else 0)]

        assert installed.stop() == 0

        assert len(pids) == 4
        assert [pid for pid in pids if processes.started(pid) is not None] == []
        assert not (installed.data / "services" / "run").exists()
        assert took(installed.said()) < 10

    def test_down_stops_it_from_elsewhere(self, installed: launching.Installation) -> None:
        installed.start()

        done = launching.launch("down", DATA=os.fspath(installed.data))

        assert done.returncode == 0
        assert "Stopped what ran" in done.stdout
        assert installed.process is not None
        assert installed.process.wait(10) == 0

    def test_down_with_nothing_running_says_so(self, installed: launching.Installation) -> None:
        done = launching.launch("down", DATA=os.fspath(installed.data))

        assert (done.returncode, "Nothing runs on" in done.stdout) == (0, True)


class TestStartingAgain:
    def test_data_and_keys_are_kept(self, installed: launching.Installation) -> None:
        installed.start()
        key = (installed.data / "secret-key").read_text()
        made = (installed.data / "services" / "postgres" / "PG_VERSION").stat().st_ino
        (installed.data / "files" / "evidence").write_text("kept")
        installed.stop()

        installed.start()

        assert (installed.data / "secret-key").read_text() == key
        assert (installed.data / "services" / "postgres" / "PG_VERSION").stat().st_ino == made
        assert (installed.data / "files" / "evidence").read_text() == "kept"

    def test_a_killed_supervisor_takes_everything_with_it_and_the_next_start_works(
        self, installed: launching.Installation
    ) -> None:
        installed.start()
        pids = launching.children_of(installed.process.pid if installed.process else 0)

        installed.kill()

        assert processes.until(lambda: not [pid for pid in pids if processes.started(pid) is not None], 15)
        installed.start()
        assert installed.get("/healthz/live") == 200


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with launching.reachable_folder() as place:
        yield place


@pytest.fixture
def installed(place: Path) -> Iterator[launching.Installation]:
    """One folder for all of a module's tests: the first start, which makes the tables, is the slow one."""
    with launching.installation(place / "data") as it:
        yield it


def child_or_none(it: launching.Installation, name: str) -> int | None:
    try:
        return it.child(name)
    except AssertionError:
        return None


def took(said: str) -> float:
    found = re.search(r"Stopped in ([\d.]+) s", said)
    assert found, said
    return float(found[1])


def listening(pid: int) -> list[str]:
    """Return the TCP addresses that a process listens on."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        target = ""
        with suppress(FileNotFoundError):  # the one that lists the folder
            target = os.readlink(entry)
        if target.startswith("socket:"):
            inodes.add(target[8:-1])
    lines = [
        line.split()
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return [line[1] for line in lines if line[3] == "0A" and line[9] in inodes]


def test_the_listening_probe_sees_a_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        assert listening(os.getpid())
