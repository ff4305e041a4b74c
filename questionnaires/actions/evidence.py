"""Attach files to items, and answer file items with them."""

import uuid
from datetime import datetime

from django.core.files.base import File as AnyFile
from django.db import transaction

from accounts.models import Side
from engagements.actions import files
from engagements.models import File, FileVersion
from questionnaires import gates
from questionnaires.access import Desk
from questionnaires.actions import answers, ripple
from questionnaires.actions.act import Act
from questionnaires.models import Answer, Entry
from questionnaires.places import Base, Place


@transaction.atomic
def attach(
    *,
    desk: Desk,
    entry: Entry,
    upload: "AnyFile[bytes]",
    firm_only: bool = False,
    replaces: File | None = None,
    at: datetime | None = None,
) -> File:
    """Keep a file with an entry as evidence, firm-only where asked; raises `files.RefusedFile`."""
    internal = entry.round_id is not None and desk.framework.item(entry.item_key).internal
    side = Side.FIRM if desk.membership.is_firm and (firm_only or internal) else Side.CLIENT
    file, version = files.keep(
        engagement=desk.engagement,
        upload=upload,
        side=replaces.side if replaces else side,
        item_key=entry.item_key,
        by=desk.membership.user,
        replaces=replaces,
        at=at,
    )
    try:
        _record(desk, entry, file, version, replaces is not None, at)
    except BaseException:
        files.discard(version)
        raise
    return file


def _record(
    desk: Desk, entry: Entry, file: File, version: FileVersion, is_newer: bool, at: datetime | None
) -> None:
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    if is_newer and entry.round_id is not None and _is_answered_with(entry, file):
        version_change = (None, "", f"file {file.pk}", version.number - 1, version.number)
        ripple.follow(act, entry, before=ripple.stood_as(entry), changes=[version_change])
    act.finish(
        "file.added",
        entry=entry,
        firm_only=file.side == Side.FIRM,
        data={"file": file.pk, "version": version.number, "name": file.name},
    )


def _is_answered_with(entry: Entry, file: File) -> bool:
    """Say whether *file* is part of what was settled: then another version of it says something else."""
    return any(isinstance(value, list) and file.pk in value for _answer, value in gates.settled([entry.pk]))


def answer_with(*, desk: Desk, place: Place, file: File, at: datetime | None = None) -> answers.Saved:
    """Add a file to what answers a file item or a cell; what stands there stays."""
    answer = Answer.objects.filter(
        entry__engagement=desk.engagement,
        entry__item_key=place.item_key,
        entry__round__is_latest=True,
        row=place.row_id,
        column=place.column,
        part=Answer.Part.VALUE,
    ).first()
    present = answer.value if answer and isinstance(answer.value, list) else []
    return answers.save(
        desk=desk,
        place=place,
        raw=[*present, file.pk],
        base=Base(answer.version if answer else 0),
        key=uuid.uuid4(),
        at=at,
    )
