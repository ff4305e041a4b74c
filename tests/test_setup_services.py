"""The built-in servers by themselves: what earlier starts leave behind never stops the next one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.launch import identity, processes, throwaway
from config.launch.children import Child, shorten
from config.launch.errors import CannotStart, Stopping
from config.launch.folder import ROOT
from config.launch.postgres import Postgres, new_secret
from config.launch.supervisor import Supervisor
from config.launch.valkey import Valkey
from tests import launching


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with launching.reachable_folder() as place:
        yield identity.private(place / "services", launching.stepping_down())


@pytest.fixture(scope="module")
def cluster(place: Path) -> Postgres:
    account = launching.stepping_down()
    it = Postgres(
        data=place / "postgres",
        sockets=identity.private(place / "run", account),
        log=place.parent / "postgres.log",
        account=account,
        password=new_secret(),
        superuser_password=new_secret(),
        throwaway=True,
    )
    it.create()
    return it


@pytest.fixture
def server(cluster: Postgres) -> Iterator[Child]:
    child = cluster.child()
    yield child
    child.stop()


class TestPostgres:
    def test_it_answers_its_own_role_only_with_the_password(self, cluster: Postgres, server: Child) -> None:
        server.start()
        server.wait_until_ready()

        with psycopg.connect(cluster.url) as line:
            assert line.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (
                False,
            )
        for url in (
            cluster.url.replace(cluster.password, "guess"),
            cluster.url.replace(f":{cluster.password}", ""),
        ):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(url)

    def test_the_base_is_utf8_in_code_point_order_and_takes_the_extensions(
        self, cluster: Postgres, server: Child
    ) -> None:
        server.start()
        server.wait_until_ready()

        with psycopg.connect(cluster.url) as line:
            line.execute("create extension pg_trgm")
            line.execute("create extension unaccent")
            assert line.execute("show server_encoding").fetchone() == ("UTF8",)
            ordered = line.execute(
                "select string_agg(w, '' order by w) from unnest(array['ä','a','Z','z']) w"
            ).fetchone()
            assert ordered == ("Zazä",)
            assert line.execute("select lower('ÄÖÜ')").fetchone() == ("äöü",)

    def test_no_answer_reaches_its_log(self, cluster: Postgres, server: Child) -> None:
        server.start()
        server.wait_until_ready()

        with psycopg.connect(cluster.url, autocommit=True) as line:
            line.execute("create table secrets (word text unique, number int)")
            line.execute("insert into secrets values ('canary-7731', 1)")
            with pytest.raises(psycopg.errors.UniqueViolation):
                line.execute("insert into secrets values (%s, 2)", ["canary-7731"])
            with pytest.raises(psycopg.Error):
                line.execute("select canary_7731_no_such_column, 'canary-7731'::int")

        log = cluster.log.read_text()
        assert "unique" in log
        assert "canary-7731" not in log

    def test_orphans_of_a_killed_postmaster_do_not_stop_the_next_start(
        self, cluster: Postgres, server: Child
    ) -> None:
        server.start()
        server.wait_until_ready()
        assert server.process
        # A stopped backend cannot notice that its postmaster died, and keeps the shared memory.
        backend = next(pid for pid in processes.living_in(cluster.data) if pid != server.process.pid)
        os.kill(backend, signal.SIGSTOP)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(10)
        assert backend in processes.living_in(cluster.data)

        again = cluster.child()
        try:
            again.start()
            again.wait_until_ready()
            assert processes.started(backend) is None
        finally:
            again.stop()

    def test_a_pid_file_that_names_a_zombie_does_not_stop_the_next_start(
        self, cluster: Postgres, server: Child
    ) -> None:
        account = launching.stepping_down()
        with subprocess.Popen(["/bin/true"], **identity.options(account)) as zombie:
            assert processes.until(lambda: state(zombie.pid) == "Z", 5)
            # What kill -0, and so pg_ctl and PostgreSQL itself, take for a living process.
            os.kill(zombie.pid, 0)
            assert processes.started(zombie.pid) is None
            (cluster.data / "postmaster.pid").write_text(
                f"{zombie.pid}\n{cluster.data}\n1\n5432\n{cluster.sockets}\n\n"
            )

            server.start()
            server.wait_until_ready()

    def test_a_start_that_fails_says_why_and_leaves_no_process(
        self, cluster: Postgres, server: Child
    ) -> None:
        server.command += ["-c", "max_connections=none"]

        server.start()
        with pytest.raises(CannotStart, match=r"PostgreSQL did not start.*max_connections"):
            server.wait_until_ready()

        assert processes.living_in(cluster.data) == []

    def test_making_it_cut_short_leaves_nothing_half(self, cluster: Postgres) -> None:
        other = Postgres(
            cluster.data.with_name("other"),
            cluster.sockets,
            cluster.log,
            cluster.account,
            "it's",
            new_secret(),
            throwaway=True,
        )

        with pytest.raises(CannotStart, match="could not make its data folder"):
            other.create()

        assert not other.data.exists()

    def test_it_ends_with_whoever_started_it(self) -> None:
        script = (
            "import os, sys; from config.launch import throwaway\n"
            "with throwaway.services() as environment:\n"
            "    print(environment['DATA'], flush=True); sys.stdin.read()\n"
        )
        owner = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert owner.stdout
        folder = Path(owner.stdout.readline().strip()).parent
        places = [folder / "services" / name for name in ("postgres", "valkey")]
        assert all(processes.living_in(place) for place in places)

        owner.kill()
        owner.communicate()

        assert processes.until(lambda: not any(processes.living_in(place) for place in places), 15)
        identity.remove(folder)


class TestValkey:
    def test_it_keeps_what_it_was_told_through_a_kill(self, place: Path) -> None:
        valkey, child = broker(place, "kept")
        child.start()
        child.wait_until_ready()
        with redis.Redis.from_url(valkey.url) as line:
            line.rpush("queue", "one", "two")
            assert line.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert line.config_get("port") == {"port": "0"}
        assert child.process
        child.process.kill()
        child.process.wait(10)

        child.start()
        child.wait_until_ready()

        with redis.Redis.from_url(valkey.url) as line:
            assert line.lrange("queue", 0, -1) == [b"one", b"two"]
        child.stop()
        assert not valkey.socket.exists()

    def test_a_file_it_cannot_read_is_set_aside_whole(self, place: Path) -> None:
        valkey, child = broker(place, "damaged")
        files = identity.private(valkey.data / "appendonlydir", valkey.account)
        (files / "appendonly.aof.manifest").write_text("no manifest at all\n")
        if valkey.account:
            identity.give(valkey.data, valkey.account)

        child.start()
        with pytest.raises(CannotStart, match="Valkey did not start"):
            child.wait_until_ready()
        aside = valkey.set_aside()
        child.start()
        child.wait_until_ready()
        child.stop()

        assert (aside / "appendonlydir" / "appendonly.aof.manifest").read_text() == "no manifest at all\n"


class TestThrowaway:
    def test_a_command_finds_both_and_its_code_comes_back(self) -> None:
        script = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['REDIS_URL'], os.environ['DATA']); sys.exit(7)"

        done = launching.launch("run", "--", sys.executable, "-c", script)

        assert done.returncode == 7
        database, broker, data = done.stdout.split()
        assert (database[:13], broker[:7]) == ("postgresql://", "unix://")
        assert not Path(data).parent.exists()

    def test_what_a_killed_run_left_goes_with_a_later_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old, fresh = tmp_path / f"{throwaway.PREFIX}old", tmp_path / f"{throwaway.PREFIX}new"
        for folder in (old, fresh):
            folder.mkdir()
            (folder / "lock").touch()
        os.utime(old, (time.time() - 3600, time.time() - 3600))

        throwaway.sweep(tmp_path)

        assert not old.exists()
        assert fresh.exists()


class TestSupervisor:
    def test_what_keeps_dying_is_started_ever_more_slowly_and_says_why(self, tmp_path: Path) -> None:
        said: list[str] = []
        failing = program(tmp_path, "import sys; sys.exit('Error: no reason to live')")
        supervisor = Supervisor(said.append)
        failing.start()
        supervisor.adopt(failing)

        assert processes.until(lambda: supervisor.look() or len(said) >= 5, 20)
        supervisor.stop()

        assert said[0].startswith("The program ended with code 1; starting it again now")
        assert "in 1 s" in said[1]
        assert "Error: no reason to live" in said[2]
        assert "in 3 s" in said[3]

    def test_stopping_goes_from_the_last_started_to_the_first(self, tmp_path: Path) -> None:
        order = tmp_path / "order"
        supervisor = Supervisor(lambda line: None)
        for name in ("first", "second", "third"):
            supervisor.add(
                program(
                    tmp_path,
                    WRITES_WHEN_STOPPED.format(order=order, name=name, ready=tmp_path / name),
                    tmp_path / name,
                )
            )

        supervisor.stop()

        assert order.read_text().split() == ["third", "second", "first"]

    def test_what_will_not_stop_is_killed_with_all_it_started(self, tmp_path: Path) -> None:
        ready = tmp_path / "ready"
        stubborn = program(tmp_path, STUBBORN.format(ready=ready), ready)
        stubborn.stop_with = ((signal.SIGTERM, 0.2),)
        stubborn.start()
        stubborn.wait_until_ready()
        grandchild = int(ready.read_text())

        stubborn.stop()

        assert processes.until(lambda: processes.started(grandchild) is None, 5)

    def test_a_log_that_grows_too_long_is_cut(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("config.launch.children.LOG_LIMIT", 1000)
        log = tmp_path / "log"
        log.write_text("x" * 2000)

        shorten(log)

        assert log.stat().st_size == 0
        assert (tmp_path / "log.1").stat().st_size == 2000

    def test_stopping_is_no_ordinary_exception(self) -> None:
        # Else a broad `except Exception` somewhere below would swallow Ctrl-C.
        assert not issubclass(Stopping, Exception)


WRITES_WHEN_STOPPED = """
import pathlib, signal, sys
def stop(*_):
    with open('{order}', 'a') as file:
        file.write('{name}\\n')
    sys.exit()
signal.signal(signal.SIGTERM, stop)
pathlib.Path('{ready}').write_text('x')
signal.pause()
"""

STUBBORN = """
import pathlib, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()'])
pathlib.Path('{ready}').write_text(str(child.pid))
while True:
    signal.pause()
"""


def program(folder: Path, script: str, ready: Path | None = None) -> Child:
    return Child(
        name="The program",
        command=[sys.executable, "-c", script],
        environment=dict(os.environ),
        folder=folder,
        log=folder / "log",
        ready=lambda: ready is None or (ready.exists() and bool(ready.read_text())),
    )


def broker(place: Path, name: str) -> tuple[Valkey, Child]:
    account = launching.stepping_down()
    valkey = Valkey(
        data=identity.private(place / name, account),
        sockets=place / "run",
        log=place.parent / f"{name}.log",
        account=account,
    )
    return valkey, valkey.child()


def state(pid: int) -> str:
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2]
