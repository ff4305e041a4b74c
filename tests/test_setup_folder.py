"""A data folder that cannot be used is left untouched, and the reason is one clear sentence."""

import json
import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import sql

from config.launch import folder as folders
from config.launch import identity
from config.launch.address import port_number
from config.launch.errors import CannotStart
from config.launch.folder import Folder, Lock
from config.launch.postgres import MAJOR, Postgres
from config.launch.up import refuse_newer_tables
from tests import launching


@pytest.fixture
def place() -> Iterator[Path]:
    with launching.reachable_folder() as place:
        yield place


@pytest.fixture
def opened(place: Path) -> Folder:
    folder = Folder(place / "data", launching.stepping_down())
    folder.make()
    return folder


class TestFolder:
    def test_a_new_one_is_private_and_marked(self, opened: Folder) -> None:
        assert opened.path.stat().st_mode & 0o777 == (0o711 if opened.account else 0o700)
        assert opened.services.stat().st_mode & 0o777 == 0o700
        assert (
            json.loads((opened.path / "version").read_text())["application"] == folders.application_version()
        )

    def test_making_it_again_is_fine(self, opened: Folder) -> None:
        opened.check()
        opened.make()

    def test_a_folder_of_somebody_else_is_left_alone(self, place: Path) -> None:
        (place / "data").mkdir()
        (place / "data" / "thesis.tex").write_text("mine")

        refused = launching.up(place / "data")

        assert refused.returncode == 1
        assert "was not made by Throughline" in refused.stderr
        assert os.listdir(place / "data") == ["thesis.tex"]

    def test_a_file_in_its_place_is_said(self, place: Path) -> None:
        (place / "data").write_text("a file")

        with pytest.raises(CannotStart, match="is a file or a link where a folder is needed"):
            Folder(place / "data").check()

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"layout": "one"}'])
    def test_a_damaged_marker_stops_the_start(self, opened: Folder, content: str) -> None:
        (opened.path / "version").write_text(content)

        with pytest.raises(CannotStart, match=r"version is damaged.*Nothing was touched"):
            opened.check()

    @pytest.mark.parametrize(
        "marker", [{"layout": 1, "application": "99.0"}, {"layout": 2, "application": "0.1.0"}]
    )
    def test_a_newer_version_s_folder_stops_the_start(
        self, opened: Folder, marker: dict[str, object]
    ) -> None:
        (opened.path / "version").write_text(json.dumps(marker))

        refused = launching.up(opened.path)

        assert refused.returncode == 1
        assert f"last used by Throughline {marker['application']}" in refused.stderr

    def test_an_older_version_s_folder_is_taken_over(self, opened: Folder) -> None:
        (opened.path / "version").write_text(
            json.dumps({"layout": 1, "application": "0.0.9", "postgres": "18"})
        )

        opened.check()
        opened.stamp()

        assert json.loads((opened.path / "version").read_text()) == {
            "layout": "1",
            "application": folders.application_version(),
            "postgres": "18",
        }

    def test_a_full_disk_is_said_before_anything_is_written(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        full = SimpleNamespace(total=10**9, used=10**9, free=5 * 2**20)
        monkeypatch.setattr("shutil.disk_usage", lambda path: full)

        with pytest.raises(CannotStart, match="Only 5 MB are free"):
            Folder(place / "data").check()

        assert not (place / "data").exists()

    def test_an_emptied_secret_is_not_replaced(self, opened: Folder) -> None:
        (opened.path / "secret-key").write_text("")

        with pytest.raises(CannotStart, match="secret-key is empty"):
            opened.secret("secret-key")

    def test_a_secret_stays_the_same(self, opened: Folder) -> None:
        first = opened.secret("secret-key")

        assert opened.secret("secret-key") == first
        assert len(first) >= 50

    def test_a_long_path_gets_a_short_folder_for_its_sockets(self, place: Path) -> None:
        deep = Folder(place / ("long" * 30), launching.stepping_down())
        deep.make()

        run = deep.sockets()

        assert len(os.fsencode(run / ".s.PGSQL.5432")) <= folders.SOCKET_LIMIT
        assert run.stat().st_mode & 0o777 == 0o700
        deep.remove_sockets()
        assert not run.exists()
        assert not (deep.services / "run").is_symlink()

    def test_only_one_holds_the_lock(self, opened: Folder) -> None:
        first, second = Lock(opened), Lock(opened)

        assert first.take()
        first.write("http://localhost:1")
        assert not second.take()
        assert second.holder() == (os.getpid(), "http://localhost:1")
        first.release()
        assert second.take()
        second.release()

    def test_a_lock_names_nobody_whose_pid_was_used_again(self, opened: Folder) -> None:
        (opened.path / "lock").write_text(json.dumps({"pid": os.getpid(), "started": 1, "address": ""}))

        assert Lock(opened).holder() == (None, "")


@pytest.mark.skipif(
    os.geteuid() != 0, reason="not root, so nobody steps down and every folder of ours is ours"
)
class TestFolderOutOfReach:
    def test_the_servers_part_lies_where_they_can_get(self, tmp_path: Path) -> None:
        (tmp_path / "home").mkdir(mode=0o700)
        account = identity.unprivileged()
        assert account
        out_of_reach = Folder(tmp_path / "home" / "data", account)

        out_of_reach.make()

        away = out_of_reach.services
        try:
            assert away.parent == folders.AWAY
            assert away.stat().st_uid == account.uid
            assert account.may_enter(away)
            assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
        finally:
            out_of_reach.erase()
        assert not away.exists()
        assert not out_of_reach.path.exists()

    def test_within_reach_only_the_servers_part_is_theirs(self, opened: Folder) -> None:
        assert opened.account
        assert opened.services == opened.path / "services"
        assert opened.services.stat().st_uid == opened.account.uid
        assert {
            each.stat().st_uid for each in (opened.path, *opened.path.iterdir()) if each != opened.services
        } == {0}

    def test_a_folder_goes_on_belonging_to_whoever_has_it(self, place: Path) -> None:
        (place / "data").mkdir()
        os.chown(place / "data", 12345, 12345)

        assert identity.unprivileged(place / "data") == identity.Account("12345", 12345, 12345)

    def test_giving_it_away_follows_no_link(self, place: Path) -> None:
        (place / "data" / "inner").mkdir(parents=True)
        (place / "precious").write_text("root's")
        (place / "data" / "inner" / "link").symlink_to(place / "precious")

        identity.give(place / "data", identity.Account("12345", 12345, 12345))

        assert (place / "precious").stat().st_uid == 0
        assert (place / "data" / "inner" / "link").lstat().st_uid == 12345
        assert (place / "data" / "inner").stat().st_uid == 12345

    @pytest.mark.parametrize("name", ["services", "logs"])
    def test_a_planted_link_leads_root_nowhere(self, opened: Folder, place: Path, name: str) -> None:
        (place / "elsewhere").mkdir(mode=0o755)
        identity.remove(opened.path / name)
        (opened.path / name).symlink_to(place / "elsewhere")

        with pytest.raises(CannotStart, match=f"{name} is a file or a link where a folder is needed"):
            opened.make()

        assert (place / "elsewhere").stat().st_uid == 0
        assert os.listdir(place / "elsewhere") == []

    def test_becoming_it_leaves_nothing_of_root(self, place: Path) -> None:
        account = identity.unprivileged()
        assert account
        pid = os.fork()
        if pid == 0:
            account.become(place)
            regained = True
            try:
                os.setuid(0)
            except PermissionError:
                regained = False
            os._exit(regained or os.getgroups() != [] or os.environ["HOME"] != os.fspath(place))

        assert os.waitpid(pid, 0)[1] == 0


class TestDatabaseFolder:
    @pytest.fixture
    def cluster(self, opened: Folder) -> Postgres:
        """The files that a start looks at, without the half second that a real cluster takes."""
        data = opened.services / "postgres"
        (data / "global").mkdir(parents=True)
        (data / "PG_VERSION").write_text(f"{MAJOR}\n")
        (data / "global" / "pg_control").write_bytes(b"\1" * 8192)
        if opened.account:
            identity.give(data, opened.account)
        return Postgres(data, opened.services / "run", opened.logs / "postgres.log", opened.account, "x", "x")

    def test_a_whole_one_passes(self, cluster: Postgres) -> None:
        cluster.check()

    @pytest.mark.parametrize(
        ("version", "said"),
        [("19", "made by PostgreSQL 19"), ("17", "made by PostgreSQL 17"), ("", "damaged")],
    )
    def test_another_major_version_is_named(self, cluster: Postgres, version: str, said: str) -> None:
        (cluster.data / "PG_VERSION").write_text(version)

        with pytest.raises(CannotStart, match=f"{said}.*Nothing was touched"):
            cluster.check()

    @pytest.mark.parametrize("name", ["PG_VERSION", "global/pg_control"])
    def test_a_missing_file_is_damage(self, cluster: Postgres, name: str) -> None:
        (cluster.data / name).unlink()

        with pytest.raises(CannotStart, match="is damaged"):
            cluster.check()

    def test_a_start_on_damage_ends_with_the_reason(self, opened: Folder, cluster: Postgres) -> None:
        (cluster.data / "global" / "pg_control").write_bytes(b"")

        refused = launching.up(opened.path)

        assert refused.returncode == 1
        assert "is damaged" in refused.stderr
        assert "Traceback" not in refused.stderr

    def test_files_that_postgres_cannot_read_end_with_its_own_words(
        self, opened: Folder, cluster: Postgres
    ) -> None:
        refused = launching.up(opened.path)

        assert refused.returncode == 1
        assert "PostgreSQL did not start" in refused.stderr
        assert "could not access the server configuration file" in refused.stderr

    def test_a_lost_database_is_not_replaced_by_an_empty_one(self, opened: Folder) -> None:
        opened.stamp(postgres=MAJOR)

        refused = launching.up(opened.path)

        assert refused.returncode == 1
        assert "is missing" in refused.stderr
        assert not (opened.services / "postgres").exists()


class TestDatabaseOfSomebodyElse:
    @pytest.fixture
    def base(self) -> Iterator[str]:
        """An empty base on the test run's own server, as an address."""
        given = os.environ["DATABASE_URL"]
        name = f"setup_{uuid.uuid4().hex}"
        with psycopg.connect(given, autocommit=True) as line:
            line.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield given.replace("/throughline?", f"/{name}?")
        with psycopg.connect(given, autocommit=True) as line:
            line.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def test_its_address_wins(self, place: Path, base: str) -> None:
        with launching.installation(place / "data", DATABASE_URL=base) as it:
            it.start()

            assert it.ready()["database"]
            assert not (place / "data" / "services" / "postgres").exists()
            assert (place / "data" / "services" / "valkey").exists()
        with psycopg.connect(base) as line:
            assert line.execute("select count(*) > 0 from django_migrations").fetchone() == (True,)

    def test_both_addresses_leave_nothing_to_start(self, place: Path, base: str) -> None:
        with launching.installation(
            place / "data", DATABASE_URL=base, REDIS_URL=os.environ["REDIS_URL"]
        ) as it:
            it.start()

            assert len(launching.children_of(it.process.pid if it.process else 0)) == 2
            assert it.ready()["broker"]
            assert not (place / "data" / "services" / "valkey").exists()

    def test_tables_of_a_newer_version_stop_the_start(self, base: str) -> None:
        with psycopg.connect(base, autocommit=True) as line:
            line.execute("create table django_migrations (app text, name text)")
            line.execute(
                "insert into django_migrations values ('auth', '9999_not_ours'), ('reports', '9999_from_the_future')"
            )

        with pytest.raises(CannotStart, match=r"newer Throughline.*reports\.9999_from_the_future"):
            refuse_newer_tables(base)

    def test_one_that_cannot_be_reached_is_said(self, place: Path) -> None:
        refused = launching.up(place / "data", DATABASE_URL=f"postgresql:///x?host={place}")

        assert refused.returncode == 1
        assert "DATABASE_URL names cannot be reached" in refused.stderr


class TestAddress:
    def test_a_port_in_use_is_said_and_another_proposed(self, place: Path) -> None:
        with socket.create_server(("127.0.0.1", launching.free_port())) as taken:
            port = taken.getsockname()[1]

            refused = launching.up(place / "data", PORT=str(port))

        assert refused.returncode == 1
        assert f"Port {port} is in use" in refused.stderr
        assert f"make up PORT={port + 10}" in refused.stderr

    @pytest.mark.parametrize("text", ["", "0", "65536", "-1", "http", "80.0"])
    def test_a_port_must_be_one(self, text: str) -> None:
        with pytest.raises(CannotStart, match="PORT must be a number from 1 to 65535"):
            port_number(text)

    def test_a_host_of_another_machine_is_refused(self, place: Path) -> None:
        refused = launching.up(place / "data", HOST="192.0.2.1")

        assert refused.returncode == 1
        assert "192.0.2.1 cannot be used" in refused.stderr


class TestReset:
    def test_it_asks_and_keeps_on_anything_but_yes(self, opened: Folder) -> None:
        asked = launching.launch("reset", said="no\n", DATA=os.fspath(opened.path))

        assert "Type yes" in asked.stdout
        assert "Nothing was deleted" in asked.stdout
        assert (opened.path / "version").exists()

    def test_yes_deletes_the_folder(self, opened: Folder) -> None:
        asked = launching.launch("reset", said="yes\n", DATA=os.fspath(opened.path))

        assert asked.returncode == 0
        assert not opened.path.exists()

    def test_a_folder_of_somebody_else_is_left_alone(self, place: Path) -> None:
        (place / "data").mkdir()

        refused = launching.launch("reset", "--yes", DATA=os.fspath(place / "data"))

        assert refused.returncode == 1
        assert (place / "data").exists()
