"""Keep uploaded evidence: checked, hashed, never overwritten, under names that say nothing."""

import hashlib
import unicodedata
import uuid
from datetime import datetime

from django.conf import settings
from django.core.files.base import File as AnyFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements.models import Engagement, File, FileVersion


class RefusedFile(Exception):
    """The file cannot be kept; the message says why and what would work."""


# What a name promises, and how such a file begins. Types that browsers would run are not taken at all.
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
TYPES: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ZIP),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ZIP),
    "odt": ("application/vnd.oasis.opendocument.text", ZIP),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", ZIP),
    "vsdx": ("application/vnd.ms-visio.drawing", ZIP),
    "zip": ("application/zip", ZIP),
    "parquet": ("application/octet-stream", (b"PAR1",)),
    "csv": ("text/csv", ()),
    "tsv": ("text/tab-separated-values", ()),
    "txt": ("text/plain", ()),
    "md": ("text/markdown", ()),
    "json": ("application/json", ()),
    "yaml": ("application/yaml", ()),
    "yml": ("application/yaml", ()),
    "ipynb": ("application/json", ()),
    "drawio": ("application/octet-stream", ()),
    "sql": ("text/plain", ()),
    "log": ("text/plain", ()),
}


def clean_name(name: str) -> str:
    """Return a file name without folders, control and direction characters, at most 255 bytes long."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(
        char for char in unicodedata.normalize("NFC", name) if unicodedata.category(char)[0] != "C"
    ).strip(" .")
    stem, dot, ending = name.rpartition(".")
    while len(name.encode()) > 255:
        stem = stem[:-1]
        name = f"{stem}{dot}{ending}"
    if not name:
        raise RefusedFile(_("This file has no name. Give it one and attach it again."))
    return name


def check(name: str, head: bytes) -> str:
    """Return the media type a name promises, or raise RefusedFile when the content begins otherwise."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in TYPES:
        raise RefusedFile(
            _(
                "Files of this kind are not kept here. PDF, Office and text files, tables and pictures work; a zip holds the rest."
            )
        )
    media_type, beginnings = TYPES[ending]
    if beginnings and not head.startswith(beginnings):
        raise RefusedFile(
            _("This file is named .%(ending)s, but it is not one inside. Save it again in that format.")
            % {"ending": ending}
        )
    if not beginnings and b"\0" in head:
        raise RefusedFile(
            _("This file is named .%(ending)s, but it is not text inside.") % {"ending": ending}
        )
    return media_type


def store(*, upload: "AnyFile[bytes]") -> tuple[str, str, int]:
    """Write the bytes under a random name; return the name, the SHA-256 and the size."""
    digest = hashlib.sha256()
    size = 0
    for chunk in upload.chunks():
        digest.update(chunk)
        size += len(chunk)
    upload.seek(0)
    name = uuid.uuid4().hex
    return default_storage.save(f"{name[:2]}/{name}", AnyFile(upload)), digest.hexdigest(), size


def keep(
    *,
    engagement: Engagement,
    upload: "AnyFile[bytes]",
    side: str,
    item_key: str,
    by: User,
    replaces: File | None = None,
    at: datetime | None = None,
) -> tuple[File, FileVersion]:
    """Keep an upload as a new file, or as the next version of *replaces*.

    Raises RefusedFile. The bytes are written before the rows and taken away again when these fail; a caller whose
    own part of the transaction fails takes them away with `discard`.
    """
    at = at or timezone.now()
    size = upload.size or 0
    if size > settings.UPLOAD_MAX_BYTES:
        raise RefusedFile(
            _("This file is larger than %(limit)d MB. Nothing was stored.")
            % {"limit": settings.UPLOAD_MAX_BYTES // 1024 // 1024}
        )
    if not size:
        raise RefusedFile(_("This file is empty."))
    used = FileVersion.objects.filter(file__engagement=engagement).aggregate(total=Sum("size"))["total"] or 0
    if used + size > settings.UPLOAD_MAX_BYTES_PER_ENGAGEMENT:
        raise RefusedFile(_("This engagement's room for files is full. An administrator can make more."))
    name = clean_name(upload.name or "")
    media_type = check(name, upload.read(4096))
    upload.seek(0)
    storage_name, sha256, size = store(upload=upload)
    try:
        with transaction.atomic():
            if replaces is None:
                file = File.objects.create(
                    engagement=engagement,
                    item_key=item_key,
                    side=side,
                    name=name,
                    created_by=by,
                    created_at=at,
                )
                number = 1
            else:
                file = File.objects.select_for_update().get(pk=replaces.pk)
                number = file.versions.count() + 1
            version = file.versions.create(
                number=number,
                storage_name=storage_name,
                sha256=sha256,
                size=size,
                media_type=media_type,
                uploaded_by=by,
                uploaded_at=at,
            )
    except BaseException:
        default_storage.delete(storage_name)
        raise
    return file, version


def discard(version: FileVersion) -> None:
    """Take away the bytes of a version whose row is being rolled back."""
    default_storage.delete(version.storage_name)
