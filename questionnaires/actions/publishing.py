"""Publish a framework's edition."""

import hashlib
from pathlib import Path

from django.db import transaction

from questionnaires import document, lint
from questionnaires.models import Framework, FrameworkVersion


class VersionTaken(Exception):
    """This version number was published before with another content. Published versions never change."""


@transaction.atomic
def publish(text: str) -> tuple[FrameworkVersion, bool]:
    """Store a framework document as an immutable version; says whether it is new.

    The same content is recognised by its hash. Raises `document.DocumentError` with every problem and its line,
    and VersionTaken when the version number names another content.
    """
    parsed = document.parse(text)
    if problems := [problem for problem in lint.lint(parsed) if problem.is_error]:
        raise document.DocumentError(problems)
    content_hash = hashlib.sha256(text.encode()).hexdigest()
    if known := FrameworkVersion.objects.filter(content_hash=content_hash).first():
        return known, False
    framework, _new = Framework.objects.get_or_create(key=parsed.key, defaults={"title": parsed.title})
    if framework.versions.filter(version=parsed.version).exists():
        raise VersionTaken(parsed.version)
    version = framework.versions.create(
        version=parsed.version, language=parsed.language, content_hash=content_hash, text=text
    )
    return version, True


def builtin() -> str:
    """Return the text of the framework that comes with the product."""
    return (Path(__file__).resolve().parent.parent / "data" / "mlops-engagement.yaml").read_text(
        encoding="utf-8"
    )
