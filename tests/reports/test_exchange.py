"""An engagement as a file and back: the same record, signatures and files included, or nothing."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.files import storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from accounts.models import Client, User
from engagements.models import Engagement, FileVersion
from questionnaires.models import FrameworkVersion
from reports import exchange


def record_of(path: Path) -> dict:
    with zipfile.ZipFile(path) as packed:
        return json.loads(packed.read(exchange.RECORD))


def export(code, path):
    call_command("export", code, output=path, stdout=io.StringIO())
    return path


def empty():
    """Leave an installation without engagements, people and files, as a new one is."""
    for version in FileVersion.objects.all():
        storage.default_storage.delete(version.storage_name)
    tables = ", ".join(
        connection.ops.quote_name(model._meta.db_table)
        for model in [Engagement, User, Client, FrameworkVersion, *exchange.kept()]
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def written(demo, tmp_path):
    """Give the file of the demo's largest engagement."""
    return export("NBH-01", tmp_path / "nbh.zip")


class TestRoundTrip:
    def test_elsewhere_it_is_the_same_record(self, written, tmp_path):
        before = record_of(written)
        empty()
        User.objects.create_user("helen.marsh@northbridge.example", display_name="Somebody", client=Client.objects.create(name="Northbridge Health", short_name="Northbridge"))  # fmt: skip
        out = io.StringIO()

        call_command("import", written, stdout=out)

        assert "Everything agrees" in out.getvalue()
        after = record_of(export("NBH-01", tmp_path / "again.zip"))
        people = {told["id"]: told["email"] for told in before["people"]}
        assert {told["email"] for told in after["people"]} == set(people.values())
        assert len(after["rows"]) == len(before["rows"])
        events = [row for row in before["rows"] if row["model"] == "engagements.event"]
        assert [row["fields"]["data"] for row in after["rows"] if row["model"] == "engagements.event"] == [
            row["fields"]["data"] for row in events
        ]

    def test_files_come_along(self, written):
        hashes = {version.sha256 for version in FileVersion.objects.filter(file__engagement__code="NBH-01")}
        empty()

        call_command("import", written, stdout=io.StringIO())

        found = FileVersion.objects.all()
        assert {version.sha256 for version in found} == hashes
        for version in found:
            with storage.default_storage.open(version.storage_name) as stored:
                assert hashlib.sha256(stored.read()).hexdigest() == version.sha256

    def test_new_rows_get_new_numbers_afterwards(self, written):
        empty()
        call_command("import", written, stdout=io.StringIO())

        engagement = Engagement.objects.get()
        other = Engagement.objects.create(
            client=engagement.client,
            name="Another",
            aim="More",
            code="NBH-02",
            created_by=engagement.created_by,
        )

        assert other.pk > engagement.pk


class TestRefusals:
    def refused(self, path, words):
        people = User.objects.count()
        with pytest.raises(CommandError, match=words):
            call_command("import", path, stdout=io.StringIO())
        assert User.objects.count() == people

    def test_what_is_here_already(self, written):
        self.refused(written, "with the code NBH-01 here already")

    def test_numbers_that_are_taken(self, written):
        Engagement.objects.filter(code="NBH-01").update(code="NBH-99")

        self.refused(written, "numbers are part of what was signed")

    @pytest.mark.parametrize("content", [b"", b"words", b"PK\x05\x06" + b"\0" * 18])
    def test_what_is_no_such_file(self, demo, tmp_path, content):
        path = tmp_path / "other.zip"
        path.write_bytes(content)

        self.refused(path, "no file that an engagement was written to")

    def test_tables_that_are_unknown(self, written, tmp_path):
        record = record_of(written)
        record["rows"].append({"model": "accounts.user", "pk": 999, "fields": {"email": "x@y.example"}})
        path = tmp_path / "more.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(exchange.RECORD, json.dumps(record))
        empty()

        self.refused(path, "accounts.user")

    def test_a_record_that_was_changed_by_hand(self, written, tmp_path):
        record = record_of(written)
        answer = next(
            row
            for row in record["rows"]
            if row["model"] == "questionnaires.answer" and row["fields"]["version"]
        )
        answer["fields"]["value"] = "Something else"
        path = tmp_path / "forged.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(exchange.RECORD, json.dumps(record))
        empty()

        self.refused(path, "problem")


def test_every_table_of_an_engagement_is_kept_or_left_out_on_purpose():
    from django.apps import apps

    known = {model._meta.label_lower for model in exchange.kept()} | exchange.LEFT_OUT
    library = {"questionnaires.framework", "questionnaires.frameworkversion"}

    every = {
        model._meta.label_lower for app in exchange.OURS for model in apps.get_app_config(app).get_models()
    }

    assert every - known == library
