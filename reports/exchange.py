"""An engagement as one file, and an engagement from such a file: the whole record, elsewhere.

The file is a zip with `engagement.json` and the bytes of every file version; docs/exchange.md describes it. Rows keep their
ids, because events, signatures and answers name each other by them inside what they hold: nothing is rewritten, so every
fingerprint and every difference of the history is the same on the other side. People, clients and frameworks may be there
already; they are found by address, name and content.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from django.apps import apps
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.color import no_style
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import Client, User
from engagements.models import Comment, Engagement, FileVersion
from questionnaires.actions import publishing
from questionnaires.document import DocumentError
from questionnaires.models import FrameworkVersion, Questionnaire

FORMAT: Final = "throughline-engagement/1"
RECORD: Final = "engagement.json"
MAX_RECORD: Final = 1024**3
OURS: Final = ("engagements", "questionnaires")
# What belongs to a person or a machine and not to the record: mail and its choices, ways in, uploads being looked at.
LEFT_OUT: Final = {
    "engagements.invitation",
    "engagements.inboxitem",
    "engagements.mail",
    "engagements.mailchoice",
    "questionnaires.healthsummary",
    "questionnaires.nudge",
    "questionnaires.runimport",
    "questionnaires.workbookimport",
}
OF_A_PERSON: Final = ("email", "display_name", "initials", "job_title", "language", "time_zone")


class BadRecord(Exception):
    """The file cannot be brought in; the message says why. Nothing was stored."""


def kept() -> dict[type[models.Model], str]:
    """Return the models that an engagement's record is made of, each with the way from its rows to the engagement.

    Whatever leads to an engagement belongs to it unless it is left out on purpose, so that a new table is not forgotten.
    """
    found: dict[type[models.Model], str] = {Engagement: "pk"}
    waiting = [model for app in OURS for model in apps.get_app_config(app).get_models()]
    grew = True
    while grew:
        grew = False
        for model in waiting:
            if model in found or model._meta.label_lower in LEFT_OUT:
                continue
            for name, to in _required(model):
                if to in found:
                    found[model] = name if to is Engagement else f"{name}__{found[to]}"
                    grew = True
                    break
    return found


def _required(model: type[models.Model]) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and not field.null:
            yield field.name, field.related_model


def write(engagement: Engagement, target: IO[bytes]) -> None:
    """Write an engagement's whole record, internal parts included, as it stands in one moment."""
    with transaction.atomic():
        # Every change takes this lock, so that what is read is of one moment; saves wait for as long as reading takes.
        Engagement.objects.select_for_update().get(pk=engagement.pk)
        rows: list[dict[str, Any]] = []
        for model, way in kept().items():
            found = model._default_manager.filter(**{way: engagement.pk}).order_by("pk")
            rows += serializers.serialize("python", found)
        version = Questionnaire.objects.select_related("version").get(engagement=engagement).version
        record = {
            "format": FORMAT,
            "written_at": timezone.now(),
            "engagement": {"id": engagement.pk, "code": engagement.code, "name": engagement.name},
            "client": {"name": engagement.client.name, "short_name": engagement.client.short_name},
            "frameworks": [
                {"id": one.pk, "hash": one.content_hash, "text": one.text}
                for one in FrameworkVersion.objects.filter(
                    pk__in={version.pk, *_named(rows, FrameworkVersion)}
                )
            ],
            "people": [
                {"id": one.pk, "side": "firm" if one.client_id is None else "client"}
                | {name: getattr(one, name) for name in OF_A_PERSON}
                for one in User.objects.filter(pk__in=_named(rows, User)).order_by("pk")
            ],
            "rows": rows,
        }
        files = list(FileVersion.objects.filter(file__engagement=engagement))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(RECORD, json.dumps(record, cls=DjangoJSONEncoder, ensure_ascii=False))
        for file in files:
            if default_storage.exists(file.storage_name):
                with default_storage.open(file.storage_name) as stored:
                    packed.writestr(f"files/{file.sha256}", stored.read())


def _named(rows: Iterable[dict[str, Any]], to: type[models.Model]) -> set[int]:
    """Return the ids of *to* that rows name."""
    fields = {
        model._meta.label_lower: [
            field.name for field in model._meta.concrete_fields if getattr(field, "related_model", None) is to
        ]
        for model in kept()
    }
    return {
        row["fields"][name]
        for row in rows
        for name in fields[row["model"]]
        if row["fields"].get(name) is not None
    }


@transaction.atomic
def read(source: Path) -> Engagement:
    """Rebuild an engagement from a file that `write` made. Raises BadRecord before anything is stored."""
    with _opened(source) as packed:
        record = _record(packed)
        people, versions = _people(record), _frameworks(record)
        client = _client(record)
        by_model: dict[type[models.Model], list[models.Model]] = {model: [] for model in kept()}
        labels = {model._meta.label_lower: model for model in by_model}
        for row in record["rows"]:
            model = labels.get(str(row.get("model")))
            if model is None:
                raise BadRecord(
                    f"The file holds rows of {row.get('model')}, which this version does not know."
                )
            by_model[model].append(_row(row, model, people, versions, client))
        _free(by_model)
        for model, found in by_model.items():
            model._default_manager.bulk_create(found, batch_size=500)
        _bytes(packed, [found for found in by_model[FileVersion] if isinstance(found, FileVersion)])
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), list(by_model)):
            cursor.execute(sql)
    return Engagement.objects.get(pk=record["engagement"]["id"])


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError) as error:
        raise BadRecord("This is no file that an engagement was written to.") from error


def _record(packed: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if packed.getinfo(RECORD).file_size > MAX_RECORD:
            raise BadRecord("The record is larger than a gigabyte.")
        record = json.loads(packed.read(RECORD))
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadRecord("This is no file that an engagement was written to, or it is damaged.") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise BadRecord(f"The file is not of the format {FORMAT}.")
    return record


def _row(
    row: dict[str, Any],
    model: type[models.Model],
    people: dict[int, int],
    versions: dict[int, int],
    client: Client,
) -> models.Model:
    fields = dict(row["fields"])
    for field in model._meta.concrete_fields:
        to, value = getattr(field, "related_model", None), fields.get(field.name)
        if to is None or value is None:
            continue
        if to is User:
            fields[field.name] = people[value]
        elif to is FrameworkVersion:
            fields[field.name] = versions[value]
        elif to is Client:
            fields[field.name] = client.pk
    if model is Comment:
        fields["mentions"] = {name: people.get(pk, pk) for name, pk in fields["mentions"].items()}
    if "redaction" not in fields and "mail" in fields:
        fields["mail"] = None
    try:
        (found,) = serializers.deserialize("python", [{**row, "fields": fields}])
    except serializers.base.DeserializationError as error:
        raise BadRecord(f"A row of {row['model']} does not fit this version: {error}") from error
    return found.object


def _people(record: dict[str, Any]) -> dict[int, int]:
    """Return whom each person of the file is here; who is not here yet comes without a password."""
    client = _client(record)
    found = {}
    for told in record["people"]:
        person = User.objects.filter(email__iexact=told["email"]).first()
        side = client if told["side"] == "client" else None
        if person is None:
            person = User.objects.create_user(
                told["email"], client=side, **{name: told[name] for name in OF_A_PERSON if name != "email"}
            )
        elif person.client_id != (side.pk if side else None):
            raise BadRecord(f"{told['email']} belongs to another side here than in the file.")
        found[told["id"]] = person.pk
    return found


def _client(record: dict[str, Any]) -> Client:
    told = record["client"]
    return Client.objects.get_or_create(name=told["name"], defaults={"short_name": told["short_name"]})[0]


def _frameworks(record: dict[str, Any]) -> dict[int, int]:
    try:
        return {told["id"]: publishing.publish(told["text"])[0].pk for told in record["frameworks"]}
    except (DocumentError, publishing.VersionTaken) as error:
        raise BadRecord(f"The framework of the file cannot be published here: {error}") from error


def _free(by_model: dict[type[models.Model], list[models.Model]]) -> None:
    """Refuse where an id or a code is taken: ids cannot change without changing what was signed."""
    engagements = by_model[Engagement]
    for found in engagements:
        if isinstance(found, Engagement) and Engagement.objects.filter(code__iexact=found.code).exists():
            raise BadRecord(f"There is an engagement with the code {found.code} here already.")
    for model, rows in by_model.items():
        ids = [row.pk for row in rows]
        if ids and model._default_manager.filter(pk__in=ids).exists():
            raise BadRecord(
                f"Rows of {model._meta.label} have the same numbers here as in the file. Bring it into an installation "
                "without engagements of its own: numbers are part of what was signed, and stay."
            )


def _bytes(packed: zipfile.ZipFile, versions: Iterable[FileVersion]) -> None:
    for version in versions:
        try:
            content = packed.read(f"files/{version.sha256}")
        except KeyError:
            continue
        if default_storage.exists(version.storage_name) or len(content) != version.size:
            raise BadRecord(f"The bytes of {version.storage_name} do not fit.")
        default_storage.save(version.storage_name, ContentFile(content))
